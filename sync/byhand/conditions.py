"""Conditions of a model as formulas of a spreadsheet."""

from collections.abc import Iterator, Mapping

from scoring.expressions import Both, Column, Compare, Constant, Expr, In, IsNull, Not, parse

from .places import text

OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


class NoFormulaError(ValueError):
    """A condition that a spreadsheet cannot tell; a person must."""


def columns(condition: str) -> tuple[str, ...]:
    """Return the signals and account columns that a condition names.

    Raises:
        NoFormulaError: it asks for the time, which a sheet by hand does not have.
    """
    found = tuple(dict.fromkeys(_names(parse(condition))))
    formula(condition, dict.fromkeys(found, "A1"))
    return found


def formula(condition: str, cells: Mapping[str, str]) -> str:
    """Return the formula of a condition; an empty cell is null, as in SQL.

    Raises:
        NoFormulaError: see ``columns``.
    """
    return _formula(parse(condition), cells, negated=False)


def _names(expr: Expr) -> Iterator[str]:
    match expr:
        case Column(name):
            yield name
        case Compare(_, left, right):
            yield from _names(left)
            yield from _names(right)
        case In(value, _, _) | IsNull(value, _) | Not(value):
            yield from _names(value)
        case Both(_, items):
            for item in items:
                yield from _names(item)


def _formula(expr: Expr, cells: Mapping[str, str], *, negated: bool) -> str:
    """Render; a negation goes down to the comparisons, as one with null is never true."""
    match expr:
        case Compare(sign, left, right):
            return _compared(OPPOSITE[sign] if negated else sign, left, right, cells)
        case In(value, items, without):
            several = [Compare("=", value, item) for item in items]
            return _formula(Both("or", tuple(several)), cells, negated=negated != without)
        case IsNull(value, without):
            return f'({_value(value, cells)}{"<>" if negated != without else "="}"")'
        case Both(word, items):
            name = "AND" if (word == "and") != negated else "OR"
            return f"{name}({','.join(_formula(i, cells, negated=negated) for i in items)})"
        case Not(item):
            return _formula(item, cells, negated=not negated)
        case _:
            raise NoFormulaError("a truth value by itself")


def _compared(sign: str, left: Expr, right: Expr, cells: Mapping[str, str]) -> str:
    sides = (left, right)
    numeric = any(isinstance(side, Constant) and isinstance(side.value, float) for side in sides)
    known = [
        f"ISNUMBER({cells[side.name]})" if numeric else f'{cells[side.name]}<>""'
        for side in sides
        if isinstance(side, Column)
    ]
    return f"AND({','.join([*known, _value(left, cells) + sign + _value(right, cells)])})"


def _value(expr: Expr, cells: Mapping[str, str]) -> str:
    match expr:
        case Column(name):
            return cells[name]
        case Constant(bool()):
            raise NoFormulaError("a truth value")
        case Constant(str(value)):
            return text(value)
        case Constant(value):
            return repr(value)
        case _:
            raise NoFormulaError("a time")
