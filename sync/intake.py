"""Pages on their way into the store: gathered, and stored in few commits.

A commit costs 10 to 40 ms and a pull has hundreds of pages. A watermark is saved only after the
pages before it are stored; what was not stored yet is read again, which after a killed pull is
what came in the last seconds.
"""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic

import pyarrow as pa

from connectors.base import Page, Stream

from .journal import Journal, Watermark
from .store import HELD, Store

FLUSH_ROWS = 200_000
"""Rows gathered before they are stored: some tens of megabytes."""
FLUSH_SECONDS = 20.0
"""Seconds of reading that a kill may cost: three requests to Zendesk's exports, which take ten a
minute. Storing costs about a hundredth of it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One stream that is being read.

    Attributes:
        connection: Its name.
        stream: What is read.
        mark: How far it was read when this run began; its value is None in a full read.
    """

    connection: str
    stream: Stream
    mark: Watermark


class Intake:
    """Gathers pages of several connections. Safe to use from several threads.

    Args:
        store: Where rows go.
        journal: Where watermarks go.
        now: The run's time; ``known_at`` of held values.
        clock: Seconds, from any start.
    """

    def __init__(
        self, store: Store, journal: Journal, now: datetime, clock: Callable[[], float] = monotonic
    ) -> None:
        self._store = store
        self._journal = journal
        self._now = now
        self._clock = clock
        self._flushed = clock()
        self._lock = threading.RLock()
        self._pages: dict[str, list[pa.Table]] = defaultdict(list)
        self._rows = 0
        self._marks: dict[tuple[str, str], tuple[Reading, Watermark]] = {}
        self._unsaved: set[tuple[str, str]] = set()
        self.kept: dict[str, dict[str, int]] = defaultdict(dict)

    def add(self, reading: Reading, page: Page) -> None:
        """Take a page; stores everything gathered so far once it is much, or old."""
        with self._lock:
            for name, table in page.tables.items():
                self._gather(reading.connection, name, table)
            if page.watermark is not None:
                known = self._mark(reading)
                self._set(reading, replace(known, value=page.watermark))
            if self._rows >= FLUSH_ROWS or self._clock() - self._flushed >= FLUSH_SECONDS:
                self.flush()

    def done(self, reading: Reading) -> None:
        """Note that a stream was read to its end."""
        with self._lock:
            self._set(reading, replace(self._mark(reading), read_at=self._now))

    def flush(self) -> None:
        """Store what was gathered, then save the watermarks that it reaches.

        Raises:
            StoreError, JournalError: nothing is lost; it is read again from the old marks.
        """
        with self._lock:
            for name in sorted(self._pages):
                rows = pa.concat_tables(self._pages[name], promote_options="permissive")
                self._count(name, self._store.append(name, rows))
            self._pages.clear()
            self._rows = 0
            for key in sorted(self._unsaved):
                reading, mark = self._marks[key]
                self._journal.save_watermark(*key, mark, reading.stream.tables)
            self._unsaved.clear()
            self._flushed = self._clock()

    def _gather(self, connection: str, name: str, table: pa.Table) -> None:
        if not table.num_rows:
            return
        if name.partition(".")[0] == "held":
            target = connection + name.removeprefix("held")
            name, table = HELD + target, self._held(target, table)
        self._pages[name].append(table)
        self._rows += table.num_rows

    def _held(self, connection: str, table: pa.Table) -> pa.Table:
        count = table.num_rows
        stamp = pa.timestamp("us", tz="UTC")
        columns = {
            "source": pa.array([connection] * count, pa.string()),
            "known_at": pa.array([self._now] * count, stamp),
            "origin": pa.array(["read"] * count, pa.string()),
        }
        for name, column in columns.items():
            table = table.append_column(name, column)
        return table

    def _mark(self, reading: Reading) -> Watermark:
        key = (reading.connection, reading.stream.name)
        return self._marks[key][1] if key in self._marks else reading.mark

    def _set(self, reading: Reading, mark: Watermark) -> None:
        key = (reading.connection, reading.stream.name)
        self._marks[key] = (reading, mark)
        self._unsaved.add(key)

    def _count(self, name: str, stored: dict[str, int]) -> None:
        if name.startswith(HELD):
            return
        for source, count in stored.items():
            tables = self.kept[source]
            tables[name] = tables.get(name, 0) + count
