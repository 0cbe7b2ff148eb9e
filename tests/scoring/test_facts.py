import re
from datetime import UTC
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import psycopg
import pyarrow as pa
import pytest
import sqlalchemy

from connectors.records import TABLES
from scoring import load_model, model_sql, shipped_model
from scoring.tables import COLUMNS, MONEY, TIMES
from tests.scoring.small import NOW, accounts, ago, model, row, rows, run, values
from tests.scoring.test_ledger import portfolio

COUNT = '[signals.x]\ntable = "tickets"\naggregate = "count"\nwindow = "30d"'


def test_scoring_and_connectors_speak_of_the_same_tables() -> None:
    assert {n: {c.name: c.type for c in t.columns} for n, t in TABLES.items()} == COLUMNS
    assert {n: t.time for n, t in TABLES.items()} == TIMES
    money = {
        n: tuple(c.name for c in t.columns if "in currency" in c.about) for n, t in TABLES.items()
    }
    assert {n: columns for n, columns in money.items() if columns} == MONEY


@pytest.mark.parametrize("kind", ["arrow", "polars", "pandas", "relation"])
def test_facts_may_be_of_any_kind(kind: str) -> None:
    facts = {"accounts": accounts({}), "tickets": rows([{"account": 1, "opened_at": ago(days=1)}])}
    connection = duckdb.connect() if kind == "relation" else None
    for name, table in list(facts.items()):
        if kind == "polars":
            facts[name] = pl.from_arrow(table)
        elif kind == "pandas":
            facts[name] = pd.DataFrame(table.to_pylist())
        elif connection is not None:
            connection.register("given", table)
            connection.execute(f'CREATE TABLE "my ""{name}" AS SELECT * FROM given')
            facts[name] = f'my "{name}'
    with run(model(COUNT), facts, connection=connection) as snapshot:
        assert values(snapshot) == {1: 10}


def test_times_with_a_zone_are_taken_in_utc() -> None:
    zoned = pa.array([ago(days=1).replace(tzinfo=UTC)], pa.timestamp("us", tz="America/New_York"))
    facts = {"tickets": pa.table({"account": [1], "opened_at": zoned})}
    declared = model('[signals.x]\ntable = "tickets"\naggregate = "days_since"')
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'Asia/Tokyo'")
    with run(declared, facts, connection=connection) as snapshot:
        assert snapshot.signals.to_pylist()[0]["x"] == 1


def test_a_relations_times_are_taken_in_utc_whatever_the_sessions_zone() -> None:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'America/New_York'")
    connection.execute("CREATE TABLE a AS SELECT 1 AS account")
    connection.execute(
        "CREATE TABLE t AS SELECT 1 AS account, TIMESTAMPTZ '2026-11-27 11:00:00+00' AS opened_at"
    )
    declared = model('[signals.x]\ntable = "tickets"\naggregate = "days_since"')
    with run(declared, {"accounts": "a", "tickets": "t"}, connection=connection) as snapshot:
        assert snapshot.signals.to_pylist()[0]["x"] == pytest.approx(1 / 24)


def test_closing_leaves_the_callers_connection_as_it_was() -> None:
    connection = duckdb.connect()
    connection.register("t", rows([{"account": 1, "opened_at": ago(days=1)}]))
    connection.register("a", accounts({}))
    before = connection.execute(
        "SELECT count(*) FROM duckdb_tables() UNION ALL SELECT count(*) FROM duckdb_views()"
    ).fetchall()
    for _ in range(2):
        with run(
            model(COUNT), {"accounts": "a", "tickets": "t"}, connection=connection
        ) as snapshot:
            snapshot.ledger()
            snapshot.reasons()
    assert (
        before
        == connection.execute(
            "SELECT count(*) FROM duckdb_tables() UNION ALL SELECT count(*) FROM duckdb_views()"
        ).fetchall()
    )


def test_two_snapshots_live_side_by_side() -> None:
    connection = duckdb.connect()
    connection.register("a", accounts({}))
    with (
        run(
            model(COUNT),
            {"accounts": "a", "tickets": rows([{"account": 1, "opened_at": ago(days=1)}])},
            connection=connection,
        ) as one,
        run(
            model(COUNT),
            {
                "accounts": "a",
                "tickets": rows([{"account": 1, "opened_at": ago(days=n)} for n in (1, 2)]),
            },
            connection=connection,
        ) as two,
    ):
        assert (
            one.ledger([1]).to_pylist()[0]["value"],
            two.ledger([1]).to_pylist()[0]["value"],
        ) == (1, 2)


@pytest.mark.parametrize("empty", ["none", "no rows", "all null"])
def test_empty_and_all_null_tables_are_a_defined_result(empty: str) -> None:
    columns = {"account": pa.array([1] if empty == "all null" else [], pa.int64())}
    columns |= {
        name: pa.nulls(len(columns["account"])) for name in (*COLUMNS["tickets"], "id", "source")
    }
    facts = {} if empty == "none" else {"tickets": pa.table(columns)}
    with run(load_model(shipped_model("support")), facts) as snapshot:
        assert row(snapshot)["band"] in {"no data", "red", "yellow", "green"}
    with run(model(COUNT), facts) as snapshot:
        assert values(snapshot)[1] == (None if empty == "none" else 0)


