"""Expressions to SQL, with every name resolved and every value quoted and typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from .dialects import Dialect
from .expressions import (
    AsOf,
    Both,
    Column,
    Compare,
    Constant,
    Expr,
    ExpressionError,
    In,
    IsNull,
    Not,
)
from .tables import NUMERIC, TIMED, Kind


@dataclass(frozen=True)
class Scope:
    """What names mean in an expression.

    Attributes:
        dialect: The engine's way of writing.
        names: Name -> SQL and kind (None: not known).
        as_of: SQL of the as-of time.
    """

    dialect: Dialect
    names: Mapping[str, tuple[str, Kind | None]]
    as_of: str


def condition(expr: Expr, scope: Scope) -> str:
    """Render a condition.

    Raises:
        ExpressionError: not a condition, an unknown name, or values that cannot be compared.
    """
    match expr:
        case Compare(sign, left, right):
            return _compared(sign, left, right, scope)
        case In(value, items, negated):
            joined = " OR ".join(_compared("=", value, item, scope) for item in items)
            return f"(NOT ({joined}))" if negated else f"({joined})"
        case IsNull(value, negated):
            return f"({_value(value, scope)[0]} IS {'NOT ' if negated else ''}NULL)"
        case Both(word, several):
            return "(" + f" {word.upper()} ".join(condition(item, scope) for item in several) + ")"
        case Not(item):
            return f"(NOT {condition(item, scope)})"
        case _:
            return _bare(expr, scope)


def _bare(expr: Expr, scope: Scope) -> str:
    """Render a truth value that stands by itself."""
    sql, kind = _value(expr, scope)
    if kind not in {"boolean", None}:
        raise ExpressionError(f"a condition is expected, not {_words(expr)} by itself")
    return sql


def _compared(sign: str, left: Expr, right: Expr, scope: Scope) -> str:
    (one, kind), (other, other_kind) = _value(left, scope), _value(right, scope)
    if kind in TIMED and isinstance(right, Constant) and isinstance(right.value, str):
        other, other_kind = _time(right.value, scope), "time"
    if other_kind in TIMED and isinstance(left, Constant) and isinstance(left.value, str):
        one, kind = _time(left.value, scope), "time"
    if None not in {kind, other_kind} and _group(kind) != _group(other_kind):
        raise ExpressionError(f"{_words(left)} ({kind}) cannot be compared with {_words(right)}")
    if kind == "strings":
        raise ExpressionError(f"{_words(left)} is a list and cannot be compared")
    if kind == other_kind == "string" and sign not in {"=", "<>"}:
        one = scope.dialect.bytewise.format(value=one)
    return f"({one} {sign} {other})"


def _group(kind: Kind | None) -> str:
    return "time" if kind in TIMED else "number" if kind in NUMERIC else str(kind)


def _words(expr: Expr) -> str:
    match expr:
        case Column(name):
            return name
        case Constant(value):
            return repr(value)
        case AsOf(_):
            return "as_of"
        case _:
            return "a condition"


def _value(expr: Expr, scope: Scope) -> tuple[str, Kind | None]:
    match expr:
        case Column(name):
            if name not in scope.names:
                raise ExpressionError(f"no such name: {name}")
            return scope.names[name]
        case Constant(bool(value)):
            return ("TRUE" if value else "FALSE"), "boolean"
        case Constant(str(value)):
            return scope.dialect.text(value), "string"
        case Constant(value):
            return scope.dialect.number(float(value)), "number"
        case AsOf(days):
            return scope.dialect.shifted(scope.as_of, days), "time"
        case _:
            return condition(expr, scope), "boolean"


def _time(text: str, scope: Scope) -> str:
    try:
        return scope.dialect.time(datetime.fromisoformat(text))
    except ValueError:
        raise ExpressionError(f"{text!r} is no time such as '2026-01-31'") from None
