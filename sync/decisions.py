"""What people decided about pairs of records."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from . import schema
from .journal import Journal


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person said about two records.

    Attributes:
        same: They are one customer; False: they are not.
        left: Connection and vendor's id.
        right: Likewise.
        reason: Why.
        author: Who.
    """

    same: bool
    left: tuple[str, str]
    right: tuple[str, str]
    reason: str
    author: str


def decide(journal: Journal, decision: Decision, now: datetime) -> None:
    """Keep a decision about two records; it replaces an earlier one about them."""
    table = schema.decisions
    pair = _pair(decision.left, decision.right)
    said = {"same": decision.same, "reason": decision.reason, "author": decision.author}
    with journal.begin() as db:
        db.execute(table.update().where(_still(pair)).values(revoked_at=now))
        db.execute(table.insert().values(**pair, **said, set_at=now))


def withdraw(
    journal: Journal, left: tuple[str, str], right: tuple[str, str], now: datetime
) -> bool:
    """Let a decision about two records hold no more; return whether there was one."""
    table = schema.decisions
    with journal.begin() as db:
        done = db.execute(table.update().where(_still(_pair(left, right))).values(revoked_at=now))
    return done.rowcount > 0


def _pair(one: tuple[str, str], other: tuple[str, str]) -> dict[str, str]:
    left, right = sorted((one, other))
    return {
        "left_connection": left[0],
        "left_ref": left[1],
        "right_connection": right[0],
        "right_ref": right[1],
    }


def _still(pair: dict[str, str]) -> sa.ColumnElement[bool]:
    table = schema.decisions
    known = (table.c[name] == value for name, value in pair.items())
    return sa.and_(*known, table.c.revoked_at.is_(None))


def decisions(journal: Journal, known_at: datetime | None = None) -> list[Decision]:
    """Return the decisions that hold, or held at a time, oldest first."""
    table = schema.decisions
    query = sa.select(table).where(_held(table, known_at)).order_by(table.c.decision)
    with journal.begin() as db:
        rows = db.execute(query).all()
    return [
        Decision(
            row.same,
            (row.left_connection, row.left_ref),
            (row.right_connection, row.right_ref),
            row.reason,
            row.author,
        )
        for row in rows
    ]


def _held(table: sa.Table, known_at: datetime | None) -> sa.ColumnElement[bool]:
    revoked = table.c.revoked_at
    if known_at is None:
        return revoked.is_(None)
    return (table.c.set_at <= known_at) & (revoked.is_(None) | (revoked > known_at))
