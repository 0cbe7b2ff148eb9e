"""The portfolio as sheets: bands, groups, trend, movers, and where the revenue is at risk."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sync.fields import NO_DATA

from .model import Accounts, Band, Book
from .sheet import Column, Sheet, columns

MOST_GROUPS = 30
"""Groups of one kind that are told one by one; the smallest are told together."""
GROUPED = ("segment", "lifecycle", "plan", "product", "country", "industry", "owner")
FALL = 10.0
"""Points of fall from which an account below the best band is at risk."""
NEUTRAL = 50.0
"""Where the ledger starts from: above it more speaks for an account than against it."""
MONTHS = 12


def mean(values: Iterable[float | None]) -> float | None:
    """Return the mean of those that are known; None without any."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def total(values: Iterable[float | None]) -> float | None:
    """Return the sum of those that are known; None without any."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def picked(values: Sequence[Any], places: Iterable[int]) -> list[Any]:
    """Return the values at some places."""
    return [values[at] for at in places]


def bands(book: Book) -> Sheet:
    """Every score: how many accounts, and how much revenue, are in each band."""
    rows = []
    for scale in book.scales:
        held = book.accounts.scores[scale.name].band
        for band in scale.bands:
            places = [at for at, name in enumerate(held) if name == band.name]
            share = len(places) / len(held) if held else 0.0
            revenue = total(picked(book.accounts.revenue, places))
            rows.append((scale.label, band.label, len(places), share, revenue))
    names = columns("score", "band", "accounts:integer", "share:share", money(book))
    return Sheet("bands", "Accounts by band", names, rows)


def money(book: Book) -> str:
    """Return the column of revenue, with its currency."""
    unit = f", {book.currency}" if book.currency else ""
    return f"revenue:money:Revenue a month{unit}"


def groups(book: Book) -> Sheet:
    """Groups of accounts, by segment and other facts: bands, mean, coverage, revenue."""
    scale = book.scale(book.main)
    rows = [
        row
        for by, values in _dimensions(book.accounts, book.main).items()
        for row in _groups(book, by, values, scale.bands)
    ]
    counted = [Column(band.name, band.label.capitalize(), "integer") for band in scale.bands]
    names = columns(
        "by", "group", "accounts:integer", f"mean:score:Mean {scale.label.lower()}",
        "coverage:share", money(book),
    )  # fmt: skip
    return Sheet("groups", "Groups of accounts", (*names, *counted), rows)


def _dimensions(accounts: Accounts, main: str) -> Mapping[str, Sequence[Any]]:
    """The facts that accounts can be grouped by, where two values or more are known."""
    found = {name: accounts.facts[name] for name in GROUPED if name in accounts.facts}
    found["model segment"] = accounts.scores[main].segment
    return {name: values for name, values in found.items() if len(set(values) - {None}) > 1}


def _groups(
    book: Book, by: str, values: Sequence[Any], scale: Sequence[Band]
) -> Iterable[tuple[Any, ...]]:
    places: dict[str, list[int]] = {}
    for at, value in enumerate(values):
        places.setdefault(str(value) if value not in {None, ""} else "(not known)", []).append(at)
    ranked = sorted(places.items(), key=lambda item: (-len(item[1]), item[0]))
    if len(ranked) > MOST_GROUPS:
        rest = [at for _, held in ranked[MOST_GROUPS - 1 :] for at in held]
        ranked = [*ranked[: MOST_GROUPS - 1], ("(all others)", rest)]
    scores = book.accounts.scores[book.main]
    for group, held in ranked:
        counts = Counter(picked(scores.band, held))
        yield (
            by, group, len(held), mean(picked(scores.value, held)),
            mean(picked(scores.coverage, held)), total(picked(book.accounts.revenue, held)),
            *(counts[band.name] for band in scale),
        )  # fmt: skip


def trend(book: Book) -> Sheet:
    """The main score's distribution in each stored snapshot."""
    scale = book.scale(book.main)
    rows = []
    for moment in book.trend:
        if moment.score == book.main:
            note = "replayed" if moment.replayed else ""
            note = "another model from here on" if moment.remodelled else note
            counts = (moment.bands.get(band.name, 0) for band in scale.bands)
            rows.append((moment.as_of, moment.mean, *counts, note))
    counted = [Column(band.name, band.label.capitalize(), "integer") for band in scale.bands]
    names = (*columns("as_of:date:Date", "mean:score"), *counted, *columns("note"))
    return Sheet("trend", f"{scale.label} over time", names, rows)


