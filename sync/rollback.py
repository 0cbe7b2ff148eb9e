"""Plans that put values back, or send refused ones again, out of what the journal has."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from scoring import duck

from . import limits, schema, writes
from .errors import PlanError
from .fields import TargetField
from .journal import Journal
from .plan import Plan, PlannedWrite, checksum, counts
from .quoting import quote
from .saved import held_values
from .store import HELD, Store
from .summary import PlanReport
from .workspace import Workspace
from .writing import limits_of

PLANS, RUNS = schema.plans, schema.runs


def applied_by(journal: Journal, run: int) -> list[tuple[int, str]]:
    """Return (plan, target) of what a run wrote; nothing if it may still be running.

    Raises:
        PlanError: there is no such run, or it wrote nothing.
    """
    with journal.begin() as db:
        row = db.execute(sa.select(RUNS.c.state, RUNS.c.kind).where(RUNS.c.run == run)).first()
        sent = db.execute(
            sa.select(PLANS.c.plan, PLANS.c.connection)
            .where(PLANS.c.applied_by == run)
            .order_by(PLANS.c.plan)
        ).all()
        by = db.execute(sa.select(PLANS.c.applied_by).where(PLANS.c.run == run)).scalar()
    if row is None:
        raise PlanError(f"there is no run {run}; `pulsefield runs` lists them")
    if row.state == "running":
        return []  # who holds the lease finds out whether it really is
    if not sent:
        applied = f"; run {by} applied its plan" if by else ""
        raise PlanError(f"run {run} ({row.kind}) wrote nothing that could be put back{applied}")
    return [(plan, connection) for plan, connection in sent]


def undoing(journal: Journal, plan: int) -> list[PlannedWrite]:
    """Return what puts back every value that a plan wrote."""
    return [
        PlannedWrite(w.ref, w.account, {name: (new, old) for name, (old, new) in w.change.items()})
        for w in writes.load(journal, plan, ("ok",))
    ]


def make(work: Workspace, name: str, wanted: Sequence[PlannedWrite]) -> Plan:
    """Plan what is wanted where a target holds what is expected, and leave out the rest.

    Args:
        work: The opened deployment; what the target holds was just read.
        name: The target.
        wanted: Field -> (what it must hold for this to be right, what it should hold).
    """
    fields = work.fields.get(name, ())
    owned = {field.spec.name: field for field in fields}
    held = held_values(work.store, name, wanted)
    found, skipped = [], 0
    for want in wanted:
        now = held.get(want.ref, {})
        change = {
            field: (expected, new)
            for field, (expected, new) in want.change.items()
            if field in owned and now.get(field) == expected and expected != new
        }
        skipped += len(want.change) - len(change)
        if any(not owned[field].stamp for field in change):
            found.append(PlannedWrite(want.ref, want.account, change))
    rows = tuple(sorted(found, key=lambda write: write.ref))
    moves = _moves(work.store, name, fields, rows, limits_of(work, name).step)
    unsafe = limits.unsafe(name, limits_of(work, name), moves, limits.Against(accounts=0))
    report = PlanReport(
        connection=name,
        plan=None,
        checksum=checksum(name, rows),
        records=len(wanted),
        updates=len(rows),
        changed_since=skipped,
        unsafe=unsafe if rows else (),
        **counts(rows),
    )
    return Plan(name, rows, report)


def _moves(
    store: Store,
    name: str,
    fields: Sequence[TargetField],
    rows: Sequence[PlannedWrite],
    step: float,
) -> limits.Moves:
    """Return what the limits look at, beside everything that the target holds."""
    values = [field for field in fields if field.telling and field.part == "value"]
    bands = {field.spec.name for field in fields if field.telling and field.part == "band"}
    numbers = {field.spec.name for field in values}
    held, total, count = _held(store, name, values[0] if values else None)
    main = values[0].spec.name if values else ""
    pairs = [tuple(map(_value, write.change[main])) for write in rows if main in write.change]
    gone = [old for old, new in pairs if old is not None and new is None]
    before, left = total - sum(gone), count - len(gone)
    after = before + sum(new - old for old, new in pairs if old is not None and new is not None)
    return limits.Moves(
        held=held,
        replaced=sum(any(_far(write, numbers, step)) for write in rows),
        cleared=sum(any(_cleared(write, numbers)) for write in rows),
        bands=sum(any(_replaced(write, bands)) for write in rows),
        mean_before=before / left if left else None,
        mean_after=after / left if left else None,
    )


def _held(store: Store, name: str, main: TargetField | None) -> tuple[int, float, int]:
    """Return records with a value of the main field, and sum and count of its numbers."""
    latest = store.latest(HELD + name)
    if latest is None or main is None or main.spec.name not in store.columns(HELD + name):
        return 0, 0.0, 0
    column = quote(main.spec.name)
    with duck.connect() as con:
        row = con.execute(
            f"SELECT count({column}), coalesce(sum(TRY_CAST({column} AS DOUBLE)), 0),"  # noqa: S608 - quoted
            f" count(TRY_CAST({column} AS DOUBLE)) FROM ({latest})"
        ).fetchall()[0]
    return int(row[0]), float(row[1]), int(row[2])


def _value(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def _far(write: PlannedWrite, numbers: set[str], step: float) -> Iterator[bool]:
    for name in numbers & set(write.change):
        old, new = map(_value, write.change[name])
        if old is not None and new is not None:
            yield abs(new - old) >= step


def _replaced(write: PlannedWrite, bands: set[str]) -> Iterator[bool]:
    for name in bands & set(write.change):
        yield None not in write.change[name]


def _cleared(write: PlannedWrite, numbers: set[str]) -> Iterator[bool]:
    for name in numbers & set(write.change):
        old, new = write.change[name]
        yield old is not None and new is None
