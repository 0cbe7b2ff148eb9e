"""One customer leaves store, history and journal; the others are as they were."""

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa

from sync import redo, run, schema
from sync.errors import BusyError, JournalError, PlanError
from sync.forgetting import forget
from sync.journal import Journal
from sync.lease import lease
from sync.store import Store
from tests.sync.fakes import NOW, SYSTEMS, customers
from tests.sync.test_run import NAMES

SECRET = "Zyxwvut"
LATER = NOW + timedelta(hours=2)


def deployed(deploy, place: int = 2):
    """A deployment with history, whose customer 3 is called SECRET."""
    names = [*NAMES[:place], SECRET, *NAMES[place + 1 :]]
    config = deploy(crm=customers(names, tickets=2), desk=customers(names[:4], tickets=1))
    run.sync(config, now=NOW)
    SYSTEMS["crm"].put("tickets", "late", account_ref="3", opened_at=NOW - timedelta(days=1))
    run.sync(config, now=NOW + timedelta(hours=1))
    return config


def holding(folder: Path, text: str) -> list[str]:
    """Files that hold a text: as bytes, or as a value of a Parquet column."""
    found = []
    for path in (each for each in folder.rglob("*") if each.is_file()):
        texts = path.read_bytes().lower().decode("latin-1")
        if path.suffix == ".parquet":
            with duckdb.connect() as con:
                texts += str(con.sql(f"FROM read_parquet('{path}')").fetchall()).lower()
        if text.lower() in texts:
            found.append(path.name)
    return found


def rows(config, table: str, where: str) -> int:
    scan = Store(config.data).scan(table)
    with duckdb.connect() as con:
        return con.sql(f"SELECT count(*) FROM {scan} WHERE {where}").fetchall()[0][0]


def vanish(config, *, when=NOW + timedelta(hours=1)) -> None:
    """The customer is deleted in both systems, and that is read."""
    for name in ("crm", "desk"):
        SYSTEMS[name].put("accounts", "3", deleted=True)
    run.pull(config, now=when)


def test_a_dry_run_counts_and_removes_nothing(deploy) -> None:
    config = deployed(deploy)
    told = forget(config, SECRET, now=LATER)
    assert told.records == ("crm:3", "desk:3")
    assert told.still_there == told.records
    assert told.rows["tickets"] == 4
    assert {"accounts", "usage", "scores", "held/crm", "held/desk"} <= set(told.rows)
    assert {"accounts", "members", "memberships", "writes"} == set(told.journal)
    assert not told.applied
    assert forget(config, "crm:3", now=LATER) == told


def test_nothing_on_disk_knows_a_forgotten_customer(deploy) -> None:
    config = deployed(deploy)
    assert holding(Path(config.data), SECRET)
    others = {t: rows(config, t, "account_ref <> '3'") for t in ("usage", "tickets")}
    scores = rows(config, "scores", "true")
    told = forget(config, SECRET, apply=True, now=LATER)
    assert holding(Path(config.data), SECRET) == []
    assert {t: rows(config, t, "true") for t in others} == others
    assert rows(config, "scores", "true") == scores - told.rows["scores"]
    with pytest.raises(LookupError, match="no account"):
        forget(config, SECRET, now=LATER)


def test_the_others_go_on_as_before(deploy) -> None:
    config = deployed(deploy)
    before = {row["name"]: row["value"] for row in scored(config) if row["name"] != SECRET}
    vanish(config)
    forget(config, "crm:3", apply=True, now=LATER)
    forget(config, "desk:3", apply=True, now=LATER)
    assert {row["name"]: row["value"] for row in scored(config)} == before
    report = run.sync(config, now=LATER + timedelta(minutes=5))
    assert report.exit_code == 0
    assert [plan.updates for plan in report.plans] == [0, 0]


def scored(config) -> list[dict]:
    table = run.score_now(config, now=LATER, as_of=NOW).scores
    return [row for row in table.to_pylist() if row["score"] == "health"]


def test_a_customer_that_no_system_has_any_more_is_found(deploy) -> None:
    config = deployed(deploy)
    vanish(config)
    run.score_now(config, now=LATER)  # matching drops its records
    with pytest.raises(LookupError, match=r"2 deleted records.*crm:3, desk:3"):
        forget(config, SECRET, now=LATER)
    for record in ("crm:3", "desk:3"):
        told = forget(config, record, apply=True, now=LATER)
        assert told.still_there == ()
    assert holding(Path(config.data), SECRET) == []
    with Journal(config.journal).begin() as db:
        assert db.execute(sa.select(sa.func.count()).select_from(schema.accounts)).scalar() == 6


def test_a_row_that_moved_goes_with_the_customer_that_has_it_now(deploy) -> None:
    config = deployed(deploy)
    crm = SYSTEMS["crm"]
    crm.put("tickets", "1-0", account_ref="3")  # came from customer 1
    crm.put("tickets", "3-0", account_ref="1")  # left for it
    run.pull(config, now=NOW + timedelta(minutes=90))
    forget(config, SECRET, apply=True, now=LATER)
    assert rows(config, "tickets", "source = 'crm' AND id = '1-0'") == 0
    assert rows(config, "tickets", "source = 'crm' AND id = '3-0'") == 1


def test_a_crash_in_the_middle_is_finished_by_the_same_command(deploy, monkeypatch) -> None:
    config = deployed(deploy)

    def crash(*_: object) -> None:
        raise JournalError("gone")

    with monkeypatch.context() as patched:
        patched.setattr("sync.unjournal.erase", crash)
        with pytest.raises(JournalError):
            forget(config, "crm:3", apply=True, now=LATER)
    told = forget(config, "crm:3", apply=True, now=LATER)
    assert "writes" in told.journal
    assert holding(Path(config.data), SECRET) == []
    with Journal(config.journal).begin() as db:
        assert not db.execute(sa.select(schema.writes).where(schema.writes.c.ref == "3")).all()


def test_forgetting_waits_for_no_run(deploy) -> None:
    config = deployed(deploy)
    journal = Journal(config.journal)
    with lease(journal), pytest.raises(BusyError):
        forget(config, SECRET, apply=True, now=LATER)
    journal.close()
    assert holding(Path(config.data), SECRET)


def test_a_saved_plan_that_named_it_is_not_applied(deploy) -> None:
    config = deploy(crm=customers([SECRET, *NAMES[1:]]))
    made = run.make_plan(config, now=NOW)
    forget(config, SECRET, apply=True, now=LATER)
    with pytest.raises(PlanError):
        redo.apply_plan(config, str(made.run), now=LATER)
    assert not SYSTEMS["crm"].writes
