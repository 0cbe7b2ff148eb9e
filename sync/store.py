"""Tables at rest: Delta tables, append only, read through DuckDB.

A row is never overwritten. A later version has the same ``source`` and ``id`` and a later
``known_at``; the latest one known at a time is the one that held then. Four columns are added
to each row:

- ``row_key``: hash of source and id, to find versions quickly;
- ``row_hash``: hash of the content, so that a row read again unchanged is not stored again;
- ``row_seq``: the order of arrival, for versions of one instant;
- ``row_prior``: whether an earlier version was there, so that reading the latest versions has
  to look at those few rows only.
"""

import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import TableNotFoundError

from scoring import duck

from . import deltalog, transport
from .columns import check_kinds, wider
from .copies import Copies, default_folder
from .damage import explained
from .errors import StoreError
from .hashing import hashed
from .private import make_folder, private
from .quoting import literal, quote
from .rewriting import rewrite

SEQUENCE_BITS = 24
"""Rows of one commit: at most 16 million."""
ADDED = ("row_key", "row_hash", "row_seq", "row_prior")
NOT_CONTENT = {
    "accounts": ("known_at", "updated_at"),  # our own writes move the stamp, and nothing else
}
HELD = "held/"
"""Prefix of the tables of what targets hold; where a value came from is no content."""


class Store:
    """The tables of one deployment. Safe to use from several threads; one process writes.

    Args:
        root: Folder or object store URL.
        copies: Folder of copies of an object store's files; None: in the user's cache.
    """

    def __init__(self, root: str, copies: Path | None = None) -> None:
        self.root = root.rstrip("/")
        self.copies = Copies(copies or default_folder(self.root))
        self._lock = threading.RLock()
        if self.remote:
            transport.check()
        else:
            try:
                make_folder(Path(root))
            except OSError as error:
                raise StoreError(f"the data folder {root} cannot be made: {error}") from error

    @property
    def remote(self) -> bool:
        """Whether it is in an object store."""
        return "://" in self.root

    def append(self, name: str, rows: pa.Table, *, always: bool = False) -> dict[str, int]:
        """Store the versions that differ from the latest stored ones; one commit.

        Args:
            name: Table, e.g. ``tickets`` or ``held/crm``; created when first used. Columns
                that it does not have yet are added to it.
            rows: With ``source``, ``id`` and ``known_at``, in order of arrival.
            always: Store them even where they say nothing new.

        Returns:
            Source -> rows stored.

        Raises:
            StoreError: the table is damaged or foreign, a column has another type than
                before, or the disk refuses.
        """
        if not rows.num_rows:
            return {}
        with self._lock:
            fresh = self._fresh(name, _plain(rows), always=always)
            if fresh.num_rows:
                self._commit(name, fresh)
        counts = fresh.column("source").value_counts().to_pylist()
        return {str(count["values"]): int(count["counts"]) for count in counts}

    def add(self, name: str, rows: pa.Table) -> None:
        """Store rows as they are, versions or not; one commit.

        Raises:
            StoreError: as for ``append``.
        """
        if rows.num_rows:
            with self._lock:
                self._commit(name, _plain(rows))

    def table(self, name: str) -> DeltaTable | None:
        """Return a table as it is now, or None if there is none.

        Raises:
            StoreError: it is damaged or foreign.
        """
        with explained(self.root, name):
            try:
                return DeltaTable(self.path(name))
            except TableNotFoundError:
                return None

    def path(self, name: str) -> str:
        """Return where a table is."""
        return f"{self.root}/{name}"

    def files(self, name: str, table: DeltaTable | None = None) -> list[str]:
        """Return the Parquet files that make up a table; none if there is no table.

        Of an object store these are local copies.

        Args:
            name: The table.
            table: As it was opened; None: as it is now.
        """
        table = table or self.table(name)
        if table is None:
            return []
        with explained(self.root, name):
            if self.remote:
                return self.copies.files(name, table)
            return [str(uri) for uri in table.file_uris()]

    def columns(self, name: str) -> list[str]:
        """Return a table's columns; none if there is no table."""
        table = self.table(name)
        return [] if table is None else [field.name for field in table.schema().fields]

    def scan(self, name: str, table: DeltaTable | None = None) -> str | None:
        """Return SQL that reads every version of a table, or None if there is none.

        Args:
            name: The table.
            table: As it was opened; None: as it is now.
        """
        files = self.files(name, table)
        if not files:
            return None
        listed = ", ".join(literal(file) for file in files)
        return f"read_parquet([{listed}], union_by_name = true)"

    def latest(
        self,
        name: str,
        known_at: datetime | None = None,
        *,
        of: str | None = None,
        table: DeltaTable | None = None,
    ) -> str | None:
        """Return a SELECT of the versions that held at a time, deleted rows included.

        Args:
            name: Table.
            known_at: Aware; None: now.
            of: A relation with the column ``id`` of the few rows that are wanted; None: all.
            table: As it was opened; None: as it is now.
        """
        table = table or self.table(name)
        scan = None if table is None else self.scan(name, table)
        if table is None or scan is None:
            return None
        some = f"SEMI JOIN {of} USING (id)" if of else ""
        cut = "" if known_at is None else f"WHERE epoch_us(known_at) <= {_micros(known_at)}"
        if not deltalog.revised(table):
            return f"SELECT * FROM {scan} {some} {cut}"  # noqa: S608 - quoted paths
        # Read again at each use: kept in memory it would be the whole table.
        return (
            f"WITH every AS NOT MATERIALIZED (SELECT * FROM {scan} {some} {cut}),"  # noqa: S608 - quoted paths
            " revised AS (SELECT DISTINCT row_key FROM every WHERE row_prior)"
            " SELECT * FROM every ANTI JOIN revised USING (row_key)"
            " UNION ALL BY NAME SELECT * FROM every SEMI JOIN revised USING (row_key)"
            " QUALIFY row_number() OVER (PARTITION BY source, id"
            " ORDER BY known_at DESC, row_seq DESC) = 1"
        )

    def rows(self, name: str, ids: Sequence[str]) -> dict[str, dict[str, str | None]]:
        """Return the text columns of the latest versions of some rows, by id."""
        latest = self.latest(name, of="wanted")
        if latest is None:
            return {}
        with duck.connect() as con, explained(self.root, name):
            con.register("wanted", pa.table({"id": pa.array(ids, pa.string())}))
            found: pa.Table = con.sql(latest).to_arrow_table()
        texts = [field.name for field in found.schema if pa.types.is_string(field.type)]
        kept = found.select([n for n in texts if n not in {"source", "origin"}])
        return {row.pop("id"): row for row in kept.to_pylist()}

    def _commit(self, name: str, rows: pa.Table) -> None:
        path = self.path(name)
        if not self.remote:
            make_folder(Path(path))
        table = self.table(name)
        with private(), explained(self.root, name):
            if table is not None:
                self._fit(name, table, rows.schema)
            write_deltalake(path, rows, mode="append", schema_mode="merge")

    def _fit(self, name: str, table: DeltaTable, new: pa.Schema) -> None:
        """Make sure that a table's columns can take new rows."""
        stored = pa.schema(table.schema().to_arrow())
        check_kinds(name, stored, new)
        schema, scan = wider(stored, new), self.scan(name, table)
        if schema is not None and scan is not None:
            columns = ", ".join(quote(field.name) for field in schema)
            with duck.connect() as con:
                rewrite(table, con, f"SELECT {columns} FROM {scan}", schema)  # noqa: S608 - quoted

    def _fresh(self, name: str, rows: pa.Table, *, always: bool) -> pa.Table:
        """Return the rows that say something new, with the added columns."""
        table = self.table(name)
        version = -1 if table is None else table.version()
        rows = rows.append_column("row_at", pa.array(range(rows.num_rows), pa.int64()))
        with duck.connect() as con, explained(self.root, name):
            con.register("incoming", rows)
            con.execute(hashed(_content(name, rows.schema.names)))
            scan = self.scan(name)
            con.execute(_STORED.format(scan=scan) if scan else _NOTHING_STORED)
            base = (version + 1) << SEQUENCE_BITS
            kept: pa.Table = con.sql(_FRESH, params=[base, always]).to_arrow_table()
            return kept.select([*rows.schema.names[:-1], *ADDED]).cast(_with_added(rows.schema))


