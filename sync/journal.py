"""What happened and what is about to: runs, watermarks, decisions, overrides, the lease.

SQLite in WAL mode by default; any SQLAlchemy URL works. Commits of SQLite are not flushed to
disk one by one: what a power cut may lose is sent again with the same absolute values. Plans
are flushed before anything of them is sent (``flush``).
"""

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa

from . import schema
from .errors import BusyError, JournalError
from .private import make_folder, private

LEASE = timedelta(minutes=5)
"""A lease that was not renewed for this long is free."""


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far one stream was read.

    Attributes:
        value: The connector's own text; None: begin at the beginning.
        mapping: Checksum of what was asked for then.
        read_at: When it was last read to its end, or None.
    """

    value: str | None
    mapping: str
    read_at: datetime | None


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


class Journal:
    """An open journal. Safe to use from several threads.

    Args:
        url: SQLAlchemy URL.

    Raises:
        JournalError: it cannot be opened, is damaged, or was written by a newer Pulsefield.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = sa.make_url(url)
        except sa.exc.ArgumentError as error:
            raise JournalError("pulsefield.journal is no database URL") from error
        self._shown = parsed.render_as_string(hide_password=True)
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        try:
            self.engine = _engine(parsed)
            with private(), self.engine.begin() as connection:
                schema.prepare(connection)
        except (sa.exc.SQLAlchemyError, OSError, ImportError) as error:
            raise JournalError(self._problem(error)) from error

    def close(self) -> None:
        """Close every database connection."""
        self.engine.dispose()

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """One transaction.

        Raises:
            JournalError: the database refuses; a full disk, a read-only folder, a lost server.
        """
        try:
            with self.engine.begin() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise JournalError(self._problem(error)) from error

    def flush(self) -> None:
        """Make sure that everything committed so far survives a power cut."""
        if self.engine.dialect.name == "sqlite":
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as raw:
                raw.exec_driver_sql("PRAGMA wal_checkpoint(FULL)")

    def start_run(self, kind: str, now: datetime) -> int:
        """Note that a run begins, and that runs which never ended were interrupted."""
        table = schema.runs
        with self.begin() as connection:
            connection.execute(
                table.update().where(table.c.state == "running").values(state="interrupted")
            )
            values = {"kind": kind, "started_at": now, "state": "running", "holder": self.holder}
            made = connection.execute(table.insert().values(values)).inserted_primary_key
        return int(made[0]) if made else 0

    def end_run(self, run: int, now: datetime, state: str, **values: object) -> None:
        """Note how a run ended; ``values`` are further columns of ``runs``."""
        table = schema.runs
        change = table.update().where(table.c.run == run)
        with self.begin() as connection:
            connection.execute(change.values(ended_at=now, state=state, **values))

    def last_run(self, *, before: int) -> Mapping[str, object] | None:
        """Return the latest earlier run that came to scores, as a row of ``runs``."""
        table = schema.runs
        query = (
            sa.select(table)
            .where(table.c.run < before, table.c.accounts.is_not(None))
            .order_by(table.c.run.desc())
            .limit(1)
        )
        with self.begin() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else dict(row)

    def watermarks(self, connection: str) -> dict[str, Watermark]:
        """Return how far each stream of a connection was read."""
        table = schema.watermarks
        query = sa.select(table).where(table.c.connection == connection)
        with self.begin() as db:
            rows = db.execute(query).all()
        return {row.stream: Watermark(row.value, row.mapping, row.read_at) for row in rows}

    def save_watermark(
        self, connection: str, stream: str, mark: Watermark, tables: tuple[str, ...]
    ) -> None:
        """Keep how far a stream was read; call it only once everything before is stored."""
        table = schema.watermarks
        key = (table.c.connection == connection) & (table.c.stream == stream)
        values = {
            "connection": connection,
            "stream": stream,
            "value": mark.value,
            "mapping": mark.mapping,
            "read_at": mark.read_at,
            "tables": json.dumps(tables),
        }
        with self.begin() as db:
            if not db.execute(table.update().where(key).values(values)).rowcount:
                db.execute(table.insert().values(values))

    def reads(self) -> list[tuple[str, str, datetime]]:
        """Return (connection, table, last complete read) of all that were read to their end."""
        table = schema.watermarks
        query = sa.select(table).where(table.c.read_at.is_not(None))
        with self.begin() as db:
            rows = db.execute(query.order_by(table.c.connection, table.c.stream)).all()
        latest: dict[tuple[str, str], datetime] = {}
        for row in rows:
            for name in json.loads(row.tables):
                known = latest.get((row.connection, name))
                # The table is as old as the stream of it that was read longest ago.
                latest[row.connection, name] = min(known, row.read_at) if known else row.read_at
        return [(source, name, time) for (source, name), time in latest.items()]

    def decide(self, decision: Decision, now: datetime) -> None:
        """Keep a decision about two records; it replaces an earlier one about them."""
        left, right = sorted((decision.left, decision.right))
        table = schema.decisions
        pair = {
            "left_connection": left[0],
            "left_ref": left[1],
            "right_connection": right[0],
            "right_ref": right[1],
        }
        known = sa.and_(*(table.c[name] == value for name, value in pair.items()))
        said = {"same": decision.same, "reason": decision.reason, "author": decision.author}
        with self.begin() as db:
            still = known & table.c.revoked_at.is_(None)
            db.execute(table.update().where(still).values(revoked_at=now))
            db.execute(table.insert().values(**pair, **said, set_at=now))

    def decisions(self) -> list[Decision]:
        """Return the decisions that hold, oldest first."""
        table = schema.decisions
        query = sa.select(table).where(table.c.revoked_at.is_(None)).order_by(table.c.decision)
        with self.begin() as db:
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

    @contextmanager
    def lease(self, name: str, now: datetime) -> Iterator[None]:
        """Hold a lease: one run at a time over all hosts that share the journal.

        Raises:
            BusyError: someone else holds it.
        """
        self._take(name, now)
        try:
            yield
        finally:
            table = schema.leases
            with self.begin() as db:
                db.execute(
                    table.delete().where(table.c.name == name, table.c.holder == self.holder)
                )

    def _take(self, name: str, now: datetime) -> None:
        table = schema.leases
        with self.begin() as db:
            row = db.execute(sa.select(table).where(table.c.name == name).with_for_update()).first()
            if row is not None and row.expires_at > now and _alive(row.holder):
                raise BusyError(
                    f"another run ({row.holder}) has held the lease since"
                    f" {row.taken_at:%Y-%m-%d %H:%M:%S} UTC; wait for it to end"
                )
            db.execute(table.delete().where(table.c.name == name))
            values = {"name": name, "holder": self.holder, "taken_at": now}
            db.execute(table.insert().values(values | {"expires_at": now + LEASE}))

    def renew(self, name: str, now: datetime) -> None:
        """Hold the lease for longer.

        Raises:
            BusyError: it was taken over, as it had not been renewed in time.
        """
        table = schema.leases
        mine = (table.c.name == name) & (table.c.holder == self.holder)
        with self.begin() as db:
            changed = db.execute(table.update().where(mine).values(expires_at=now + LEASE))
            if not changed.rowcount:
                raise BusyError("the lease was taken over by another run; this one stops")

    def _problem(self, error: Exception) -> str:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()
        first = reason[0][:300] if reason else type(error).__name__
        return f"the journal {self._shown} cannot be used: {first}"


def _alive(holder: str) -> bool:
    """Whether a holder may still run; another host's always may, until its lease expires."""
    host, pid, _ = holder.rsplit(":", 2)
    if host != socket.gethostname():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True)
    if url.database and url.database != ":memory:":
        make_folder(Path(url.database).parent)
    engine = sa.create_engine(url, connect_args={"timeout": 30})

    @sa.event.listens_for(engine, "connect")
    def configure(raw: object, _record: object) -> None:
        raw.isolation_level = None  # type: ignore[attr-defined]  # transactions are begun below
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 30000"):
            raw.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]

    @sa.event.listens_for(engine, "begin")
    def immediate(connection: sa.Connection) -> None:
        # A transaction that reads first and writes later could not wait for the lock.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
