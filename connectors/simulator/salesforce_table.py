"""Rows of the Salesforce stand-in: one list of values for each, by column."""

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

from .salesforce_schema import Field, Schema

Row: TypeAlias = list[Any]
"""Values by column; a datetime is ``2026-01-02T03:04:05.000`` (UTC), a date ``2026-01-02``."""


@dataclass(slots=True)
class Table:
    """All rows of one object; made when first asked for.

    Attributes:
        rows: Id -> row, deleted ones included.
        columns: Field name -> place in a row.
        fill: Adds the portfolio's rows; called once.
    """

    schema: Schema
    fill: "Callable[[Table], None] | None" = None
    columns: dict[str, int] = field(default_factory=dict)
    _rows: dict[str, Row] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.columns = {name: place for place, name in enumerate(self.schema.fields)}

    @property
    def rows(self) -> dict[str, Row]:
        """Id -> row, deleted ones included."""
        if self.fill:
            fill, self.fill = self.fill, None
            collecting = gc.isenabled()
            gc.disable()  # a million new lists and nothing to collect: more than twice as fast
            fill(self)
            if collecting:
                gc.enable()
        return self._rows

    def live(self) -> Iterator[Row]:
        """Yield the rows that are not deleted."""
        gone = self.columns["IsDeleted"]
        return (row for row in self.rows.values() if not row[gone])

    def get(self, row: Row, name: str) -> Any:
        """Return a row's value of a field."""
        return row[self.columns[name]]

    def put(self, values: dict[str, Any]) -> Row:
        """Add a row of values by field name; missing ones are null, or false for a checkbox."""
        row = [_kept(known.type, values.get(name)) for name, known in self.schema.fields.items()]
        self.rows[row[0]] = row
        return row

    def widen(self, new: Field) -> None:
        """Add a field to the schema and, empty, to every row."""
        rows = self.rows  # filled by the old schema
        self.schema.add(new)
        self.columns[new.name] = len(self.columns)
        for row in rows.values():
            row.append(_kept(new.type, None))


def _kept(kind: str, value: Any) -> Any:
    if value is None:
        return False if kind == "boolean" else None
    return float(value) if kind in {"double", "currency"} else value


def stamp(at: datetime | float | None) -> str | None:
    """Return a moment as rows keep it: Salesforce keeps whole seconds."""
    if at is None:
        return None
    moment = datetime.fromtimestamp(at, UTC) if isinstance(at, int | float) else at.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000"


def day(at: date | datetime | None) -> str | None:
    """Return a date as rows keep it."""
    return None if at is None else f"{at:%Y-%m-%d}"
