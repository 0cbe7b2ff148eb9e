"""Columns in which every value is already as it should be: most of them, at a tenth of the cost.

These give what cell-by-cell conversion would, or nothing where a value needs a closer look.
"""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from types import NoneType
from typing import Any

# Every instant from here to there is within the years that a time may have, in any zone.
_FIRST, _LAST = datetime(1900, 1, 2, tzinfo=UTC), datetime(2199, 12, 30, tzinfo=UTC)


def texts(values: Sequence[Any], nulls: frozenset[str]) -> list[str | None] | None:
    """Return texts that stand for themselves, and whole numbers (ids) as texts."""
    kinds = set(map(type, values)) - {NoneType}
    if kinds == {int}:
        return [None if value is None else str(value) for value in values]
    if kinds != {str}:
        return None
    longest = max(map(len, nulls), default=0)
    plain = [value.strip() or None if value else None for value in values]
    if any(value and len(value) <= longest and value.casefold() in nulls for value in plain):
        return None
    return plain


def numbers(values: Sequence[Any]) -> list[Any] | None:
    """Return finite numbers as floats."""
    if set(map(type, values)) - {NoneType, int, float}:
        return None
    try:
        plain = [None if value is None else float(value) for value in values]
    except OverflowError:
        return None
    return plain if math.isfinite(sum(filter(None, plain))) else None


def integers(values: Sequence[Any]) -> list[Any] | None:
    """Return whole numbers of at most 63 bits."""
    kinds = set(map(type, values)) - {NoneType}
    if kinds != {int} or not all(-(2**63) < value < 2**63 for value in values if value is not None):
        return None
    return list(values)


def times(values: Sequence[Any], zone: tzinfo) -> list[Any] | None:
    """Return ISO 8601 texts, or datetimes, as aware datetimes."""
    kinds = set(map(type, values)) - {NoneType}
    if kinds == {str} and not any(value and value.isdecimal() for value in values):
        read: Callable[[str], datetime] = datetime.fromisoformat
        try:
            moments = [read(value) if value else None for value in values]
        except ValueError:
            return None
    elif kinds == {datetime}:
        moments = list(values)
    else:
        return None
    aware = [
        moment.replace(tzinfo=zone) if moment and moment.tzinfo is None else moment
        for moment in moments
    ]
    known = [moment for moment in aware if moment]
    inside = not known or (min(known) >= _FIRST and max(known) <= _LAST)
    return aware if inside else None
