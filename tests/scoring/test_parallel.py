"""Steps made at a time: the same answers to the bit, and no harm to the connection."""

import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Barrier
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import scoring.parallel
from scoring import Model, Snapshot, load_model, score, shipped_model
from scoring.parallel import ParallelDuckEngine
from scoring.steps import Step
from tests.scoring.book import book
from tests.scoring.both import arrow, told
from tests.scoring.generated import NOW, facts, model, overrides
from tests.scoring.small import accounts, rows
from tests.scoring.small import model as small
from tests.scoring.test_spark import previous

COUNT = small('[signals.x]\ntable = "tickets"\naggregate = "count"\nwindow = "30d"')
TICKETS = {"accounts": accounts(), "tickets": rows([{"account": 1, "opened_at": NOW}])}


@pytest.fixture(params=[10**9, 0], ids=["few", "many"])
def sized(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once with what takes few accounts to be few, once with what takes them to be many."""
    monkeypatch.setattr(scoring.parallel, "FEW_ACCOUNTS", request.param)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def answers(snapshot: Snapshot) -> list[pa.Table]:
    scores, missing = snapshot.scores, snapshot.missing
    return [scores, snapshot.ledger(), snapshot.reasons(), missing, snapshot.signals]


def alike(declared: Model, given: Mapping[str, Any], at_once: int = 2, **beside: Any) -> bool:
    """Whether everything that is told is the same, one step at a time or several."""
    with (
        score(declared, given, as_of=NOW, **beside) as one,
        score(declared, given, as_of=NOW, at_once=at_once, **beside) as several,
    ):
        return answers(one) == answers(several)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 10**9), st.integers(2, 5))
def test_generated_models_have_the_same_answers(sized: None, seed: int, at_once: int) -> None:
    made = facts(seed)
    keys = [row["account"] for row in made.accounts]
    beside = {"previous": previous(seed, keys), "overrides": told(overrides(seed, keys))}
    assert alike(model(seed), arrow(made), at_once, **beside)


@pytest.mark.parametrize("name", ["default", "support", "small_book", "trials"])
def test_shipped_models_have_the_same_answers(sized: None, name: str) -> None:
    assert alike(load_model(shipped_model(name)), arrow(book()))


def test_two_steps_are_under_way_together(monkeypatch: pytest.MonkeyPatch) -> None:
    together, plain = Barrier(2), scoring.parallel._execute

    def waiting(idle: list[duckdb.DuckDBPyConnection], sql: str) -> None:
        together.wait(60)
        plain(idle, sql)

    monkeypatch.setattr(scoring.parallel, "_execute", waiting)
    engine = ParallelDuckEngine(None, 2)
    engine.run(Step(name, "", "SELECT 1 AS one", kept=True) for name in ("left", "right"))
    assert engine.query(f"FROM {engine.shown('left')}").num_rows == 1


def test_the_connection_is_left_as_it_was(sized: None, con: duckdb.DuckDBPyConnection) -> None:
    for name, table in TICKETS.items():
        con.register("given", table)
        con.execute(f"CREATE TABLE {name} AS FROM given")
    con.unregister("given")
    named = {name: name for name in TICKETS}
    there = "SELECT table_name FROM duckdb_tables() UNION ALL SELECT view_name FROM duckdb_views()"
    before = sorted(con.sql(there).fetchall())
    with score(COUNT, named, as_of=NOW, connection=con, at_once=2) as found:
        assert con.sql(f"SELECT value FROM {found.relation}").fetchall() == [(10.0,)]
        assert len(con.sql(there).fetchall()) > len(before)
    assert sorted(con.sql(there).fetchall()) == before


def test_what_is_kept_depends_on_how_many_accounts_there_are(
    sized: None, con: duckdb.DuckDBPyConnection
) -> None:
    few = scoring.parallel.FEW_ACCOUNTS > 0
    with score(load_model(shipped_model("default")), arrow(book()), as_of=NOW, connection=con,
               at_once=2):  # fmt: skip
        made = {name for (name,) in con.sql("SELECT table_name FROM duckdb_tables()").fetchall()}
    steps = {name.partition("_")[2] for name in made}
    assert {"signals", "value_health", "expected_usage"} <= steps
    assert not {name for name in steps if name.startswith(("rows_", "totals_", "mean_"))}
    assert {"used_health", "points_health", "inputs_usage"} & steps == (
        {"used_health", "points_health", "inputs_usage"} if few else set()
    )


def test_a_step_that_fails_ends_the_others(con: duckdb.DuckDBPyConnection) -> None:
    engine = ParallelDuckEngine(con, 1)
    bad = Step("bad", "", "SELECT error('no such luck') AS one", kept=True)
    slow = "SELECT sum(range) AS s FROM range(10_000_000)"
    others = [Step(f"other{n}", "", slow, kept=True) for n in range(50)]
    after = Step("after", "", f'SELECT * FROM "{engine.prefix}bad"', kept=True)
    with pytest.raises(duckdb.InvalidInputException, match="no such luck"):
        engine.run([bad, *others, after])
    assert con.sql("SELECT count(*) FROM duckdb_tables()").fetchall()[0][0] < len(others)
    engine.drop()
    assert con.sql("SELECT table_name FROM duckdb_tables()").fetchall() == []


def test_what_is_under_way_is_interrupted(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def impatient(*_: object, **__: object) -> None:
        time.sleep(0.2)
        raise KeyboardInterrupt

    monkeypatch.setattr(scoring.parallel, "wait", impatient)
    engine = ParallelDuckEngine(con, 2)
    hours = "SELECT sum(a.range * b.range) AS s FROM range(10_000_000) a, range(10_000_000) b"
    with pytest.raises(KeyboardInterrupt):
        engine.run([Step("endless", "", hours, kept=True)])
    engine.drop()
    assert con.sql("SELECT table_name FROM duckdb_tables()").fetchall() == []


def test_a_table_that_was_there_is_left_there(con: duckdb.DuckDBPyConnection) -> None:
    engine = ParallelDuckEngine(con, 2)
    con.execute(f'CREATE TABLE "{engine.prefix}mine" AS SELECT 7 AS seven')
    with pytest.raises(duckdb.CatalogException, match="already exists"):
        engine.run([Step("mine", "", "SELECT 1 AS one", kept=True)])
    engine.drop()
    assert con.sql(f'FROM "{engine.prefix}mine"').fetchall() == [(7,)]


def test_nothing_is_written_into_a_database_file(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "mine.duckdb") as connection:
        with pytest.raises(ValueError, match="its database is in a file; leave out at_once"):
            score(COUNT, TICKETS, as_of=NOW, connection=connection, at_once=2)
        assert connection.sql("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]


@pytest.mark.parametrize(
    ("before", "told"),
    [
        ("CREATE SCHEMA s; USE s", "settings of its own (schema, search_path)"),
        ("ATTACH ':memory:' AS other; USE other", "settings of its own (search_path)"),
        ("SET TimeZone = 'Asia/Tokyo'", "settings of its own (TimeZone)"),
        ("SET VARIABLE who = 7", "settings of its own (variable who)"),
        ("BEGIN", "it is in a transaction"),
    ],
)
def test_a_session_that_cursors_do_not_share_is_refused(
    con: duckdb.DuckDBPyConnection, before: str, told: str
) -> None:
    con.execute(before)
    with pytest.raises(ValueError, match=re.escape(told)):
        score(COUNT, TICKETS, as_of=NOW, connection=con, at_once=2)


@pytest.mark.parametrize("made", ["CREATE TEMP TABLE", "CREATE TEMP VIEW"])
@pytest.mark.parametrize("name", ["mine", "temp.Mine"])
def test_what_one_cursor_sees_is_refused_by_name(
    con: duckdb.DuckDBPyConnection, made: str, name: str
) -> None:
    con.execute("CREATE TABLE memory.mine AS SELECT 2 AS account")
    con.execute(f"{made} mine AS SELECT 1 AS account")
    with pytest.raises(ValueError, match=f"accounts: {name} is temporary or registered"):
        score(COUNT, {"accounts": name}, as_of=NOW, connection=con, at_once=2)
    for connection in (con, None):
        with pytest.raises(duckdb.CatalogException, match="nothing"):
            score(COUNT, {"accounts": "nothing"}, as_of=NOW, connection=connection, at_once=2)


def test_at_least_one_step_is_made_at_a_time() -> None:
    with pytest.raises(ValueError, match="at_once = 0: at least one"):
        score(COUNT, TICKETS, as_of=NOW, at_once=0)


@pytest.mark.postgres
def test_other_engines_make_one_step_at_a_time(server: Any) -> None:
    with pytest.raises(ValueError, match="at_once = 2: only DuckDB"):
        score(COUNT, TICKETS, as_of=NOW, connection=server, at_once=2)
