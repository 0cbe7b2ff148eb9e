"""The view of what could be mapped: ``fields --sources``."""

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.markup import escape
from rich.text import Text

from connectors.extras import Offer
from sync.catalogue import offered
from sync.config import load

from .main import SETUP
from .output import Output, grid

HINT = (
    'Map a field: column = "field" under [connections.NAME.map.TABLE]; a field of a file, a query'
    " or a custom object under [connections.NAME.objects.OBJECT.map]."
)


def show_sources(config: Path, *, as_json: bool) -> None:
    """Show every field of every source, and the column that it fills."""
    out = Output(as_json=as_json)
    found = offered(load(config))
    out.data(found)
    for name, offers in found.sources.items():
        out.title(f"{name}: {_count(offers)}")
        table = grid("object", "field", "*label", "type", ">filled", "fills")
        for offer in offers:
            table.add_row(
                escape(offer.object),
                escape(offer.field),
                escape(offer.label),
                escape(offer.type),
                "" if offer.filled is None else f"{offer.filled:.0%}",
                _fills(offer),
            )
        out.show(table)
    for name, error in found.errors.items():
        out.show("", Text(f"{name} could not be asked: {error}", style="red"))
    out.show("", Text(HINT))
    if found.errors:
        raise typer.Exit(SETUP)


def _count(offers: Sequence[Offer]) -> str:
    return f"{len(offers)} fields, {sum(bool(offer.column) for offer in offers)} mapped"


def _fills(offer: Offer) -> Text:
    if not offer.column:
        return Text("-" if offer.table else "nothing yet", style="dim")
    return Text(f"{offer.table}.{offer.column}", style="green")
