"""Reads files and queries as canonical tables."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pyarrow as pa

from connectors.base import Context, Page, Problem, RequestStats, Stream
from connectors.errors import ConnectorError
from connectors.extras import Offer
from connectors.findings import Findings
from connectors.mapping import Batch

from .catalogue import catalogue
from .readers import Query, Reader, open_files
from .rows import Facts, Rows
from .settings import Settings, TableObject

LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
"""What ``:since`` is the first time: null would be greater than nothing, and bring no row."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A watermark: what was read.

    Attributes:
        content: Hash of mapping and file contents.
        changed: Latest ``changed`` value, ISO.
        output: Hash of the output file when held values were read.
    """

    content: str = ""
    changed: str | None = None
    output: str = ""

    @classmethod
    def parse(cls, text: str | None) -> "Mark":
        """Read a watermark; one that is not ours counts as none."""
        try:
            found = json.loads(text or "{}")
            return cls(**found)
        except (TypeError, ValueError):
            return cls()

    def text(self) -> str:
        """Return the opaque text."""
        return json.dumps({"content": self.content, "changed": self.changed, "output": self.output})


class Tables:
    """A source over files and SQL queries.

    Args:
        name: The connection's name.
        settings: Its settings.
        context: The run's time and secrets.
    """

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self.name = name
        self.stats = RequestStats()
        self._settings = settings
        self._context = context

    def streams(self) -> Sequence[Stream]:
        """Return a stream for each object, accounts first."""
        every = [Stream(name, (entry.table,)) for name, entry in self._settings.objects.items()]
        return sorted(every, key=lambda stream: stream.tables != ("accounts",))

    def read(self, stream: str, since: str | None) -> Iterator[Page]:
        """Yield pages of at most 50,000 rows; nothing if nothing changed.

        Files whose bytes are known are skipped. With ``changed``, only rows changed at or
        after the latest one known are yielded. Only the last page carries the watermark.
        """
        entry = self._settings.objects[stream]
        mark = Mark.parse(since)
        if entry.complete:
            mark = replace(mark, changed=None)
        readers = self._readers(entry, mark.changed)
        rows, content = self._rows(stream, entry, readers), self._content(entry, readers)
        facts = None
        if not content or content != mark.content:
            facts = rows.scan()
            content = content or self._hash(entry, facts.content)
        held = self._held(entry, mark)
        if facts is not None and content != mark.content:
            pages = self._pages(rows, facts, replace(mark, content=content), held)
            for page in pages:
                yield replace(page, complete=entry.complete and page.watermark is not None)
        elif held is not None:
            yield Page({"held": held}, replace(mark, output=self._output_digest()).text(), 0)

    def _pages(self, rows: Rows, facts: Facts, mark: Mark, held: pa.Table | None) -> Iterator[Page]:
        since = datetime.fromisoformat(mark.changed) if mark.changed else None
        mark = replace(mark, output=self._output_digest())
        for table, last, findings in rows.tables(facts, since):
            if rows.latest is not None:
                mark = replace(mark, changed=rows.latest.isoformat())
            tables = {rows.table: table} | ({"held": held} if held is not None else {})
            held = None
            yield Page(tables, mark.text() if last else None, table.num_rows, findings)

    def whole(self, stream: str) -> bool:
        """Whether an object's rows are all in it, as its setting says."""
        return self._settings.objects[stream].complete

    def gone(self, stream: str, ids: Sequence[str]) -> Sequence[str]:  # noqa: ARG002
        """Return all of them: a file has no row that it does not show."""
        return ids

    def catalogue(self) -> Sequence[Offer]:
        """Return the columns of every file and query."""
        return [
            offer
            for name, entry in self._settings.objects.items()
            for offer in catalogue(name, entry, self._readers(entry, None))
        ]

    def check(self) -> Sequence[Problem]:
        """Return missing files, columns and databases, and undecidable columns."""
        problems = []
        for name, entry in self._settings.objects.items():
            try:
                self._rows(name, entry, self._readers(entry, None)).scan()
            except ConnectorError as error:
                todo = "repair the file or query, or the object's settings"
                problems.append(Problem(f"{self.name}.objects.{name}", str(error), todo))
        return problems

    def _readers(self, entry: TableObject, since: str | None) -> Sequence[Reader]:
        if entry.file:
            return open_files(entry, self._settings.folder)
        secret = entry.url.startswith(("env:", "file:"))
        url = self._context.secret(entry.url) if secret else entry.url
        moment = datetime.fromisoformat(since) if since else LONG_AGO
        return [Query(url, entry.query, moment)]

    def _content(self, entry: TableObject, readers: Sequence[Reader]) -> str:
        """Return the hash of what decides the rows; empty if only reading would tell."""
        parts = [reader.digest() for reader in readers]
        return self._hash(entry, *parts) if all(parts) else ""

    def _hash(self, entry: TableObject, *parts: str) -> str:
        told = f"{entry.model_dump_json()} {self._settings.personal_data}"
        return hashlib.sha256("".join([told, *parts]).encode()).hexdigest()

    def _rows(self, stream: str, entry: TableObject, readers: Sequence[Reader]) -> Rows:
        findings = Findings()
        batch = Batch(self.name, self._context.now, self._settings.personal_data, findings)
        return Rows(stream, entry, readers, batch)

    def _held(self, entry: TableObject, mark: Mark) -> pa.Table | None:  # noqa: ARG002
        """Return what the output holds, if it changed since the mark; here there is none."""
        return None

    def _output_digest(self) -> str:
        return ""
