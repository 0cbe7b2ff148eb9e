"""What carries our values: how a record is written in a bulk job, and what it holds after."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from connectors.base import FieldSpec, FieldUpdate
from connectors.pacing import GENERAL

from .exports import Record
from .fieldset import ORGANIZATION, payload, value_text


class Carrier(Protocol):
    """One kind of record.

    Attributes:
        resource: In paths and bodies, plural.
        operation: Requests are counted under this.
        bucket: The rate limit that bulk updates of it fall under.
        words: What its custom fields are called.
    """

    resource: str
    operation: str
    bucket: str
    words: str

    def row(self, update: FieldUpdate) -> dict[str, Any]:
        """Return the item of a bulk update."""

    def ignored(self, update: FieldUpdate, row: Record) -> list[str]:
        """Return the fields that a record, read back, does not even have."""

    def unlike(self, update: FieldUpdate, row: Record) -> list[str]:
        """Return the fields whose values, read back, are not those of the update."""


class Organizations:
    """Organizations with their fields.

    Args:
        specs: Our fields, for their types.
    """

    resource = "organizations"
    operation = "write"
    bucket = GENERAL
    words = ORGANIZATION.words

    def __init__(self, specs: Sequence[FieldSpec]) -> None:
        self._specs = {spec.name: spec for spec in specs}

    def row(self, update: FieldUpdate) -> dict[str, Any]:
        """Return the item: the fields of the update alone; others keep their values."""
        values = {
            name: payload(self._specs.get(name), name, text) for name, text in update.values.items()
        }
        return {"id": int(update.ref), "organization_fields": values}

    def ignored(self, update: FieldUpdate, row: Record) -> list[str]:
        """Return the keys that no organization has."""
        fields = _fields(row)
        return [name for name in update.values if fields and name not in fields]

    def unlike(self, update: FieldUpdate, row: Record) -> list[str]:
        """Return the keys whose values differ, as canonical text."""
        fields = _fields(row)
        return [name for name, text in update.values.items() if not self._same(name, text, fields)]

    def _same(self, name: str, text: str | None, fields: Mapping[str, Any]) -> bool:
        spec, value = self._specs.get(name), fields.get(name)
        return value_text(spec, value) == spec.to_text(text) if spec else value == text


def _fields(row: Record) -> Mapping[str, Any]:
    return row.get("organization_fields") or {}
