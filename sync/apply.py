"""A plan put into a target: journalled before it is sent, row by row as answers come.

If the process dies, ``recover`` settles what was under way: a vendor's job is adopted, a batch
in flight is sent again with the same values, and what was never sent is left to the next plan.
"""

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from time import monotonic

from connectors.base import FieldUpdate, Target, WriteResult
from connectors.errors import ConnectorError, SetupError

from . import held, writes
from .journal import Journal
from .lease import fence
from .plan import PlannedWrite
from .progress import Progress
from .store import Store
from .summary import ApplyReport, Refused
from .writes import Saved

BATCH = 500
"""Answers put into the journal in one transaction, at most."""


class _Log:
    """Notes in the journal what a connector sends, and what came back; used from its threads.

    Answers are gathered, and noted with the next batch before that goes out: what is sent again
    after a kill is at most what was in flight. Nothing is noted, and so nothing is sent, once
    another run has taken the lease over: that run settles what was in flight.

    Attributes:
        halted: Why nothing more is to be sent, while what is in flight is waited for; or None.
    """

    def __init__(self, journal: Journal, plan: int, rows: Sequence[Saved]) -> None:
        self._journal = journal
        self._plan = plan
        self._rows = {write.ref: write.row for write in rows}
        self._answers: list[tuple[int, WriteResult]] = []
        self._lock = threading.RLock()
        self.halted: ConnectorError | None = None

    def sending(self, refs: Sequence[str]) -> None:
        """Note it before the request goes out.

        Raises:
            ConnectorError: nothing more is to be sent.
            BusyError: another run took the lease over.
        """
        if self.halted is not None:
            raise self.halted
        self._note(refs)

    def job(self, refs: Sequence[str], job: str) -> None:
        """Note the job, so that it can be adopted."""
        self._note(refs, job)

    def answer(self, write: Saved, result: WriteResult) -> None:
        """Take what became of a row."""
        with self._lock:
            self._answers.append((write.row, result))
            if len(self._answers) >= BATCH:
                self._note()

    def flush(self) -> None:
        """Note the answers taken so far."""
        with self._lock:
            if self._answers:
                self._note()

    def _note(self, refs: Sequence[str] = (), job: str | None = None) -> None:
        with self._lock, self._journal.begin() as db:
            fence(db, self._journal.holder)
            writes.answered(db, self._plan, self._answers)
            writes.sent(db, self._plan, [self._rows[ref] for ref in refs], job)
            self._answers = []


class Applier:
    """Applies plans to targets.

    Args:
        journal: Where everything is noted first.
        store: Where confirmed values are kept as held.
        now: The run's time.
        progress: Told how it goes on.
    """

    def __init__(self, journal: Journal, store: Store, now: datetime, progress: Progress) -> None:
        self._journal = journal
        self._store = store
        self._now = now
        self._progress = progress

    def apply(self, target: Target, plan: int, planned: Sequence[PlannedWrite]) -> ApplyReport:
        """Send a saved plan. What a target refuses or does wrong is in the report.

        Args:
            target: Where to.
            plan: Its number in the journal.
            planned: All its writes, as they were saved.

        Raises:
            BusyError: another run took the lease over; nothing more was sent.
            JournalError: nothing more can be noted, and so nothing more was sent.
        """
        rows = [Saved(row, w.ref, w.account, w.change) for row, w in enumerate(planned)]
        self._progress.start("apply", target.name, len(rows))
        report = self._send(target, plan, rows, None)
        self._progress.finish("apply", target.name)
        if report.error is None:
            writes.set_state(self._journal, plan, "applied")
        return report

    def recover(self, target: Target, plan: int) -> ApplyReport:
        """Settle what an interrupted apply left under way."""
        left = writes.load(self._journal, plan, ("sent",))
        jobs: dict[str | None, list[Saved]] = {}
        for write in left:
            jobs.setdefault(write.job, []).append(write)
        reports = [self._send(target, plan, rows, job) for job, rows in jobs.items()]
        error = next((report.error for report in reports if report.error), None)
        if error is None:
            writes.drop_intended(self._journal, plan)
            writes.set_state(self._journal, plan, "stopped")
        return ApplyReport(
            connection=target.name,
            plan=plan,
            ok=sum(report.ok for report in reports),
            # What may pass, such as the rows of a job that never got its data, is planned next.
            refused=tuple(r for report in reports for r in report.refused if not r.retryable),
            error=error,
            seconds=sum(report.seconds for report in reports),
        )

    def _send(
        self, target: Target, plan: int, rows: Sequence[Saved], job: str | None
    ) -> ApplyReport:
        began = monotonic()
        updates = [write.update for write in rows]
        log = _Log(self._journal, plan, rows)
        ok, refused, error = [], [], None
        try:
            for write, result in zip(rows, _results(target, updates, job, log), strict=False):
                log.answer(write, result)
                if result.ok:
                    ok.append(write)
                else:
                    refused.append(_refused(write, result))
                self._advance(target.name, log)
        except ConnectorError as problem:
            error = str(problem)
        log.flush()
        if ok:
            held.keep(self._store, target.name, ok, self._now)
        if error is not None:
            writes.settled(self._journal, plan)  # else the plan's own state says so
        seconds = monotonic() - began
        return ApplyReport(target.name, plan, len(ok), tuple(refused), error, seconds)

    def _advance(self, name: str, log: _Log) -> None:
        try:
            self._progress.advance("apply", name, 1)
        except ConnectorError as told:  # to end
            log.halted = told

    def settle(self, connection: str, plan: int) -> None:
        """Keep confirmed values as what the target holds now, so that no read is needed."""
        rows = writes.load_unsettled(self._journal, plan)
        if rows:
            held.keep(self._store, connection, rows, self._now)
            writes.settled(self._journal, plan)


def _results(
    target: Target, updates: Sequence[FieldUpdate], job: str | None, log: _Log
) -> Iterator[WriteResult]:
    if job is None:
        yield from target.write(updates, log)
        return
    try:
        found = list(target.adopt(job, updates))
    except SetupError:
        # The vendor does not know the job any more; the same values are sent again.
        found = list(target.write(updates, log))
    yield from found


def _refused(write: Saved, result: WriteResult) -> Refused:
    return Refused(write.account, write.ref, result.code, result.message, result.retryable)
