"""When streams were read to their end: kept, so that replays know what was missing then."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from . import schema

READS, MARKS = schema.reads, schema.watermarks


def note(
    db: sa.Connection, connection: str, stream: str, read_at: datetime | None, tables: str | None
) -> None:
    """Keep that a stream was read to its end at a time, or is offered no more (no tables)."""
    if read_at is None:
        return
    of = (READS.c.connection == connection) & (READS.c.stream == stream)
    same = of & (READS.c.read_at == read_at)
    known = db.execute(sa.select(READS).where(same)).first()
    if known is not None and known.tables == tables:
        return
    earlier = sa.select(READS.c.stream).where(of, READS.c.read_at < read_at).limit(1)
    first = known.first if known is not None else db.execute(earlier).first() is None
    db.execute(READS.delete().where(same))
    row = {"connection": connection, "stream": stream, "read_at": read_at}
    db.execute(READS.insert().values(**row, tables=tables, first=first))


def end(db: sa.Connection, connection: str, offered: Sequence[str], now: datetime) -> None:
    """Keep that streams which a connection does not offer any more are not read from now on."""
    gone = sa.select(MARKS.c.stream).where(
        MARKS.c.connection == connection,
        MARKS.c.stream.not_in(offered),
        MARKS.c.read_at.is_not(None),
    )
    for stream in db.execute(gone).scalars().all():
        note(db, connection, stream, now, None)


def by_table(rows: Iterable[tuple[str, str, datetime]]) -> list[tuple[str, str, datetime]]:
    """Return (connection, table, read) of (connection, JSON list of tables, read).

    A table is as old as the stream of it that was read longest ago.
    """
    found: dict[tuple[str, str], datetime] = {}
    for connection, tables, read_at in rows:
        for name in json.loads(tables):
            known = found.get((connection, name), read_at)
            found[connection, name] = min(known, read_at)
    return [(connection, name, time) for (connection, name), time in found.items()]


def at(db: sa.Connection, known_at: datetime) -> list[tuple[str, str, datetime]]:
    """Return (connection, table, last complete read) as it was known at a time.

    Where no read until then is kept, and none is known to be the first, a stream counts as
    read at that time: the evidence is gone, and the rows are there.
    """
    other = READS.alias()
    of = (other.c.connection == READS.c.connection) & (other.c.stream == READS.c.stream)
    before = sa.select(sa.func.max(other.c.read_at)).where(of, other.c.read_at <= known_at)
    oldest = sa.select(sa.func.min(other.c.read_at)).where(of)
    chosen = sa.func.coalesce(before.scalar_subquery(), oldest.scalar_subquery())
    query = sa.select(READS).where(READS.c.read_at == chosen)
    rows = db.execute(query.order_by(READS.c.connection, READS.c.stream)).all()
    return by_table(
        (row.connection, row.tables, min(row.read_at, known_at))
        for row in rows
        if row.tables is not None and (row.read_at <= known_at or not row.first)
    )


def prune(db: sa.Connection, cut: datetime) -> None:
    """Delete what is not needed to tell what was so at a time or later."""
    other = READS.alias()
    of = (other.c.connection == READS.c.connection) & (other.c.stream == READS.c.stream)
    later = sa.exists().where(of, other.c.read_at > READS.c.read_at, other.c.read_at <= cut)
    db.execute(READS.delete().where(later))
