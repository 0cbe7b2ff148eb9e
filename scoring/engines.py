"""Run steps on a connection that is handed in; register what is no relation yet."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Any

import duckdb
import pyarrow as pa

from . import duck
from .compile import statement
from .dialects import DUCKDB, Dialect
from .steps import Step
from .tables import Kind

_RUNS = count(1)
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*\"""")
"""Texts and identifiers."""


class Engine(ABC):
    """Runs steps, and remembers what it made.

    Attributes:
        dialect: Its way of writing.
        prefix: Put before the name of everything made on it.
    """

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.prefix = f"pulsefield{next(_RUNS)}_"
        self._made: dict[str, bool] = {}

    @abstractmethod
    def relation(self, name: str, data: object) -> str:
        """Return the quoted relation that holds some data, registered if need be."""

    @abstractmethod
    def columns(self, relation: str) -> Mapping[str, Kind | None]:
        """Return a relation's columns and their kinds; None: all null, of any kind."""

    @abstractmethod
    def batches(self, sql: str) -> pa.RecordBatchReader:
        """Return the rows of a SELECT as a stream."""

    @abstractmethod
    def drop(self) -> None:
        """Drop everything that was made or registered."""

    @contextmanager
    def making(self) -> Iterator[None]:
        """Drop everything where something fails."""
        try:
            yield
        except BaseException:
            self.drop()
            raise

    @abstractmethod
    def _make(self, relation: str, step: Step) -> None:
        """Run the statement of one step."""

    @abstractmethod
    def _drop(self, relation: str, *, kept: bool) -> None:
        """Drop one step's table or view."""

    def expect(self, accounts: int) -> None:  # noqa: B027 (most make the same of any number)
        """Be told how many accounts there are."""

    def run(self, steps: Iterable[Step]) -> None:
        """Make the steps' tables and views, what a step reads before the step."""
        for step in steps:
            self._make(self._named(step.name), step)
            self._made[step.name] = self.dialect.keeps(step)
            for name in step.spent:
                self.forget(name)

    def once(self, steps: Iterable[Step]) -> None:
        """Run those steps that have not been run."""
        self.run(step for step in steps if step.name not in self._made)

    def forget(self, name: str) -> None:
        """Drop one step's relation."""
        self._drop(self._named(name), kept=self._made[name])
        del self._made[name]

    def forget_all(self) -> None:
        """Drop the relations of all steps, the last one first."""
        for name in reversed(list(self._made)):
            self.forget(name)

    def query(self, sql: str) -> pa.Table:
        """Return the rows of a SELECT."""
        return self.batches(sql).read_all()

    def shown(self, name: str) -> str:
        """Return the quoted relation of a step that others may read on the connection."""
        return self._named(name)

    def _named(self, name: str) -> str:
        return self.dialect.quote(self.prefix + name)


class DuckEngine(Engine):
    """DuckDB, on the connection of the caller, or on one of its own in memory.

    A step whose rows are not kept is no view: it is written into the statements that read it.
    Making a view plans all that is below it, which is done again where it is read.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection | None = None, dialect: Dialect = DUCKDB
    ) -> None:
        super().__init__(dialect)
        self._own = connection is None
        self._connection = connection or duck.connect()
        self._registered: dict[str, pa.Table] = {}
        self._selects: dict[str, str] = {}
        self._views: set[str] = set()
        self._columns: dict[str, dict[str, str]] = {}

    def relation(self, name: str, data: object) -> str:
        """Quote a relation's name; register Arrow, Polars or pandas data under one."""
        if isinstance(data, str):
            return self._in_utc(self.dialect.relation(data))
        registered = f"{self.prefix}given_{name}"
        self._registered[registered] = arrow(data)
        self._connection.register(registered, self._registered[registered])
        return self.dialect.quote(registered)

    def columns(self, relation: str) -> dict[str, Kind | None]:
        """Return the columns that DuckDB describes."""
        return {name: _kind(kind) for name, kind in self._described(relation).items()}

    def _described(self, relation: str) -> dict[str, str]:
        """Return column -> type; asked once."""
        if relation not in self._columns:
            described = self._connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
            self._columns[relation] = {name: str(kind) for name, kind, *_ in described}
        return self._columns[relation]

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

    def batches(self, sql: str) -> pa.RecordBatchReader:
        """Return rows as Arrow."""
        return self._connection.sql(self._whole(sql)).to_arrow_reader()

    def query(self, sql: str) -> pa.Table:
        """Return rows as Arrow, in one piece."""
        return self._connection.sql(self._whole(sql)).to_arrow_table()

    def shown(self, name: str) -> str:
        """Return the relation of a step, made a view where it was none."""
        relation = self._named(name)
        if relation in self._selects and relation not in self._views:
            sql = self._whole(f"FROM {relation}")
            self._connection.execute(self.dialect.show.format(name=relation) + f"\n{sql}")
            self._views.add(relation)
        return relation

    def drop(self) -> None:
        """Drop what was made; close the connection if it is ours."""
        if self._own:
            self._connection.close()
            return
        self.forget_all()
        for name in self._registered:
            self._connection.unregister(name)
        self._registered = {}

    def _make(self, relation: str, step: Step) -> None:
        if self.dialect.keeps(step):
            self._connection.execute(self._statement(relation, step))
        else:
            self._selects[relation] = step.sql

    def _statement(self, relation: str, step: Step) -> str:
        """Return the statement that makes a step's table."""
        return statement(self.dialect, relation, replace(step, sql=self._whole(step.sql)))

    def _whole(self, sql: str) -> str:
        """Put the steps that are not kept before a SELECT that reads them."""
        read = self._read(sql)
        parts = [
            f"{name} AS NOT MATERIALIZED (\n{text}\n)"
            for name, text in self._selects.items()
            if name in read
        ]
        return "WITH " + ",\n".join(parts) + f"\n{sql}" if parts else sql

    def _read(self, sql: str) -> set[str]:
        """Return all quoted names in a SELECT, and in the steps not kept that it reads."""
        read: set[str] = set()
        texts = [sql]
        while texts:
            names = quoted(texts.pop()) - read
            read |= names
            texts += [self._selects[name] for name in names & self._selects.keys()]
        return read

    def _drop(self, relation: str, *, kept: bool) -> None:
        self._selects.pop(relation, None)
        if kept or relation in self._views:
            self._views.discard(relation)
            self._connection.execute(f"DROP {'TABLE' if kept else 'VIEW'} IF EXISTS {relation}")


def quoted(sql: str) -> set[str]:
    """Return the quoted names in a statement, and its texts."""
    return set(_QUOTED.findall(sql))


def arrow(data: Any) -> pa.Table:
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
    return None if name == '"NULL"' else kinds.get(name, "string")
