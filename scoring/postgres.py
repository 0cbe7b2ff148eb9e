"""Steps on a PostgreSQL connection of the caller: psycopg 3, or SQLAlchemy over it.

Every step with one row per account is a temporary table, analysed: as views, nested SELECTs
would be merged until the planner takes all memory. Rows come back through COPY. The
connection needs the right to make temporary tables; each statement runs in a transaction, or
a savepoint of the caller's.
"""

import io
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
from pyarrow import csv

from .compile import statement
from .dialects import POSTGRES
from .engines import Engine, arrow
from .steps import Step
from .tables import Kind

_KINDS: dict[str, Kind] = {
    "bool": "boolean",
    "int2": "integer",
    "int4": "integer",
    "int8": "integer",
    "float4": "number",
    "float8": "number",
    "numeric": "number",
    "date": "date",
    "timestamp": "time",
    "timestamptz": "time",
    "_text": "strings",
    "_varchar": "strings",
}
_ARROW = {
    "boolean": pa.bool_(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "date": pa.date32(),
    "time": pa.timestamp("us"),
}


class PostgresEngine(Engine):
    """PostgreSQL, on the caller's connection.

    Args:
        connection: A psycopg 3 connection, or a SQLAlchemy connection that uses one.
    """

    def __init__(self, connection: Any) -> None:
        super().__init__(POSTGRES)
        raw = getattr(connection, "connection", connection)
        self._connection = getattr(raw, "driver_connection", raw)
        self._given: dict[str, str] = {}
        self._unknown: dict[str, set[str]] = {}

    def relation(self, name: str, data: object) -> str:
        """Quote a relation's name; copy Arrow, Polars or pandas data to a temporary table."""
        if isinstance(data, str):
            return self._in_utc(name, self.dialect.relation(data))
        table = arrow(data)
        relation = self.dialect.quote(f"{self.prefix}given_{name}")
        columns = [
            f"{self.dialect.quote(f.name)} {self.dialect.types[_kind_of(f.type)]}"
            for f in table.schema
        ]
        self._execute(f"CREATE TEMPORARY TABLE {relation} ({', '.join(columns)})")
        self._given[relation] = "TABLE"
        self._unknown[relation] = {f.name for f in table.schema if pa.types.is_null(f.type)}
        with (
            self._connection.transaction(),
            self._connection.cursor() as cursor,
            cursor.copy(f"COPY {relation} FROM STDIN") as copy,
        ):
            for row in _rows(table):
                copy.write_row(row)
        self._execute(f"ANALYZE {relation}")
        return relation

    def columns(self, relation: str) -> Mapping[str, Kind | None]:
        """Return the columns that PostgreSQL describes."""
        unknown = self._unknown.get(relation, set())
        described = self._described(f"SELECT * FROM {relation}")
        return {
            name: None if name in unknown else _KINDS.get(kind, "string")
            for name, kind in described.items()
        }

    def _described(self, sql: str) -> dict[str, str]:
        """Column -> the name of its type."""
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM (\n{sql}\n) AS described LIMIT 0")
            types = self._connection.adapters.types
            names = {}
            for column in cursor.description:
                known = types.get(column.type_code)
                array = known is not None and known.array_oid == column.type_code
                names[column.name] = "" if known is None else ("_" if array else "") + known.name
        return names

    def _in_utc(self, name: str, relation: str) -> str:
        """Take times with a zone in UTC, by a view; a cast would take them in the session's."""
        described = self._described(f"SELECT * FROM {relation}")
        if "timestamptz" not in described.values():
            return relation
        columns = []
        for column, kind in described.items():
            quoted = self.dialect.quote(column)
            zoned = kind == "timestamptz"
            columns.append(f"{quoted} AT TIME ZONE 'UTC' AS {quoted}" if zoned else quoted)
        view = self.dialect.quote(f"{self.prefix}given_{name}")
        self._execute(
            f"CREATE TEMPORARY VIEW {view} AS SELECT {', '.join(columns)} FROM {relation}"
        )
        self._given[view] = "VIEW"
        return view

    def batches(self, sql: str) -> pa.RecordBatchReader:
        """Return rows as Arrow, a few megabytes at a time."""
        described = self._described(sql)
        kinds = {name: _KINDS.get(kind, "string") for name, kind in described.items()}
        schema = pa.schema([(name, _ARROW.get(kind, pa.string())) for name, kind in kinds.items()])
        return pa.RecordBatchReader.from_batches(schema, self._copied(sql, schema))

    def _copied(self, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        quoted = ", ".join(self.dialect.quote(f.name) for f in schema if f.type == pa.string())
        force = f", FORCE_QUOTE ({quoted})" if quoted else ""  # "" is a text, nothing is null
        with (
            self._connection.transaction(),
            self._connection.cursor() as cursor,
            cursor.copy(f"COPY (\n{sql}\n) TO STDOUT (FORMAT csv, ENCODING 'UTF8'{force})") as copy,
        ):
            text = io.BufferedReader(_Chunks(iter(copy)), 1 << 20)
            if not text.peek(1):
                return
            yield from csv.open_csv(
                text,
                read_options=csv.ReadOptions(column_names=schema.names, block_size=1 << 22),
                parse_options=csv.ParseOptions(newlines_in_values=True),
                convert_options=csv.ConvertOptions(
                    column_types=schema,
                    null_values=[""],
                    true_values=["t"],
                    false_values=["f"],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                ),
            )

    def drop(self) -> None:
        """Drop what was made."""
        self.forget_all()
        for relation, kind in self._given.items():
            self._execute(f"DROP {kind} IF EXISTS {relation}")
        self._given = {}

    def _make(self, relation: str, step: Step) -> None:
        self._execute(statement(self.dialect, relation, step))
        if self.dialect.keeps(step):
            self._execute(f"ANALYZE {relation}")

    def _drop(self, relation: str, *, kept: bool) -> None:
        self._execute(f"DROP {'TABLE' if kept else 'VIEW'} IF EXISTS {relation}")

    def _execute(self, sql: str) -> None:
        with self._connection.transaction():
            self._connection.execute(sql)


class _Chunks(io.RawIOBase):
    """Chunks of bytes as a file to read."""

    def __init__(self, chunks: Iterator[bytes | memoryview]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def _kind_of(kind: pa.DataType) -> Kind:
    """Return the kind of an Arrow type; text where it is not known."""
    is_a = pa.types
    if is_a.is_boolean(kind):
        return "boolean"
    if is_a.is_integer(kind):
        return "integer"
    if is_a.is_floating(kind) or is_a.is_decimal(kind):
        return "number"
    if is_a.is_date(kind):
        return "date"
    if is_a.is_timestamp(kind):
        return "time"
    return "strings" if is_a.is_list(kind) or is_a.is_large_list(kind) else "string"


def _rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    """Yield rows; a NUL, which PostgreSQL does not store, is left out of texts."""
    for batch in table.to_batches(max_chunksize=10_000):
        columns = [column.to_pylist() for column in batch.columns]
        for row in zip(*columns, strict=True):
            yield tuple(v.replace("\0", "") if isinstance(v, str) else v for v in row)
