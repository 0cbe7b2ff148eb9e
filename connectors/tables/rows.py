"""One object's rows: scanned once to decide what only the whole shows, then converted."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

import pyarrow as pa

from connectors.columns import join
from connectors.convert import OTHER_NULLS, DecimalMark, Rule, convert
from connectors.errors import SetupError
from connectors.findings import EXAMPLES, Findings
from connectors.mapping import Batch, FieldMap, TableMap, near_miss
from connectors.moments import DayOrder, Moments, Order
from connectors.records import TABLES

from .keys import Repeats, Row, Shared, digest
from .readers import BATCH, Query, Reader
from .settings import TableObject

Keyed: TypeAlias = tuple[str, Row]
_NAMED = 12  # columns that an error message lists


@dataclass(frozen=True, slots=True)
class Facts:
    """What a scan over all rows showed.

    Attributes:
        repeated: Hashes of keys that come more than once.
        changed: Order of day and month in the ``changed`` field.
        content: Hash of a query's values, whatever their order; files have their own.
    """

    repeated: frozenset[int]
    changed: Order | None
    content: str


class Rows:
    """The rows of one object over all of its files.

    Args:
        stream: The object's name.
        entry: Its settings.
        readers: Its files, or its query.
        batch: Source, time, personal data.

    Attributes:
        table: Canonical table name.
        latest: The latest ``changed`` value of the rows yielded so far.
    """

    def __init__(
        self, stream: str, entry: TableObject, readers: Sequence[Reader], batch: Batch
    ) -> None:
        self.table = entry.table
        self.latest: datetime | None = None
        self._stream = stream
        self._entry = entry
        self._readers = readers
        self._batch = batch
        columns = dict(entry.columns)
        stamped = any(column.name == "updated_at" for column in TABLES[entry.table].columns)
        if entry.changed and stamped:
            columns.setdefault("updated_at", FieldMap(field=entry.changed))
        self._map = TableMap(entry.table, columns)
        self._id = self._map.columns.get("id", FieldMap()).fields
        changed = (entry.changed,) if entry.changed else ()
        self._names = tuple(dict.fromkeys(self._map.fields + changed))

    def scan(self) -> Facts:
        """Read everything once: columns present, day and month, decimal marks, repeated keys.

        Raises:
            SetupError: a mapped column is missing, or one cannot be decided.
        """
        self._check_columns()
        orders = self._watch("time", "date", watcher=DayOrder)
        marks = self._watch("number", "integer", watcher=DecimalMark)
        changed, repeats, content = DayOrder(), Repeats(), 0
        for reader in self._readers:
            for raw in reader.batches(self._names, Findings()):
                repeats.see(self._keys(raw))
                if isinstance(reader, Query):
                    content += sum(int(digest(row), 16) for row in _rows(raw))
                for (_, field), watcher in [*orders.items(), *marks.items()]:
                    watcher.see(set(raw[field]))
                changed.see(set(raw[self._entry.changed]) if self._entry.changed else ())
        for (name, field), order in orders.items():
            self._map.decide(name, order=self._decided(field, order))
        for (name, _), mark in marks.items():
            self._map.decide(name, decimal=mark.mark())
        order = self._decided(self._entry.changed, changed)
        return Facts(repeats.found(), order, f"{content:x}" if content else "")

    def tables(
        self, facts: Facts, since: datetime | None
    ) -> Iterator[tuple[pa.Table, bool, Findings]]:
        """Yield canonical tables, whether each is the last, and what was odd in it.

        Args:
            facts: What ``scan`` returned.
            since: Leave out rows whose ``changed`` is before.

        Raises:
            SetupError: ids that come with differing content.
        """
        held: tuple[pa.Table, Findings] | None = None
        for made in self._tables(facts, since):
            if held is not None:
                yield held[0], False, held[1]
            held = made
        if held is None:
            held = self._build({name: [] for name in self._names}, [], Findings(), None)
        yield held[0], True, held[1]

    def _tables(self, facts: Facts, since: datetime | None) -> Iterator[tuple[pa.Table, Findings]]:
        findings = self._column_findings()
        shared = Shared(self._stream, self._entry.on_duplicates, bool(self._entry.changed))
        for number, reader in enumerate(self._readers):
            for raw in reader.batches(self._names, findings):
                keys = self._keys(raw)
                nameless = self._nameless(keys, findings)
                again = [i for i, key in enumerate(keys) if hash(key) in facts.repeated]
                rows = _rows(raw) if again else []
                for i in again:
                    if i not in nameless:
                        shared.add(keys[i], number, rows[i])
                kept = self._kept(raw, keys, nameless.union(again), facts, since)
                if kept[1]:
                    yield self._build(*kept, findings, None)
                    findings = Findings()
        yield from self._shared(shared, findings, facts, since)

    def _shared(
        self, shared: Shared, findings: Findings, facts: Facts, since: datetime | None
    ) -> Iterator[tuple[pa.Table, Findings]]:
        """Yield the rows whose keys are shared, versions with the time they were current from."""
        for part in _parts(shared.resolve(findings)):
            ids = [key for key, _ in part]
            columns = zip(*(row for _, row in part), strict=True)
            every = dict(zip(self._names, columns, strict=True))
            raw, kept = self._kept(every, ids, (), facts, since)
            known = self._stamps(raw, facts) if shared.versions and self._id else None
            yield self._build(raw, kept, findings, known)
            findings = Findings()
        if len(findings):
            yield self._build({name: [] for name in self._names}, [], findings, None)

    def _kept(
        self,
        raw: Mapping[str, Sequence[Any]],
        keys: Sequence[Any],
        leave: Iterable[int],
        facts: Facts,
        since: datetime | None,
    ) -> tuple[Mapping[str, Sequence[Any]], Sequence[Any]]:
        """Return the rows that are neither held back nor older than asked for."""
        out = set(leave)
        if self._entry.changed:
            stamps = self._stamps(raw, facts)
            known = [stamp for stamp in stamps if stamp is not None]
            self.latest = max([*known, *filter(None, [self.latest])], default=None)
            if since is not None:
                out |= {i for i, stamp in enumerate(stamps) if stamp and stamp < since}
        if not out:
            return raw, keys
        at = [i for i in range(len(keys)) if i not in out]
        return (
            {name: [values[i] for i in at] for name, values in raw.items()},
            [keys[i] for i in at],
        )

    def _stamps(self, raw: Mapping[str, Sequence[Any]], facts: Facts) -> list[datetime | None]:
        """Return the ``changed`` values; a stamp ahead of the run's time counts as now."""
        rule = Rule("time", OTHER_NULLS, moments=Moments(facts.changed))
        stamps, _ = convert(raw[self._entry.changed], rule)
        return [stamp and min(stamp, self._batch.known_at) for stamp in stamps]

    def _build(
        self,
        raw: Mapping[str, Sequence[Any]],
        keys: Sequence[Any],
        findings: Findings,
        known_at: Sequence[datetime | None] | None,
    ) -> tuple[pa.Table, Findings]:
        columns: dict[str, Sequence[Any]] = {}
        for name, entry in self._map.columns.items():
            parts = [raw[field] for field in entry.fields]
            single = parts[0] if len(parts) == 1 else join(parts)
            columns[name] = single if parts else [entry.value] * len(keys)
        columns["id"] = [key if isinstance(key, str) else digest(key) for key in keys]
        if known_at is not None:
            columns["known_at"] = known_at
        batch = replace(self._batch, findings=findings)
        return self._map.build_columns(columns, len(keys), batch), findings

    def _nameless(self, keys: Sequence[Any], findings: Findings) -> set[int]:
        """Count rows whose id is empty; return those that cannot be used: accounts."""
        if not self._id:
            return set()
        empty = [i for i, key in enumerate(keys) if not isinstance(key, str)]
        if empty:
            named = (digest(keys[i]) for i in empty[:EXAMPLES])  # as the rows that are kept
            findings.add("no_id", self._stream, *named, count=len(empty))
        return set(empty) if self.table == "accounts" else set()

    def _keys(self, raw: Mapping[str, Sequence[Any]]) -> list[Any]:
        """Return each row's id, or its whole content where no id is mapped or filled."""
        rows = _rows(raw)
        if not self._id:
            return rows
        ids = join([raw[field] for field in self._id])
        return [row if key is None else key for key, row in zip(ids, rows, strict=True)]

    def _watch(self, *types: str, watcher: Any) -> dict[tuple[str, str], Any]:
        """Return a watcher for each field that feeds a column of these types."""
        return {
            (name, entry.fields[0]): watcher()
            for name, entry in self._map.columns.items()
            if entry.fields
            and self._map.rule(name).type in types
            and not (entry.order or entry.format or entry.decimal)
        }

    def _decided(self, field: str, order: DayOrder) -> Order | None:
        try:
            return order.order()
        except ValueError as error:
            raise SetupError(f"{self._stream}: column {field!r} {error}") from None

    def _check_columns(self) -> None:
        for reader in self._readers:
            known = reader.columns()
            for name in self._names:
                if name in known:
                    continue
                twice = f"{name} (1)" in known
                hint = f"; it is there more than once: map {name} (1) or {name} (2)"
                raise SetupError(
                    f"{self._stream}: there is no column {name!r}"
                    f"{hint if twice else near_miss(name, known)}; there are {_some(known)}"
                )

    def _column_findings(self) -> Findings:
        findings = Findings()
        for reader in self._readers:
            twice = [name for name in reader.columns() if name.endswith(" (2)")]
            for name in twice:
                findings.add("column_named_twice", self._stream, name.removesuffix(" (2)"))
        return findings


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _rows(raw: Mapping[str, Sequence[Any]]) -> list[Row]:
    return list(zip(*raw.values(), strict=True))


def _parts(rows: Iterable[Keyed]) -> Iterator[list[Keyed]]:
    part: list[Keyed] = []
    for row in rows:
        part.append(row)
        if len(part) == BATCH:
            yield part
            part = []
    if part:
        yield part
