"""Steps made at a time: the same answers to the bit, and no harm to the connection."""

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


def test_the_caller_may_be_in_the_middle_of_reading(con: duckdb.DuckDBPyConnection) -> None:
    reading = con.sql("FROM range(1_000_000)").to_arrow_reader()
    reading.read_next_batch()
    with score(COUNT, TICKETS, as_of=NOW, connection=con, at_once=2) as found:
        assert found.ledger().column("points").to_pylist() == [-40.0]
    assert reading.read_next_batch().num_rows


def test_a_step_that_fails_ends_the_others(con: duckdb.DuckDBPyConnection) -> None:
    engine = ParallelDuckEngine(con, 2)
    steps = [
        Step("good", "", "SELECT 1 AS one", kept=True),
        Step("bad", "", "SELECT error('no such luck') AS one", kept=True),
        *(
            Step(f"after{n}", "", f'SELECT {n} AS one FROM "{engine.prefix}bad"', kept=True)
            for n in range(9)
        ),
    ]
    with pytest.raises(duckdb.InvalidInputException, match="no such luck"):
        engine.run(steps)
    engine.drop()
    assert con.sql("SELECT table_name FROM duckdb_tables()").fetchall() == []


def test_nothing_is_written_into_a_database_file(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "mine.duckdb") as connection:
        with pytest.raises(ValueError, match="would be written into the database's file"):
            score(COUNT, TICKETS, as_of=NOW, connection=connection, at_once=2)
        assert connection.sql("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]


@pytest.mark.parametrize("made", ["CREATE TEMP TABLE", "CREATE TEMP VIEW"])
def test_what_one_cursor_sees_is_refused_by_name(con: duckdb.DuckDBPyConnection, made: str) -> None:
    con.execute(f"{made} mine AS SELECT 1 AS account")
    with pytest.raises(ValueError, match='"mine" is there for one cursor only'):
        score(COUNT, {"accounts": "mine"}, as_of=NOW, connection=con, at_once=2)
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
