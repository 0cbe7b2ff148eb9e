"""Schedulers on one journal, in simulated time: no test waits."""

import gc
import itertools
import json
import threading
import weakref
from datetime import timedelta

import pytest

from connectors.errors import TransientError
from sync import lease as leases
from sync import logs, notes
from sync.errors import ConfigError
from sync.journal import Journal
from sync.service.scheduler import LOOK, Scheduler, Site
from sync.service.stopping import Stop
from sync.summary import ConnectionReport
from tests.sync.service.simulated import (
    START,
    Jobs,
    SimulatedClock,
    deployment,
    report,
    scheduler,
)

TWO = '[schedule.scores]\ncron = "30 9 * * *"\n[schedule.often]\nevery = "10m"\nrun = "pull"\n'
HOUR = timedelta(hours=1)


@pytest.fixture
def lite(tmp_path) -> str:
    return f"sqlite:///{tmp_path}/journal.sqlite"


def slots(url: str) -> dict[str, dict[str, str]]:
    journal = Journal(url)
    try:
        return notes.read(journal, "slot:")
    finally:
        journal.close()


def drive(clock: SimulatedClock, schedulers, until) -> None:
    """Let each look when it asked for it, the clock going from one to the next."""
    due = dict.fromkeys(schedulers, clock.now())
    while clock.now() < until:
        who = min(due, key=due.__getitem__)
        clock.move(max(timedelta(0), due[who] - clock.now()))
        due[who] = clock.now() + max(timedelta(seconds=1), who.look())


def test_two_schedulers_for_an_hour_never_overlap_and_leave_nothing_out(url: str, tmp_path) -> None:
    file, clock = deployment(tmp_path, url, TWO), SimulatedClock()
    jobs = Jobs(clock, timedelta(minutes=7))  # longer than a lease
    one, two = (scheduler(file, clock, name, jobs.of(name)) for name in ("one", "two"))
    jobs.others = {"one": one.look, "two": two.look}
    drive(clock, [one, two], START + HOUR)
    spans = sorted(jobs.spans, key=lambda span: span[2])
    assert all(before[3] <= after[2] for before, after in itertools.pairwise(spans))
    works = [work for _, work, _, _ in spans]
    assert works.count("sync") == 1
    assert works.count("pull") in {6, 7}


def test_a_scheduler_that_died_is_taken_over_within_the_lease(url: str, tmp_path) -> None:
    file, clock = deployment(tmp_path, url, '[schedule.a]\nevery = "1h"\n'), SimulatedClock()
    began, over, dead = threading.Event(), threading.Event(), []

    def hangs(*_):
        dead.append(clock.now())
        clock.beats.clear()  # its heart stands still
        began.set()
        over.wait(60)
        return report(1)

    one = scheduler(file, clock, "one", hangs)
    thread = threading.Thread(target=one.look)
    thread.start()
    assert began.wait(60)
    jobs = Jobs(clock, timedelta(minutes=1))
    two = scheduler(file, clock, "two", jobs.of("two"))
    drive(clock, [two], START + HOUR / 2)
    over.set()
    thread.join()
    ((_, _, start, _),) = jobs.spans
    assert start - dead[0] <= leases.LEASE + LOOK


def test_after_a_sleep_it_catches_up_once(lite: str, tmp_path) -> None:
    file, clock = deployment(tmp_path, lite, TWO), SimulatedClock()
    jobs = Jobs(clock, timedelta(minutes=1))
    first = scheduler(file, clock, "one", jobs.of("one"))
    drive(clock, [first], START + timedelta(minutes=45))
    jobs.spans.clear()
    clock.move(timedelta(days=3))
    again = scheduler(file, clock, "one", jobs.of("one"))
    drive(clock, [again], clock.now() + timedelta(minutes=8))
    works = [work for _, work, _, _ in jobs.spans]
    assert works.count("sync") == 1
    assert works.count("pull") in {1, 2}  # the one that was missed, and perhaps the next one


def test_one_that_waits_with_jitter_starts_in_its_window(lite: str, tmp_path) -> None:
    text = '[schedule.a]\ncron = "30 9 * * *"\njitter = "10m"\n'
    clock = SimulatedClock()
    jobs = Jobs(clock, timedelta(minutes=1))
    file = deployment(tmp_path, lite, text)
    drive(clock, [scheduler(file, clock, "one", jobs.of("one"))], START + HOUR)
    ((_, _, start, _),) = jobs.spans
    assert START + HOUR / 2 < start < START + timedelta(minutes=40)


