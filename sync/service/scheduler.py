"""Runs each schedule in its rhythm, one run at a time over all hosts that share the journal.

Any number of schedulers may share a journal. Who finds something due takes the lease, looks
again, works, and notes the slot as done. A holder that died leaves its lease to expire and the
slot undone, so another takes over and does it.
"""

import gc
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from connectors.errors import ConnectorError
from scoring import ModelError
from sync import logs, notes, run
from sync.clock import Clock, SystemClock
from sync.config import Config, load
from sync.errors import BusyError, SyncError
from sync.journal import Journal
from sync.lease import lease
from sync.logs import LOGGER
from sync.progress import Progress
from sync.summary import RunReport

from . import alerts
from .listener import Health
from .metrics import Metrics
from .rhythm import delay, due
from .settings import Schedule
from .stopping import Stop, Stoppable, StoppedError

LOOK = timedelta(seconds=30)
"""Longest wait between two looks: a machine that slept is noticed within this."""
LEASE = "schedule"
SLOT = "slot:"
EXPECTED = (SyncError, ConnectorError, ModelError)

Job = Callable[[Config, Schedule, Progress, datetime], RunReport]


def perform(config: Config, schedule: Schedule, progress: Progress, now: datetime) -> RunReport:
    """Do the work of a schedule; an unsafe plan is never forced."""
    if schedule.run == "pull":
        return run.pull(config, progress=progress, now=now)
    return run.sync(config, tickets=schedule.run == "tickets", progress=progress, now=now)


@dataclass
class Site:
    """Where a scheduler works; every part is replaced in some test.

    Attributes:
        clock: The time.
        stop: Whether to end; also the only way to wait.
        job: Does the work.
        place: Tells this place from others, for the jitter.
        holder: Name of the holder of leases; empty: this process.
        metrics: Counts what happens.
    """

    clock: Clock = field(default_factory=SystemClock)
    stop: Stop = field(default_factory=Stop)
    job: Job = perform
    place: str = field(default_factory=socket.gethostname)
    holder: str = ""
    metrics: Metrics = field(default_factory=Metrics)


