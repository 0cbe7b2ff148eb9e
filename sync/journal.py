"""What happened and what is about to: runs, watermarks, decisions, overrides, the lease.

SQLite in WAL mode by default; PostgreSQL where several hosts share it. Commits of SQLite are
not flushed to disk one by one: what a power cut may lose is sent again with the same absolute
values. Plans are flushed before anything of them is sent (``flush``).
"""

import json
import os
import socket
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa

from . import reads, schema
from .errors import JournalError
from .private import make_folder, private


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


class Journal:
    """An open journal. Safe to use from several threads.

    Args:
        url: SQLAlchemy URL.

    Raises:
        JournalError: it cannot be opened, is damaged, or was written by a newer Pulsefield.
    """

    def __init__(self, url: str) -> None:
        parsed = _parsed(url)
        self._shown = parsed.render_as_string(hide_password=True)
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        try:
            self.engine = _engine(parsed)
        except OSError as error:
            raise JournalError(self._problem(error)) from error
        try:
            with private(), self.engine.begin() as connection:
                schema.prepare(connection)
        except BaseException as error:
            self.close()
            if isinstance(error, (sa.exc.SQLAlchemyError, OSError)):
                raise JournalError(self._problem(error)) from error
            raise

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
        except (sa.exc.SQLAlchemyError, self.engine.dialect.loaded_dbapi.Error) as error:
            raise JournalError(self._problem(error)) from error

    def flush(self) -> None:
        """Make sure that everything committed so far survives a power cut.

        Raises:
            JournalError: as for ``begin``.
        """
        if self.engine.dialect.name != "sqlite":
            return
        raw = self.engine.raw_connection()  # a checkpoint cannot be part of a transaction
        try:
            raw.cursor().execute("PRAGMA wal_checkpoint(FULL)").close()
        except sqlite3.Error as error:
            raise JournalError(self._problem(error)) from error
        finally:
            raw.close()

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

    def latest_start(self) -> datetime | None:
        """Return when the latest of all runs began, by its own clock."""
        with self.begin() as connection:
            return connection.execute(sa.select(sa.func.max(schema.runs.c.started_at))).scalar()

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
        named = json.dumps(tables)
        values = {
            "connection": connection,
            "stream": stream,
            "value": mark.value,
            "mapping": mark.mapping,
            "read_at": mark.read_at,
            "tables": named,
        }
        with self.begin() as db:
            reads.note(db, connection, stream, mark.read_at, named)
            if not db.execute(table.update().where(key).values(values)).rowcount:
                db.execute(table.insert().values(values))

    def forget_streams(self, connection: str, offered: Sequence[str], now: datetime) -> None:
        """Forget streams that a connection does not offer any more."""
        table = schema.watermarks
        gone = (table.c.connection == connection) & table.c.stream.not_in(offered)
        with self.begin() as db:
            reads.end(db, connection, offered, now)
            db.execute(table.delete().where(gone))

    def read_again(self, connection: str) -> None:
        """Let the next run read every stream of a connection from its beginning."""
        table = schema.watermarks
        with self.begin() as db:
            db.execute(table.update().where(table.c.connection == connection).values(mapping=""))

    def reads(self, known_at: datetime | None = None) -> list[tuple[str, str, datetime]]:
        """Return (connection, table, last complete read) of all that were read to their end.

        Args:
            known_at: As it was known then; None: now.
        """
        table = schema.watermarks
        query = sa.select(table.c.connection, table.c.tables, table.c.read_at)
        query = query.where(table.c.read_at.is_not(None))
        with self.begin() as db:
            if known_at is not None:
                return reads.at(db, known_at)
            rows = db.execute(query.order_by(table.c.connection, table.c.stream)).all()
        return reads.by_table((row.connection, row.tables, row.read_at) for row in rows)

    def _problem(self, error: Exception) -> str:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()
        first = reason[0][:300] if reason else type(error).__name__
        return f"the journal {self._shown} cannot be used: {first}"


def _parsed(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise JournalError("pulsefield.journal is no database URL") from error
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise JournalError("pulsefield.journal must be a URL of SQLite or PostgreSQL")
    if parsed.drivername == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return _server(url)
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


def _server(url: sa.URL) -> sa.Engine:
    try:
        return sa.create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise JournalError(
            f"the journal's driver {error.name} is not installed; install pulsefield[postgres]"
        ) from error
