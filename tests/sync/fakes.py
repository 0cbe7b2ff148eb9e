"""A system in memory: a connector like any other, with switches for what can go wrong."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, ClassVar

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from connectors.base import (
    Context,
    FieldSpec,
    FieldState,
    FieldUpdate,
    Page,
    RequestStats,
    Stream,
    WriteResult,
)
from connectors.errors import SetupError, TransientError
from connectors.findings import Findings
from connectors.records import to_arrow

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


class KilledError(BaseException):
    """The process died here; no ``except Exception`` stops it."""


@dataclass
class System:
    """What the vendor has.

    Attributes:
        rows: Table -> id -> row; ``stamp`` says when it last changed.
        held: Account id -> field -> text.
        fields: Fields that exist and can be seen.
        hidden: Fields that exist, and are seen once they are created.
        refuse: Account id -> (code, retryable).
        writes: Every update that arrived, in order.
        reads: (stream, since) of every read.
        jobs: Job -> its results, for systems that work by jobs.
        fail_read: Stream -> error to raise after its first page.
    """

    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    held: dict[str, dict[str, str | None]] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    refuse: dict[str, tuple[str, bool]] = field(default_factory=dict)
    writes: list[FieldUpdate] = field(default_factory=list)
    reads: list[tuple[str, str | None]] = field(default_factory=list)
    jobs: dict[str, list[WriteResult]] = field(default_factory=dict)
    fail_read: dict[str, Exception] = field(default_factory=dict)
    by_jobs: bool = False
    write_error: Exception | None = None
    create_error: Exception | None = None
    clock: int = 0

    def put(self, table: str, ref: str, **values: Any) -> None:
        """Create or change a row."""
        self.clock += 1
        row = self.rows.setdefault(table, {}).setdefault(ref, {"id": ref})
        row.update(values, stamp=self.clock)

    def store(self, update: FieldUpdate) -> WriteResult:
        """Write one update as the vendor does."""
        self.writes.append(update)
        if update.ref in self.refuse:
            code, retryable = self.refuse[update.ref]
            return WriteResult(update.ref, ok=False, code=code, message="no", retryable=retryable)
        self.held.setdefault(update.ref, {}).update(update.values)
        self.put("accounts", update.ref)
        return WriteResult(update.ref, ok=True)


SYSTEMS: dict[str, System] = {}


class Settings(BaseModel):
    """Settings of the connector."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: str = ""
    batch: int = 2
    page: int = 2


class Trap:
    """Kills the process when a named point was passed so many times."""

    passed: ClassVar[int] = 0
    fatal: ClassVar[int | None] = None

    @classmethod
    def arm(cls, fatal: int | None) -> None:
        """Die at the point of this number, or never."""
        cls.passed, cls.fatal = 0, fatal

    @classmethod
    def point(cls) -> None:
        """Pass a point."""
        cls.passed += 1
        if cls.fatal is not None and cls.passed == cls.fatal:
            raise KilledError


class Memory:
    """A connection to a System; both Source and Target."""

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self.name = name
        self.stats = RequestStats()
        self.settings = settings
        self.context = context
        self.system = SYSTEMS[name]

    def streams(self) -> Sequence[Stream]:
        names = [table for table in self.system.rows if table != "accounts"]
        return [Stream(name, (name,)) for name in ["accounts", *sorted(names)]]

    def check(self) -> Sequence[Any]:
        return []

    def read(self, stream: str, since: str | None) -> Iterator[Page]:
        self.system.reads.append((stream, since))
        start = int(since) if since else 0
        rows = sorted(self.system.rows.get(stream, {}).values(), key=lambda row: row["stamp"])
        due = [row for row in rows if row["stamp"] > start]
        for at in range(0, len(due), self.settings.page):
            Trap.point()
            part = due[at : at + self.settings.page]
            self.stats.count("read", made=1, least=1)
            yield self._page(stream, part)
            if stream in self.system.fail_read:
                raise self.system.fail_read[stream]
        if not due:
            yield Page({}, since, 0)

    def _page(self, stream: str, rows: list[dict[str, Any]]) -> Page:
        clean = [
            {k: v for k, v in row.items() if k != "stamp"}
            | {"source": self.name, "known_at": self.context.now}
            for row in rows
        ]
        tables = {stream: to_arrow(stream, clean)}
        if stream == "accounts":
            there = [s for s in self.context.own_fields if s.name in self.system.fields]
            held = {"id": pa.array([row["id"] for row in rows], pa.string())}
            for spec in there:
                values = [self.system.held.get(row["id"], {}).get(spec.name) for row in rows]
                held[spec.name] = pa.array([spec.to_text(v) for v in values], pa.string())
            tables["held"] = pa.table(held)
        return Page(tables, str(rows[-1]["stamp"]), len(rows), Findings())

    def field_states(self, specs: Sequence[FieldSpec]) -> Sequence[FieldState]:
        there = self.system.fields
        return [
            FieldState(s.name, s.type, s.name in there, s.name in there, s.name in there)
            for s in specs
        ]

    def create_fields(self, specs: Sequence[FieldSpec]) -> Sequence[FieldState]:
        if self.system.create_error is not None:
            raise self.system.create_error
        made = {spec.name for spec in specs} - self.system.fields - self.system.hidden
        self.system.hidden.clear()
        self.system.fields |= {spec.name for spec in specs}
        return [replace(state, created=state.name in made) for state in self.field_states(specs)]

    def write(self, updates: Sequence[FieldUpdate], log: Any) -> Iterator[WriteResult]:
        for at in range(0, len(updates), self.settings.batch):
            batch = updates[at : at + self.settings.batch]
            refs = [update.ref for update in batch]
            log.sending(refs)
            Trap.point()
            if self.system.write_error is not None:
                raise self.system.write_error
            results = [self.system.store(update) for update in batch]
            if self.system.by_jobs:
                job = f"job-{len(self.system.jobs) + 1}"
                self.system.jobs[job] = results
                log.job(refs, job)
            Trap.point()
            yield from results

    def adopt(self, job: str, updates: Sequence[FieldUpdate]) -> Iterator[WriteResult]:
        if job not in self.system.jobs:
            raise SetupError("no such job")
        found = {result.ref: result for result in self.system.jobs[job]}
        yield from (found[update.ref] for update in updates)


def connect(name: str, settings: Settings, context: Context) -> Memory:
    if settings.token:
        context.secret(settings.token)
    return Memory(name, settings, context)


def customers(names: Sequence[str], *, tickets: int = 0) -> System:
    """A system that knows these customers, each with usage on most of the last days."""
    system = System()
    for number, name in enumerate(names):
        ref = f"{number + 1}"
        system.put("accounts", ref, name=name, domains=[f"{name.lower()}.com"], seats=10)
        for day in range(1 + number % 7):
            system.put(
                "usage",
                f"{ref}-{day}",
                account_ref=ref,
                day=datetime(2026, 11, 19 - day, tzinfo=UTC).date(),
                feature="board",
                user_ref=f"u{day}",
                count=3,
            )
        for ticket in range(tickets):
            opened = datetime(2026, 11, 1 + ticket, tzinfo=UTC)
            system.put("tickets", f"{ref}-{ticket}", account_ref=ref, opened_at=opened)
    return system


def dump(system: System) -> str:
    """The values that a system holds, as text, to compare end states."""
    return json.dumps(system.held, sort_keys=True)


__all__ = ["TransientError"]
