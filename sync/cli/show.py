"""``show``: the portfolio, its groups, and who moved, as wide as the terminal is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from sync import run
from sync.book import Book, overview_sheets
from sync.book.model import Mover
from sync.book.overview import at_risk
from sync.config import load

from . import views
from .main import SETUP
from .output import Output, grid
from .override_views import standing

LISTED = 15
NARROW = 90
"""Columns of a terminal below which sentences are left out."""
NUMBERS = 48
"""Columns that the numbers of a list take."""


def show(config: Path, view: str, *, as_json: bool, every: bool) -> None:
    """Show one view of what is stored.

    Raises:
        typer.Exit: nothing is stored yet.
    """
    out = Output(as_json=as_json)
    with out.progress() as progress:
        book = run.book(load(config), progress=progress)
    if not len(book.accounts):
        out.console.print("Nothing is stored yet; run `pulsefield pull` first.")
        raise typer.Exit(SETUP)
    out.data(_data(book, view))
    shown = {"portfolio": portfolio, "segments": segments, "movers": movers}[view]
    out.show(*shown(book, out.console.width, None if every else LISTED))


def _data(book: Book, view: str) -> dict[str, Any]:
    wanted = {
        "portfolio": ("bands", "trend", "at_risk", "overrides", "tables"),
        "segments": ("groups",),
        "movers": ("movers", "changes", "transitions"),
    }[view]
    data: dict[str, Any] = {
        "as_of": book.as_of, "since": book.since, "model": book.model, "currency": book.currency,
    }  # fmt: skip
    for sheet in overview_sheets(book):
        if sheet.name in wanted:
            names = [column.name for column in sheet.columns]
            data[sheet.name] = [dict(zip(names, row, strict=True)) for row in sheet.rows]
    return data


def _head(book: Book) -> Text:
    text = Text(f"{len(book.accounts):,} accounts", style="bold")
    text.append(f"   {book.as_of:%d %b %Y}   {book.model}", style="not bold dim")
    return text


def portfolio(book: Book, width: int, most: int | None) -> list[RenderableType]:
    """The bands of the headline scores, and the accounts at risk."""
    shown: list[RenderableType] = [_head(book)]
    for name in book.headlines:
        shown += ["", *_distribution(book, name, width)]
    risky = at_risk(book)
    if risky:
        shown += [
            "",
            Text("At risk, by renewal date", style="bold"),
            _risks(book, risky[:most], width),
        ]
    if most is not None and len(risky) > most:
        shown.append(Text(f"and {len(risky) - most:,} more: --all", style="dim"))
    if book.overrides:
        title = Text("Set by a person, beside the computed score", style="bold")
        shown += ["", title, standing(book.overrides[:most])]
        if most is not None and len(book.overrides) > most:
            shown.append(Text(f"and {len(book.overrides) - most:,} more: --all", style="dim"))
    return shown


def _distribution(book: Book, name: str, width: int) -> list[RenderableType]:
    scale, rows = book.scale(name), book.accounts.scores[name]
    values = [value for value in rows.value if value is not None]
    mean = sum(values) / len(values) if values else None
    title = Text(scale.label, style="bold")
    title.append(f"   mean {views.number(mean, 1)}", style="not bold dim")
    trend = [moment.mean for moment in book.trend if moment.score == name]
    known = [value for value in trend if value is not None]
    if len(known) > 1:
        title.append(f"   {spark(known[-40:])}", style="not bold")
    counts = [rows.band.count(band.name) for band in scale.bands]
    table = grid("", "", ">", ">")
    table.show_header = False
    words = max(len(band.label) for band in scale.bands)
    room = max(8, min(60, width - words - 24))
    names = [band.name for band in scale.bands]
    for band, count in zip(scale.bands, counts, strict=True):
        bar = Text(_bar(count, max(counts) or 1, room), style=views.band_style(band.name, names))
        table.add_row(escape(band.label), bar, f"{count:,}", views.share(count, len(rows.band)))
    return [title, table]


def _bar(value: float, largest: float, room: int) -> str:
    """Return a bar to an eighth of a column; what is not zero shows."""
    eighths = max(round(8 * room * value / largest), int(value > 0))
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def spark(values: Sequence[float]) -> str:
    """Return a line of blocks, the lowest value at the bottom."""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    return "".join("▁▂▃▄▅▆▇█"[min(7, int(8 * (value - low) / span))] for value in values)


def _risks(book: Book, places: Sequence[int], width: int) -> Table:
    accounts, scores = book.accounts, book.accounts.scores[book.main]
    names = [band.name for band in book.scale(book.main).bands]
    wide = width >= NARROW
    table = grid("account", ">health", "band", ">change", "renewal", f">{book.currency or 'mrr'}",
                 *(["*why"] if wide else []))  # fmt: skip
    for at in places:
        band = scores.band[at]
        row: list[RenderableType] = [
            _name(accounts.names[at], width), views.number(scores.value[at]),
            Text(band, style=views.band_style(band, names)),
            views.moved(scores.value[at], scores.change[at]),
            str(accounts.facts["renewal_at"][at] or "-"), views.number(accounts.revenue[at]),
        ]  # fmt: skip
        table.add_row(*row, *([escape(scores.reasons[at])] if wide else []))
    return table


def _name(name: str, width: int) -> str:
    """Return a name on one line, cut so that the numbers beside it stay whole."""
    text = " ".join(name.split())
    room = max(12, min(width // 3, width - NUMBERS))
    return escape(text if len(text) <= room else text[: room - 1] + "…")


def segments(book: Book, width: int, most: int | None) -> list[RenderableType]:
    """Groups of accounts by each fact, with their bands as one bar."""
    scale = book.scale(book.main)
    sheet = next(sheet for sheet in overview_sheets(book) if sheet.name == "groups")
    names = [band.name for band in scale.bands]
    shown: list[RenderableType] = [_head(book), _key(book)]
    room = max(10, min(50, width - 62))
    kinds: dict[str, list[tuple[Any, ...]]] = {}
    for row in sheet.rows:
        kinds.setdefault(row[0], []).append(row)
    for kind, rows in kinds.items():
        table = grid(kind, ">accounts", ">mean", ">known", f">{book.currency or 'mrr'}", "")
        for _, group, count, mean, coverage, revenue, *bands in rows[:most]:
            bar = _stacked(bands, names, room)
            table.add_row(
                _name(group, width), f"{count:,}", views.number(mean, 1),
                views.share(coverage or 0, 1), views.number(revenue), bar,
            )  # fmt: skip
        shown += ["", table]
    return shown


def _key(book: Book) -> Text:
    scale = book.scale(book.main)
    names = [band.name for band in scale.bands]
    text = Text()
    for place, band in enumerate(scale.bands):
        text.append(SHADES[place % len(SHADES)] * 2, style=views.band_style(band.name, names))
        text.append(f" {band.label}   ")
    return text


SHADES = "█▓▒░"
"""One for each band, so that bars can be read without colour."""


def _stacked(counts: Sequence[int], names: Sequence[str], room: int) -> Text:
    total, done, filled, text = sum(counts) or 1, 0, 0, Text()
    for place, (count, name) in enumerate(zip(counts, names, strict=True)):
        done += count
        end = round(room * done / total)
        style = views.band_style(name, names)
        text.append(SHADES[place % len(SHADES)] * (end - filled), style=style)
        filled = end
    return text


def movers(book: Book, width: int, most: int | None) -> list[RenderableType]:
    """The largest falls and rises, with what moved them."""
    accounts = book.accounts
    wide = width >= NARROW
    shown: list[RenderableType] = [
        _head(book), Text(f"since {book.since:%d %b %Y}", style="dim"),
    ]  # fmt: skip
    largest = max((abs(m.now - m.before) for m in book.movers), default=1.0)
    room = max(6, min(20, width // 8))
    for title, sign in (("Fell", -1), ("Rose", 1)):
        moved = [m for m in book.movers if sign * (m.now - m.before) > 0]
        if not moved:
            continue
        table = grid(
            "account", ">then", ">now", ">change", "", *(["*what moved it"] if wide else [])
        )
        for mover in moved[:most]:
            change = mover.now - mover.before
            bar = Text(_bar(abs(change), largest, room), style="red" if change < 0 else "green")
            why = _told(mover)
            row: list[RenderableType] = [
                _name(accounts.names[mover.account], width), views.number(mover.before),
                views.number(mover.now), views.moved(mover.now, change), bar,
            ]  # fmt: skip
            table.add_row(*row, *([escape(why)] if wide else []))
        shown += ["", Text(title, style="bold"), table]
    return shown if book.movers else [*shown, "No account moved by a point or more."]


def _told(mover: Mover) -> str:
    """Return the largest parts of a change that do not round to nothing."""
    parts = [part for part in mover.parts[:3] if round(part.points)]
    return ", ".join(f"{part.label} ({part.points:+.0f})" for part in parts)
