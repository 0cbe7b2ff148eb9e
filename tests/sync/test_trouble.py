"""A full disk, a read-only folder, a clock that jumps, two processes: told, and no damage."""

import resource
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest

from connectors.base import FieldUpdate, WriteResult
from sync import held, run, writes
from sync.errors import ClockError, JournalError, StoreError
from sync.journal import Journal
from sync.plan import Plan, PlannedWrite, checksum
from sync.store import HELD, Store
from sync.summary import PlanReport
from sync.writes import Saved
from tests.sync import kill
from tests.sync.fakes import NOW, SYSTEMS, customers, dump
from tests.sync.test_run import NAMES


@pytest.mark.parametrize("largest", [20_000, 90_000])
def test_a_full_disk_is_told_and_the_next_run_finishes(tmp_path, largest: int) -> None:
    with kill.rig(tmp_path / "home", deep=False) as made:
        assert made.sync(largest=largest) == 2
        (told,) = {line for line in made.told().splitlines() if line.startswith("pulsefield: ")}
        assert "cannot be used" in told
        assert made.sync() == 0
        assert len(made.held()) == 718
        assert max(made.sent.values()) == 1


@contextmanager
def full_disk(largest: int) -> Iterator[None]:
    """No file grows beyond so many bytes, as if the disk were full then."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_is_full_leaves_store_and_journal_as_they_were(tmp_path) -> None:
    journal, store = Journal(f"sqlite:///{tmp_path}/journal.sqlite"), Store(str(tmp_path / "data"))
    change = {"health": (None, "50.0"), "reasons": (None, "x" * 200)}
    rows = tuple(PlannedWrite(str(at), at, change) for at in range(3_000))
    made = Plan("crm", rows, PlanReport("crm", None, checksum("crm", rows), len(rows), len(rows)))
    kept = [Saved(at, row.ref, row.account, row.change) for at, row in enumerate(rows)]
    with full_disk(20_000), pytest.raises(JournalError, match="cannot be used"):
        writes.save(journal, 1, made, NOW)
    with full_disk(20_000), pytest.raises(StoreError, match="the table held/crm at rest"):
        held.keep(store, "crm", kept, NOW)
    number = writes.save(journal, 1, made, NOW)
    held.keep(store, "crm", kept, NOW)
    assert len(writes.load(journal, number, ("intended",))) == 3_000
    assert len(store.rows(HELD + "crm", [row.ref for row in rows])) == 3_000
    journal.close()


def test_what_was_held_before_outlives_a_power_cut_while_it_is_replaced(deploy, tmp_path) -> None:
    config = deploy(crm=customers(NAMES))
    found, store = [], SYSTEMS["crm"].store

    def look(update: FieldUpdate) -> WriteResult:
        # What is not in the file itself may be lost with the machine.
        shutil.copy(config.journal.removeprefix("sqlite:///"), tmp_path / "after.sqlite")
        with closing(sqlite3.connect(tmp_path / "after.sqlite")) as db:
            found.append(db.execute("SELECT ref, change FROM writes ORDER BY ref").fetchall())
        return store(update)

    SYSTEMS["crm"].store = look
    run.sync(config, now=NOW)
    assert [len(rows) for rows in found] == [7] * 7
    assert '"pulsefield_health":[null,' in found[0][0][1]


@pytest.mark.parametrize("setting", ["data", "journal"])
def test_a_read_only_folder_is_told(deploy, setting: str) -> None:
    where = {"data": "/proc/pulsefield", "journal": "sqlite:////proc/pulsefield/journal.sqlite"}
    config = deploy(crm=customers(NAMES), general=f'{setting} = "{where[setting]}"', fields=False)
    SYSTEMS["crm"].reads.clear()
    with pytest.raises((StoreError, JournalError), match="/proc/pulsefield"):
        run.sync(config, now=NOW)
    assert (SYSTEMS["crm"].reads, SYSTEMS["crm"].writes) == ([], [])


def test_a_clock_that_went_back_stops_a_run_before_it_reads(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    run.sync(config, now=NOW)
    before, reads = dump(SYSTEMS["crm"]), len(SYSTEMS["crm"].reads)
    with pytest.raises(ClockError, match="the clock says 2026-11-20 07:00 UTC, and the last run"):
        run.sync(config, now=NOW - timedelta(hours=2, minutes=30))
    assert (dump(SYSTEMS["crm"]), len(SYSTEMS["crm"].reads)) == (before, reads)
    assert run.sync(config, now=NOW + timedelta(minutes=1)).exit_code == 0


def test_a_clock_that_was_set_right_by_minutes_loses_no_newer_version(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    run.sync(config, now=NOW)
    SYSTEMS["crm"].put("accounts", "1", name="Abel the Second")
    report = run.sync(config, now=NOW - timedelta(minutes=20))
    assert report.started_at == NOW
    assert run.explain(config, "Abel the Second", now=NOW).account_id == "crm:1"


def test_a_clock_that_jumped_ahead_and_came_back_is_told(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    run.sync(config, now=NOW)
    run.sync(config, now=NOW + timedelta(days=3))
    with pytest.raises(ClockError, match="one of the two is wrong"):
        run.sync(config, now=NOW + timedelta(hours=1))


def test_two_processes_on_one_journal_take_turns(tmp_path) -> None:
    with kill.rig(tmp_path / "home", deep=False) as made:
        for injector in made.simulator.faults.values():
            injector.latency = 0.05
        first = made.start(kill.How(made.folder / "trace"))
        while "after request" not in made.trace:
            first.join(0.02)
        assert made.sync() == 2
        first.join()
        assert first.exitcode == 0
        assert "another run" in made.told()
        assert max(made.sent.values()) == 1
        assert len(made.held()) == 718
