"""One customer over several systems: which account records belong together, and why.

In this order: pinned pairs and a person's decisions; a shared external id; an unshared
registrable domain, together with the name or alone; the exact normalised name. What the
evidence does not settle goes to the review list, never into an account.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from . import domains, names
from .candidates import Candidates, Key, Record
from .decisions import Decision
from .groups import Groups
from .pairing import Review, Side
from .propose import similar_names
from .settings import Match

SHARED_IDS = 3
"""External ids in common from which two connections are taken to share one numbering."""
ID_LENGTH = 10
"""An external id may be another system's record id if it is at least this long."""
SIDES = 6
"""Records shown in one entry of the review list."""


@dataclass(frozen=True, slots=True)
class Matching:
    """Which records belong together.

    Attributes:
        groups: Records of one customer, each group and the list of them in order.
        rules: Rule -> records joined by it.
        review: What a person should decide, the most certain kinds first.
    """

    groups: tuple[tuple[Key, ...], ...]
    rules: Mapping[str, int]
    review: tuple[Review, ...]


def match(
    candidates: Candidates,
    *,
    settings: Match | None = None,
    pins: Iterable[tuple[Key, Key]] = (),
    decisions: Iterable[Decision] = (),
) -> Matching:
    """Join records to accounts.

    Args:
        candidates: From ``candidates.prepare``.
        settings: ``[match]``.
        pins: Pairs of records that are one customer; a merged record stands for the one that
            holds its data now, here and in decisions.
        decisions: What people said about pairs; both win over every other evidence.
    """
    here = candidates.aliases
    said = [
        replace(d, left=here.get(d.left, d.left), right=here.get(d.right, d.right))
        for d in decisions
    ]
    pinned = [(here.get(left, left), here.get(right, right)) for left, right in pins]
    return _Matcher(candidates, settings or Match(), said).run(pinned)


