"""Pairs whose names are alike: proposals for a person, never a match."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from difflib import SequenceMatcher
from itertools import combinations

from .candidates import Key, Record
from .groups import Groups
from .names import GENERIC, words

ALIKE = 0.85
"""Share of letters in common, in order, from which a pair is worth a look."""
COMMON = 40
"""A word that more records carry than this does not bring two of them together."""
MOST = 200
"""Proposals in all; more than this nobody looks through."""


def similar_names(
    groups: Groups, records: Mapping[Key, Record], different: Collection[tuple[Key, Key]]
) -> Iterator[tuple[Key, Key]]:
    """Yield pairs of unmatched records with similar names, most alike first.

    Args:
        groups: What is joined so far; only records that stand alone are looked at.
        records: By key.
        different: Pairs that a person has told apart.
    """
    lonely = {key: record for key, record in records.items() if len(groups.held(key)) == 1}
    found: dict[tuple[Key, Key], float] = {}
    for pair in _blocked(lonely):
        if pair in found or pair in different or not groups.may_join(*pair):
            continue
        left, right = (records[key].name_key for key in pair)
        matcher = SequenceMatcher(None, left, right, autojunk=False)
        if left != right and matcher.quick_ratio() >= ALIKE:
            found[pair] = matcher.ratio()
    alike = [(-score, pair) for pair, score in found.items() if score >= ALIKE]
    yield from (pair for _, pair in sorted(alike)[:MOST])


def _blocked(lonely: Mapping[Key, Record]) -> Iterator[tuple[Key, Key]]:
    """Yield pairs, over different connections, that share a telling word or a beginning."""
    blocks: dict[str, list[Key]] = defaultdict(list)
    for key, record in lonely.items():
        telling = {word for word in words(record.name) if word not in GENERIC}
        if record.name_key:
            telling.add(f"^{record.name_key[:5]}")
        for word in telling:
            blocks[word].append(key)
    for word in sorted(blocks):
        if len(blocks[word]) > COMMON:
            continue
        for left, right in combinations(sorted(blocks[word]), 2):
            if left[0] != right[0]:
                yield left, right
