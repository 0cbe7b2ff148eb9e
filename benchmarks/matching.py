"""Precision, recall and review list of matching, on the simulator's known truth.

Run ``python benchmarks/matching.py``. Precision: share of joined pairs of records that are one
customer. Recall: share of the pairs that are one customer and were joined. Asked: share of the
pairs that were not joined and are on the review list, or hang on a pair that is.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parent.parent))

from connectors.simulator import Portfolio, generate
from connectors.simulator.facts import SYSTEMS
from sync.candidates import Candidates, Key, Row, prepare
from sync.match import Matching, match

SIZES = (500, 10_000)


@dataclass(frozen=True)
class Judged:
    """How good a matching is.

    Attributes:
        records: Records that can be matched.
        precision: 0..1.
        recall: 0..1.
        review: Entries of the review list.
        asked: Share of the missed pairs that the review list leads to, 0..1.
        wrong: Joined pairs that are two customers.
    """

    records: int
    precision: float
    recall: float
    review: int
    asked: float
    wrong: tuple[tuple[Key, Key], ...]


def candidates(portfolio: Portfolio) -> Candidates:
    """Return the portfolio's listings as matching sees them."""
    rows = [
        Row(
            (system, listing.id),
            listing.name,
            tuple(filter(None, (listing.website, *listing.domains))),
            listing.external_id,
            listing.parent_id,
            listing.merged_into,
            deleted=listing.deleted_at is not None and listing.merged_into is None,
        )
        for system in SYSTEMS
        for listing in portfolio.listings(system)
    ]
    return prepare(rows, {system: rank for rank, system in enumerate(SYSTEMS)})


def judge(portfolio: Portfolio, known: Candidates, found: Matching) -> Judged:
    """Compare a matching with the truth."""
    truth = portfolio.truth()
    who = {record.key: truth[record.key].index for record in known.records}  # type: ignore[index]
    joined = list(_pairs(found.groups))
    wrong = tuple(pair for pair in joined if who[pair[0]] != who[pair[1]])
    of: dict[int, list[Key]] = defaultdict(list)
    for key, customer in who.items():
        of[customer].append(key)
    right = set(_pairs(of.values()))
    missed = right - set(joined)
    shown = {(side.connection, side.ref) for entry in found.review for side in entry.sides}
    asked = sum(one in shown or other in shown for one, other in missed)
    good = len(joined) - len(wrong)
    return Judged(
        records=len(known.records),
        precision=good / len(joined) if joined else 1.0,
        recall=good / len(right) if right else 1.0,
        review=len(found.review),
        asked=asked / len(missed) if missed else 1.0,
        wrong=wrong,
    )


def _pairs(groups: Iterable[Sequence[Key]]) -> Iterable[tuple[Key, Key]]:
    return (pair for group in groups for pair in combinations(sorted(group), 2))


def main() -> None:
    print(
        f"{'customers':>10}{'records':>10}{'precision':>11}{'recall':>9}{'review':>8}{'asked':>8}{'seconds':>9}"
    )
    for size in SIZES:
        portfolio = generate(size)
        began = perf_counter()
        known = candidates(portfolio)
        found = match(known)
        seconds = perf_counter() - began
        told = judge(portfolio, known, found)
        print(
            f"{size:>10}{told.records:>10}{told.precision:>11.4f}{told.recall:>9.4f}"
            f"{told.review:>8}{told.asked:>8.2f}{seconds:>9.2f}"
        )


if __name__ == "__main__":
    main()
