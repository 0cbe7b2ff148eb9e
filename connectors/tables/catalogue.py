"""What files and queries have that could be mapped: their columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors.extras import Offer, Seen, offers
from connectors.findings import Findings
from connectors.mapping import TableMap

from .readers import Reader
from .settings import TableObject


def catalogue(name: str, entry: TableObject, readers: Sequence[Reader]) -> Iterator[Offer]:
    """Yield the columns of an object; how far they are filled shows its first rows.

    Raises:
        SetupError, TransientError: a file or query cannot be read.
    """
    types: dict[str, str] = {}
    for reader in readers:
        types = reader.types() | types
    first: Mapping[str, Sequence[Any]] = next(
        iter(readers[0].batches(readers[0].columns(), Findings())), {}
    )
    fields = [Seen(column, "", kind) for column, kind in types.items()]
    for offer in offers(name, TableMap(entry.table, entry.columns), fields):
        share = _filled(first.get(offer.field, ()))
        yield replace(offer, filled=offer.filled if share is None else share)


def _filled(values: Sequence[Any]) -> float | None:
    if not values:
        return None
    empty = sum(bool(value is None or value == "") for value in values)
    return 1 - empty / len(values)
