"""Records that a complete read no longer brings: marked as deleted, never forgotten."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from connectors.base import Page, Source
from connectors.extras import Census
from connectors.findings import Findings
from scoring import duck

from .intake import Reading
from .quoting import literal
from .store import ADDED, Store

UTC_TIME = pa.timestamp("us", tz="UTC")


class Sweep:
    """Watches the pages of one stream; tells what is gone once all of them came.

    Only streams that a source counts as a whole are watched. Ids are kept as hashes, 8 bytes
    a record. A context manager.

    Args:
        store: Has what was there before.
        source: Reads the stream.
        reading: Which stream.
        now: When it is learned that records are gone.
    """

    def __init__(self, store: Store, source: Source, reading: Reading, now: datetime) -> None:
        self._store = store
        self._source = source if isinstance(source, Census) else None
        self._reading = reading
        self._now = now
        stream = reading.stream
        watched = self._source is not None and self._source.whole(stream.name)
        self._table = stream.tables[0]
        self._con = duck.connect() if watched else None
        if self._con is not None:
            self._con.execute("CREATE TABLE seen (key UBIGINT)")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._con is not None:
            self._con.close()

    def gone(self, page: Page) -> Page | None:
        """Take in a page; with the one that completes the read, return what is gone.

        What is returned must be stored before the page, as its watermark says that the read is
        over.

        Raises:
            ConnectorError: the source cannot be asked whether missing records are gone.
        """
        if self._con is None:
            return None
        if self._table in page.tables:
            self._con.register("page", page.tables[self._table].select(["id"]))
            self._con.execute("INSERT INTO seen SELECT hash(id) FROM page")
            self._con.unregister("page")
        return self._gone(self._con) if page.complete else None

    def _gone(self, con: duckdb.DuckDBPyConnection) -> Page | None:
        latest = self._store.latest(self._table)
        if latest is None or self._source is None:
            return None
        missing = (
            f"SELECT * FROM ({latest}) WHERE source = {literal(self._reading.connection)}"  # noqa: S608 - quoted
            " AND NOT coalesce(deleted, false) AND hash(id) NOT IN (SELECT key FROM seen)"
        )
        rows: pa.Table = con.sql(missing).to_arrow_table()
        ids = self._source.gone(self._reading.stream.name, rows.column("id").to_pylist())
        if not ids:
            return None
        findings = Findings()
        findings.add("gone", self._table, *ids[:3], count=len(ids))
        return Page({self._table: self._deleted(rows, ids)}, None, 0, findings)

    def _deleted(self, rows: pa.Table, ids: Sequence[str]) -> pa.Table:
        """Return the last versions as deleted from now on."""
        rows = rows.drop_columns(list(ADDED))
        rows = rows.filter(pc.is_in(rows.column("id"), pa.array(ids, pa.string())))
        fields = [
            field.with_type(UTC_TIME) if pa.types.is_timestamp(field.type) else field
            for field in rows.schema
        ]
        rows = rows.cast(pa.schema(fields))
        for name, value in (("deleted", True), ("known_at", self._now)):
            at = rows.schema.get_field_index(name)
            kind = rows.schema.field(name)
            rows = rows.set_column(at, kind, pa.array([value] * rows.num_rows, kind.type))
        return rows
