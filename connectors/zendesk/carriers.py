"""What carries our values: how a record is written in a bulk job."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from connectors.base import FieldSpec, FieldUpdate
from connectors.pacing import GENERAL

from .fieldset import ORGANIZATION, FieldSet, payload


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

    def ignored(self, names: Iterable[str]) -> list[str]:
        """Return the fields that Zendesk does not know, and would ignore without a word."""


class Organizations:
    """Organizations with their fields.

    Args:
        specs: Our fields, for their types.
        fields: The account's.
    """

    resource = "organizations"
    operation = "write"
    bucket = GENERAL
    words = ORGANIZATION.words

    def __init__(self, specs: Sequence[FieldSpec], fields: FieldSet) -> None:
        self._specs = {spec.name: spec for spec in specs}
        self._fields = fields

    def row(self, update: FieldUpdate) -> dict[str, Any]:
        """Return the item: the fields of the update alone; others keep their values."""
        values = {
            name: payload(self._specs.get(name), name, text) for name, text in update.values.items()
        }
        return {"id": int(update.ref), "organization_fields": values}

    def ignored(self, names: Iterable[str]) -> list[str]:
        """Return the keys that no organization has."""
        return self._fields.absent(names)
