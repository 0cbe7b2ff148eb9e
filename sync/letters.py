"""Dead letters: rows that a target refused and that no later write settled."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from . import schema
from .journal import Journal
from .plan import PlannedWrite
from .writes import ANSWERED

PLANS, WRITES, ACCOUNTS = schema.plans, schema.writes, schema.accounts


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A refused row.

    Attributes:
        connection: The target.
        ref: The vendor's id.
        account_id: The customer's stable id; None: not known any more.
        account: Its key.
        run: The run that sent it.
        planned_at: When its plan was made.
        code: The vendor's error code.
        message: The vendor's reason.
        retryable: Whether the same values may be taken later.
        change: Field -> [held before, refused value].
    """

    connection: str
    ref: str
    account_id: str | None
    account: int
    run: int | None
    planned_at: datetime
    code: str
    message: str
    retryable: bool
    change: Mapping[str, Sequence[str | None]]


def dead_letters(journal: Journal, connection: str | None = None) -> list[DeadLetter]:
    """Return the dead letters of one target or of all, oldest first."""
    query = (
        sa.select(
            PLANS.c.connection, PLANS.c.applied_by, PLANS.c.made_at, ACCOUNTS.c.account_id, WRITES
        )
        .join(PLANS, PLANS.c.plan == WRITES.c.plan)
        .outerjoin(ACCOUNTS, ACCOUNTS.c.account == WRITES.c.account)
        .where(WRITES.c.state == "refused", ~answered_since())
        .order_by(WRITES.c.plan, WRITES.c.row)
    )
    if connection is not None:
        query = query.where(PLANS.c.connection == connection)
    with journal.begin() as db:
        rows = db.execute(query).all()
    return [
        DeadLetter(
            connection=row.connection,
            ref=row.ref,
            account_id=row.account_id,
            account=row.account,
            run=row.applied_by,
            planned_at=row.made_at,
            code=row.code or "",
            message=row.message or "",
            retryable=bool(row.retryable),
            change=json.loads(row.change),
        )
        for row in rows
    ]


def answered_since() -> sa.ColumnElement[bool]:
    """Return SQL: a later write of the same record in the same target was answered."""
    later, its_plan = WRITES.alias(), PLANS.alias()
    return (
        sa.select(later.c.plan)
        .join(its_plan, its_plan.c.plan == later.c.plan)
        .where(
            later.c.ref == WRITES.c.ref,
            later.c.plan > WRITES.c.plan,
            later.c.state.in_(ANSWERED),
            its_plan.c.connection == PLANS.c.connection,
        )
        .exists()
    )


def refused(journal: Journal, connection: str) -> dict[str, dict[str, str | None]]:
    """Return record -> field -> value, where a target's last answer was a refusal for good."""
    return {
        letter.ref: {name: pair[1] for name, pair in letter.change.items()}
        for letter in dead_letters(journal, connection)
        if not letter.retryable
    }


def again(letters: Sequence[DeadLetter]) -> list[PlannedWrite]:
    """Return what sends refused values again, to records that still hold what they held."""
    return [
        PlannedWrite(letter.ref, letter.account, {n: (a, b) for n, (a, b) in letter.change.items()})
        for letter in letters
    ]
