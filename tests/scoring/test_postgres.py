"""Scoring on a PostgreSQL connection: the same answers as DuckDB."""

from typing import Any

import psycopg
import pyarrow as pa
import pytest
import sqlalchemy as sa

from scoring import Model, load_model, shipped_model
from scoring.dialects import POSTGRES
from tests import needs
from tests.postgres import Postgres
from tests.scoring.book import book
from tests.scoring.both import arrow, told
from tests.scoring.generated import NOW, facts, model, overrides
from tests.scoring.same import table, with_duckdb
from tests.scoring.small import accounts, ago, rows, run, values
from tests.scoring.small import model as small
from tests.scoring.test_spark import previous

pytestmark = pytest.mark.postgres
COUNT = '[signals.x]\ntable = "tickets"\naggregate = "count"\nwindow = "30d"'


@pytest.mark.parametrize("name", ["default", "support", "small_book", "trials"])
def test_shipped_models_have_duckdbs_answers(server: Any, name: str) -> None:
    assert not with_duckdb(load_model(shipped_model(name)), arrow(book()), NOW, server)


@pytest.mark.parametrize("seed", range(12))
def test_generated_models_have_duckdbs_answers(server: Any, seed: int) -> None:
    made = facts(seed)
    keys = [row["account"] for row in made.accounts]
    beside = {"previous": previous(seed, keys), "overrides": told(overrides(seed, keys))}
    assert not with_duckdb(model(seed), arrow(made), NOW, server, **beside)


def test_tables_that_live_there_are_scored_there(postgres: Postgres) -> None:
    name = 'o\'dd "table"; --'
    quoted = POSTGRES.quote(name)
    engine = sa.create_engine(postgres.database().replace("://", "+psycopg://"))
    with engine.connect() as connection:
        for sql in (
            "SET TimeZone = 'America/New_York'",
            "CREATE SCHEMA warehouse",
            'CREATE TABLE warehouse.a (account int, "a ""b" varchar(9))',
            "INSERT INTO warehouse.a VALUES (1, 'x')",
            f"CREATE TABLE {quoted} (account int, opened_at timestamptz, resolved_at timestamp)",
            f"INSERT INTO {quoted} VALUES (1, '2026-11-26 12:00+00', 'infinity')",
            f"INSERT INTO {quoted} VALUES (1, 'infinity', null), (1, null, null)",
        ):
            connection.execute(sa.text(sql.replace(":", r"\:")))
        segment = "[segments.s]\nwhere = '''\"a \"\"b\" = 'x' '''"
        age = '[signals.x]\ntable = "tickets"\naggregate = "days_since"'
        given = {"accounts": "warehouse.a", "tickets": name}
        with run(small(age, rest=segment), given, connection=connection) as found:
            assert values(found) == {1: pytest.approx(10)}
            assert found.scores.to_pylist()[0]["segment"] == "s"
            assert found.ledger().to_pylist()[0]["evidence"] == []
        made = "SELECT count(*) FROM pg_class WHERE relname LIKE 'pulsefield%'"
        assert connection.execute(sa.text(made)).scalar() == 0
    engine.dispose()


def test_a_callers_transaction_survives_an_error(server: Any) -> None:
    server.execute("CREATE TABLE kept (n int)")
    server.execute("CREATE TABLE a (account bigint, account_id text)")
    server.execute("INSERT INTO a VALUES (1, 'A1')")
    presence = pa.table({"account": [1], "table": ["tickets"], "read_at": ["no time"]})
    with pytest.raises(psycopg.DataError, match="no time"):
        run(small(COUNT), {"accounts": "a", "presence": presence}, connection=server)
    assert server.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    assert server.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 1e308, -1e308])
def test_numbers_that_overflow_are_unknown(server: Any, number: float) -> None:
    declared = small(
        '[signals.x]\ntable = "tickets"\naggregate = "sum"\nof = "resolution_hours"\nper = 1e-9'
    )
    given = [{"account": 1, "opened_at": ago(days=1), "resolution_hours": n} for n in [number] * 2]
    given.append({"account": 1, "opened_at": ago(days=1), "resolution_hours": 1e-9})
    facts = {"accounts": accounts({}), "tickets": rows(given)}
    assert not with_duckdb(declared, facts, NOW, server)


