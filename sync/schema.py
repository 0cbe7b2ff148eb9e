"""The journal's tables, and how an older journal becomes a newer one."""

from collections.abc import Callable
from datetime import UTC, datetime

import sqlalchemy as sa

from .errors import JournalError

VERSION = 3
"""Of the schema; a change of a table adds one, and a function to MIGRATIONS."""
LOCK = 7_203_511_894
"""Of PostgreSQL: one process at a time makes or migrates the tables; any number would do."""


class Moment(sa.TypeDecorator[datetime]):
    """An aware time in UTC; kept without zone, as SQLite has none."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Store UTC."""
        del dialect
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Return it aware."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


metadata = sa.MetaData()

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
runs = sa.Table(
    "runs",
    metadata,
    sa.Column("run", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("state", sa.String(20), nullable=False),  # running, done, failed, interrupted
    sa.Column("as_of", Moment),
    sa.Column("accounts", sa.Integer),
    sa.Column("model", sa.Text),
    sa.Column("forced", sa.Text),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("report", sa.Text),
)
watermarks = sa.Table(
    "watermarks",
    metadata,
    sa.Column("connection", sa.String(40), primary_key=True),
    sa.Column("stream", sa.String(200), primary_key=True),
    sa.Column("value", sa.Text),
    sa.Column("mapping", sa.String(64), nullable=False),  # checksum of what was asked for
    sa.Column("tables", sa.Text, nullable=False),
    sa.Column("read_at", Moment),  # last time that it was read to its end
)
accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("account", sa.Integer, primary_key=True),
    sa.Column("account_id", sa.String(300), nullable=False, unique=True),
    sa.Column("connection", sa.String(40), nullable=False),  # the record that named it
    sa.Column("ref", sa.String(200), nullable=False),
    sa.Column("joined_into", sa.Integer),
)
members = sa.Table(
    "members",
    metadata,
    sa.Column("connection", sa.String(40), primary_key=True),
    sa.Column("ref", sa.String(200), primary_key=True),
    sa.Column("account", sa.Integer, nullable=False, index=True),
)
# What was so at an earlier time, for replays.
reads = sa.Table(
    "reads",
    metadata,
    sa.Column("connection", sa.String(40), primary_key=True),
    sa.Column("stream", sa.String(200), primary_key=True),
    sa.Column("read_at", Moment, primary_key=True),
    sa.Column("tables", sa.Text),  # None: it is offered no more
    sa.Column("first", sa.Boolean, nullable=False),  # it is known that it was not read before
)
memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("connection", sa.String(40), primary_key=True),
    sa.Column("ref", sa.String(200), primary_key=True),
    sa.Column("since", Moment, primary_key=True),
    sa.Column("account", sa.Integer, index=True),  # None: of none any more
)
bases = sa.Table(
    "bases",
    metadata,
    sa.Column("since", Moment, primary_key=True),
    sa.Column("model_sum", sa.String(64), nullable=False),
    sa.Column("model", sa.Text, nullable=False),  # the file's text
    sa.Column("settings", sa.Text, nullable=False),  # JSON: what else scores rest on
)
decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("decision", sa.Integer, primary_key=True),
    sa.Column("same", sa.Boolean, nullable=False),
    sa.Column("left_connection", sa.String(40), nullable=False),
    sa.Column("left_ref", sa.String(200), nullable=False),
    sa.Column("right_connection", sa.String(40), nullable=False),
    sa.Column("right_ref", sa.String(200), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("author", sa.String(200), nullable=False),
    sa.Column("set_at", Moment, nullable=False),
    sa.Column("revoked_at", Moment),
)
overrides = sa.Table(
    "overrides",
    metadata,
    sa.Column("override", sa.Integer, primary_key=True),
    sa.Column("account", sa.Integer, nullable=False),
    sa.Column("score", sa.String(100), nullable=False),
    sa.Column("value", sa.Float),
    sa.Column("band", sa.String(100)),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("author", sa.String(200), nullable=False),
    sa.Column("set_at", Moment, nullable=False),
    sa.Column("expires_at", Moment),
    sa.Column("revoked_at", Moment),
)
plans = sa.Table(
    "plans",
    metadata,
    sa.Column("plan", sa.Integer, primary_key=True),
    sa.Column("run", sa.Integer, nullable=False, index=True),
    sa.Column("applied_by", sa.Integer, index=True),  # the run that sent it; None: none did
    sa.Column("connection", sa.String(60), nullable=False),  # or the tickets of one
    sa.Column("checksum", sa.String(64), nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),  # made, applying, applied, stopped
    sa.Column("unsafe", sa.Text, nullable=False),
    sa.Column("forced", sa.Text),
)
writes = sa.Table(
    "writes",
    metadata,
    sa.Column("plan", sa.Integer, primary_key=True),
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("ref", sa.String(200), nullable=False),
    sa.Column("account", sa.Integer, nullable=False),
    sa.Column("change", sa.Text, nullable=False),  # JSON: field -> [held before, new]
    sa.Column("state", sa.String(10), nullable=False),  # intended, sent, ok, refused, dropped
    sa.Column("job", sa.String(200)),
    sa.Column("code", sa.String(200)),
    sa.Column("message", sa.Text),
    sa.Column("retryable", sa.Boolean),
    sa.Column("held", sa.Boolean, nullable=False),  # an ok result is in the held table
)
# Each row is updated twice: PostgreSQL does so in its page, without its indexes, if there is room.
_ROOM = sa.DDL("ALTER TABLE writes SET (fillfactor = 45)")  # type: ignore[no-untyped-call] # untyped there
sa.event.listen(writes, "after_create", _ROOM.execute_if(dialect="postgresql"))
writes_by_ref = sa.Index("ix_writes_ref", writes.c.ref, writes.c.plan)
leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("taken_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
)


