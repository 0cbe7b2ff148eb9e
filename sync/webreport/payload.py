"""The book as what the page's scripts read: small JSON, column by column.

Scores are rounded to one decimal, earlier ones to none, points to two, values to four digits;
exports have all digits.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from sync.book.model import Book, Ledger
from sync.book.overview import at_risk
from sync.book.sheet import Kind, Sheet
from sync.book.sheets import overview_sheets

DIGITS: Mapping[Kind, int] = {"score": 1, "points": 2, "share": 4, "money": 0, "number": 4}
MOST_ROWS = 1000
"""Rows of a sheet about the portfolio; longer ones are cut, as the list has every account."""
LONGEST = 300
"""Characters of a name in the page: longer ones are cut, exports have them whole."""


def portfolio(book: Book) -> dict[str, Any]:
    """Return what the page shows at once: sheets about the portfolio, and the accounts' list."""
    return {
        "meta": {
            "as_of": book.as_of.isoformat(),
            "since": book.since.isoformat(),
            "model": book.model,
            "language": book.language,
            "main": book.main,
            "headlines": book.headlines,
            "currency": book.currency,
        },
        "scales": [
            {
                "name": scale.name,
                "label": scale.label,
                "bands": [{"name": b.name, "label": b.label, "low": b.low} for b in scale.bands],
            }
            for scale in book.scales
        ],
        "sheets": {sheet.name: _sheet(sheet) for sheet in overview_sheets(book)},
        "accounts": _accounts(book),
    }


def details(book: Book) -> dict[str, Any]:
    """Return what the page shows of one account: history and ledger of all of them."""
    leaves = [
        {"part": one.part, "via": one.via, "label": one.label, "unit": one.unit}
        for one in book.ledger.leaves
    ]
    history = {
        name: [[rounded(value, 0) for value in row] for row in rows]
        for name, rows in book.history.values.items()
    }
    return {
        "times": [time.isoformat() for time in book.history.times],
        "history": history,
        "leaves": leaves,
        "ledger": _ledger(book.ledger, len(book.accounts)),
    }


def rounded(value: float | None, digits: int) -> float | int | None:
    """Return a number with so many decimals, whole ones as integers; None for no number."""
    if value is None or not math.isfinite(value):
        return None
    near = round(value, digits)
    return int(near) if near == int(near) else near


def significant(value: float | None, digits: int = 4) -> float | int | None:
    """Return a number with so many digits; None for no number."""
    if value is None or not math.isfinite(value):
        return None
    return rounded(float(f"{value:.{digits}g}"), 12)


def _sheet(sheet: Sheet) -> dict[str, Any]:
    return {
        "title": sheet.title,
        "columns": [{"name": c.name, "title": c.title, "kind": c.kind} for c in sheet.columns],
        "rows": [
            [_cell(value, column.kind) for value, column in zip(row, sheet.columns, strict=True)]
            for row in islice(sheet.rows, MOST_ROWS)
        ],
    }


def _cell(value: Any, kind: Kind) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bool | int) or value is None:
        return value
    if isinstance(value, float):
        return rounded(value, DIGITS.get(kind, 4))
    return str(value)[:LONGEST]


def _accounts(book: Book) -> dict[str, Any]:
    accounts = book.accounts
    return {
        "ids": accounts.ids,
        "names": [name[:LONGEST] for name in accounts.names],
        "facts": {name: _coded(values) for name, values in accounts.facts.items()},
        "revenue": [rounded(value, 0) for value in accounts.revenue],
        "scores": {scale.name: _scores(book, scale.name) for scale in book.scales},
        "before": _places(book, book.main, accounts.band_before),
        "reasons": accounts.scores[book.main].reasons,
        "segment": _coded(accounts.scores[book.main].segment),
        "risk": at_risk(book),
        "beside": _beside(book),
    }


def _beside(book: Book) -> dict[str, list[str]]:
    """Return place of an account -> what people set beside its scores, in words."""
    labels = {scale.name: scale.label for scale in book.scales}
    places = {key: at for at, key in enumerate(book.accounts.ids)}
    found: dict[str, list[str]] = {}
    for one in book.overrides:
        told = f"{labels[one.score]}: {one.text}"
        found.setdefault(str(places[one.account_id]), []).append(told)
    return found


def _scores(book: Book, name: str) -> dict[str, Any]:
    rows = book.accounts.scores[name]
    return {
        "value": [rounded(value, 1) for value in rows.value],
        "band": _places(book, name, rows.band),
        "change": [rounded(value, 1) for value in rows.change],
        "coverage": [round(100 * share) for share in rows.coverage],
    }


def _places(book: Book, score: str, bands: Iterable[str | None]) -> list[int]:
    """Return each band's place in its scale; -1 for none."""
    places = {band.name: place for place, band in enumerate(book.scale(score).bands)}
    return [places.get(band or "", -1) for band in bands]


def _coded(values: Sequence[Any]) -> dict[str, Any]:
    """Return a column as its distinct values and their places; -1 is unknown."""
    texts = [None if value in {None, ""} else _cell(value, "text") for value in values]
    distinct = sorted({text for text in texts if text is not None})
    places = {text: place for place, text in enumerate(distinct)}
    return {"values": distinct, "at": [-1 if text is None else places[text] for text in texts]}


def _ledger(ledger: Ledger, accounts: int) -> list[list[Any]]:
    """Return each account's parts, one after the other: leaf, points, value."""
    found: list[list[Any]] = [[] for _ in range(accounts)]
    rows = zip(ledger.account, ledger.leaf, ledger.points, ledger.value, strict=True)
    for account, leaf, points, value in rows:
        found[account] += (leaf, rounded(points, 2), significant(value))
    return found