def means(book: Book) -> Sheet:
    """Every score's mean in each stored snapshot."""
    labels = {scale.name: scale.label for scale in book.scales}
    rows = [
        (m.as_of, labels[m.score], m.mean, sum(m.bands.values()) - m.bands.get(NO_DATA, 0))
        for m in book.trend
    ]
    names = columns("as_of:date:Date", "score", "mean:score", "scored:integer:Accounts with it")
    return Sheet("means", "Mean of each score over time", names, rows)


def transitions(book: Book) -> Sheet:
    """From which band to which band the accounts went."""
    accounts, scale = book.accounts, book.scale(book.main)
    labels = {band.name: band.label for band in scale.bands}
    order = list(labels)
    pairs = Counter(
        (before or NO_DATA, now)
        for before, now in zip(accounts.band_before, accounts.scores[book.main].band, strict=True)
    )
    known = [pair for pair in pairs if pair[0] in labels and pair[1] in labels]
    known.sort(key=lambda pair: (order.index(pair[0]), order.index(pair[1])))
    rows = [(labels[before], labels[now], pairs[before, now]) for before, now in known]
    names = columns("before:text:Band before", "now:text:Band now", "accounts:integer")
    return Sheet("transitions", "Changes of band", names, rows)


def at_risk(book: Book) -> list[int]:
    """Return the places of accounts in the worst band, or that fell far below the best one.

    Customers that have left are not at risk any more. The order is by renewal date, unknown
    ones last, then by revenue, largest first.
    """
    accounts, rows = book.accounts, book.accounts.scores[book.main]
    names = [band.name for band in book.scale(book.main).bands if band.name != NO_DATA]
    gone = accounts.facts["lifecycle"]
    found = []
    for at, band in enumerate(rows.band):
        fell = band in names[:-1] and (rows.change[at] or 0.0) <= -FALL
        if (band == names[0] or fell) and gone[at] != "churned":
            found.append(at)
    renewal = accounts.facts["renewal_at"]
    found.sort(key=lambda at: (renewal[at] or date.max, -(accounts.revenue[at] or 0.0)))
    return found


def risks(book: Book) -> Sheet:
    """Accounts at risk, by renewal date."""
    accounts, scores = book.accounts, book.accounts.scores[book.main]
    scale = book.scale(book.main)
    labels = {band.name: band.label for band in scale.bands}
    beside = book.beside(book.main)
    rows = [
        (
            accounts.ids[at], accounts.names[at], accounts.facts["renewal_at"][at],
            accounts.facts["auto_renew"][at], accounts.revenue[at], scores.value[at],
            labels.get(scores.band[at], scores.band[at]), scores.change[at], scores.reasons[at],
            beside.get(accounts.ids[at]),
        )
        for at in at_risk(book)
    ]  # fmt: skip
    names = columns(
        "account_id", "name:text:Account", "renewal_at:date:Renewal", "auto_renew",
        money(book), f"value:score:{scale.label}", "band", "change:points", "reasons:text:Why",
        "override:text:Set by a person",
    )  # fmt: skip
    return Sheet("at_risk", "Accounts at risk by renewal date", names, rows)


def renewals(book: Book) -> Sheet:
    """Accounts and revenue by the month of their renewal and by band."""
    accounts, scale = book.accounts, book.scale(book.main)
    held = accounts.scores[book.main].band
    places: dict[tuple[str, str], list[int]] = {}
    for at, day in enumerate(accounts.facts["renewal_at"]):
        places.setdefault((_month(day, book.today), held[at]), []).append(at)
    months = sorted({month for month, _ in places}, key=lambda m: (m == "unknown", m == "later", m))
    rows = [
        (month, band.label, len(found), total(picked(accounts.revenue, found)))
        for month in months
        for band in scale.bands
        if (found := places.get((month, band.name)))
    ]
    names = columns("month", "band", "accounts:integer", money(book))
    return Sheet("renewals", "Renewals by month and band", names, rows)


def _month(day: date | None, today: date) -> str:
    if day is None:
        return "unknown"
    ahead = 12 * (day.year - today.year) + day.month - today.month
    if ahead < 0:
        return "(past)"
    return f"{day:%Y-%m}" if ahead < MONTHS else "later"