_STORED = """
    CREATE TEMP TABLE stored AS
    SELECT row_key, row_hash FROM {scan}
    SEMI JOIN (SELECT DISTINCT row_key FROM hashed) USING (row_key)
    QUALIFY row_number() OVER (PARTITION BY row_key ORDER BY known_at DESC, row_seq DESC) = 1
"""
_NOTHING_STORED = "CREATE TEMP TABLE stored (row_key BIGINT, row_hash BIGINT)"
_FRESH = """
    SELECT incoming.*, row_key, row_hash, $1 + row_at AS row_seq, row_prior FROM (
        SELECT hashed.*,
            coalesce(lag(hashed.row_hash) OVER versions, stored.row_hash) AS before,
            stored.row_key IS NOT NULL OR row_number() OVER versions > 1 AS row_prior
        FROM hashed LEFT JOIN stored USING (row_key)
        WINDOW versions AS (PARTITION BY row_key ORDER BY row_at)
    ) JOIN incoming USING (row_at)
    WHERE $2 OR before IS NULL OR before <> row_hash
    ORDER BY row_at
"""


def _content(name: str, columns: Sequence[str]) -> list[str]:
    """Return the columns by which two versions of a row differ."""
    other = ("known_at", "origin") if name.startswith(HELD) else ("known_at",)
    return sorted(set(columns) - set(NOT_CONTENT.get(name, other)) - {"row_at"})


def _plain(rows: pa.Table) -> pa.Table:
    """Leave out columns of type null, which a table cannot hold."""
    names = [field.name for field in rows.schema if not pa.types.is_null(field.type)]
    return rows.select(names)


def _with_added(schema: pa.Schema) -> pa.Schema:
    """Return the schema of stored rows: the incoming one without ``row_at``, then ADDED."""
    added = [("row_key", pa.int64()), ("row_hash", pa.int64()), ("row_seq", pa.int64())]
    fields = [*schema][:-1] + [pa.field(*pair) for pair in added]
    return pa.schema([*fields, pa.field("row_prior", pa.bool_())])


def _micros(time: datetime) -> int:
    return round(time.timestamp() * 1_000_000)
