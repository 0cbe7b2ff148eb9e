"""Row ids: from the mapped fields, or made from the content; and rows that share one."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from connectors.errors import SetupError
from connectors.findings import Findings

from .settings import Duplicates

Row: TypeAlias = tuple[Any, ...]


def digest(row: Row) -> str:
    """Return a short stable hash of a row's raw values."""
    text = "\x1f".join("" if value is None else str(value) for value in row)
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=10).hexdigest()


class Repeats:
    """Finds the keys that come more than once, at 8 bytes a row."""

    def __init__(self) -> None:
        self._parts: list[pa.Array] = []

    def see(self, keys: Iterable[Any]) -> None:
        """Take in some keys."""
        self._parts.append(pa.array([hash(key) for key in keys], pa.int64()))

    def found(self) -> frozenset[int]:
        """Return the hashes of the keys seen at least twice."""
        keys = pa.chunked_array(self._parts, pa.int64()).combine_chunks()
        # Sorting takes a quarter of the memory that counting them in a hash table does.
        ordered = keys.take(pc.sort_indices(keys))
        again = pc.equal(ordered[1:], ordered[:-1])
        return frozenset(ordered[1:].filter(again).to_pylist())


@dataclass(slots=True)
class Shared:
    """Rows held back because their key comes more than once.

    Attributes:
        stream: For messages.
        rule: What becomes of rows of one id with different content.
        versions: Whether a ``changed`` field makes them versions of one row.
        rows: Key -> (file, row), in reading order.
    """

    stream: str
    rule: Duplicates
    versions: bool
    rows: dict[Any, list[tuple[int, Row]]] = field(default_factory=dict)

    def add(self, key: Any, file: int, row: Row) -> None:
        """Hold a row back."""
        self.rows.setdefault(key, []).append((file, row))

    def resolve(self, findings: Findings) -> Iterator[tuple[str, Row]]:
        """Yield ids and rows.

        Raises:
            SetupError: the rule is to refuse rows of one id with different content.
        """
        yield from self._unkeyed(findings)
        yield from self._keyed(findings)

    def _unkeyed(self, findings: Findings) -> Iterator[tuple[str, Row]]:
        """Yield rows whose key is their content: as often as the file that has most of them.

        The same lines in two overlapping files are the same rows; in one file they are
        several, and the n-th gets the same id in every import.
        """
        for row, held in self.rows.items():
            if isinstance(row, str):
                continue
            files = [file for file, _ in held]
            most = max(files.count(file) for file in set(files))
            name = digest(row)
            if len(held) > most:
                findings.add("overlapping_row", self.stream, name, count=len(held) - most)
            for number in range(most):
                yield (f"{name}#{number + 1}" if number else name), row

    def _keyed(self, findings: Findings) -> Iterator[tuple[str, Row]]:
        """Yield rows with an id, with ids of their own for those that differ."""
        refused = []
        for key, held in self.rows.items():
            if not isinstance(key, str):
                continue
            distinct = list(dict.fromkeys(row for _, row in held))
            if len(held) > len(distinct):
                findings.add("repeated_row", self.stream, key, count=len(held) - len(distinct))
            if len(distinct) > 1 and self.versions:
                findings.add("versions", self.stream, key, count=len(distinct))
            elif len(distinct) > 1:
                findings.add("duplicate_id", self.stream, key, count=len(distinct))
                refused.append(key)
            yield from self._named(key, distinct)
        if refused and self.rule == "refuse":
            raise SetupError(
                f"{self.stream}: {len(refused)} ids come with differing content, such as "
                f"{', '.join(refused[:3])}; name the field that tells versions apart as "
                'changed, add a field to id, or set duplicates = "keep" or "last"'
            )

    def _named(self, key: str, rows: Sequence[Row]) -> Iterator[tuple[str, Row]]:
        if self.versions or self.rule == "last":
            yield from ((key, row) for row in (rows if self.versions else rows[-1:]))
            return
        # The smallest hash keeps the plain id: reordered or grown files give the same ids.
        first, *others = (
            sorted((digest(row), row) for row in rows) if len(rows) > 1 else [("", rows[0])]
        )
        yield key, first[1]
        yield from ((f"{key}~{name}", row) for name, row in others)
