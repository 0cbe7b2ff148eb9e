"""The SQL that is printed, run where a data team would run it: the engine's answers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from scoring import Model, load_model, model_sql, score, shipped_model
from scoring.printing import tables_sql
from scoring.spark import SparkEngine
from tests.scoring.book import book
from tests.scoring.both import arrow, told
from tests.scoring.generated import NOW, overrides
from tests.scoring.same import table
from tests.scoring.small import ago, model
from tests.scoring.test_spark import previous

MIXED = model(
    """
    [signals.seats]
    field = "seats"
    [signals.users]
    table = "usage"
    aggregate = "distinct"
    of = "user_ref"
    window = "30d"
    at_least = { of = "day", number = 3 }
    per = "seats"
    [signals.hours]
    table = "tickets"
    aggregate = "median"
    of = "resolution_hours"
    where = "priority in ('urgent', 'o''clock; --') or opened_at > as_of - 30d"
    [signals.nps]
    table = "surveys"
    aggregate = "last"
    of = "score"
    where = "kind = 'nps'"
    fresh_for = "30d"
    expires_after = "180d"
    [signals.asked]
    table = "outcomes"
    aggregate = "days_since"
    """,
    metrics="""
    [metrics.users]
    signal = "users"
    curve = "percentile"
    [metrics.hours]
    signal = "hours"
    curve = "log"
    worst = 200
    best = 0
    missing = "exclude"
    [metrics.nps]
    signal = "nps"
    worst = 0
    best = 10
    """,
    scores="""
    [scores.health]
    weights = { users = 2, hours = 1, nps = 1 }
    min_coverage = 0.3
    worst_pull = 0.2
    [scores.health.adjustments.asked]
    event = "asked"
    points = -15
    half_life = "60d"
    [scores.health.caps.slow]
    when = "hours > 50 or account.lifecycle = 'trial'"
    at_most = 60
    [scores.health.bands]
    quantiles = { low = 0, "in between" = 0.25, high = 0.75 }
    """,
    rest='[segments."it\'s a trial; --"]\nwhere = "lifecycle = \'trial\'"',
)
"""A model of few steps with most of what steps are made of: Spark takes a second for three."""


MODELS = [
    pytest.param(MIXED, id="mixed"),
    *(
        pytest.param(load_model(shipped_model(name)), id=name)
        for name in ("default", "small_book", "support", "trials")
    ),
]


def given() -> tuple[dict[str, Any], dict[str, Any]]:
    """Facts, and what stands beside them; times on both sides of a change of the clocks."""
    rows = book()
    keys = [row["account"] for row in rows.accounts]
    rows.tables["tickets"][0]["opened_at"] = ago(days=26.4)
    said = [{**each, "score": "health"} for each in overrides(6, keys) if each["score"] == "whole"]
    known = previous(4, keys).to_pylist()
    before = pa.Table.from_pylist([{**each, "score": "health"} for each in known])
    return arrow(rows), {"previous": before, "overrides": told(said)}


def ran(
    declared: Model, dialect: str, sql: Callable[[str], Any], fill: Callable[[str, pa.Table], Any]
) -> None:
    """Make the tables that a script says it reads, and run the script."""
    facts, beside = given()
    stored = {**facts, "previous": beside["previous"], "given_overrides": beside["overrides"]}
    for line in tables_sql(declared, dialect).splitlines():
        name, _, columns = line.removeprefix("-- CREATE TABLE ").partition(" ")
        sql(f"CREATE TABLE {name} {columns.partition(';')[0]}")
        data, mark = stored[name[1:-1]], name[0]
        fill(name, data.select([n for n in data.column_names if f"{mark}{n}{mark} " in columns]))
    for statement in model_sql(declared, dialect, as_of=NOW).removesuffix(";\n").split(";\n\n"):
        sql(statement)


def differences(declared: Model, found: pa.Table) -> list[str]:
    """What the script says otherwise than the engine."""
    facts, beside = given()
    order = [("account", "ascending"), ("score", "ascending")]
    with score(declared, facts, as_of=NOW, **beside) as snapshot:
        wanted = snapshot.scores.sort_by(order)
    return table(found.select(wanted.column_names).cast(wanted.schema).sort_by(order), wanted)


@pytest.mark.parametrize("declared", MODELS)
def test_on_duckdb(declared: Model) -> None:
    def fill(name: str, data: pa.Table) -> None:
        connection.register("given", data)
        connection.execute(f"INSERT INTO {name} BY NAME FROM given")

    with duckdb.connect() as connection:
        ran(declared, "duckdb", connection.execute, fill)
        assert not differences(declared, connection.sql("FROM scores").to_arrow_table())


@pytest.mark.postgres
@pytest.mark.parametrize("declared", MODELS)
def test_on_postgresql(server: Any, declared: Model) -> None:
    def fill(name: str, data: pa.Table) -> None:
        columns = ", ".join(f'"{column}"' for column in data.column_names)
        marks = ", ".join(["%s"] * data.num_columns)
        rows = [list(row.values()) for row in data.to_pylist()]
        server.cursor().executemany(f"INSERT INTO {name} ({columns}) VALUES ({marks})", rows)

    server.execute("SET TimeZone = 'America/New_York'")
    ran(declared, "postgres", server.execute, fill)
    cursor = server.execute("SELECT * FROM scores")
    names = [column.name for column in cursor.description]
    found = [dict(zip(names, row, strict=True)) for row in cursor]
    assert not differences(declared, pa.Table.from_pylist(found))


@pytest.fixture
def session(spark: Any, tmp_path: Path) -> Iterator[Any]:
    """A session and a schema of its own: what is printed leaves tables, views and a time zone."""
    own = spark.newSession()
    own.sql(f"CREATE SCHEMA printed LOCATION '{tmp_path}'")
    own.sql("USE printed")
    yield own
    own.sql("DROP SCHEMA printed CASCADE")


@pytest.mark.java
@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas")
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # sockets of PySpark's
def test_on_spark(session: Any) -> None:
    def fill(name: str, data: pa.Table) -> None:
        engine = SparkEngine(session)
        columns = ", ".join(f"`{column}`" for column in data.column_names)
        session.sql(
            f"INSERT INTO {name} ({columns}) SELECT * FROM {engine.relation('given', data)}"
        )
        engine.drop()

    ran(MIXED, "spark", session.sql, fill)
    assert not differences(MIXED, session.sql("SELECT * FROM scores").toArrow())
