"""Runs that write what the journal already has: a saved plan, a rollback, a retry.

Like every run they first read what their targets hold now, and settle what an interrupted run
left; they score nothing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from . import history, letters, own_fields, reporting, rollback, saved, writes, writing
from .config import Config
from .current import Current, running
from .errors import PlanError
from .lease import Lease
from .plan import Plan, PlannedWrite, counts
from .progress import Progress
from .pulling import counted, pull_all
from .summary import ConnectionReport, PlanReport, RunReport
from .tickets import parent
from .workspace import Workspace, opened
from .writing import Planned


def apply_plan(
    config: Config,
    wanted: str,
    *,
    force: str | None = None,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> RunReport:
    """Apply a saved plan, exactly.

    Args:
        config: The deployment.
        wanted: The plan's number, or ``NUMBER@CHECKSUM``.
        force: Why it is applied though it is unsafe.
        progress: Told how it goes on.
        now: The run's time, aware; the clock's by default.

    Raises:
        PlanError: there is no such plan, it was edited or applied, or a target moved since.
        SyncError: see ``errors``.
    """
    with opened(config, now, progress) as work:
        saved.check(saved.load(work.journal, wanted))  # before anything is read
        with running(work, "sync") as (current, held):
            resumed = writing.recover(work, send=True)
            found = saved.load(work.journal, wanted)
            connections = _read(work, [part.connection for part in found.parts])
            _unfailed(connections)
            saved.check(found)
            owned = {n: {f.spec.name for f in fields} for n, fields in work.fields.items()}
            saved.check_held(found, work.store, owned)
            creates = saved.creates(work.journal, found.run)
            plans = [(part.plan, _as_plan(part, creates)) for part in found.parts]
            current.add(resumed=resumed)
            return _finish(work, current, held, plans, _Order(connections, force, found.run))


def undo(
    config: Config,
    run: int,
    *,
    apply: bool = False,
    force: str | None = None,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> RunReport:
    """Put back what a run replaced, where the target still holds what it wrote.

    Args:
        config: The deployment.
        run: The run's number.
        apply: False stops after the plan (a dry run).
        force: Why an unsafe plan is applied.
        progress: Told how it goes on.
        now: The run's time, aware; the clock's by default.

    Raises:
        PlanError: there is no such run, or it wrote nothing.
        BusyError: it is still running.
        SyncError: see ``errors``.
    """
    with opened(config, now, progress) as work:
        rollback.applied_by(work.journal, run)
        with running(work, "rollback") as (current, held):
            current.add(resumed=writing.recover(work, send=apply))
            sent = rollback.applied_by(work.journal, run)
            connections = _read(work, [name for _, name in sent])
            _unfailed(connections)
            made = _plans(
                work, current, {name: rollback.undoing(work.journal, plan) for plan, name in sent}
            )
            order = _Order(connections, force, apply=apply)
            return _finish(work, current, held, made, order)


def retry(
    config: Config,
    *,
    apply: bool = False,
    every: bool = False,
    force: str | None = None,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> RunReport:
    """Send refused rows again, where the target still holds what it held then.

    Args:
        config: The deployment.
        apply: False stops after the plan (a dry run).
        every: Also those that were refused for good, once their cause was put right.
        force: Why an unsafe plan is applied.
        progress: Told how it goes on.
        now: The run's time, aware; the clock's by default.

    Raises:
        SyncError: see ``errors``.
    """
    with opened(config, now, progress) as work, running(work, "retry") as (current, held):
        current.add(resumed=writing.recover(work, send=apply))
        due = defaultdict(list)
        for letter in letters.dead_letters(work.journal):
            if (letter.retryable or every) and work.fields.get(letter.connection):
                due[letter.connection].append(letter)
        connections = _read(work, list(due))
        rows = {name: letters.again(found) for name, found in due.items()}
        made = _plans(work, current, rows)
        return _finish(work, current, held, made, _Order(connections, force, apply=apply))


class _Order:
    """What is asked of the end of a run."""

    def __init__(
        self,
        connections: Sequence[ConnectionReport],
        force: str | None,
        planned: int | None = None,
        *,
        apply: bool = True,
    ) -> None:
        self.connections = list(connections)
        self.force = force
        self.planned = planned
        self.apply = apply


def _read(work: Workspace, names: Sequence[str]) -> list[ConnectionReport]:
    """Read what the targets hold now."""
    only = {parent(name) for name in names}
    return pull_all(work, only=sorted(only)) if only else []


def _unfailed(reports: Sequence[ConnectionReport]) -> None:
    """Make sure that what the targets hold is known."""
    failed = [
        f"{report.name} could not be read ({report.error})" for report in reports if report.error
    ]
    if failed:
        raise PlanError(f"nothing was written, as {' and '.join(failed)}")


def _plans(
    work: Workspace, current: Current, rows: Mapping[str, Sequence[PlannedWrite]]
) -> list[tuple[int, Plan]]:
    made = []
    for name, wanted in rows.items():
        found = rollback.make(work, name, wanted)
        number = writes.save(work.journal, current.run, found, work.now)
        made.append((number, replace(found, report=replace(found.report, plan=number))))
    return made


def _as_plan(part: saved.SavedPlan, creates: Mapping[str, tuple[str, ...]]) -> Plan:
    report = PlanReport(
        connection=part.connection,
        plan=part.plan,
        checksum=part.checksum,
        records=len(part.writes),
        updates=len(part.writes),
        unsafe=part.unsafe,
        creates=creates.get(part.connection, ()),
        **counts(part.writes),
    )
    return Plan(part.connection, part.writes, report)


def _finish(
    work: Workspace,
    current: Current,
    held: Lease,
    plans: Sequence[tuple[int, Plan]],
    order: _Order,
) -> RunReport:
    """Apply what is safe, or was forced; return the report."""
    known = set(writing.targets(work))
    problems = {
        plan.connection: problem
        for _, plan in plans
        if plan.writes and (problem := _problem(work, plan, known=plan.connection in known))
    }
    planned = Planned(tuple(plans), problems)
    current.add(plans=planned.reports)
    if order.apply and (order.force or not planned.unsafe):
        held.check()
        if order.planned is not None:
            history.promote(work.store, order.planned, current.run, work.now)
            current.keep(saved.made_by(work.journal, order.planned))
        planned = writing.carry_out(work, current, planned, order.force)
    connections = reporting.with_problems(order.connections, planned.problems)
    return current.ended(connections=counted(work, connections))


def _problem(work: Workspace, plan: Plan, *, known: bool) -> tuple[str, bool] | None:
    if not known:
        return f"{plan.connection} is not written to", True
    fields = own_fields.look(work, plan.connection)
    named = fields.missing and set(fields.missing) <= set(plan.report.creates)
    return None if named else fields.problem
