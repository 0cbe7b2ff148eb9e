"""What people decided: pairs of records, and scores beside the computed ones."""

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
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


@dataclass(frozen=True, slots=True)
class Override:
    """A person's score of one account, beside the computed one.

    Attributes:
        account: The account's key.
        score: A score of the model.
        value: 0..100, or None.
        band: A band, or None.
        reason: Why; without one it counts for nothing.
        author: Who.
        expires_at: Until when it counts; None: until it is replaced.
    """

    account: int
    score: str
    value: float | None
    band: str | None
    reason: str
    author: str
    expires_at: datetime | None = None


def override(journal: Journal, said: Override, now: datetime) -> None:
    """Keep an override; it replaces an earlier one of this account and score."""
    table = schema.overrides
    known = (table.c.account == said.account) & (table.c.score == said.score)
    with journal.begin() as db:
        still = known & table.c.revoked_at.is_(None)
        db.execute(table.update().where(still).values(revoked_at=now))
        values = {name: getattr(said, name) for name in Override.__dataclass_fields__}
        db.execute(table.insert().values(**values, set_at=now))


def overrides(journal: Journal, known_at: datetime | None = None) -> pa.Table | None:
    """Return the overrides that hold, or held at a time, as scoring wants them; None: none."""
    table = schema.overrides
    query = sa.select(table).where(_held(table, known_at)).order_by(table.c.override)
    with journal.begin() as db:
        rows = db.execute(query).all()
    if not rows:
        return None
    stamp, text = pa.timestamp("us"), pa.string()
    kinds = {"account": pa.int64(), "score": text, "value": pa.float64(), "band": text}
    kinds |= {"reason": text, "author": text, "set_at": stamp, "expires_at": stamp}
    return pa.table(
        {
            name: pa.array([_plain(getattr(row, name)) for row in rows], kind)
            for name, kind in kinds.items()
        }
    )


def _plain(value: object) -> object:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value
