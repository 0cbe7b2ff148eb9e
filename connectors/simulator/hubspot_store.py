"""Records of one HubSpot object type, with the orders in which they are asked for."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from .hubspot_schema import Schema
from .hubspot_types import ObjectType

Values: TypeAlias = dict[str, str | None]

Change: TypeAlias = tuple[str, str, str | None]
"""(property, time of the change, value then)."""


@dataclass(slots=True)
class Record:
    """One object.

    Attributes:
        id: HubSpot's id.
        properties: Values as the API shows them; what is absent is null.
        archived_at: When it was archived; None: live.
        changes: Later values, oldest first.
    """

    id: int
    properties: Values
    archived_at: str | None = None
    changes: list[Change] = field(default_factory=list)


@dataclass(slots=True)
class ObjectStore:
    """All objects of one type, indexed by id and by time of change.

    Attributes:
        kind: The type.
        schema: Its properties.
        records: By id, archived ones included, merged-away ones not.
        merged: Id that is gone -> id of the record that has its data now.
        version: Grows with every change.
    """

    kind: ObjectType
    schema: Schema
    records: dict[int, Record] = field(default_factory=dict)
    merged: dict[int, int] = field(default_factory=dict)
    version: int = 0
    _ids: dict[bool, list[int]] = field(default_factory=lambda: {False: [], True: []})
    _stamps: list[tuple[str, int]] = field(default_factory=list)
    _sorted: bool = True

    def load(self, records: Iterable[Record]) -> None:
        """Add many records; sorting waits until somebody asks."""
        for record in records:
            self.records[record.id] = record
            archived = record.archived_at is not None
            self._ids[archived].append(record.id)
            if not archived:
                self._stamps.append((record.properties[self.kind.modified] or "", record.id))
        self._sorted = False
        self.version += 1

    def get(self, record_id: int, *, archived: bool = False) -> Record | None:
        """Return a record, also by an id that was merged away; None if there is none."""
        record = self.records.get(self.merged.get(record_id, record_id))
        if record is None or (record.archived_at is not None) is not archived:
            return None
        return record

    def ids(self, *, archived: bool = False) -> Sequence[int]:
        """Return ids in order."""
        self._sort()
        return self._ids[archived]

    def after(self, last: int, limit: int, *, archived: bool = False) -> Sequence[int]:
        """Return up to ``limit`` ids above ``last``, in order."""
        ids = self.ids(archived=archived)
        start = bisect_right(ids, last)
        return ids[start : start + limit]

    def changed(self, low: str, high: str) -> list[int]:
        """Return ids of live records changed from ``low`` to ``high``, both inclusive, sorted."""
        self._sort()
        start = bisect_left(self._stamps, (low, 0))
        end = bisect_right(self._stamps, (high, 1 << 63))
        return sorted(record_id for _, record_id in self._stamps[start:end])

    def write(self, record: Record, values: Values, now: str) -> None:
        """Set values of a live record and move its time of change."""
        modified = self.kind.modified
        self._drop_stamp(record)
        for name, value in values.items():
            record.properties[name] = value
            record.changes.append((name, now, value))
        record.properties[modified] = now
        insort(self._stamps, (now, record.id))
        self.version += 1

    def archive(self, record: Record, now: str) -> None:
        """Archive a live record: gone from lists and search, still under ``archived=true``."""
        self._drop_stamp(record)
        record.archived_at = now
        self._ids[False].remove(record.id)
        insort(self._ids[True], record.id)
        self.version += 1

    def merge(self, gone: Record, into: Record, now: str) -> None:
        """Merge a record into another: its id answers with the other from now on."""
        self._drop_stamp(gone)
        self._ids[False].remove(gone.id)
        del self.records[gone.id]
        earlier = [old for old, new in self.merged.items() if new == gone.id]
        self.merged.update(dict.fromkeys([gone.id, *earlier], into.id))
        before = into.properties.get("hs_merged_object_ids")
        ids = f"{before};{gone.id}" if before else str(gone.id)
        self.write(into, {"hs_merged_object_ids": ids}, now)

    def _drop_stamp(self, record: Record) -> None:
        self._sort()
        stamp = (record.properties[self.kind.modified] or "", record.id)
        del self._stamps[bisect_left(self._stamps, stamp)]

    def _sort(self) -> None:
        if not self._sorted:
            self._ids[False].sort()
            self._ids[True].sort()
            self._stamps.sort()
            self._sorted = True
