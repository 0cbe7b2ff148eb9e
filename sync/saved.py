"""Plans in the journal, to look at, and to apply exactly as they were reviewed."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from . import schema, writes
from .errors import PlanError
from .journal import Journal
from .plan import PlannedWrite, checksum
from .store import HELD, Store
from .summary import Change

PLANS, RUNS = schema.plans, schema.runs
SHOWN = 12
"""Hex digits of a checksum that people see and type."""
NAMED = 3
"""Values that moved, named in the message that refuses a plan."""


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """One target's part of a plan.

    Attributes:
        plan: Its number in the journal.
        connection: The target.
        checksum: Of its content when it was made.
        state: made, applying, applied or stopped.
        unsafe: Why it should not be applied.
        writes: By the record's id.
    """

    plan: int
    connection: str
    checksum: str
    state: str
    unsafe: tuple[str, ...]
    writes: tuple[PlannedWrite, ...]


@dataclass(frozen=True, slots=True)
class PlanSet:
    """What one run planned, over all targets.

    Attributes:
        run: The run that made it; people know the plan by this number.
        made_at: When.
        checksum: Over all targets, as people see it.
        parts: One for each target.
    """

    run: int
    made_at: datetime
    checksum: str
    parts: tuple[SavedPlan, ...]


def load(journal: Journal, wanted: str) -> PlanSet:
    """Return a plan.

    Args:
        journal: Where it is.
        wanted: Its number, or ``NUMBER@CHECKSUM`` as ``pulsefield plan`` prints it.

    Raises:
        PlanError: there is none, or its checksum is another.
    """
    number, _, told = wanted.partition("@")
    run = int(number) if number.isdecimal() else 0
    query = sa.select(PLANS).where(PLANS.c.run == run).order_by(PLANS.c.plan)
    with journal.begin() as db:
        rows = db.execute(query).all()
    if not rows:
        raise PlanError(f"there is no plan {wanted}; {_known(journal)}")
    parts = tuple(_part(journal, row) for row in rows)
    found = PlanSet(run, rows[0].made_at, combined([p.checksum for p in parts]), parts)
    if told and (len(told) < SHOWN or not found.checksum.startswith(told)):
        raise PlanError(
            f"plan {run} has the checksum {found.checksum}, not {told}: it is not the plan that"
            f" was reviewed; look at it with `pulsefield plan show {run}`"
        )
    return found


def combined(sums: Sequence[str]) -> str:
    """Return one short checksum over those of all targets."""
    return hashlib.sha256("\n".join(sums).encode()).hexdigest()[:SHOWN]


def _part(journal: Journal, row: sa.Row[tuple[object, ...]]) -> SavedPlan:
    rows = tuple(
        PlannedWrite(write.ref, write.account, {n: (a, b) for n, (a, b) in write.change.items()})
        for write in writes.load(journal, row.plan, writes.STATES)
    )
    unsafe = tuple(json.loads(row.unsafe))
    return SavedPlan(row.plan, row.connection, row.checksum, row.state, unsafe, rows)


def _known(journal: Journal) -> str:
    query = sa.select(PLANS.c.run).where(PLANS.c.state == "made").distinct()
    with journal.begin() as db:
        runs = db.execute(query.order_by(PLANS.c.run.desc()).limit(5)).scalars().all()
    if not runs:
        return "`pulsefield plan` makes one"
    return f"plans that wait: {', '.join(map(str, runs))}"


def check(found: PlanSet) -> None:
    """Make sure that a plan is as it was made and was not applied yet.

    Raises:
        PlanError: it was edited, or applied already.
    """
    for part in found.parts:
        if checksum(part.connection, part.writes) != part.checksum:
            raise PlanError(
                f"plan {found.run} was edited after it was made: its writes to {part.connection}"
                " do not have its checksum any more, and nothing was written. Plan again"
            )
        if part.state != "made":
            raise PlanError(
                f"plan {found.run} was applied already ({part.connection}: {part.state});"
                " plan again"
            )


def check_held(found: PlanSet, store: Store, owned: Mapping[str, set[str]]) -> None:
    """Make sure that every target still holds what the plan saw.

    Args:
        found: The plan.
        store: Has what targets hold, just read.
        owned: Target -> names of the fields that are written to it now.

    Raises:
        PlanError: a target moved, or a field is not owned any more.
    """
    for part in found.parts:
        named = {name for write in part.writes for name in write.change}
        lost = sorted(named - owned.get(part.connection, set()))
        if lost:
            raise PlanError(
                f"plan {found.run} writes {', '.join(lost)} of {part.connection}, which the"
                " configuration does not name any more; plan again"
            )
        moved = list(_moved(part, held_values(store, part.connection, part.writes)))
        if moved:
            more = f" and {len(moved) - NAMED} more" if len(moved) > NAMED else ""
            raise PlanError(
                f"{part.connection} has moved since plan {found.run} was made, and nothing was"
                f" written: {'; '.join(moved[:NAMED])}{more}. Plan again"
            )


def held_values(
    store: Store, connection: str, rows: Sequence[PlannedWrite]
) -> dict[str, dict[str, str | None]]:
    """Return record -> field -> text that a target holds, as last read or written."""
    return store.rows(HELD + connection, [write.ref for write in rows]) if rows else {}


def _moved(part: SavedPlan, held: Mapping[str, Mapping[str, str | None]]) -> Sequence[str]:
    return [
        f"{write.ref} holds {now!r} in {name}, and the plan saw {old!r}"
        for write in part.writes
        for name, (old, _) in write.change.items()
        if (now := held.get(write.ref, {}).get(name)) != old
    ]


def changes(journal: Journal, part: SavedPlan) -> list[Change]:
    """Return a plan field by field, by record."""
    names = account_ids(journal)
    return [
        Change(names.get(w.account, ""), names.get(w.account, ""), w.ref, field, old, new)
        for w in part.writes
        for field, (old, new) in w.change.items()
    ]


def account_ids(journal: Journal) -> dict[int, str]:
    """Return account -> its stable id."""
    table = schema.accounts
    with journal.begin() as db:
        return {row.account: row.account_id for row in db.execute(sa.select(table))}


def creates(journal: Journal, run: int) -> dict[str, tuple[str, ...]]:
    """Return target -> fields that a planning run said would be made, for targets with any."""
    plans = _report(journal, run).get("plans", ())
    return {plan["connection"]: tuple(plan["creates"]) for plan in plans if plan.get("creates")}


def _report(journal: Journal, run: int) -> dict[str, Any]:
    with journal.begin() as db:
        text = db.execute(sa.select(RUNS.c.report).where(RUNS.c.run == run)).scalar()
    return json.loads(text) if text else {}


def made_by(journal: Journal, run: int) -> Mapping[str, object]:
    """Return what a planning run's report said of its snapshot: as_of, accounts, model."""
    report = _report(journal, run)
    as_of, matching = report.get("as_of"), report.get("matching")
    if not as_of or not matching:
        return {}
    return {
        "as_of": datetime.fromisoformat(as_of),
        "accounts": matching["accounts"],
        "model": " ".join(report["model"]),
    }