def test_configuration_is_read_again_and_a_broken_one_changes_nothing(lite: str, tmp_path) -> None:
    file, clock = deployment(tmp_path, lite, '[schedule.a]\nevery = "10m"\n'), SimulatedClock()
    jobs = Jobs(clock, timedelta(minutes=1))
    one = scheduler(file, clock, "one", jobs.of("one"))
    file.write_text("[schedule.a]\nevery = 10\n")
    drive(clock, [one], START + timedelta(minutes=15))
    assert len(jobs.spans) == 2
    assert "10m" in str(one.health.schedules["configuration"]["error"])
    deployment(tmp_path, lite, '[schedule.a]\nevery = "10m"\nrun = "pull"\n')
    drive(clock, [one], START + timedelta(minutes=25))
    assert jobs.spans[-1][1] == "pull"
    assert "configuration" not in one.health.schedules


def test_a_broken_configuration_at_the_start_is_an_error(tmp_path) -> None:
    (tmp_path / "pulsefield.toml").write_text("[schedule.a]\nevery = 10\n")
    with pytest.raises(ConfigError, match="10m"):
        Scheduler(tmp_path / "pulsefield.toml")


def test_what_goes_wrong_in_a_run_is_noted_and_the_next_one_comes(lite: str, tmp_path) -> None:
    def fails(*_):
        raise RuntimeError("a bug")

    file, clock = deployment(tmp_path, lite, '[schedule.a]\nevery = "10m"\n'), SimulatedClock()
    one = scheduler(file, clock, "one", fails)
    drive(clock, [one], START + timedelta(minutes=1))
    assert slots(lite)["a"]["state"] == "failed"
    jobs = Jobs(clock, timedelta(minutes=1))
    two = scheduler(file, clock, "two", jobs.of("two"))
    drive(clock, [two], START + timedelta(minutes=12))
    assert slots(lite)["a"]["state"] == "done"


def test_what_a_run_leaves_in_memory_is_gone_after_it(lite: str, tmp_path) -> None:
    class Ring:
        def __init__(self) -> None:
            self.itself = self

    left = []

    def leaves(*_):
        left.append(weakref.ref(Ring()))
        return report(1)

    clock = SimulatedClock()
    file = deployment(tmp_path, lite, '[schedule.a]\nevery = "1h"\n')
    gc.disable()
    try:
        scheduler(file, clock, "one", leaves).once("a")
    finally:
        gc.enable()
    assert left[0]() is None


def test_a_run_that_was_told_to_end_stays_due(lite: str, tmp_path) -> None:
    file, clock = deployment(tmp_path, lite, '[schedule.a]\nevery = "10m"\n'), SimulatedClock()
    stop = Stop(leave=lambda _: None, timer=lambda _s, _c: threading.Timer(0, lambda: None))

    def told(_config, _schedule, progress, _now):
        progress.advance("pull", "x", 1)  # before: nothing happens
        stop.ask()
        progress.advance("pull", "x", 1)  # within its grace: it may finish
        stop.overdue = True
        with pytest.raises(TransientError, match="goes on"):
            progress.advance("pull", "x", 1)
        return report(1, connections=(ConnectionReport("own", "tables", error="told to end"),))

    one = Scheduler(file, Site(clock=clock, job=told, stop=stop, holder="one:1:x"))
    one.serve()
    assert slots(lite) == {}
    jobs = Jobs(clock, timedelta(minutes=1))
    drive(clock, [scheduler(file, clock, "two", jobs.of("two"))], START + timedelta(minutes=3))
    assert len(jobs.spans) == 1


def test_the_process_leaves_when_no_safe_point_comes() -> None:
    asked, left = [], []

    def timer(seconds, call):
        asked.append((seconds, call))
        return threading.Timer(0, lambda: None)

    stop = Stop(leave=left.append, timer=timer)
    assert not stop.wait(0)
    stop.ask()
    assert stop.wait(60)
    (_, hurry), (seconds, leave) = asked
    hurry()
    assert stop.overdue
    assert seconds < 30
    assert not left
    leave()
    assert left == [1]


def test_logs_are_json_with_the_schedule_and_without_people(lite: str, tmp_path, capsys) -> None:
    def refuses(*_):
        raise TransientError("no such user: ann.lee@example.com")

    file, clock = deployment(tmp_path, lite, '[schedule.a]\nevery = "10m"\n'), SimulatedClock()
    logs.configure(as_json=True)
    try:
        scheduler(file, clock, "one", refuses).look()
    finally:
        logs.end()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert {line["schedule"] for line in lines} == {"a"}
    assert {"run", "level", "at", "message"} <= set(lines[0])
    assert "no such user" in lines[-1]["message"]
    assert "ann.lee" not in str(lines)
