"""Columns in which every value is already as it should be: most of them, at a tenth of the cost.

Arrow converts these as a whole. The result is what cell-by-cell conversion would give, or
nothing where a value needs a closer look.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from types import NoneType
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

Values: TypeAlias = Sequence[Any] | pa.Array

_TIME = pa.timestamp("us", tz="UTC")
_KINDS = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    list: pa.list_(pa.string()),
    datetime: _TIME,
}
# Every instant from here to there is within the years that a time may have, in any zone.
_FIRST, _LAST = datetime(1900, 1, 2, tzinfo=UTC), datetime(2199, 12, 30, tzinfo=UTC)
_SEPARATORS = "[;,\n]"
_MILLIS = 13  # digits of milliseconds since 1970, from 2001 on


def loaded(values: Values) -> pa.Array | None:
    """Return values that are all of one plain type, or null; None for others."""
    if isinstance(values, pa.Array):
        return values
    kinds = set(map(type, values)) - {NoneType}
    kind = next(iter(kinds), NoneType)
    if len(kinds) > 1 or kind not in {NoneType, *_KINDS}:
        return None
    if kind is datetime and not all(value is None or value.tzinfo for value in values):
        return None
    try:
        return pa.array(values, _KINDS.get(kind, pa.null()))
    except (ValueError, TypeError, OverflowError):  # too large an integer, a list of numbers
        return None


def texts(values: pa.Array, nulls: frozenset[str]) -> pa.Array | None:
    """Return texts that stand for themselves, and whole numbers (ids) as texts."""
    if pa.types.is_null(values.type) or pa.types.is_integer(values.type):
        return values.cast(pa.string())
    if not pa.types.is_string(values.type) or not all(map(str.isascii, nulls)):
        return None
    plain = filled(pc.utf8_trim_whitespace(values))
    longest = max(map(len, nulls), default=0)
    short = plain.filter(pc.less_equal(pc.binary_length(plain), longest))
    return None if _any(pc.is_in(pc.utf8_lower(short), pa.array(nulls, pa.string()))) else plain


def lists(values: pa.Array, nulls: frozenset[str]) -> pa.Array | None:
    """Return lists of such texts, and one such text as a list of one."""
    if pa.types.is_list(values.type):
        flat = texts(values.flatten(), nulls)
        whole = flat is not None and flat.equals(values.flatten()) and not flat.null_count
        return values if whole and not _any(pc.equal(pc.list_value_length(values), 0)) else None
    plain = texts(values, nulls)
    if plain is None or _any(pc.match_substring_regex(plain, _SEPARATORS)):
        return None
    ends = pc.cumulative_sum(pc.cast(plain.is_valid(), pa.int32()))
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), ends])
    return pa.ListArray.from_arrays(offsets, plain.drop_null(), mask=plain.is_null())


def numbers(values: pa.Array, scale: float, bounds: tuple[float, float]) -> pa.Array | None:
    """Return finite numbers, also given as texts, within bounds."""
    if pa.types.is_boolean(values.type) or pa.types.is_nested(values.type):
        return None
    found = _cast(values, pa.float64())
    if found is None:
        return None
    found = found if scale == 1 else pc.multiply(found, scale)
    low, high = bounds
    good = pc.and_(
        pc.is_finite(found), pc.and_(pc.less_equal(low, found), pc.less_equal(found, high))
    )
    return found if pc.all(good, min_count=0).as_py() else None


def integers(values: pa.Array) -> pa.Array | None:
    """Return whole numbers of at most 63 bits."""
    whole = pa.types.is_integer(values.type) or pa.types.is_null(values.type)
    return values.cast(pa.int64()) if whole else None


def booleans(values: pa.Array) -> pa.Array | None:
    """Return truth values, and the texts true and false."""
    if pa.types.is_boolean(values.type) or pa.types.is_null(values.type):
        return values.cast(pa.bool_())
    return _cast(values, pa.bool_()) if pa.types.is_string(values.type) else None


def times(values: pa.Array, zone: tzinfo) -> pa.Array | None:
    """Return ISO 8601 texts, or datetimes."""
    texts_ = pa.types.is_string(values.type)
    if not texts_ and values.type not in {_TIME, pa.null()}:
        return None
    found = _cast(values, _TIME)
    if found is None and texts_:
        found = _epochs(values)
        found = _loose(values) if found is None and zone is UTC else found
    if found is None:
        return None
    outside = pc.or_(pc.less(found, _FIRST), pc.greater(found, _LAST))
    return None if _any(outside) else found


def _loose(values: pa.Array) -> pa.Array | None:
    """Return times given without a zone as UTC."""
    found = _cast(values, pa.timestamp("us"))
    return None if found is None else pc.assume_timezone(found, "UTC")


def _epochs(values: pa.Array) -> pa.Array | None:
    """Return times some of which are milliseconds since 1970."""
    digits = pc.and_(pc.ascii_is_decimal(values), pc.equal(pc.binary_length(values), _MILLIS))
    counted = pc.and_not(digits, pc.starts_with(values, "0"))
    if not _any(counted):
        return None
    others = _cast(pc.if_else(counted, None, values), _TIME)
    if others is None:
        return None
    millis = pc.if_else(counted, values, None).cast(pa.int64())
    return pc.coalesce(others, millis.cast(pa.timestamp("ms", tz="UTC")).cast(_TIME))


def _cast(values: pa.Array, to: pa.DataType) -> pa.Array | None:
    try:
        return (filled(values) if pa.types.is_string(values.type) else values).cast(to)
    except (ValueError, NotImplementedError):
        return None


def filled(values: pa.Array) -> pa.Array:
    """Return texts with null in place of empty ones."""
    empty = pc.equal(values, "")
    return pc.if_else(empty, None, values) if _any(empty) else values


def _any(mask: pa.Array) -> bool:
    return pc.any(mask).as_py() is True
