"""Groups of records that are one customer, grown rule by rule; never two that exclude each other.

All links of one rule are looked at together, so the order of the records cannot matter: where
they would join records that may not be one customer, none of that chain's links is used.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from .candidates import Key


class Groups:
    """Disjoint groups of records.

    Args:
        keys: Every record, in order; the first of a group stands for it.
        apart: Pairs that a person, or an id, says are not one customer.
    """

    def __init__(self, keys: Sequence[Key], apart: Iterable[tuple[Key, Key]] = ()) -> None:
        self._place = {key: place for place, key in enumerate(keys)}
        self._head = {key: key for key in keys}
        self._held: dict[Key, tuple[Key, ...]] = {key: (key,) for key in keys}
        self._apart: dict[Key, set[Key]] = defaultdict(set)
        for left, right in apart:
            self._apart[left].add(right)
            self._apart[right].add(left)

    def __contains__(self, key: object) -> bool:
        return key in self._place

    def head(self, key: Key) -> Key:
        """Return the record that stands for a record's group."""
        return self._head[key]

    def held(self, key: Key) -> tuple[Key, ...]:
        """Return the records of a record's group, in order."""
        return self._held[self._head[key]]

    def together(self, left: Key, right: Key) -> bool:
        """Whether two records are in one group."""
        return self._head[left] == self._head[right]

    def may_join(self, left: Key, right: Key) -> bool:
        """Whether two records' groups could be one customer."""
        return self._possible({self._head[left], self._head[right]}, several=False)

    def all(self) -> list[tuple[Key, ...]]:
        """Return every group, in the order of its first record."""
        return [self._held[key] for key in self._place if self._head[key] == key]

    def join(
        self, links: Iterable[tuple[Key, Key]], *, several: bool = False
    ) -> tuple[int, list[list[Key]]]:
        """Join what the links of one rule connect.

        Args:
            links: Pairs of records.
            several: Whether a group may hold two records of one connection afterwards.

        Returns:
            How many groups were joined into another, and the chains that were left alone, as
            the records at the links' ends.
        """
        neighbours: dict[Key, set[Key]] = defaultdict(set)
        ends: dict[Key, set[Key]] = defaultdict(set)
        for left, right in links:
            one, two = self._head[left], self._head[right]
            if one != two:
                neighbours[one].add(two)
                neighbours[two].add(one)
                ends[one].add(left)
                ends[two].add(right)
        joined, refused = 0, []
        for chain in self._chains(neighbours):
            if self._possible(chain, several=several):
                self._unite(chain)
                joined += len(chain) - 1
            else:
                records = {key for head in chain for key in ends[head]}
                refused.append(sorted(records, key=self._place.__getitem__))
        return joined, refused

    def _chains(self, neighbours: dict[Key, set[Key]]) -> list[set[Key]]:
        chains, seen = [], set()
        for start in sorted(neighbours, key=self._place.__getitem__):
            if start in seen:
                continue
            chain, todo = {start}, [start]
            while todo:
                more = neighbours[todo.pop()] - chain
                chain |= more
                todo += more
            seen |= chain
            chains.append(chain)
        return chains

    def _possible(self, heads: set[Key], *, several: bool) -> bool:
        taken: set[str] = set()
        records: set[Key] = set()
        for head in heads:
            connections = {key[0] for key in self._held[head]}
            if not several and taken & connections:
                return False
            taken |= connections
            records.update(self._held[head])
        return not any(self._apart.get(key, set()) & records for key in records)

    def _unite(self, heads: set[Key]) -> None:
        records = (key for head in heads for key in self._held.pop(head))
        group = tuple(sorted(records, key=self._place.__getitem__))
        self._held[group[0]] = group
        for key in group:
            self._head[key] = group[0]
