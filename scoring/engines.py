"""Run steps on a connection that is handed in; register what is no relation yet."""

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from .compile import statement
from .dialects import DUCKDB, Dialect
from .steps import Step
from .tables import Kind

_RUNS = count(1)


class Engine(Protocol):
    """What scoring needs of an engine.

    Attributes:
        dialect: Its way of writing.
        prefix: Put before the name of everything made on it.
    """

    dialect: Dialect
    prefix: str

    def relation(self, name: str, data: object) -> str:
        """Return the quoted relation that holds some data, registered if need be."""

    def columns(self, relation: str) -> Mapping[str, Kind | None]:
        """Return a relation's columns and their kinds; None: all null, or unknown to us."""

    def run(self, steps: Iterable[Step]) -> None:
        """Make the steps' tables and views, in order."""

    def once(self, steps: Iterable[Step]) -> None:
        """Run those steps that have not been run."""

    def forget(self, name: str) -> None:
        """Drop one step's relation."""

    def query(self, sql: str) -> pa.Table:
        """Return the rows of a SELECT."""

    def drop(self) -> None:
        """Drop everything that was made or registered."""


class DuckEngine:
    """DuckDB, on the connection of the caller, or on one of its own in memory."""

    def __init__(self, connection: duckdb.DuckDBPyConnection | None = None) -> None:
        self.dialect = DUCKDB
        self.prefix = f"pulsefield{next(_RUNS)}_"
        self._own = connection is None
        self._connection = connection or duckdb.connect()
        self._made: dict[str, bool] = {}
        self._registered: list[str] = []

    def relation(self, name: str, data: object) -> str:
        """Quote a relation's name; register Arrow, Polars or pandas data under one."""
        if isinstance(data, str):
            return self._in_utc(self.dialect.relation(data))
        registered = f"{self.prefix}given_{name}"
        self._connection.register(registered, _arrow(data))
        self._registered.append(registered)
        return self.dialect.quote(registered)

    def columns(self, relation: str) -> dict[str, Kind | None]:
        """Return the columns that DuckDB describes."""
        return {name: _kind(kind) for name, kind in self._described(relation).items()}

    def _described(self, relation: str) -> dict[str, str]:
        described = self._connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        return {name: str(kind) for name, kind, *_ in described}

    def _in_utc(self, relation: str) -> str:
        """Take times with a zone in UTC; a cast would take them in the session's zone."""
        zoned = [
            self.dialect.quote(name)
            for name, kind in self._described(relation).items()
            if kind == "TIMESTAMP WITH TIME ZONE"
        ]
        if not zoned:
            return relation
        plain = ", ".join(f"make_timestamp(epoch_us({name})) AS {name}" for name in zoned)
        return f"(SELECT * REPLACE ({plain}) FROM {relation})"

    def run(self, steps: Iterable[Step]) -> None:
        """Make temporary tables and views."""
        for step in steps:
            relation = self.dialect.quote(self.prefix + step.name)
            self._connection.execute(statement(self.dialect, relation, step))
            self._made[step.name] = step.kept
            for name in step.spent:
                self.forget(name)

    def once(self, steps: Iterable[Step]) -> None:
        """Run those steps that have not been run."""
        self.run(step for step in steps if step.name not in self._made)

    def forget(self, name: str) -> None:
        """Drop one step's table or view."""
        self._drop(name, kept=self._made.pop(name))

    def query(self, sql: str) -> pa.Table:
        """Return rows as Arrow."""
        return self._connection.sql(sql).to_arrow_table()

    def drop(self) -> None:
        """Drop what was made; close the connection if it is ours."""
        if self._own:
            self._connection.close()
            return
        for name, kept in reversed(self._made.items()):
            self._drop(name, kept=kept)
        for name in self._registered:
            self._connection.unregister(name)
        self._made, self._registered = {}, []

    def _drop(self, name: str, *, kept: bool) -> None:
        relation = self.dialect.quote(self.prefix + name)
        self._connection.execute(f"DROP {'TABLE' if kept else 'VIEW'} IF EXISTS {relation}")


def _arrow(data: Any) -> pa.Table:
    """Return Arrow, Polars or pandas data as Arrow, times in UTC without zone."""
    table = data if isinstance(data, pa.Table) else pa.table(data)
    fields = [_zoneless(field) for field in table.schema]
    return table.cast(pa.schema(fields))


def _zoneless(field: pa.Field) -> pa.Field:
    if pa.types.is_timestamp(field.type) and field.type.tz is not None:
        return pa.field(field.name, pa.timestamp(field.type.unit))
    return field


def _kind(described: str) -> Kind | None:
    name = described.split("(", maxsplit=1)[0]
    kinds: dict[str, Kind] = {
        "VARCHAR": "string",
        "UUID": "string",
        "VARCHAR[]": "strings",
        "BOOLEAN": "boolean",
        "DATE": "date",
        "DOUBLE": "number",
        "FLOAT": "number",
        "DECIMAL": "number",
    }
    if name.endswith("INT") or name in {"INTEGER", "UINTEGER"}:
        return "integer"
    if name.startswith("TIMESTAMP"):
        return "time"
    return "string" if name.startswith("ENUM") else kinds.get(name)
