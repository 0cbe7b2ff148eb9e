"""Runs a parsed statement over the rows of an organisation, with its field permissions."""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from .names import full_id
from .salesforce_errors import no_column, refuse
from .salesforce_schema import Field
from .salesforce_soql import Comparison, Condition, Junction, Literal, Select
from .salesforce_table import Row, Table, stamp

if TYPE_CHECKING:
    from .salesforce_org import Org

Test: TypeAlias = Callable[[Row], bool]
Getter: TypeAlias = Callable[[Row], Any]

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip
_KINDS = {
    "double": {"number"}, "int": {"number"}, "currency": {"number"}, "percent": {"number"},
    "boolean": {"boolean"}, "datetime": {"datetime"}, "date": {"date"},
    "id": {"string"}, "reference": {"string"},
}  # fmt: skip
_WORDS = {"datetime": "dateTime", "reference": "ID", "id": "ID"}


@dataclass(frozen=True, slots=True)
class Column:
    """A selected field.

    Attributes:
        name: ``Owner.Name`` for a parent's field.
        read: Reads it from a row.
        entity: The object that has the field.
    """

    name: str
    read: Getter
    field: Field
    entity: str


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement found; rows stay those of the moment of asking."""

    entity: str
    columns: tuple[Column, ...]
    rows: list[Row]
    count: bool


def run(org: "Org", select: Select, *, deleted: bool = False) -> Result:
    """Run a statement.

    Args:
        org: The organisation.
        select: The statement.
        deleted: Whether deleted rows are found too (queryAll).

    Raises:
        Refusal: an object or field that is not there, or a value of the wrong type.
    """
    table = org.table(select.entity)
    columns = tuple(_column(org, table, name) for name in select.fields)
    tests = _condition(org, table, select.where) if select.where else None
    source: Iterator[Row] = iter(table.rows.values()) if deleted else table.live()
    rows = list(filter(tests, source)) if tests else list(source)
    for name, descending, last in reversed(select.order):
        column = _column(org, table, name)
        rows.sort(key=_sort_key(column, last=last != descending), reverse=descending)
    end = None if select.limit is None else select.offset + select.limit
    return Result(table.schema.name, columns, rows[select.offset : end], select.count)


def _sort_key(column: Column, *, last: bool) -> Callable[[Row], tuple[bool, Any]]:
    """Return a key that puts null after all values, or before them."""
    read, fold = column.read, _fold(column.field)

    def key(row: Row) -> tuple[bool, Any]:
        value = read(row)
        return ((value is None) == last, fold(value) if value is not None else 0)

    return key


def _column(org: "Org", table: Table, name: str) -> Column:
    """Return a selected field; ``Owner.Name`` reaches one level up."""
    head, _, tail = name.partition(".")
    if head.lower() == table.schema.name.lower() and tail:
        head, tail = tail, ""
    if tail:
        return _parent_column(org, table, head, tail)
    known = table.schema.find(head)
    if known is None or not org.access.visible(table.schema.name, known.name):
        raise no_column(head, table.schema.name)
    place = table.columns[known.name]
    return Column(known.name, operator.itemgetter(place), known, table.schema.name)


def _parent_column(org: "Org", table: Table, head: str, tail: str) -> Column:
    for known in table.schema.fields.values():
        if known.relationship and known.relationship.lower() == head.lower():
            parent = org.table(known.target)
            inner = _column(org, parent, tail)
            read = _through(table.columns[known.name], parent.rows, inner.read)
            return Column(f"{known.relationship}.{inner.name}", read, inner.field, known.target)
    raise refuse(
        400,
        "INVALID_FIELD",
        f"Didn't understand relationship '{head}' in field path. If you are attempting to use a "
        "custom relationship, be sure to append the '__r' after the custom relationship name.",
    )


def _through(place: int, parents: dict[str, Row], read: Getter) -> Getter:
    """Return a getter of a parent's value."""

    def get(row: Row) -> Any:
        parent = parents.get(row[place])
        return read(parent) if parent else None

    return get


def _condition(org: "Org", table: Table, condition: Condition) -> Test:
    if isinstance(condition, Comparison):
        return _comparison(org, table, condition)
    parts = [_condition(org, table, part) for part in condition.parts]
    if condition.operator == "not":
        return lambda row: not parts[0](row)
    return _joined(condition, parts)


def _joined(junction: Junction, parts: list[Test]) -> Test:
    if len(parts) == 2:
        first, second = parts
        if junction.operator == "and":
            return lambda row: first(row) and second(row)
        return lambda row: first(row) or second(row)
    every = all if junction.operator == "and" else any
    return lambda row: every(part(row) for part in parts)


def _comparison(org: "Org", table: Table, comparison: Comparison) -> Test:
    column = _column(org, table, comparison.field)
    read = column.read
    fold = _fold(column.field)
    if isinstance(comparison.value, tuple):
        wanted = {_value(column.field, literal) for literal in comparison.value}
        if comparison.operator == "in":
            return lambda row: fold(read(row)) in wanted
        return lambda row: fold(read(row)) not in wanted
    value = _value(column.field, comparison.value)
    if comparison.operator == "=":
        return lambda row: fold(read(row)) == value
    if comparison.operator == "!=":
        return lambda row: fold(read(row)) != value
    compare = _COMPARE[comparison.operator]
    if value is None:
        return lambda _row: False
    return lambda row: (got := fold(read(row))) is not None and compare(got, value)


def _folded(value: Any) -> Any:
    """Return a value as comparison sees it: text in any case."""
    return value.lower() if isinstance(value, str) else value


def _as_is(value: Any) -> Any:
    return value


def _fold(field: Field) -> Getter:
    """Return how a field's values are made comparable; ids keep their case."""
    return _as_is if field.type in _KINDS else _folded


def _value(field: Field, literal: Literal) -> Any:
    """Return a literal as rows keep it.

    Raises:
        Refusal: its kind does not fit the field.
    """
    if literal.kind == "null":
        return None
    kinds = _KINDS.get(field.type, {"string"})
    if literal.kind not in kinds:
        quotes = " and should not be enclosed in quotes" if literal.kind == "string" else ""
        if kinds == {"string"}:
            quotes = " and should be enclosed in quotes"
        word = _WORDS.get(field.type, field.type)
        raise refuse(
            400,
            "INVALID_FIELD",
            f"\nERROR at Row:1:Column:1\nvalue of filter criterion for field '{field.name}' "
            f"must be of type {word}{quotes}",
        )
    if literal.kind == "datetime":
        return stamp(datetime.fromisoformat(literal.value))
    if field.type in {"id", "reference"}:
        return full_id(literal.value)
    return literal.value if literal.kind == "date" else _folded(literal.value)