def test_a_column_of_ones_own_without_any_value_is_unknown_not_a_text() -> None:
    tickets = rows([{"account": 1, "opened_at": NOW, "effort": None}])
    declared = model('[signals.x]\ntable = "tickets"\naggregate = "mean"\nof = "effort"')
    with run(declared, {"tickets": tickets}) as snapshot:
        assert snapshot.signals.to_pylist() == [{"account": 1, "x": None}]


def test_no_account_at_all_is_no_score_at_all() -> None:
    with run(
        model(COUNT),
        {"accounts": accounts({}).slice(1), "tickets": rows([{"account": 1, "opened_at": NOW}])},
    ) as snapshot:
        assert snapshot.scores.num_rows == 0
        assert (
            snapshot.ledger().num_rows
            == snapshot.reasons().num_rows
            == snapshot.missing.num_rows
            == 0
        )


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (
            {"ticketz": pa.table({"account": [1]})},
            "no canonical table: ticketz; there are: accounts",
        ),
        ({"tickets": pa.table({"key": [1]})}, "tickets has no column account"),
        ({"presence": pa.table({"account": [1]})}, "presence has no column table, read_at"),
        ({"tickets": pa.table({"account": ["a"]})}, "tickets.account is string, not an integer"),
        (
            {"accounts": pa.table({"account": [1, 1, 2, None]})},
            "accounts: 1 rows without key, 1 keys repeated",
        ),
    ],
)
def test_facts_that_cannot_be_used_are_refused(facts: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        run(model(COUNT), facts)


@pytest.mark.parametrize(
    ("strange", "message"),
    [
        (
            {"facts": pl.LazyFrame({"account": [1]})},
            "tickets: a polars.*LazyFrame; needed is Arrow",
        ),
        ({"connection": sqlalchemy.create_engine("postgresql+psycopg://")}, "Engine; scoring runs"),
        ({"connection": object.__new__(psycopg.AsyncConnection)}, "AsyncConn"),
    ],
)
def test_what_is_no_table_and_no_connection_is_named(strange: dict[str, Any], message: str) -> None:
    facts = {"tickets": strange.pop("facts")} if "facts" in strange else {}
    with pytest.raises(TypeError, match=message):
        run(model(COUNT), facts, **strange)


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_is_a_number_above_zero(rate: float) -> None:
    with pytest.raises(ValueError, match=r"rates: USD = .*; a rate is a number above 0"):
        run(model(COUNT), {}, rates={"USD": rate})


def test_odd_names_and_values_stay_data() -> None:
    odd = 'o\'dd "col"; -- drop'
    name = "'; DROP TABLE x; --" + "é" * 10_000
    given = accounts({odd: name, "name": name}, {odd: "plain", "name": None})
    quoted = odd.replace('"', '""')
    segment = f"[segments.\"it's; \\\" odd\"]\nwhere = '''\"{quoted}\" = 'plain' '''"
    with run(model(COUNT, rest=segment), {"accounts": given}) as snapshot:
        assert [r["segment"] for r in snapshot.scores.to_pylist()] == [None, "it's; \" odd"]


def test_keywords_are_quoted_wherever_they_are_columns() -> None:
    facts = {
        "interactions": rows([{"account": 1, "at": ago(days=1), "minutes": 7.0}]),
        "milestones": rows([{"account": 1, "reached_at": ago(days=1), "value": 3.0, "end": "x"}]),
    }
    text = '[signals.x]\ntable = "interactions"\naggregate = "sum"\nof = "minutes"\nwhere = "at < as_of"\n[signals.y]\ntable = "milestones"\naggregate = "sum"\nof = "value"'
    with run(model(text), facts) as snapshot:
        assert snapshot.signals.to_pylist()[0] == {"account": 1, "x": 7, "y": 3}


@pytest.mark.parametrize("dialect", ["duckdb", "spark", "postgres"])
def test_sql_of_every_dialect_names_its_steps_and_reads_only_earlier_ones(dialect: str) -> None:
    text = model_sql(load_model(shipped_model("default")), dialect)
    mark = "`" if dialect == "spark" else '"'
    made: set[str] = set()
    for block in text.strip().split("\n\n"):
        assert re.match(r"-- \w+: .+\n(CREATE( TEMPORARY)? (TABLE|VIEW)|SET TIME ZONE) ", block)
        name = block[3 : block.index(":")]
        read = set(re.findall(rf"(?:FROM|JOIN) {mark}(\w+){mark}", block))
        assert read <= made | set(COLUMNS) | {"presence", "previous", "given_overrides"}, name
        made.add(name)


def test_no_extension_is_needed() -> None:
    closed = {"autoload_known_extensions": "false", "autoinstall_known_extensions": "false"}
    connection = duckdb.connect(config=closed)
    loaded = "SELECT extension_name FROM duckdb_extensions() WHERE loaded ORDER BY 1"
    before = connection.execute(loaded).fetchall()
    with run(load_model(shipped_model("default")), portfolio(), connection=connection) as snapshot:
        snapshot.ledger()
        snapshot.reasons()
    assert connection.execute(loaded).fetchall() == before


def test_distinct_is_never_left_to_the_engine() -> None:
    text = model_sql(load_model(shipped_model("default")))
    assert "distinct_usage_1" in text
    assert not re.search(r"count\(\s*distinct", text, re.IGNORECASE)
