"""All targets of a run: plan each, settle what was cut off, write side by side."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import duckdb

from connectors.base import Target
from connectors.errors import ConnectorError

from . import limits, own_fields, plan, writes
from .apply import Applier
from .current import Current
from .history import Past
from .letters import refused
from .plan import Plan
from .scored import Portfolio
from .settings import Limits
from .summary import ApplyReport, ConnectionReport, PlanReport
from .tickets import add_members, parent
from .workspace import Workspace


@dataclass(frozen=True, slots=True)
class Planned:
    """The plans of a run.

    Attributes:
        plans: Plan and its number in the journal.
        problems: Target -> why it cannot be written to, and whether a person must act.
    """

    plans: tuple[tuple[int, Plan], ...]
    problems: dict[str, tuple[str, bool]]

    @property
    def reports(self) -> tuple[PlanReport, ...]:
        """What is told of each plan."""
        return tuple(plan.report for _, plan in self.plans)

    @property
    def unsafe(self) -> bool:
        """Whether any plan should not be applied."""
        return any(report.unsafe for report in self.reports)


def targets(work: Workspace) -> list[str]:
    """Return the connections that are written to, in the file's order."""
    found = []
    for name in (n for n in work.fields if work.only is None or n in work.only):
        try:
            if isinstance(work.connect(name), Target) and work.fields[name]:
                found.append(name)
        except ConnectorError:  # reading it has told so already
            continue
    return found


def plan_all(
    work: Workspace,
    con: duckdb.DuckDBPyConnection,
    run: int,
    portfolio: Portfolio,
    last: Past | None,
) -> Planned:
    """Plan every target, check that its fields can be written, and keep the plans."""
    against = _against(work, run, portfolio, last)
    add_members(con, work.store, work.fields)
    made: list[tuple[int, Plan]] = []
    problems: dict[str, tuple[str, bool]] = {}
    for name in targets(work):
        work.progress.start("plan", name, len(portfolio.accounts))
        target = plan.Target(
            connection=name,
            fields=work.fields[name],
            limits=limits_of(work, name),
            refused=refused(work.journal, name),
        )
        found = plan.make(con, work.store, target, portfolio, against)
        fields = own_fields.look(work, name) if found.writes else own_fields.Fields()
        if fields.missing and work.creates:
            found = replace(found, report=replace(found.report, creates=fields.missing))
        elif fields.problem is not None:
            problems[name] = fields.problem
            # What cannot be written is not unsafe; the problem is what a person must see to.
            found = replace(found, report=replace(found.report, unsafe=()))
        number = writes.save(work.journal, run, found, work.now)
        found = replace(found, report=replace(found.report, plan=number))
        made.append((number, found))
        work.progress.finish("plan", name)
    return Planned(tuple(made), problems)


def limits_of(work: Workspace, name: str) -> Limits:
    """Return what makes a plan of a target unsafe."""
    own = work.config.connections[parent(name)].limits
    given = {} if own is None else own.model_dump(exclude_unset=True)
    return work.config.limits.model_copy(update=given)


def _against(work: Workspace, run: int, portfolio: Portfolio, last: Past | None) -> limits.Against:
    shares = portfolio.scores[work.main].coverage
    earlier = work.journal.last_run(before=run)
    accounts = None if earlier is None else earlier["accounts"]
    return limits.Against(
        accounts=len(portfolio.accounts),
        accounts_before=accounts if isinstance(accounts, int) else None,
        coverage=sum(shares) / len(shares) if shares else None,
        coverage_before=None if last is None else last.mean_coverage(work.main),
    )


def unread(work: Workspace, reports: Sequence[ConnectionReport]) -> str | None:
    """Return why scores would rest on half the data; None if they do not.

    A source that was read before and fails now freezes its signals, and the scores say so. One
    that never was read to its end would look like a source that is not there.
    """
    read = {connection for connection, _, _ in work.journal.reads()}
    missing = [report.name for report in reports if report.error and report.name not in read]
    if not missing:
        return None
    names = " and ".join(missing)
    return f"nothing was written, as {names} never was read to the end; the scores would miss it"


def carry_out(work: Workspace, current: Current, planned: Planned, force: str | None) -> Planned:
    """Make the fields that plans name, write what can be written, and add it to the report.

    Returns:
        The plans, with the problems that came up meanwhile.
    """
    planned = _with_fields(work, planned)
    how = How(current.run, force if planned.unsafe else None)
    current.add(applied=apply_all(work, planned, how), forced=how.forced)
    return planned


def _with_fields(work: Workspace, planned: Planned) -> Planned:
    """Make the fields that plans name; a target where that fails gets a problem."""
    failed = {
        plan.connection: problem
        for _, plan in planned.plans
        if plan.report.creates and plan.connection not in planned.problems
        if (problem := own_fields.create_for_run(work, plan.connection, plan.report.creates))
    }
    return replace(planned, problems=planned.problems | failed)


@dataclass(frozen=True, slots=True)
class How:
    """How plans are applied.

    Attributes:
        run: The run that does.
        forced: Why, though they are unsafe; None: they are safe.
    """

    run: int
    forced: str | None = None


def apply_all(work: Workspace, planned: Planned, how: How) -> tuple[ApplyReport, ...]:
    """Write to every target that has changes and no problem, side by side."""
    due = {
        number: plan
        for number, plan in planned.plans
        if plan.writes and plan.connection not in planned.problems
    }
    for number, made in planned.plans:
        if not made.writes:
            writes.set_state(work.journal, number, "applied", applied_by=how.run)
    applier = Applier(work.journal, work.store, work.now, work.progress)
    work.journal.flush()  # what was held before must outlive everything that is sent now

    def each(name: str, number: int) -> ApplyReport:
        writes.set_state(work.journal, number, "applying", applied_by=how.run, forced=how.forced)
        return applier.apply(work.target(name), number, due[number].writes)

    return _side_by_side([(plan.connection, number) for number, plan in due.items()], each)


def recover(work: Workspace, *, send: bool) -> tuple[ApplyReport, ...]:
    """Settle what an earlier, interrupted run left.

    Args:
        work: The opened deployment.
        send: Whether batches that were in flight are sent again; False only keeps what is
            already confirmed.
    """
    applier = Applier(work.journal, work.store, work.now, work.progress)
    due = []
    known = set(targets(work)) if send else set()
    for number, name in writes.unfinished(work.journal):
        applier.settle(name, number)
        if name in known:
            due.append((name, number))
        elif send and parent(name) not in work.config.connections:
            writes.set_state(work.journal, number, "stopped")
    return _side_by_side(due, lambda name, plan: applier.recover(work.target(name), plan))


def _side_by_side(
    due: Sequence[tuple[str, int]], work_on: Callable[[str, int], ApplyReport]
) -> tuple[ApplyReport, ...]:
    """Work on each target in a thread of its own; one target's plans one after the other."""
    by_name: dict[str, list[int]] = {}
    for name, number in due:
        by_name.setdefault(name, []).append(number)

    def each(name: str, numbers: Iterable[int]) -> list[ApplyReport]:
        return [work_on(name, number) for number in numbers]

    with ThreadPoolExecutor(max_workers=max(1, len(by_name))) as pool:
        futures = [pool.submit(each, *item) for item in by_name.items()]
        return tuple(report for future in futures for report in future.result())
