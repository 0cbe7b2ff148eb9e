"""What some connections offer beside Source and Target: tickets to write on, a catalogue."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from .base import Target
from .mapping import TableMap


@runtime_checkable
class TicketContext(Protocol):
    """What a target may offer beside: the customer's band on its open tickets."""

    def tickets(self) -> Target | None:
        """Return the target whose records are tickets; None where the settings ask for none.

        Its name is the connection's with ``.tickets`` after it. It is only ever handed tickets
        that were open when they were last read; one closed since is refused by its row.
        """


@runtime_checkable
class Census(Protocol):
    """What a source may offer beside: which records are no longer there, where nothing says so."""

    def whole(self, stream: str) -> bool:
        """Whether a read of a stream can be complete, and what it lacks may be gone.

        Such a stream feeds one table, its first, alone.
        """

    def gone(self, stream: str, ids: Sequence[str]) -> Sequence[str]:
        """Return those of some records, missing from a complete read, that are really gone.

        Raises:
            SetupError, TransientError: the source cannot be asked.
        """


@dataclass(frozen=True, slots=True)
class Offer:
    """Something in a source that a canonical column, or a column of the user's, could be read from.

    Attributes:
        object: The vendor's object, file or query.
        table: Canonical table that it feeds; empty if it feeds none yet.
        field: The name to write in a mapping.
        label: What people see; empty if the source has none.
        type: The source's own word.
        column: Canonical columns that it fills now, separated by commas; empty: not mapped.
        filled: Share of records that have a value, 0..1, where that costs nothing to know.
    """

    object: str
    table: str
    field: str
    label: str
    type: str
    column: str = ""
    filled: float | None = None


@runtime_checkable
class Catalogue(Protocol):
    """What a source may offer beside: what else could be mapped."""

    def catalogue(self) -> Sequence[Offer]:
        """Return every field that the running user sees, by object; metadata requests only.

        Raises:
            SetupError, TransientError: the source cannot be asked.
        """


NOT_LISTED = "not listed"
"""Type of an offer that stands for objects which the running user may not list; its label: why."""
NOT_THERE = "not there"
"""Type of a field that a mapping names and the source does not have, or hides from the user."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A field as a source describes it.

    Attributes:
        name: As written in a mapping.
        label: What people see; empty if there is none.
        type: The source's own word.
    """

    name: str
    label: str
    type: str


def offers(thing: str, mapped: TableMap, fields: Iterable[Seen], prefix: str = "") -> list[Offer]:
    """Return a source's fields beside the columns that they fill now.

    Fields that are mapped and not among those described come last: paths into related objects,
    and what is ``NOT_THERE``.

    Args:
        thing: The vendor's object, file or query.
        mapped: Its mapping.
        fields: What the source describes.
        prefix: Path to custom fields, which is not written in a mapping.
    """
    filled: dict[str, list[str]] = {}
    for column, entry in mapped.columns.items():
        for name in entry.fields:
            filled.setdefault(name.casefold(), []).append(column)
    listed = list(fields)
    known = {one.name.casefold() for one in listed}
    listed += [
        Seen(name, "", "" if "." in name.removeprefix(prefix) else NOT_THERE)
        for name in mapped.fields
        if name.casefold() not in known
    ]
    return [
        Offer(
            thing, mapped.table, one.name.removeprefix(prefix), one.label, one.type,
            ", ".join(filled.get(one.name.casefold(), ())),
            0.0 if one.type == NOT_THERE else None,
        )
        for one in listed
    ]  # fmt: skip
