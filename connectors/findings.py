"""Oddities in the data, counted by kind with a few examples: never silent, never fatal."""

from collections.abc import Iterator
from dataclasses import dataclass, field

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of oddity in one column.

    Attributes:
        kind: A short name such as ``closed_before_opened``.
        where: ``table.column`` or ``table``.
        count: Rows affected.
        examples: Ids of the first rows, at most three.
    """

    kind: str
    where: str
    count: int
    examples: tuple[str, ...]


@dataclass(slots=True)
class Findings:
    """A growing set of findings."""

    _counts: dict[tuple[str, str], tuple[int, tuple[str, ...]]] = field(default_factory=dict)

    def add(self, kind: str, where: str, *ids: str, count: int | None = None) -> None:
        """Count rows; ``count`` where the ids are only examples of more."""
        seen, examples = self._counts.get((kind, where), (0, ()))
        kept = (examples + ids)[:EXAMPLES]
        self._counts[kind, where] = (seen + (len(ids) if count is None else count), kept)

    def merge(self, other: "Findings") -> None:
        """Add another set to this one."""
        for finding in other:
            self.add(finding.kind, finding.where, *finding.examples, count=finding.count)

    def __iter__(self) -> Iterator[Finding]:
        for (kind, where), (count, examples) in self._counts.items():
            yield Finding(kind, where, count, examples)

    def __len__(self) -> int:
        return len(self._counts)
