"""DuckDB in memory, making several steps at a time."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from graphlib import TopologicalSorter

import duckdb

from .dialects import DUCKDB
from .engines import DuckEngine, quoted
from .steps import Step

SHARED = replace(DUCKDB, keep="CREATE TABLE {name} AS")
"""Makes tables that other cursors see."""
FEW_ACCOUNTS = 5_000
"""Accounts up to which it takes less time to keep a step's rows than to plan it a second time."""


class ParallelDuckEngine(DuckEngine):
    """Makes steps that do not read each other at a time, each on a cursor of the connection.

    DuckDB plans a statement on one core, and runs one over less than 122,880 rows on one core.

    Args:
        connection: To a database in memory; None: an own one.
        at_once: Steps made at a time, at least one.

    Raises:
        ValueError: a database in a file, into which the steps' tables would be written.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection | None, at_once: int) -> None:
        if at_once < 1:
            raise ValueError(f"at_once = {at_once}: at least one step is made at a time")
        self._given = connection
        # A cursor here, too: what is under way on the caller's would hide tables made after it.
        super().__init__(None if connection is None else connection.cursor(), SHARED)
        self._at_once = at_once
        self._few = False
        if not self._in_memory():
            raise ValueError(
                f"at_once = {at_once}: tables that all cursors see would be written into the "
                "database's file; use a connection to one in memory, or leave out at_once"
            )

    def _in_memory(self) -> bool:
        sql = "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
        return self._connection.execute(sql).fetchall() == [(None,)]

    def shown(self, name: str) -> str:
        """Return the relation of a step, made a table where it was none."""
        relation = self._named(name)
        if relation in self._selects:
            self.run([Step(name, "to be read by others", self._selects.pop(relation), kept=True)])
        return relation

    def drop(self) -> None:
        """Drop what was made; close the cursor, or the connection if it is ours."""
        super().drop()
        self._connection.close()

    def expect(self, accounts: int) -> None:
        """Keep the rows of more steps where there are few accounts."""
        self._few = accounts <= FEW_ACCOUNTS

    def run(self, steps: Iterable[Step]) -> None:
        """Make the steps' tables, each as soon as those that it reads are there."""
        named = {self._named(step.name): step for step in steps}
        kept = {name: replace(named[name], kept=True) for name in self._kept(named)}
        for name, step in named.items():
            self._made[step.name] = name in kept
            if name not in kept:
                self._selects[name] = step.sql
        needs = {name: self._read(step.sql) & kept.keys() for name, step in kept.items()}
        with ThreadPoolExecutor(self._at_once) as pool:
            try:
                self._make_all(pool, kept, TopologicalSorter(needs))
            finally:
                pool.shutdown(cancel_futures=True)

    def _kept(self, named: Mapping[str, Step]) -> Iterator[str]:
        """Yield what becomes a table: not what one step reads alone, and may write into itself."""
        readers = Counter(
            read for step in named.values() for read in named.keys() & quoted(step.sql)
        )
        for name, step in named.items():
            if step.kept or (self._few and not step.many and readers[name] != 1):
                yield name

    def _make_all(
        self, pool: ThreadPoolExecutor, kept: Mapping[str, Step], order: TopologicalSorter[str]
    ) -> None:
        order.prepare()
        idle = [self._cursor() for _ in range(self._at_once)]
        running: dict[Future[None], str] = {}
        while order.is_active():
            for name in order.get_ready():
                sql = self._statement(name, kept[name])
                running[pool.submit(_execute, idle, sql)] = name
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                future.result()
                name = running.pop(future)
                order.done(name)
                for spent in kept[name].spent:
                    self.forget(spent)

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        cursor = self._connection.cursor()
        for name, table in self._registered.items():  # a cursor does not see them
            cursor.register(name, table)
        return cursor

    def _described(self, relation: str) -> dict[str, str]:
        try:
            return super()._described(relation)
        except duckdb.CatalogException as error:
            if self._given is None:
                raise
            self._given.execute(f"DESCRIBE SELECT * FROM {relation}")  # raises where there is none
            raise ValueError(
                f"{relation} is there for one cursor only, which makes one step at a time; "
                "make it a table or view that is not temporary, or leave out at_once"
            ) from error


def _execute(idle: list[duckdb.DuckDBPyConnection], sql: str) -> None:
    cursor = idle.pop()
    try:
        cursor.execute(sql)
    finally:
        idle.append(cursor)