def _who_applied(connection: sa.Connection) -> None:
    """Version 1 applied a plan in the run that made it, and searched refusals without an index."""
    for statement in (
        "ALTER TABLE plans ADD COLUMN applied_by INTEGER",
        "UPDATE plans SET applied_by = run WHERE state <> 'made'",
        "CREATE INDEX ix_plans_run ON plans (run)",
        "CREATE INDEX ix_plans_applied_by ON plans (applied_by)",
        "CREATE INDEX ix_writes_ref ON writes (ref, plan)",
    ):
        connection.exec_driver_sql(statement)


WHAT_WAS_SO = """
CREATE TABLE reads (
    connection VARCHAR(40) NOT NULL, stream VARCHAR(200) NOT NULL, read_at TIMESTAMP NOT NULL,
    tables TEXT, first BOOLEAN NOT NULL, PRIMARY KEY (connection, stream, read_at));
INSERT INTO reads SELECT connection, stream, read_at, tables, FALSE FROM watermarks
    WHERE read_at IS NOT NULL;
CREATE TABLE memberships (
    connection VARCHAR(40) NOT NULL, ref VARCHAR(200) NOT NULL, since TIMESTAMP NOT NULL,
    account INTEGER, PRIMARY KEY (connection, ref, since));
CREATE INDEX ix_memberships_account ON memberships (account);
INSERT INTO memberships SELECT connection, ref, '1970-01-01 00:00:00.000000', account FROM members;
CREATE TABLE bases (
    since TIMESTAMP PRIMARY KEY, model_sum VARCHAR(64) NOT NULL, model TEXT NOT NULL,
    settings TEXT NOT NULL)
"""


def _what_was_so(connection: sa.Connection) -> None:
    """Version 2 knew the present only."""
    for statement in WHAT_WAS_SO.split(";"):
        connection.exec_driver_sql(statement)


MIGRATIONS: dict[int, Callable[[sa.Connection], None]] = {1: _who_applied, 2: _what_was_so}
"""Version -> what turns it into the next one. Plain SQL: ``metadata`` is always the newest."""


def prepare(connection: sa.Connection) -> None:
    """Create the tables, or bring them to this version.

    Raises:
        JournalError: written by a newer Pulsefield, or no journal at all.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    if not sa.inspect(connection).has_table("meta"):
        metadata.create_all(connection)
        connection.execute(meta.insert().values(name="version", value=str(VERSION)))
        return
    found = connection.execute(sa.select(meta.c.value).where(meta.c.name == "version")).scalar()
    version = int(found) if found is not None and found.isdecimal() else 0
    if version < 1:
        raise JournalError(
            "the journal's table meta is another program's; give a database of its own"
        )
    if version > VERSION:
        raise JournalError(
            f"the journal has version {version}, and this Pulsefield knows {VERSION};"
            " install the newer Pulsefield that wrote it"
        )
    if version == VERSION:
        return
    for step in range(version, VERSION):
        MIGRATIONS[step](connection)
    connection.execute(meta.update().where(meta.c.name == "version").values(value=str(VERSION)))
