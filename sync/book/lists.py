"""The long sheets: every account, its history, its ledger. Their rows are made when asked for."""

from collections.abc import Iterator, Sequence
from typing import Any

from .model import Book
from .overview import at_risk, money
from .sheet import Column, Sheet, columns

TITLES = {"renewal_at": "Renewal", "auto_renew": "Renews by itself"}


def accounts(book: Book) -> Sheet:
    """All accounts with everything that is known of them."""
    held = book.accounts
    facts = [Column(name, TITLES.get(name, name.capitalize()), _kind(name)) for name in held.facts]
    names = [*columns("account_id", "name:text:Account"), *facts, *columns(money(book))]
    data: list[Sequence[Any]] = [held.ids, held.names, *held.facts.values(), held.revenue]
    for scale in book.scales:
        rows = held.scores[scale.name]
        labels = {band.name: band.label for band in scale.bands}
        names += columns(f"{scale.name}:score:{scale.label}", f"{scale.name}_band")
        data += [rows.value, [labels.get(band, band) for band in rows.band]]
        if scale.name in book.headlines:
            names += columns(f"{scale.name}_change:points", f"{scale.name}_coverage:share")
            data += [rows.change, rows.coverage]
        if beside := book.beside(scale.name):
            names += columns(f"{scale.name}_override:text:{scale.label} set by a person")
            data.append([beside.get(key) for key in held.ids])
    names += columns("model_segment", "at_risk", "reasons:text:Why")
    risky = set(at_risk(book))
    main = held.scores[book.main]
    data += [main.segment, [at in risky for at in range(len(held))], main.reasons]
    return Sheet("accounts", "Accounts", tuple(names), zip(*data, strict=True))


def _kind(name: str) -> Any:
    return {"seats": "integer", "renewal_at": "date"}.get(name, "text")


def history(book: Book) -> Sheet:
    """Each account's earlier scores."""
    scores = list(book.history.values)
    labels = [f"{name}:score:{book.scale(name).label}" for name in scores]
    names = columns("account_id", "name:text:Account", "as_of:date:Date", *labels)
    return Sheet("history", "History", names, _history(book))


def _history(book: Book) -> Iterator[tuple[Any, ...]]:
    values = book.history.values.values()
    for at, key in enumerate(book.accounts.ids):
        name = book.accounts.names[at]
        for place, time in enumerate(book.history.times):
            row = tuple(score[at][place] for score in values)
            if any(value is not None for value in row):
                yield (key, name, time, *row)


def ledger(book: Book) -> Sheet:
    """The parts of each account's main score: 50 and all points are its value."""
    names = columns(
        "account_id", "name:text:Account", "kind", "of:text:Part of", "part", "value:number",
        "unit", "goodness:score", "known:share", "weight:share", "points:points",
    )  # fmt: skip
    title = f"What makes up {book.scale(book.main).label.lower()}"
    return Sheet("ledger", title, names, _ledger(book))


def _ledger(book: Book) -> Iterator[tuple[Any, ...]]:
    held, accounts_ = book.ledger, book.accounts
    rows = zip(
        held.account, held.leaf, held.value, held.goodness, held.observed, held.weight,
        held.points, strict=True,
    )  # fmt: skip
    for at, place, value, goodness, observed, weight, points in rows:
        leaf = held.leaves[place]
        yield (
            accounts_.ids[at], accounts_.names[at], leaf.part, leaf.via, leaf.label, value,
            leaf.unit, goodness, observed, weight, points,
        )  # fmt: skip
