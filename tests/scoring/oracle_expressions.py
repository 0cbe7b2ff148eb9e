"""Expressions of the oracle: Python values in, true, false or None (unknown) out."""

import math
from datetime import date, datetime, time, timedelta
from typing import Any

from scoring.expressions import AsOf, Both, Column, Compare, Constant, In, IsNull, Not, parse


def moment(value: Any) -> datetime | None:
    """A date is its first moment."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    return value


def plain(value: Any) -> Any:
    """NaN and infinities are unknown; dates are times."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return moment(value)


def evaluate(  # noqa: C901, PLR0911 -- one case for each kind of expression
    expr: Any, names: dict[str, Any], as_of: datetime
) -> Any:
    """As in SQL: None is neither true nor false."""
    match expr:
        case Column(name):
            return plain(names.get(name))
        case Constant(value):
            return value
        case AsOf(days):
            return as_of + timedelta(days=days)
        case Compare(sign, left, right):
            return compared(sign, evaluate(left, names, as_of), evaluate(right, names, as_of))
        case In(value, items, negated):
            found = any_of(compared("=", evaluate(value, names, as_of), i.value) for i in items)
            return inverse(found) if negated else found
        case IsNull(value, negated):
            return (evaluate(value, names, as_of) is None) != negated
        case Not(item):
            return inverse(evaluate(item, names, as_of))
        case Both("or", items):
            return any_of(evaluate(item, names, as_of) for item in items)
        case Both("and", items):
            return inverse(any_of(inverse(evaluate(item, names, as_of)) for item in items))
    raise AssertionError(expr)


def inverse(value: Any) -> Any:
    return None if value is None else not value


def any_of(values: Any) -> Any:
    known = list(values)
    return True if True in known else None if None in known else False


def compared(sign: str, left: Any, right: Any) -> Any:
    if left is None or right is None:
        return None
    if isinstance(left, datetime) and isinstance(right, str):
        right = moment(datetime.fromisoformat(right))
    return {
        "=": left == right,
        "<>": left != right,
        "<": left < right if sign == "<" else None,
        "<=": left <= right if sign == "<=" else None,
        ">": left > right if sign == ">" else None,
        ">=": left >= right if sign == ">=" else None,
    }[sign]


def holds(text: str | None, names: dict[str, Any], as_of: datetime) -> bool:
    return text is None or evaluate(parse(text), names, as_of) is True
