"""A full disk, a read-only folder, a clock that jumps, two processes: told, and no damage."""

from datetime import timedelta

import pytest

from sync import run
from sync.errors import ClockError, JournalError, StoreError
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
