"""Which fields of a system people set a score of their own in, beside the computed one."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from connectors.records import ColumnType

from .strict import Settings

OVERRIDE = "override_"
"""What the columns of accounts begin with that hold a person's score."""
PARTS: dict[str, ColumnType] = {
    "value": "number",
    "band": "string",
    "reason": "string",
    "author": "string",
    "until": "date",
}


class OverrideFields(Settings):
    """``[connections.NAME.overrides.SCORE]``: fields in which people set a score of their own.

    Attributes:
        value: Field with points, 0 to 100.
        band: Field with a band of the model.
        reason: Field that says why; where it is empty, the score counts for nothing.
        author: Field that says who; without one it is the connection.
        until: Field with the last day, UTC, on which it counts.
    """

    value: str = ""
    band: str = ""
    reason: str = Field(min_length=1)
    author: str = ""
    until: str = ""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.value or self.band):
            raise ValueError("give value or band, the field that holds the score")
        return self

    def columns(self, score: str) -> dict[str, dict[str, str]]:
        """Return the columns of accounts that hold it, as a map's entries."""
        given = {part: getattr(self, part) for part in PARTS}
        return {
            f"{OVERRIDE}{score}_{part}": {"field": name, "type": PARTS[part]}
            for part, name in given.items()
            if name
        }


def columns_of(overrides: Mapping[str, OverrideFields]) -> dict[str, dict[str, str]]:
    """Return the columns of accounts that hold people's scores, as a map's entries."""
    return {
        column: entry
        for score, fields in overrides.items()
        for column, entry in fields.columns(score).items()
    }


def widened(
    table: dict[str, Any], columns: dict[str, dict[str, str]], *, by_object: bool
) -> dict[str, Any]:
    """Return a connector's settings that also read these columns of accounts.

    Args:
        table: As written.
        columns: Column -> what a map says of it.
        by_object: Whether each object, a file or query, has a map of its own.
    """
    if not columns:
        return table
    if not by_object:
        maps = table.get("map", {})
        if not isinstance(maps, dict):
            return table  # which is told when it is checked
        return table | {"map": maps | {"accounts": _table(maps.get("accounts")) | columns}}
    objects = {name: _table(entry) for name, entry in _table(table.get("objects")).items()}
    fed = {
        name: entry | {"map": _table(entry.get("map")) | columns}
        for name, entry in objects.items()
        if entry.get("table") == "accounts"
    }
    return table | {"objects": objects | fed}


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
