"""What is asked of each object: fields that are there, and the table that they fill."""

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.base import FieldSpec, Stream
from connectors.errors import SetupError
from connectors.mapping import FieldMap, TableMap

from .client import Client
from .fields import COMMON, OBJECTS
from .settings import Settings

STAMP = "SystemModstamp"


@dataclass(frozen=True, slots=True)
class Plan:
    """How one object is read.

    Attributes:
        entity: The object.
        map: Its fields as canonical columns.
        fields: What the query selects.
        given: Canonical columns that the settings map.
        own: Our own fields that are there, read into ``held``.
        changed: The stamp that increments go by.
        by_date: Whether that is a date without a time.
        formulas: Mapped fields that change without moving the stamp.
        absent: Usual fields that the organisation does not show.
    """

    entity: str
    map: TableMap
    fields: tuple[str, ...]
    given: frozenset[str] = frozenset()
    own: tuple[str, ...] = ()
    changed: str = STAMP
    by_date: bool = False
    formulas: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


def streams(settings: Settings) -> list[Stream]:
    """Return what the settings ask to be read, accounts first."""
    names = sorted(settings.streams, key=lambda name: name != "Account")
    own = [Stream(name, (OBJECTS[name].table,)) for name in names]
    return own + [Stream(name, (entry.table,)) for name, entry in settings.objects.items()]


def make_plan(
    entity: str, settings: Settings, client: Client, own_fields: Sequence[FieldSpec]
) -> Plan:
    """Describe an object and decide what to ask of it.

    Raises:
        SetupError: a field that a setting names is not there, or is one that we write.
    """
    known = _Known(client.describe(entity))
    own = {spec.name for spec in own_fields} if entity == "Account" else set[str]()
    extra: tuple[str, ...] = ()
    if entity in settings.objects:
        entry = settings.objects[entity]
        usual: Mapping[str, FieldMap | str] = COMMON
        given: Mapping[str, FieldMap] = entry.columns
        table, changed = entry.table, entry.changed or STAMP
        where = f"objects.{entity}"
    else:
        spec = OBJECTS[entity]
        usual, given = {**COMMON, **spec.columns}, settings.map.get(spec.table, {})
        table, extra, changed = spec.table, spec.extra, STAMP
        where = f"map.{table}"
    given = {k: v for k, v in given.items() if not _elsewhere(v, entity, known, settings, client)}
    _refuse(entity, where, given, known, own)
    if not known.has(changed):
        raise SetupError(f"Salesforce: {entity} has no field {changed} to read changes by")
    usual, absent = _shown(usual, known)
    mapped = TableMap(table, usual, given)
    extra = tuple(name for name in extra if known.has(name))
    held = tuple(spec.name for spec in own_fields if spec.name in own and known.has(spec.name))
    asked = dict.fromkeys(("Id", changed, "IsDeleted", *mapped.fields, *extra, *held))
    formulas = tuple(name for name in mapped.fields if known.is_formula(name))
    fields = tuple(name for name in asked if known.has(name))
    by_date = known.fields[changed.casefold()]["type"] == "date"
    return Plan(entity, mapped, fields, frozenset(given), held, changed, by_date, formulas, absent)


class _Known:
    """The fields of a description, found in any case as Salesforce does."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        self.fields = {field["name"].casefold(): field for field in description["fields"]}
        self.parents = {
            name.casefold()
            for field in description["fields"]
            if (name := field.get("relationshipName"))
        }

    def has(self, name: str) -> bool:
        head, _, tail = name.casefold().partition(".")
        return head in self.parents if tail else head in self.fields

    def is_formula(self, name: str) -> bool:
        return bool(self.fields.get(name.casefold(), {}).get("calculated"))

    def near(self, name: str) -> str:
        names = difflib.get_close_matches(name.casefold(), self.fields, 1)
        return f" Did you mean {self.fields[names[0]]['name']}?" if names else ""


def _shown(
    usual: Mapping[str, FieldMap | str], known: _Known
) -> tuple[dict[str, FieldMap | str], tuple[str, ...]]:
    """Leave out usual fields that are not there; return the rest, and their names."""
    kept: dict[str, FieldMap | str] = {}
    absent: list[str] = []
    for column, entry in usual.items():
        names = _names(entry)
        if all(known.has(name) for name in names):
            kept[column] = entry
        else:
            absent += names
    return kept, tuple(absent)


def _names(entry: FieldMap | str) -> Iterable[str]:
    return (entry,) if isinstance(entry, str) else entry.fields


def _elsewhere(
    entry: FieldMap, entity: str, known: _Known, settings: Settings, client: Client
) -> bool:
    """Whether a mapped field is missing here but there on another object of the same table."""
    if entity in settings.objects or all(known.has(name) for name in entry.fields):
        return False
    table = OBJECTS[entity].table
    others = [n for n in settings.streams if n != entity and OBJECTS[n].table == table]
    return any(
        all(_Known(client.describe(other)).has(name) for name in entry.fields) for other in others
    )


def _refuse(
    entity: str, where: str, given: Mapping[str, FieldMap], known: _Known, own: Collection[str]
) -> None:
    for column, entry in given.items():
        for name in entry.fields:
            if name in own:
                raise SetupError(
                    f"Salesforce: {where}.{column} reads {name}, which Pulsefield writes itself"
                )
            if not known.has(name):
                raise SetupError(
                    f"Salesforce: {entity} has no field {name}, which {where}.{column} names, or "
                    "the running user cannot see it (field-level security)."
                    f"{known.near(name)} Correct the setting, or grant Read on the field"
                )
