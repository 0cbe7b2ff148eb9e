"""The run that is going on: its row in the journal, its lease, what it has found so far."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from logging import INFO, WARNING
from time import monotonic

from . import logs, reporting
from .errors import ClockError
from .journal import Journal
from .lease import Lease, lease
from .pruning import prune
from .summary import RunReport
from .workspace import Workspace

SLACK = timedelta(hours=1)
"""A clock that went back by less is taken to have been set right; time stands still meanwhile."""


class Current:
    """One run.

    Attributes:
        run: Its number.
    """

    def __init__(self, work: Workspace, kind: str, run: int) -> None:
        self.run = run
        self._work = work
        self._began = monotonic()
        self._kept: dict[str, object] = {}
        self._report = RunReport(run=run, kind=kind, started_at=work.now)

    def add(self, **found: object) -> None:
        """Add to the report."""
        self._report = replace(self._report, **found)  # type: ignore[arg-type]  # fields of it

    def keep(self, marks: Mapping[str, object]) -> None:
        """Note that a snapshot was kept, with which later runs are compared: columns of runs."""
        self._kept = dict(marks)

    def ended(self, **found: object) -> RunReport:
        """Note the end; return the report."""
        self.add(**found, seconds=monotonic() - self._began)
        values = self._kept | {"forced": self._report.forced}
        text = reporting.as_json(self._report)
        self._work.journal.end_run(self.run, datetime.now(UTC), "done", report=text, **values)
        if days := self._work.config.general.journal_days:
            prune(self._work.journal, self._work.now, timedelta(days=days))
        _log(self._report)
        return self._report


def _log(report: RunReport) -> None:
    """Log how a run ended: counts and names of the configuration, nothing of a customer."""
    data = {
        "run": report.run,
        "work": report.kind,
        "seconds": round(report.seconds, 1),
        "exit_code": report.exit_code,
        "records": sum(entry.records for entry in report.connections),
        "requests": sum(sum(entry.made.values()) for entry in report.connections),
        "written": sum(done.ok for done in report.applied),
        "refused": sum(len(done.refused) for done in report.applied),
        "errors": report.problems,
        "unsafe": list(report.unsafe),
    }
    level = WARNING if report.exit_code else INFO
    if logs.LOGGER.hasHandlers():  # Python itself would print a warning that nobody listens to
        logs.LOGGER.log(level, "run ended", extra={"data": data})


@contextmanager
def running(work: Workspace, kind: str) -> Iterator[tuple[Current, Lease]]:
    """Hold the lease and a row of ``runs`` while something is done.

    Raises:
        BusyError: another run holds the lease.
        ClockError: the clock went back.
    """
    with lease(work.journal) as held:
        work.now = _checked(work.journal, work.now)
        run = logs.RUN.number = work.run = work.journal.start_run(kind, work.now)
        logs.LOGGER.info("run begins", extra={"data": {"work": kind}})
        try:
            yield Current(work, kind, run), held
        except BaseException:
            work.journal.end_run(run, datetime.now(UTC), "failed")
            raise


def _checked(journal: Journal, now: datetime) -> datetime:
    """Return a time that is not before the last run's: versions of rows are told apart by it."""
    latest = journal.latest_start()
    if latest is None or latest <= now:
        return now
    if latest - now > SLACK:
        raise ClockError(
            f"the clock says {now:%Y-%m-%d %H:%M} UTC, and the last run began at"
            f" {latest:%Y-%m-%d %H:%M} UTC: one of the two is wrong, and nothing was done. Set the"
            " clock right; if it is, and that run's was not, pull into a new data folder"
        )
    return latest
