"""The company properties that Pulsefield owns: their state, and making what is missing."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.base import FieldSpec, FieldState, FieldType
from connectors.errors import SetupError

from .client import Body, Client
from .errors import RefusedError
from .settings import NAME, Settings

COMPANIES = "companies"
_CONFLICT = 409
# Our type -> HubSpot's type and field type; a score property cannot be made by the API.
_MADE: dict[FieldType, tuple[str, str]] = {
    "number": ("number", "number"),
    "text": ("string", "text"),
    "longtext": ("string", "textarea"),
    "datetime": ("datetime", "date"),
    "choice": ("enumeration", "select"),
}
_TEXTS = frozenset({("string", "text"), ("string", "textarea")})
# Existing properties that serve as well as one that we would make.
_FITS: dict[FieldType, frozenset[tuple[str, str]]] = {
    "number": frozenset({("number", "number")}),
    "text": _TEXTS,
    "longtext": _TEXTS,
    "datetime": frozenset({("datetime", "date")}),
    "choice": frozenset({("enumeration", "select"), ("enumeration", "radio")}),
}


def state_of(spec: FieldSpec, found: Mapping[str, Any] | None) -> FieldState:
    """Return a field's state from its definition; None: there is none."""
    if found is None:
        problem = None
        if not re.fullmatch(NAME, spec.name):
            problem = (
                f"HubSpot takes no property called {spec.name!r}: lower-case letters, digits and "
                "_ only, a letter first, at most 100; change the field's name in the settings"
            )
        return FieldState(spec.name, spec.type, exists=False, visible=False, writable=False,
                          problem=problem)  # fmt: skip
    kind = (str(found.get("type")), str(found.get("fieldType")))
    fixed = _fixed(found)
    fits = kind in _FITS[spec.type]
    problem = fixed or (None if fits else _other_type(spec, kind)) or _options(spec, found)
    type_ = spec.type if fits else f"{kind[0]}/{kind[1]}"
    return FieldState(spec.name, type_, exists=True, visible=True, writable=fixed is None,
                      problem=problem)  # fmt: skip


def _fixed(found: Mapping[str, Any]) -> str | None:
    """Say why nobody may write the property, if so."""
    name = found.get("name")
    metadata = found.get("modificationMetadata") or {}
    if found.get("calculated") or found.get("fieldType") == "calculation_equation":
        return f"{name} is a calculated property; HubSpot fills it itself. Use another field name"
    if metadata.get("readOnlyValue"):
        return f"{name} is a read-only property; HubSpot fills it itself. Use another field name"
    return None


def _other_type(spec: FieldSpec, kind: tuple[str, str]) -> str:
    wanted = "/".join(_MADE[spec.type])
    return (
        f"{spec.name} exists as {'/'.join(kind)}, and {wanted} is needed; rename it in HubSpot, "
        "or use another field name"
    )


def _options(spec: FieldSpec, found: Mapping[str, Any]) -> str | None:
    missing = missing_options(spec, found)
    if not missing:
        return None
    return (
        f"{spec.name} has no option {', '.join(repr(value) for value, _ in missing)}; "
        "`pulsefield fields` adds it"
    )


def missing_options(spec: FieldSpec, found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the options, value and label, that a choice's property lacks."""
    there = {str(option.get("value")) for option in found.get("options") or ()}
    return [option for option in spec.options if option[0] not in there]


def states(definitions: Iterable[Body], specs: Sequence[FieldSpec]) -> list[FieldState]:
    """Return the state of each field, in order."""
    by_name = {str(one.get("name")): one for one in definitions}
    return [state_of(spec, by_name.get(spec.name)) for spec in specs]


def create(client: Client, settings: Settings, specs: Sequence[FieldSpec]) -> set[str]:
    """Make the fields, and options, that are missing; return the names of fields made.

    Raises:
        SetupError: a field is there with another type, cannot be written, or may not be made.
            Nothing has been made then.
    """
    by_name = {str(one.get("name")): one for one in client.definitions(COMPANIES)}
    found = [(spec, by_name.get(spec.name)) for spec in specs]
    problems = [problem for spec, one in found if (problem := _unusable(spec, one))]
    if problems:
        raise SetupError("HubSpot: " + "; ".join(problems))
    missing = [spec for spec, one in found if one is None]
    if missing:
        _make_group(client, settings)
    made = {spec.name for spec in missing if _make(client, spec, settings.group)}
    for spec, one in found:
        if one is not None and missing_options(spec, one):
            _add_options(client, spec, one)
    return made


def _unusable(spec: FieldSpec, found: Mapping[str, Any] | None) -> str | None:
    """Return a problem that making what is missing does not solve."""
    state = state_of(spec, found)
    growing = found is not None and state.writable and state.type == spec.type
    return None if growing else state.problem


def _make_group(client: Client, settings: Settings) -> None:
    """Make the group; a property cannot be made in one that is not there."""
    group = {"name": settings.group, "label": settings.group_label, "displayOrder": -1}
    try:
        client.create_group(COMPANIES, group)
    except RefusedError as error:
        if error.status != _CONFLICT:  # it is there already
            raise SetupError(f"{error}; the group {settings.group} cannot be made") from error


def _make(client: Client, spec: FieldSpec, group: str) -> bool:
    """Make a property; return False if somebody was faster: its type is compared afterwards."""
    type_, field_type = _MADE[spec.type]
    body: Body = {
        "name": spec.name,
        "label": spec.label,
        "description": spec.help,
        "groupName": group,
        "type": type_,
        "fieldType": field_type,
    }
    if spec.type == "choice":
        body["options"] = [_option(*option, order) for order, option in enumerate(spec.options)]
    try:
        client.create_property(COMPANIES, body)
    except RefusedError as error:
        if error.status != _CONFLICT:
            raise SetupError(f"{error}; the property {spec.name} cannot be made") from error
        return False
    return True


def _option(value: str, label: str, order: int) -> Body:
    return {"value": value, "label": label, "displayOrder": order, "hidden": False}


def _add_options(client: Client, spec: FieldSpec, found: Mapping[str, Any]) -> None:
    """Add options; HubSpot replaces the whole list, so the ones that are there go along."""
    there = list(found.get("options") or ())
    extra = [
        _option(value, label, len(there) + order)
        for order, (value, label) in enumerate(missing_options(spec, found))
    ]
    try:
        client.update_property(COMPANIES, spec.name, {"options": [*there, *extra]})
    except RefusedError as error:
        raise SetupError(f"{error}; the options of {spec.name} cannot be changed") from error
