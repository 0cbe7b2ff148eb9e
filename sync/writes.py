"""Plans and their writes in the journal: what was held before, and what became of each row."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import orjson
import sqlalchemy as sa

from connectors.base import FieldUpdate, WriteResult

from . import bulk, schema
from .journal import Journal
from .plan import Plan

PLANS, WRITES = schema.plans, schema.writes
ANSWERED = ("ok", "refused")
STATES = ("intended", "sent", *ANSWERED, "dropped")
KEPT = [getattr(WRITES.c, n) for n in ("plan", "row", "ref", "account", "change", "state", "held")]
"""Columns of a row that is planned; the others are filled in later."""
# Made once: they precede every batch, and SQLAlchemy takes longer to make one than to run it.
_OF = WRITES.c.plan == sa.bindparam("of")
_RANGE = WRITES.update().where(_OF, WRITES.c.row.between(sa.bindparam("low"), sa.bindparam("high")))
_SENT = _RANGE.values(state="sent")
_TAKEN = _RANGE.values(state="sent", job=sa.bindparam("by"))
_OK = _RANGE.values(state="ok", code="", message="", retryable=False)
_REFUSED = WRITES.update().where(_OF, WRITES.c.row == sa.bindparam("at")).values(state="refused")


@dataclass(frozen=True, slots=True)
class Saved:
    """One write as the journal has it.

    Attributes:
        row: Its place in the plan.
        ref: The vendor's id.
        account: The account's key.
        change: Field -> [held before, new].
        job: The vendor's job that took it, or None.
    """

    row: int
    ref: str
    account: int
    change: Mapping[str, Sequence[str | None]]
    job: str | None = None

    @property
    def update(self) -> FieldUpdate:
        """What is sent."""
        return FieldUpdate(self.ref, {name: pair[1] for name, pair in self.change.items()})


def save(journal: Journal, run: int, plan: Plan, now: datetime) -> int:
    """Keep a plan with all its writes; return its number."""
    values = {
        "run": run,
        "connection": plan.connection,
        "checksum": plan.report.checksum,
        "made_at": now,
        "state": "made",
        "unsafe": json.dumps(plan.report.unsafe),
    }
    with journal.begin() as db:
        made = db.execute(PLANS.insert().values(values)).inserted_primary_key
        number = int(made[0]) if made else 0
        rows = (
            (number, row, w.ref, w.account, orjson.dumps(w.change).decode(), "intended", False)
            for row, w in enumerate(plan.writes)
        )
        bulk.insert(db, KEPT, rows)
    return number


def set_state(journal: Journal, plan: int, state: str, **more: object) -> None:
    """Note how far a plan is: made, applying, applied or stopped; ``more`` are its columns."""
    with journal.begin() as db:
        db.execute(PLANS.update().where(PLANS.c.plan == plan).values(state=state, **more))


def load(journal: Journal, plan: int, states: Sequence[str]) -> list[Saved]:
    """Return a plan's writes in some states, in order."""
    query = sa.select(WRITES).where(WRITES.c.plan == plan, WRITES.c.state.in_(states))
    with journal.begin() as db:
        rows = db.execute(query.order_by(WRITES.c.row)).all()
    return [Saved(r.row, r.ref, r.account, json.loads(r.change), r.job) for r in rows]


def sent(db: sa.Connection, plan: int, rows: Sequence[int], job: str | None = None) -> None:
    """Note that rows are about to be sent, or that a job of the vendor's took them."""
    for low, high in _ranges(rows):
        if job is None:
            db.execute(_SENT, {"of": plan, "low": low, "high": high})
        else:
            db.execute(_TAKEN, {"of": plan, "low": low, "high": high, "by": job})


def answered(db: sa.Connection, plan: int, results: Sequence[tuple[int, WriteResult]]) -> None:
    """Note what became of rows."""
    for low, high in _ranges([row for row, result in results if result.ok]):
        db.execute(_OK, {"of": plan, "low": low, "high": high})
    refused = [
        {
            "of": plan,
            "at": row,
            "code": _clean(result.code, 200),
            "message": _clean(result.message, 1000),
            "retryable": result.retryable,
        }
        for row, result in results
        if not result.ok
    ]
    if refused:
        db.execute(_REFUSED, refused)


def _ranges(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of each run of neighbours, as batches are."""
    for _, run in groupby(enumerate(sorted(rows)), lambda pair: pair[1] - pair[0]):
        found = [row for _, row in run]
        yield found[0], found[-1]


def _clean(text: str, length: int) -> str:
    """Return a vendor's text as every database takes it."""
    return text.replace("\0", "")[:length]


def settled(journal: Journal, plan: int) -> None:
    """Note that the confirmed rows of a plan are in the held table."""
    query = WRITES.update().where(WRITES.c.plan == plan, WRITES.c.state == "ok")
    with journal.begin() as db:
        db.execute(query.values(held=True))


def drop_intended(journal: Journal, plan: int) -> None:
    """Note that what was not sent never will be; a later plan sees to it."""
    query = WRITES.update().where(WRITES.c.plan == plan, WRITES.c.state == "intended")
    with journal.begin() as db:
        db.execute(query.values(state="dropped"))


def unfinished(journal: Journal) -> list[tuple[int, str]]:
    """Return (plan, connection) of plans whose apply was cut off, oldest first."""
    query = sa.select(PLANS.c.plan, PLANS.c.connection).where(PLANS.c.state == "applying")
    with journal.begin() as db:
        return [(row.plan, row.connection) for row in db.execute(query.order_by(PLANS.c.plan))]


def load_unsettled(journal: Journal, plan: int) -> list[Saved]:
    """Return a plan's confirmed rows that are not yet in the held table."""
    query = sa.select(WRITES).where(
        WRITES.c.plan == plan, WRITES.c.state == "ok", WRITES.c.held.is_(False)
    )
    with journal.begin() as db:
        rows = db.execute(query.order_by(WRITES.c.row)).all()
    return [Saved(r.row, r.ref, r.account, json.loads(r.change), r.job) for r in rows]
