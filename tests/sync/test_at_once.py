"""Statements made at a time, by the size of what is stored: the same scores and findings."""

from datetime import timedelta
from typing import Any

import duckdb
import pytest

from connectors.records import to_arrow
from scoring import duck
from sync import facts, rollup
from sync.config import Config
from sync.rollup import Times
from sync.workspace import Workspace
from tests.sync.book.stored import NOW, deployment


def cores(con: duckdb.DuckDBPyConnection) -> int:
    return int(con.sql("SELECT current_setting('threads')").fetchall()[0][0])


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Six accounts, one with use from long before its start, one with the same use twice."""
    made = deployment(tmp_path_factory.mktemp("at_once"), 6, snapshots=1)
    work = Workspace(made, NOW)
    began, early = NOW - timedelta(days=900), (NOW - timedelta(days=2000)).date()
    refs = [row.key[1] for row in accounts(work)]
    stated = {"source": "crm", "known_at": NOW}
    use = {**stated, "account_ref": refs[0], "count": 3.0, "feature": "x"}
    rows = [{**use, "id": f"twice{n}", "day": (NOW - timedelta(days=3)).date()} for n in "ab"]
    rows.append({**use, "id": "early", "day": early})
    first = {**stated, "id": refs[0], "name": "A", "started_at": began, "trial_started_at": began}
    work.store.append("accounts", to_arrow("accounts", [first]))
    work.store.append("usage", to_arrow("usage", rows))
    work.close()
    return made


def accounts(work: Workspace) -> list[Any]:
    with duck.connect() as con:
        return sorted(facts.account_rows(con, work.store), key=lambda row: row.key)


def scored(config: Config) -> tuple[tuple[int, int, bool], list[Any]]:
    """How many statements were made at a time on how many cores, by cursors; and what came out."""
    work = Workspace(config, NOW)
    try:
        with duck.connect() as con:
            matched = rollup.match_all(work, con)
            scores = rollup.score_all(work, con, matched, Times(work.as_of))
            told = [scores.snapshot.scores, scores.portfolio.scores, matched.report.parked]
            shared = "SELECT count(*) FROM duckdb_tables() WHERE NOT temporary"
            (tables,) = con.sql(f"{shared} AND table_name LIKE 'pulsefield%'").fetchall()[0]
            return (matched.facts.at_once, cores(con), tables > 0), told
    finally:
        work.close()


@pytest.mark.parametrize(
    ("limit", "at_once"), [("FEW_ACCOUNTS", 3), ("IN_MEMORY", 3), ("ROW_GROUP", 1)]
)
def test_more_of_anything_changes_how_and_not_what(
    config: Config, monkeypatch: pytest.MonkeyPatch, limit: str, at_once: int
) -> None:
    monkeypatch.setattr(facts, "AT_ONCE", 3)
    with duck.connect() as con:
        every = cores(con)
    how, told = scored(config)
    assert how == (every, 1, True)
    kinds = {finding.kind for finding in told[2]}
    assert {"used_before_start", "used_twice"} <= kinds
    monkeypatch.setattr(facts, limit, 0)
    assert scored(config) == ((at_once, every, at_once > 1), told)
