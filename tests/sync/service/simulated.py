"""A clock that moves only when told, and schedulers that share it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sync.config import Config
from sync.service.scheduler import Scheduler, Site
from sync.service.settings import Schedule
from sync.summary import RunReport

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class SimulatedClock:
    """Time of day; what happens every so often happens as it moves."""

    def __init__(self) -> None:
        self.time = START
        self.beats: list[tuple[timedelta, datetime, Callable[[], object]]] = []

    def now(self) -> datetime:
        return self.time

    def every(self, period: timedelta, call: Callable[[], object]) -> Callable[[], None]:
        beat = (period, self.time, call)
        self.beats.append(beat)
        return lambda: self.beats.remove(beat) if beat in self.beats else None

    def move(self, by: timedelta) -> None:
        before, self.time = self.time, self.time + by
        for period, start, call in list(self.beats):
            if (self.time - start) // period > (before - start) // period:
                call()


def deployment(folder: Path, journal: str, text: str) -> Path:
    file = folder / "pulsefield.toml"
    file.write_text(
        f'[pulsefield]\njournal = "{journal}"\n{text}\n[connections.own]\nkind = "tables"\n'
    )
    return file


def report(number: int, **values) -> RunReport:
    return RunReport(run=number, kind="sync", started_at=START, **values)


class Jobs:
    """Work that takes simulated time, while others look at their schedules."""

    def __init__(self, clock: SimulatedClock, lasts: timedelta) -> None:
        self.clock = clock
        self.lasts = lasts
        self.spans: list[tuple[str, str, datetime, datetime]] = []
        self.others: dict[str, Callable[[], object]] = {}
        self.die: dict[str, int] = {}

    def of(self, who: str) -> Callable[..., RunReport]:
        def job(config: Config, schedule: Schedule, progress, now: datetime) -> RunReport:
            began = self.clock.now()
            while self.clock.now() < began + self.lasts:
                self.clock.move(timedelta(seconds=20))
                for name, look in self.others.items():
                    if name != who:
                        look()
            self.spans.append((who, schedule.run, began, self.clock.now()))
            return report(len(self.spans))

        return job


def scheduler(file: Path, clock: SimulatedClock, holder: str, job) -> Scheduler:
    return Scheduler(file, Site(clock=clock, job=job, place=holder, holder=f"{holder}:1:x"))
