"""Records -> columns, before any conversion."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

import pyarrow as pa


def pluck(rows: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    """Return one field of all records; a name with dots is a path unless it is a key."""
    if "." not in name or (rows and name in rows[0]):
        return [row.get(name) for row in rows]
    head, *rest = name.split(".")
    return [reduce(_step, rest, row.get(head)) for row in rows]


def _step(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None


def texts(rows: Sequence[Mapping[str, Any]], names: Iterable[str]) -> dict[str, pa.Array]:
    """Return the fields that are texts, or null, in all records; others are left out.

    Arrow takes all of them out of the records in one go. A field whose first value is a text and
    another one is not leaves nothing: the caller plucks.
    """
    if not rows:
        return {}
    first = rows[0]
    plain = [name for name in names if "." not in name and isinstance(first.get(name), str | None)]
    if not plain:
        return {}
    try:
        found = pa.array(rows, pa.struct([(name, pa.string()) for name in plain]))
    except (TypeError, ValueError):  # another type, or half an emoji
        return {}
    return dict(zip(plain, found.flatten(), strict=True))


def join(columns: Iterable[Sequence[Any]]) -> list[str | None]:
    """Return the texts of several fields joined by ``|``; null where one is missing."""
    return [
        None if any(part is None or part == "" for part in parts) else "|".join(map(str, parts))
        for parts in zip(*columns, strict=True)
    ]
