"""Rows of one Zendesk resource, with the orders in which they are asked for."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .standin import Body


def stamp(seconds: float) -> str:
    """Return a time as Zendesk writes it: ``2026-11-21T10:00:00Z``."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True)
class Table:
    """All rows of one resource; they are sorted when somebody asks for an order.

    Attributes:
        name: Plural, as in paths and answers.
        rows: By id.
        changed: Id -> epoch second that incremental exports go by. It moves with every write,
            and at times alone: ``updated_at`` may be older.
    """

    name: str
    rows: dict[int, Body] = field(default_factory=dict)
    changed: dict[int, int] = field(default_factory=dict)
    _ids: list[int] = field(default_factory=list)
    _order: list[tuple[int, int]] = field(default_factory=list)
    _gone: set[int] = field(default_factory=set)
    _sorted: bool = True

    def load(self, rows: Iterable[tuple[Body, int]]) -> None:
        """Add many rows with their time of change."""
        for row, changed in rows:
            self.rows[row["id"]] = row
            self.changed[row["id"]] = changed
            self._ids.append(row["id"])
        self._sorted = False

    def live(self, record_id: int) -> Body | None:
        """Return a row that is not deleted."""
        return None if record_id in self._gone else self.rows.get(record_id)

    def ids(self) -> Sequence[int]:
        """Return ids of live rows in order."""
        self._sort()
        return self._ids

    def since(self, second: int, after_id: int, until: int, limit: int) -> Sequence[int]:
        """Return up to ``limit`` ids changed at (second, id) above the given pair, before until.

        Deleted rows are among them.
        """
        self._sort()
        start = bisect_left(self._order, (second, after_id + 1))
        end = bisect_left(self._order, (until, 0))
        return [record_id for _, record_id in self._order[start : min(end, start + limit)]]

    def touch(self, record_id: int, second: int) -> None:
        """Move a row's time of change without touching what people see."""
        self.changed[record_id] = second
        if "generated_timestamp" in self.rows[record_id]:
            self.rows[record_id]["generated_timestamp"] = second
        self._sorted = False

    def write(self, record_id: int, values: Body, now: float) -> Body:
        """Set values of a row and move both its times."""
        row = self.rows[record_id]
        row.update(values)
        row["updated_at"] = stamp(now)
        self.touch(record_id, int(now))
        return row

    def delete(self, record_id: int, values: Body, now: float) -> None:
        """Take a row out of lists; exports go on showing it with these values."""
        self.write(record_id, values, now)
        self._ids.remove(record_id)
        self._gone.add(record_id)

    def erase(self, record_id: int) -> None:
        """Take a row out of everything."""
        self._ids.remove(record_id)
        del self.rows[record_id], self.changed[record_id]
        self._sorted = False

    def _sort(self) -> None:
        if not self._sorted:
            self._ids.sort()
            self._order = sorted(zip(self.changed.values(), self.changed, strict=True))
            self._sorted = True
