"""What some connections offer beside Source and Target: tickets to write on, a catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from .base import Target


@runtime_checkable
class TicketContext(Protocol):
    """What a target may offer beside: the customer's band on its open tickets."""

    def tickets(self) -> Target | None:
        """Return the target whose records are tickets; None where the settings ask for none.

        Its name is the connection's with ``.tickets`` after it. It is only ever handed tickets
        that were open when they were last read; one closed since is refused by its row.
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