def test_old_events_with_short_half_lives_do_not_underflow(server: Any) -> None:
    declared = small(
        '[signals.asked]\ntable = "outcomes"\naggregate = "days_since"\n' + COUNT,
        metrics='[metrics.m]\nsignal = "x"\nworst = 0\nbest = 10',
        rest='[scores.health.adjustments.a]\nevent = "asked"\npoints = -5\nhalf_life = "1h"',
    )
    given = {
        "outcomes": rows([{"account": 1, "at": ago(days=4000)}]),
        "tickets": rows([{"account": 1, "opened_at": NOW}]),
    }
    assert not with_duckdb(declared, {"accounts": accounts({}), **given}, NOW, server)


def test_names_longer_than_identifiers_stay_apart(server: Any) -> None:
    long = "x" * 39
    declared = small(
        f'[signals.{long}a]\ntable = "tickets"\naggregate = "count"\nper = "{long}b"\n'
        'fresh_for = "9d"\nexpires_after = "90d"\n'
        f'[signals.{long}b]\ntable = "tickets"\naggregate = "count"\nwhere = "topic = \'é\'"\n'
        'fresh_for = "8d"\nexpires_after = "90d"\n',
        metrics="\n".join(
            f'[metrics.{long}{n}]\nsignal = "{long}{n}"\nworst = 0\nbest = 9' for n in "ab"
        ),
        scores=f"[scores.{long}]\nweights = {{ {long}a = 1, {long}b = 2 }}",
    )
    given = [{"account": 1, "opened_at": NOW, "topic": topic} for topic in ("é", "b", "\0")]
    assert not with_duckdb(
        declared, {"accounts": accounts({}), "tickets": rows(given)}, NOW, server
    )


def wide(metrics: int) -> Model:
    """A model of one score over many metrics, each with a segment's curve of its own."""
    signals = [
        f'[signals.s{n}]\ntable = "usage"\naggregate = "sum"\nof = "count"\n'
        f'window = "{n % 60 + 1}d"\nfresh_for = "9d"\nexpires_after = "99d"'
        for n in range(metrics)
    ]
    curves = [f'[metrics.m{n}]\nsignal = "s{n}"\nworst = 0\nbest = {n + 1}' for n in range(metrics)]
    own = ", ".join(f"m{n} = {{ best = 7 }}" for n in range(metrics))
    weights = ", ".join(f"m{n} = 1" for n in range(metrics))
    return load_model(
        "\n".join(
            [
                'name = "wide"\n',
                *signals,
                *curves,
                f"[scores.health]\nweights = {{ {weights} }}\nworst_pull = 0.2",
                f"[segments.a]\nwhere = \"plan = 'a'\"\nmetrics = {{ {own} }}",
            ]
        )
    )


def test_a_wide_model_stays_under_a_memory_limit(postgres: Postgres, server: Any) -> None:
    pid = server.execute("SELECT pg_backend_pid()").fetchone()[0]
    own = int(server.execute("SHOW shared_buffers").fetchone()[0].removesuffix("MB"))
    limit = (own + 400) << 20  # what all of its processes share, and 400 MB
    postgres.run(needs.program("prlimit", "install util-linux"), f"--pid={pid}", f"--as={limit}")
    given = [
        {"account": n, "day": ago(days=n % 50), "count": 1.0, "plan": None} for n in range(1, 300)
    ]
    book = {"accounts": accounts(*({"plan": "a"} for _ in range(299))), "usage": rows(given)}
    with run(wide(80), book, connection=server) as found:
        assert found.reasons().num_rows == 3 * 299


def test_texts_come_back_as_they_were(server: Any) -> None:
    odd = ["", "a,b", '"', "two\nlines", "\\N", "é", None]
    given = accounts(*({"plan": text} for text in odd))
    given = given.set_column(1, "account_id", pa.array(odd))
    facts = {"accounts": given, "tickets": rows([{"account": 1, "opened_at": NOW}])}
    declared = small(COUNT)
    with run(declared, facts) as here, run(declared, facts, connection=server) as there:
        assert not table(here.scores, there.scores)
        assert there.scores.column("account_id").to_pylist() == odd


def test_a_backslash_ends_no_text_in_a_session_where_it_escapes(server: Any) -> None:
    where = "where = '''topic = 'c:\\' or topic = ' or 1 = 1 --''''"
    declared = small(f'[signals.x]\ntable = "tickets"\naggregate = "count"\n{where}')
    given = rows([{"account": 1, "opened_at": NOW, "topic": topic} for topic in ("c:\\", "b")])
    server.execute("SET standard_conforming_strings = off")
    try:
        with run(declared, {"tickets": given}, connection=server) as found:
            assert found.signals.column("x").to_pylist() == [1]
    finally:
        server.execute("RESET standard_conforming_strings")
