"""Canonical columns that more than one Salesforce field decides."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from connectors.quick import Values

from .answers import Answer
from .fields import LOST_KINDS, WON_KINDS

Columns: TypeAlias = dict[str, Values]

# What a full read need not ask for: to-dos and opportunities that are still open. When one is
# closed its stamp moves; one that is opened again comes as gone.
FULL_FILTERS: Mapping[str, str] = {"Task": "IsClosed = true", "Opportunity": "IsClosed = true"}


def derive(entity: str, answer: Answer, given: Collection[str]) -> Columns:
    """Return the derived columns of some records of an object; most objects have none.

    Args:
        entity: The object.
        answer: The records.
        given: Canonical columns that the settings map themselves; these are left to them.
    """
    make = _MAKERS.get(entity)
    made = {} if make is None else make(answer)
    return {name: values for name, values in made.items() if name not in given}


def true(value: Any) -> bool:
    """Whether a checkbox is set; REST says true, Bulk says "true"."""
    return value is True or value == "true"


def flags(answer: Answer, name: str) -> pa.BooleanArray:
    """Return whether a checkbox is set, for all records."""
    values = answer.values(name)
    if isinstance(values, pa.Array):
        return pc.fill_null(pc.equal(values, "true"), fill_value=False)
    return pa.array(map(true, values), pa.bool_())


def _task(answer: Answer) -> Columns:
    return {
        "at": _first(answer, "CompletedDateTime", "ActivityDate"),
        "deleted": pc.or_(flags(answer, "IsDeleted"), pc.invert(flags(answer, "IsClosed"))),
    }


def _event(answer: Answer) -> Columns:
    channels = [value or "meeting" for value in answer.column("Type")]
    return {"at": _first(answer, "StartDateTime", "ActivityDate"), "channel": channels}


def _first(answer: Answer, *names: str) -> Values:
    columns = [answer.values(name) for name in names]
    if all(isinstance(column, pa.Array) for column in columns):
        return pc.coalesce(*columns)
    return [next((v for v in values if v), None) for values in zip(*columns, strict=True)]


def _opportunity(answer: Answer) -> Columns:
    states = zip(
        answer.column("Type"),
        answer.column("IsClosed"),
        answer.column("IsWon"),
        answer.column("IsDeleted"),
        strict=True,
    )
    kinds, deleted = [], []
    for type_, closed, won, gone in states:
        kind = outcome(type_, won=true(won)) if true(closed) else None
        kinds.append(kind)
        deleted.append(true(gone) or kind is None)
    return {"kind": kinds, "deleted": deleted}


def outcome(type_: str | None, *, won: bool) -> str | None:
    """Return the kind of outcome of a closed opportunity by its Type; None: no outcome.

    A lost renewal is churn; a lost upsell ends nothing.

    Args:
        type_: The opportunity's Type.
        won: Whether it was won.
    """
    words = (type_ or "").casefold()
    for part, kind in WON_KINDS if won else LOST_KINDS:
        if part in words:
            return kind
    return "other" if won else None


_MAKERS: Mapping[str, Callable[[Answer], Columns]] = {
    "Task": _task,
    "Event": _event,
    "Opportunity": _opportunity,
}