class _Matcher:
    """The rules, one after the other, over one set of records."""

    def __init__(
        self, candidates: Candidates, settings: Match, decisions: Sequence[Decision]
    ) -> None:
        self.records = {record.key: record for record in candidates.records}
        self.shared = candidates.shared
        self.settings = settings
        self.same = [(d.left, d.right) for d in decisions if d.same]
        # Records that were told apart and then merged by the vendor are one.
        apart = (d for d in decisions if not d.same and d.left != d.right)
        self.different = {_pair(d.left, d.right) for d in apart}
        self.ids = _ExternalIds(candidates.records)
        self.groups = Groups([*self.records], self.different)
        self.rules: Counter[str] = Counter()
        self.review: dict[tuple[str, tuple[Key, ...]], Review] = {}

    def run(self, pins: Sequence[tuple[Key, Key]]) -> Matching:
        known = [pair for pair in (*pins, *self.same) if all(key in self.records for key in pair)]
        self._join("pinned", known, "pins and decisions contradict each other", several=True)
        self._join("external_id", self.ids.links(), "more than one record carries this id")
        if self.settings.domains:
            both, alone = self._domain_links()
            self._join("domain_and_name", both, "more than one record fits")
            self._join("domain", alone, "more than one record carries these domains")
        if self.settings.names:
            self._join("name", self._name_links(), "more than one record carries this name")
        self._shared_domains()
        self._duplicates()
        if self.settings.propose:
            for left, right in similar_names(self.groups, self.records, self.different):
                reason = "the names are alike, and nothing else is known"
                self._note("similar_name", (left, right), reason, self.records[left].name)
        review = [entry for key, entry in self.review.items() if self._open(key[1])]
        return Matching(tuple(self.groups.all()), dict(self.rules), tuple(review))

    def _join(
        self, rule: str, links: Iterable[tuple[Key, Key]], why: str, *, several: bool = False
    ) -> None:
        joined, refused = self.groups.join(links, several=several)
        if joined:
            self.rules[rule] += joined
        for chain in refused:
            self._note("ambiguous", chain, f"by {rule.replace('_', ' ')}: {why}", rule)

    def _domain_links(self) -> tuple[list[tuple[Key, Key]], list[tuple[Key, Key]]]:
        """Return links by domain and equal name, and those by domain with a fitting name."""
        both, alone = [], []
        for domain, held in _by(self.records.values(), lambda record: record.own).items():
            labels = frozenset({domains.label(domain)})
            for left, right in _across(held):
                if left.name_key and left.name_key == right.name_key:
                    if not self._ids_clash(left, right):
                        both.append((left.key, right.key))
                elif not names.similar(left.name, right.name, labels):
                    reason = f"both carry {domain}, but the names differ"
                    self._note("names_clash", (left.key, right.key), reason, domain)
                elif not self._ids_clash(left, right):
                    alone.append((left.key, right.key))
        return both, alone

    def _name_links(self) -> list[tuple[Key, Key]]:
        links = []
        named = (record for record in self.records.values() if record.name_key)
        for held in _by(named, lambda record: (record.name_key,)).values():
            if len({record.key[0] for record in held}) == 1:
                continue
            pairs = [pair for pair in _across(held) if self._could_join(*pair)]
            for left, right in pairs:
                if self._domains_clash(left, right):
                    reason = "the names are equal, but the domains differ"
                    self._note("domains_clash", (left.key, right.key), reason, left.name)
                elif not self._ids_clash(left, right):
                    links.append((left.key, right.key))
        return links

    def _could_join(self, left: Record, right: Record) -> bool:
        groups = self.groups
        return not groups.together(left.key, right.key) and groups.may_join(left.key, right.key)

    def _domains_clash(self, left: Record, right: Record) -> bool:
        one, two = (self._domains_of(record.key) for record in (left, right))
        if not one or not two or one & two:
            return False
        return not {domains.label(name) for name in one} & {domains.label(name) for name in two}

    def _domains_of(self, key: Key) -> frozenset[str]:
        held = self.groups.held(key)
        return frozenset().union(*(self.records[member].domains for member in held))

    def _ids_clash(self, left: Record, right: Record) -> bool:
        if not self.ids.clash(left, right):
            return False
        self._note("ids_clash", (left.key, right.key), "the external ids differ", left.name)
        return True

    def _shared_domains(self) -> None:
        """Note domains that one connection's records share and another connection carries."""
        carriers = _by(self.records.values(), lambda record: record.own)
        for (connection, domain), held in self.shared.items():
            others = [r.key for r in carriers.get(domain, ()) if r.key[0] != connection]
            lonely = [key for key in others if len(self.groups.held(key)) == 1]
            if lonely:
                reason = f"{len(held)} records of {connection} carry {domain}"
                self._note("ambiguous", (*lonely, *held), reason, domain)

    def _duplicates(self) -> None:
        """Note records of one connection that look like one customer entered twice."""
        for (connection, domain), held in self.shared.items():
            named = _by((self.records[key] for key in held), lambda record: (record.name_key,))
            for name, alike in named.items():
                if name and len(alike) > 1:
                    reason = f"{connection} has this name and domain more than once"
                    self._note("duplicate", [record.key for record in alike], reason, domain)

    def _note(self, kind: str, keys: Sequence[Key], reason: str, shared: str) -> None:
        if len(keys) == 2 and _pair(*keys) in self.different:  # noqa: PLR2004 - a pair
            return
        sides = tuple(
            Side(*key, self.records[key].name, tuple(sorted(self.records[key].domains)))
            for key in keys[:SIDES]
        )
        self.review.setdefault((kind, tuple(keys)), Review(kind, reason, sides, shared))

    def _open(self, keys: Sequence[Key]) -> bool:
        """Whether an entry still asks something: its records are not all in one group."""
        return len({self.groups.head(key) for key in keys}) > 1


class _ExternalIds:
    """External ids, and which connections share a numbering."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._ids = {r.key: r.external_id for r in records if r.external_id}
        self._holders: dict[str, list[Key]] = defaultdict(list)
        for key, value in self._ids.items():
            self._holders[value].append(key)
        self._refs: dict[str, list[Key]] = defaultdict(list)
        for record in records:
            self._refs[record.key[1]].append(record.key)
        common: Counter[frozenset[str]] = Counter()
        for keys in self._holders.values():
            common.update(
                frozenset(pair) for pair in combinations(sorted({key[0] for key in keys}), 2)
            )
        self._numbering = {pair for pair, number in common.items() if number >= SHARED_IDS}

    def links(self) -> list[tuple[Key, Key]]:
        """Return pairs with one external id, or one that is the other's record id."""
        links = []
        for value, keys in self._holders.items():
            links += list(pairwise(keys))
            others = self._refs.get(value, []) if len(value) >= ID_LENGTH else []
            links += [(key, other) for key in keys for other in others if key[0] != other[0]]
        return links

    def clash(self, left: Record, right: Record) -> bool:
        """Whether two records have different ids of one numbering."""
        one, two = left.external_id, right.external_id
        numbering = frozenset({left.key[0], right.key[0]})
        return one is not None and two is not None and one != two and numbering in self._numbering


def _by(
    records: Iterable[Record], keys: Callable[[Record], Iterable[str]]
) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        for key in sorted(keys(record)):
            found[key].append(record)
    return found


def _across(records: Sequence[Record]) -> list[tuple[Record, Record]]:
    """Return the pairs of records of different connections."""
    return [pair for pair in combinations(records, 2) if pair[0].key[0] != pair[1].key[0]]


def _pair(left: Key, right: Key) -> tuple[Key, Key]:
    return (left, right) if left <= right else (right, left)
