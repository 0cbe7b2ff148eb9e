"""A plan put into a target: journalled before it is sent, row by row as answers come.

If the process dies, ``recover`` settles what was under way: a vendor's job is adopted, a batch
in flight is sent again with the same values, and what was never sent is left to the next plan.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from time import monotonic

import pyarrow as pa

from connectors.base import FieldUpdate, Target, WriteResult
from connectors.errors import ConnectorError, SetupError

from . import writes
from .journal import Journal
from .progress import Progress
from .store import HELD, Store
from .summary import ApplyReport, Refused
from .writes import Saved

BATCH = 500
"""Results put into the journal in one transaction."""


class _Log:
    """Notes in the journal what a connector is about to send; called from its threads."""

    def __init__(self, journal: Journal, plan: int, rows: Sequence[Saved]) -> None:
        self._journal = journal
        self._plan = plan
        self._rows = {write.ref: write.row for write in rows}
        self._lock = threading.Lock()

    def sending(self, refs: Sequence[str]) -> None:
        """Note it before the request goes out."""
        with self._lock:
            writes.sent(self._journal, self._plan, [self._rows[ref] for ref in refs])

    def job(self, refs: Sequence[str], job: str) -> None:
        """Note the job, so that it can be adopted."""
        with self._lock:
            writes.sent(self._journal, self._plan, [self._rows[ref] for ref in refs], job)


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

    def apply(self, target: Target, plan: int, forced: str | None = None) -> ApplyReport:
        """Send a saved plan. What a target refuses or does wrong is in the report."""
        writes.set_state(self._journal, plan, "applying", forced)
        rows = writes.load(self._journal, plan, ("intended",))
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
            refused=tuple(refused for report in reports for refused in report.refused),
            error=error,
            seconds=sum(report.seconds for report in reports),
        )

    def _send(
        self, target: Target, plan: int, rows: Sequence[Saved], job: str | None
    ) -> ApplyReport:
        began = monotonic()
        updates = [write.update for write in rows]
        log = _Log(self._journal, plan, rows)
        ok, refused, error = 0, [], None
        try:
            for batch in _batches(_results(target, updates, job, log)):
                found = [(rows[at], result) for at, result in batch]
                writes.answered(self._journal, plan, [(write.row, r) for write, r in found])
                ok += sum(result.ok for _, result in found)
                refused += [_refused(write, result) for write, result in found if not result.ok]
                self._progress.advance("apply", target.name, len(found))
        except ConnectorError as problem:
            error = str(problem)
        self.settle(target.name, plan)
        seconds = monotonic() - began
        return ApplyReport(target.name, plan, ok, tuple(refused), error, seconds)

    def settle(self, connection: str, plan: int) -> None:
        """Keep confirmed values as what the target holds now, so that no read is needed."""
        rows = writes.load_unsettled(self._journal, plan)
        if not rows:
            return
        name = HELD + connection
        held = self._store.rows(name, [write.ref for write in rows])
        now = []
        for write in rows:
            known = held.get(write.ref, {})
            new = {field: pair[1] for field, pair in write.change.items()}
            now.append({**known, **new, "id": write.ref})
        columns = sorted({column for row in now for column in row} - {"id"})
        table = pa.table(
            {
                "source": pa.array([connection] * len(now), pa.string()),
                "id": pa.array([row["id"] for row in now], pa.string()),
                "known_at": pa.array([self._now] * len(now), pa.timestamp("us", tz="UTC")),
                "origin": pa.array(["written"] * len(now), pa.string()),
                **{c: pa.array([row.get(c) for row in now], pa.string()) for c in columns},
            }
        )
        self._store.append(name, table, always=True)
        writes.settled(self._journal, plan, [write.row for write in rows])


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


def _batches(results: Iterable[WriteResult]) -> Iterator[list[tuple[int, WriteResult]]]:
    """Yield numbered results in batches; those at hand when it fails come through first."""
    batch: list[tuple[int, WriteResult]] = []
    failed: ConnectorError | None = None
    numbered = enumerate(results)
    while failed is None:
        try:
            batch.append(next(numbered))
        except StopIteration:
            break
        except ConnectorError as error:
            failed = error
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
    if failed is not None:
        raise failed


def _refused(write: Saved, result: WriteResult) -> Refused:
    return Refused(write.account, write.ref, result.code, result.message, result.retryable)
