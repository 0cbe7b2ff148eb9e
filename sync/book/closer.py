"""Sheets that look closer: what moved, what is known, who uses the product and is unhappy."""

from collections.abc import Iterable
from typing import Any

from .model import Book
from .overview import NEUTRAL, mean, money, picked, total
from .sheet import Sheet, columns

QUADRANTS = {
    (True, True): "uses it and is well",
    (True, False): "uses it and is unhappy",
    (False, True): "is well but makes little use of it",
    (False, False): "makes little use of it and is unhappy",
}
"""(much use, well) -> words."""


def movers(book: Book) -> Sheet:
    """The accounts that fell and rose the most."""
    accounts, scale = book.accounts, book.scale(book.main)
    labels = {band.name: band.label for band in scale.bands}
    now = accounts.scores[book.main]
    rows = [
        (
            accounts.ids[m.account], accounts.names[m.account], m.before, m.now, m.now - m.before,
            labels.get(accounts.band_before[m.account] or "", ""),
            labels.get(now.band[m.account], ""), now.reasons[m.account],
        )
        for m in book.movers
    ]  # fmt: skip
    names = columns(
        "account_id", "name:text:Account", "before:score", "now:score", "change:points",
        "band_before", "band:text:Band now", "reasons:text:Why",
    )  # fmt: skip
    return Sheet("movers", "Largest changes", names, rows)


def changes(book: Book) -> Sheet:
    """The parts that add up to each of these changes."""
    accounts = book.accounts
    rows = [
        (accounts.ids[m.account], accounts.names[m.account], part.kind, part.label, part.points)
        for m in book.movers
        for part in m.parts
    ]
    names = columns("account_id", "name:text:Account", "kind", "part", "points:points")
    return Sheet("changes", "What moved them", names, rows)


def coverage(book: Book) -> Sheet:
    """How much of the main score's weight each metric has, and how much of it is known."""
    rows = [
        (leaf.via or book.scale(book.main).label, leaf.label, leaf.table, share, known, count)
        for place, share, known, count in _known(book)
        for leaf in [book.ledger.leaves[place]]
    ]
    names = columns(
        "part", "metric", "table:text:Records", "weight:share:Share of the weight",
        "known:share:Known of it", "accounts:integer:Accounts where known",
    )  # fmt: skip
    return Sheet("coverage", "What is known, by metric", names, rows)


def tables(book: Book) -> Sheet:
    """How much of the weight rests on each kind of record, and which connections bring it."""
    weights: dict[str, list[float]] = {}
    for place, share, known, _ in _known(book):
        held = weights.setdefault(book.ledger.leaves[place].table, [0.0, 0.0])
        held[0] += share
        held[1] += share * known
    rows = [
        (
            table, share, known / share if share else 0.0,
            ", ".join(source.name for source in book.sources if table in source.tables),
        )
        for table, (share, known) in sorted(weights.items(), key=lambda item: -item[1][0])
    ]  # fmt: skip
    names = columns(
        "table:text:Records", "weight:share:Share of the weight", "known:share:Known of it",
        "from:text:Read from",
    )  # fmt: skip
    return Sheet("tables", "What is known, by kind of record", names, rows)


def _known(book: Book) -> Iterable[tuple[int, float, float, int]]:
    """Each metric: its leaf, share of the weight, share of that which is known, accounts."""
    ledger = book.ledger
    sums: dict[int, list[float]] = {}
    columns_ = zip(ledger.leaf, ledger.weight, ledger.observed, strict=True)
    metrics = [leaf.part == "metric" for leaf in ledger.leaves]
    for leaf, weight, observed in columns_:
        if weight and metrics[leaf]:
            held = sums.setdefault(leaf, [0.0, 0.0, 0.0])
            held[0] += weight
            held[1] += weight * (observed or 0.0)
            held[2] += bool(observed)
    whole = sum(held[0] for held in sums.values()) or 1.0
    for leaf in sorted(sums):
        weight, known, count = sums[leaf]
        yield leaf, weight / whole, known / weight, int(count)


def overrides(book: Book) -> Sheet:
    """What people set beside the computed scores, and whether it counts."""
    scales = {scale.name: scale for scale in book.scales}
    rows = []
    for one in book.overrides:
        scale, said = scales[one.score], one.beside.said
        bands = {band.name: band.label for band in scale.bands}
        rows.append(
            (
                one.account_id, one.name, scale.label, one.value, bands.get(one.band, one.band),
                said.value, bands.get(said.band or "", said.band), one.beside.counts,
                one.beside.until and one.beside.until.date(), one.text,
            )
        )  # fmt: skip
    names = columns(
        "account_id", "name:text:Account", "score", "value:score:Computed", "band",
        "override_value:score:Set to", "override_band:text:Set to band", "counts",
        "until:date", "override:text:Set by a person",
    )  # fmt: skip
    return Sheet("overrides", "Scores set by a person", names, rows)


def sources(book: Book) -> Sheet:
    """The connections: how many accounts each knows, and when it was last read."""
    every = len(book.accounts) or 1
    rows = [
        (
            one.name, one.kind, one.records, one.accounts, one.accounts / every,
            ", ".join(one.tables), min(one.tables.values(), default=None),
        )
        for one in book.sources
    ]  # fmt: skip
    names = columns(
        "connection", "kind", "records:integer:Account records", "accounts:integer",
        "share:share:Of all accounts", "tables:text:Records read", "read_at:date:Last read",
    )  # fmt: skip
    return Sheet("sources", "Connections", names, rows)


def quadrants(book: Book) -> Sheet:
    """Adoption against the main score, parted at the neutral 50."""
    accounts = book.accounts
    adoption = accounts.scores["adoption"].value if "adoption" in accounts.scores else []
    places: dict[tuple[bool, bool], list[int]] = {key: [] for key in QUADRANTS}
    for at, (used, well) in enumerate(zip(adoption, _values(book), strict=False)):
        if used is not None and well is not None:
            places[used >= NEUTRAL, well >= NEUTRAL].append(at)
    both = sum(map(len, places.values())) or 1
    rows = [
        (
            words, len(places[key]), len(places[key]) / both,
            mean(picked(_values(book), places[key])), total(picked(accounts.revenue, places[key])),
        )
        for key, words in QUADRANTS.items()
    ]  # fmt: skip
    names = columns(
        "quadrant:text:The customer", "accounts:integer", "share:share",
        f"mean:score:Mean {book.scale(book.main).label.lower()}", money(book),
    )  # fmt: skip
    return Sheet("quadrants", "Adoption against health", names, rows)


def _values(book: Book) -> Any:
    return book.accounts.scores[book.main].value
