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


_FILE = "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
_SESSION = """
SELECT name, value FROM duckdb_settings() WHERE name NOT LIKE '%progress%' UNION ALL
SELECT 'variable ' || name, value FROM duckdb_variables()
"""
_TRANSACTION = "SELECT txid_current()"
_TEMPORARY = """
SELECT lower(table_name) FROM duckdb_tables() WHERE temporary UNION ALL
SELECT lower(view_name) FROM duckdb_views() WHERE temporary AND NOT internal
"""


class ParallelDuckEngine(DuckEngine):
    """Makes steps that do not read each other at a time, each on a cursor of the connection.

    DuckDB plans a statement on one core, and runs one over less than 122,880 rows on one core.

    Args:
        connection: To a database in memory; None: an own one. Its cursors must see what it sees.
        at_once: Steps made at a time, at least one.

    Raises:
        ValueError: a database in a file, into which the steps' tables would be written; a session
            with settings or variables of its own, or in a transaction.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection | None, at_once: int) -> None:
        if at_once < 1:
            raise ValueError(f"at_once = {at_once}: at least one step is made at a time")
        # A cursor here, too: what is under way on the caller's would hide tables made after it.
        super().__init__(None if connection is None else connection.cursor(), SHARED)
        self._at_once = at_once
        self._few = False
        self._temporary: set[str] = set()
        if connection is not None:
            self._check(connection)
            self._temporary = {name for (name,) in connection.execute(_TEMPORARY).fetchall()}

    def _check(self, given: duckdb.DuckDBPyConnection) -> None:
        """Refuse a connection whose cursors would not read and make what it would."""
        sessions = (set(each.execute(_SESSION).fetchall()) for each in (given, self._connection))
        own = sorted({name for name, _ in set.symmetric_difference(*sessions)})
        wrong = {
            "its database is in a file": given.execute(_FILE).fetchall() != [(None,)],
            f"it has settings of its own ({', '.join(own)})": bool(own),
            "it is in a transaction": given.execute(_TRANSACTION).fetchall()
            == given.execute(_TRANSACTION).fetchall(),
        }
        for what, is_so in wrong.items():
            if is_so:
                raise ValueError(
                    f"at_once = {self._at_once}: steps are made on several cursors of the "
                    f"connection, as tables of a database in memory, but {what}; leave out at_once"
                )

    def relation(self, name: str, data: object) -> str:
        """Quote a relation's name, as any; refuse what only the caller's connection sees.

        Raises:
            ValueError: it is temporary, or registered, and might hide another of that name.
        """
        if isinstance(data, str) and data.rpartition(".")[2].lower() in self._temporary:
            raise ValueError(
                f"{name}: {data} is temporary or registered, which the cursors of at_once do not "
                "see; store it as a table, or leave out at_once"
            )
        return super().relation(name, data)

    def shown(self, name: str) -> str:
        """Return the relation of a step, made a table where it was none."""
        relation = self._named(name)
        if relation in self._selects:
            self.run([Step(name, "to be read by others", self._selects[relation], kept=True)])
            del self._selects[relation]
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
            if name not in kept:
                self._selects[name] = step.sql
                self._made[step.name] = False
        needs = {name: self._read(step.sql) & kept.keys() for name, step in kept.items()}
        cursors = [self._cursor() for _ in range(min(self._at_once, len(kept)))]
        with ThreadPoolExecutor(max(1, len(cursors))) as pool:
            try:
                self._make_all(pool, cursors, kept, TopologicalSorter(needs))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)  # first: else the next ones begin
                for cursor in cursors:
                    cursor.interrupt()
                raise

    def _kept(self, named: Mapping[str, Step]) -> Iterator[str]:
        """Yield what becomes a table: not what one step reads alone, and may write into itself."""
        readers = Counter(
            read for step in named.values() for read in named.keys() & quoted(step.sql)
        )
        for name, step in named.items():
            if step.kept or (self._few and not step.many and readers[name] != 1):
                yield name

    def _make_all(
        self,
        pool: ThreadPoolExecutor,
        cursors: Iterable[duckdb.DuckDBPyConnection],
        kept: Mapping[str, Step],
        order: TopologicalSorter[str],
    ) -> None:
        order.prepare()
        idle = list(cursors)
        running: dict[Future[None], str] = {}
        while order.is_active():
            for name in order.get_ready():
                sql = self._statement(name, kept[name])
                running[pool.submit(self._keep, idle, kept[name], sql)] = name
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                name = running.pop(future)
                future.result()
                order.done(name)
                for spent in kept[name].spent:
                    self.forget(spent)

    def _keep(self, idle: list[duckdb.DuckDBPyConnection], step: Step, sql: str) -> None:
        """Make a step's table; noted here, as what ends after a failure is to be dropped, too."""
        _execute(idle, sql)
        self._made[step.name] = True

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        cursor = self._connection.cursor()
        for name, table in self._registered.items():  # a cursor does not see them
            cursor.register(name, table)
        return cursor


def _execute(idle: list[duckdb.DuckDBPyConnection], sql: str) -> None:
    cursor = idle.pop()
    try:
        cursor.execute(sql)
    finally:
        idle.append(cursor)