class Scheduler:
    """Looks, works, waits.

    Args:
        file: The deployment's file; read again before each look.
        site: Where it works.

    Raises:
        ConfigError: the file cannot be used now. Later ones are told as failed runs, and the
            last good one stays in force.
    """

    def __init__(self, file: Path, site: Site | None = None) -> None:
        self._file = file
        self._site = site or Site()
        self.config = load(file)
        self.health = Health(self._site.clock.now())

    def serve(self) -> None:
        """Work until told to end."""
        while not self._site.stop.wait(self.look().total_seconds()):
            pass

    def look(self) -> timedelta:
        """Do what is due, one thing at most; return how long to wait before the next look."""
        self._reload()
        now = self.health.looked_at = self._site.clock.now()
        try:
            with self._journal() as journal:
                waiting = self._waiting(journal, now)
                for (start, _), name in waiting:
                    self._told(name)["due"] = start.isoformat()
                if not waiting:
                    return LOOK
                (start, slot), name = waiting[0]
                if start > now:
                    self._stale(journal)
                    return min(LOOK, start - now)
                return timedelta(0) if self._take(journal, name, slot) else LOOK
        except EXPECTED as error:
            LOGGER.error("the journal cannot be used: %s", error)
            return LOOK

    def once(self, name: str) -> RunReport:
        """Do the work of one schedule now, whatever its rhythm.

        Raises:
            SyncError, ConnectorError, ModelError: as ``run.sync``, once it was told.
        """
        schedule, now = self.config.schedule[name], self._site.clock.now()
        with self._journal() as journal, lease(journal, LEASE, self._site.clock):
            report = self._work(journal, name, schedule)
            self._done(journal, name, now, "done")
        if isinstance(report, Exception):
            raise report
        return report

    def _reload(self) -> None:
        try:
            self.config = load(self._file)
        except SyncError as error:
            if self._told("configuration").get("error") != str(error):
                LOGGER.error("kept the last good configuration: %s", error)
            self._told("configuration")["error"] = str(error)
            return
        self.health.schedules.pop("configuration", None)

    @contextmanager
    def _journal(self) -> Iterator[Journal]:
        journal = Journal(self.config.journal)
        journal.holder = self._site.holder or journal.holder
        try:
            yield journal
        finally:
            journal.close()

    def _told(self, name: str) -> dict[str, str | None]:
        return self.health.schedules.setdefault(name, {})

    def _waiting(
        self, journal: Journal, now: datetime
    ) -> list[tuple[tuple[datetime, datetime], str]]:
        """Return ((when it starts, the slot that is done then), schedule), the first one first."""
        done = {
            name: datetime.fromisoformat(note["slot"])
            for name, note in notes.read(journal, SLOT).items()
        }
        found = []
        for name, schedule in self.config.schedule.items():
            if name not in done and schedule.cron:
                done[name] = now  # seen for the first time: it is due at its next time
                self._done(journal, name, now, "new")
            last = done.get(name)
            # Jitter counts from the first slot that was missed, or a short rhythm would never
            # come to its start.
            first = due(schedule, last, last or now)
            start = first + delay(schedule, first, f"{self._site.place} {name}")
            found.append(((start, due(schedule, last, now)), name))
        return sorted(found)

    def _take(self, journal: Journal, name: str, slot: datetime) -> bool:
        """Do the work if nobody else does; return whether to look again at once."""
        try:
            with lease(journal, LEASE, self._site.clock):
                note = notes.read(journal, SLOT).get(name)
                if note and datetime.fromisoformat(note["slot"]) >= slot:
                    return True
                result = self._work(journal, name, self.config.schedule[name])
                if self._site.stop.overdue or isinstance(result, BusyError):
                    return False  # not done: it stays due
                failed = isinstance(result, Exception) or bool(result.problems)
                self._done(journal, name, slot, "failed" if failed else "done")
        except BusyError as error:
            LOGGER.info("waits: %s", error, extra={"data": {"schedule": name}})
            return False
        return True

    def _done(self, journal: Journal, name: str, slot: datetime, state: str) -> None:
        ended = self._site.clock.now().isoformat()
        notes.keep(journal, SLOT + name, {"slot": slot.isoformat(), "state": state, "at": ended})
        self._told(name).update(state=state, ended=ended)

    def _work(self, journal: Journal, name: str, schedule: Schedule) -> RunReport | Exception:
        """Do the work, and tell what came of it; an error is returned, so that all is told."""
        site = self._site
        now = site.clock.now()
        logs.RUN.schedule = self.health.running = name
        try:
            progress = Stoppable(logs.Logged(), site.stop)
            report = site.job(self.config, schedule, progress, now)
        except (BusyError, StoppedError) as error:
            LOGGER.info("run not done: %s", error)
            return error
        except Exception as error:  # noqa: BLE001 - a scheduler outlives what one run does
            # A bug is worth its trace; what a person can act on is told by its message.
            trace = None if isinstance(error, EXPECTED) else error
            LOGGER.log(logging.ERROR, "run failed: %s", error, exc_info=trace)
            site.metrics.failed(name)
            self._tell(journal, name, alerts.of_error(name, error))
            return error
        else:
            site.metrics.ran(name, report, site.clock.now())
            self._tell(journal, name, alerts.of_report(name, report))
            return report
        finally:
            logs.RUN.number, logs.RUN.schedule, self.health.running = None, None, None
            gc.collect()  # nobody waits now; within a run garbage is seldom looked for

    def _tell(self, journal: Journal, name: str, found: list[alerts.Alert]) -> None:
        teller = alerts.Teller(self.config, self._site.clock.now())
        if not self._site.stop.overdue:  # a run that was cut short is no failure
            self._site.metrics.told(teller.tell(found, journal))
        events = {alert.event for alert in found}
        for event in ("failed_run", "unsafe_plan"):
            if event not in events:
                teller.passed(journal, event, name)
        self._stale(journal)
        self._write_metrics()

    def _write_metrics(self) -> None:
        if not self.config.metrics.textfile:
            return
        path = self.config.folder / Path(self.config.metrics.textfile).expanduser()
        try:
            self._site.metrics.write(path, self._site.clock.now())
        except (SyncError, OSError) as error:
            LOGGER.warning("metrics not written: %s", error)

    def _stale(self, journal: Journal) -> None:
        """Tell of sources that were not read for too long."""
        now = self._site.clock.now()
        reads: dict[str, datetime] = {}
        for name, _, at in journal.reads():
            if name in self.config.connections and self.config.connections[name].read:
                reads[name] = min(at, reads.get(name, at))
        self._site.metrics.read(reads)
        ages = {name: now - at for name, at in reads.items()}
        stale = alerts.of_reads(ages, self.config.alerts.stale_after)
        self._site.metrics.told(alerts.Teller(self.config, now).tell(stale, journal))
