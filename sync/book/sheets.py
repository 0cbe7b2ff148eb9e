"""Which sheets there are, in the order that people read them."""

from . import closer, lists, overview
from .model import Book
from .sheet import Sheet

OVERVIEW = (
    overview.bands, overview.groups, overview.trend, overview.means, overview.transitions,
    closer.movers, closer.changes, overview.renewals, overview.risks, closer.quadrants,
    closer.overrides, closer.tables, closer.coverage, closer.sources,
)  # fmt: skip
LISTS = (lists.accounts, lists.history, lists.ledger)


def overview_sheets(book: Book) -> list[Sheet]:
    """Return the sheets about the whole portfolio; all are short."""
    return [make(book) for make in OVERVIEW]


def sheets(book: Book) -> list[Sheet]:
    """Return every sheet; the long ones come last, and can be iterated over once."""
    return [*overview_sheets(book), *(make(book) for make in LISTS)]
