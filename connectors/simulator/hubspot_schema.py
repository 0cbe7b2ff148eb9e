"""HubSpot's object types and properties: definitions, their rules, and the check of values."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from .hubspot_errors import conflict, invalid, not_found, property_problem
from .standin import Body

# type -> the field types that fit it; the pairs come from HubSpot's documentation.
FIELD_TYPES: dict[str, tuple[str, ...]] = {
    "bool": ("booleancheckbox", "calculation_equation"),
    "date": ("date",),
    "datetime": ("date", "calculation_equation"),
    "enumeration": ("booleancheckbox", "checkbox", "radio", "select", "calculation_equation"),
    "number": ("number", "calculation_equation"),
    "phone_number": ("phonenumber",),
    "string": ("text", "textarea", "html", "file", "phonenumber", "calculation_equation"),
}
REQUIRED = ("name", "label", "groupName", "type", "fieldType")
NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")  # unconfirmed: the length
TEXT_LIMIT = 65_536


@dataclass(slots=True)
class Property:
    """One property of an object type.

    Attributes:
        definition: As the API shows it.
        read_only: HubSpot sets it itself, or calculates it.
    """

    definition: Body
    read_only: bool = False

    @property
    def type(self) -> str:
        """The ``type`` member."""
        return str(self.definition["type"])

    def problem(self, value: str) -> Body | None:
        """Return what is wrong with a new value; ``""`` clears and is always right."""
        name = self.definition["name"]
        if self.read_only:
            message = f'"{name}" is a read only property; its value cannot be set.'
            return property_problem(name, "READ_ONLY_VALUE", message)
        if value == "":
            return None
        if self.type == "enumeration":
            return self._option_problem(value)
        code = _PROBLEMS[self.type](value)
        return (
            property_problem(name, code, f"{value} was not a valid {self.type}.") if code else None
        )

    def _option_problem(self, value: str) -> Body | None:
        allowed = [option["value"] for option in self.definition["options"]]
        multiple = self.definition["fieldType"] == "checkbox"
        chosen = [part for part in value.split(";") if part] if multiple else [value]
        bad = [part for part in chosen if part not in allowed]
        if not bad:
            return None
        message = f"{bad[0]} was not one of the allowed options: {allowed}"
        return property_problem(self.definition["name"], "INVALID_OPTION", message)


def _number_problem(value: str) -> str | None:
    return None if re.fullmatch(r"-?\d*\.?\d+(E-?\d+)?", value) else "INVALID_NUMBER"


def _bool_problem(value: str) -> str | None:
    return None if value in {"true", "false"} else "INVALID_BOOLEAN"


def _text_problem(value: str) -> str | None:
    return "PROPERTY_VALUE_TOO_LONG" if len(value) > TEXT_LIMIT else None


def _time_problem(value: str) -> str | None:
    try:
        millis(value)
    except ValueError:
        return "INVALID_DATE"
    return None


def _date_problem(value: str) -> str | None:
    try:
        if value.lstrip("-").isdigit():
            return None if int(value) % 86_400_000 == 0 else "INVALID_DATE"
        date.fromisoformat(value)
    except ValueError:
        return "INVALID_DATE"
    return None


_PROBLEMS = {
    "bool": _bool_problem,
    "date": _date_problem,
    "datetime": _time_problem,
    "number": _number_problem,
    "phone_number": _text_problem,
    "string": _text_problem,
}


def millis(value: str) -> int:
    """Return epoch milliseconds of an ISO time or of milliseconds as text.

    Raises:
        ValueError: neither.
    """
    if value.lstrip("-").isdigit():
        return int(value)
    moment = datetime.fromisoformat(value)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)


def iso(moment: datetime) -> str:
    """Return a UTC time as HubSpot writes it: ``2026-11-21T10:00:00.000Z``."""
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def define(name: str, kind: str, group: str, **more: object) -> Property:
    """Define one of HubSpot's own properties, or one that an admin made.

    Args:
        name: Internal name.
        kind: ``type/fieldType``, or ``type`` alone for its first field type.
        group: Group name.
        more: ``options`` (values), ``read_only``, ``own`` (made by an admin), ``unique``.
    """
    type_, _, field_type = kind.partition("/")
    values: Sequence[str] = more.get("options", ())  # type: ignore[assignment]
    definition = {
        "name": name,
        "label": name.removeprefix("hs_").replace("_", " ").capitalize(),
        "type": type_,
        "fieldType": field_type or FIELD_TYPES[type_][0],
        "groupName": group,
        "description": "",
        "displayOrder": -1,
        "options": [_option(value, value, order) for order, value in enumerate(values)],
        "hasUniqueValue": bool(more.get("unique")),
        "hidden": False,
        "formField": False,
        "archived": False,
        "hubspotDefined": not more.get("own"),
        "calculated": field_type == "calculation_equation",
    }
    read_only = bool(more.get("read_only")) or field_type == "calculation_equation"
    return Property(_with_metadata(definition, read_only=read_only), read_only)


def _option(value: str, label: str, order: int) -> Body:
    return {"label": label, "value": value, "displayOrder": order, "hidden": False}


def _with_metadata(definition: Body, *, read_only: bool) -> Body:
    definition["modificationMetadata"] = {
        "archivable": not definition.get("hubspotDefined"),
        "readOnlyDefinition": bool(definition.get("hubspotDefined")),
        "readOnlyValue": read_only,
    }
    return definition


@dataclass(slots=True)
class Schema:
    """Properties and groups of one object type.

    Attributes:
        properties: By name.
        groups: Group definitions by name.
    """

    properties: dict[str, Property]
    groups: dict[str, Body] = field(default_factory=dict)

    def create(self, body: Body) -> Property:
        """Create a property.

        Raises:
            Refusal: 400 for a rule broken, 404 for an unknown group, 409 where it exists.
        """
        missing = [key for key in REQUIRED if not body.get(key)]
        if missing:
            raise invalid(f"Some required fields were not set: {missing}")
        self._check_shape(body)
        name = body["name"]
        if name in self.properties:
            raise conflict(f'A property named "{name}" already exists.')
        definition = {
            "description": "",
            "displayOrder": -1,
            "hasUniqueValue": False,
            "hidden": False,
            "formField": False,
            **body,
            "options": _checked_options(body),
            "archived": False,
            "hubspotDefined": False,
            "calculated": body["fieldType"] == "calculation_equation",
        }
        read_only = definition["calculated"]
        self.properties[name] = Property(_with_metadata(definition, read_only=read_only), read_only)
        return self.properties[name]

    def change(self, name: str, body: Body) -> Property:
        """Change a property's label, group, description or options.

        Raises:
            Refusal: 404 unknown, 400 for what cannot be changed.
        """
        found = self.find(name)
        if found.definition["hubspotDefined"]:
            raise invalid(f'"{name}" is defined by HubSpot and cannot be changed.')
        if {"name", "hasUniqueValue"} & body.keys():
            raise invalid("name and hasUniqueValue cannot be changed.")
        merged = {**found.definition, **body}
        self._check_shape(merged)
        merged["options"] = _checked_options(merged)
        found.definition = merged
        return found

    def find(self, name: str) -> Property:
        """Return a property, or refuse with 404."""
        if name not in self.properties:
            raise not_found(f'Property "{name}" does not exist.')
        return self.properties[name]

    def create_group(self, body: Body) -> Body:
        """Create a group; 400 without name and label, 409 where it exists."""
        if not (body.get("name") and body.get("label")):
            raise invalid("Some required fields were not set: name, label")
        name = body["name"]
        if name in self.groups:
            raise conflict(f'A property group named "{name}" already exists.')
        order = body.get("displayOrder", -1)
        self.groups[name] = {
            "name": name,
            "label": body["label"],
            "displayOrder": order,
            "archived": False,
        }
        return self.groups[name]

    def _check_shape(self, body: Body) -> None:
        if not NAME.fullmatch(str(body["name"])):
            raise invalid(f'The property name "{body["name"]}" is not allowed.')
        fits = FIELD_TYPES.get(body["type"])
        if fits is None:
            raise invalid(f"Cannot deserialize type {body['type']}: not one of {[*FIELD_TYPES]}")
        if body["fieldType"] not in fits:
            raise invalid(f"fieldType {body['fieldType']} does not match type {body['type']}")
        if body["fieldType"] == "calculation_equation" and not body.get("calculationFormula"):
            raise invalid("calculationFormula is required for calculation_equation")
        if body["groupName"] not in self.groups:
            raise not_found(f'Property group "{body["groupName"]}" does not exist.')


def _checked_options(body: Body) -> list[Body]:
    options = body.get("options") or []
    if body["type"] == "enumeration" and not options:
        raise invalid("Enumeration properties require options.")
    if body["type"] not in {"enumeration", "bool"} and options:
        raise invalid(f"Options are not allowed for type {body['type']}.")
    for option in options:
        missing = [key for key in ("label", "value", "hidden") if key not in option]
        if missing:
            raise invalid(f"Some required fields were not set: {missing} of an option")
    for key in ("label", "value"):
        if len({option[key] for option in options}) < len(options):
            raise invalid(f"Option {key}s must be unique.")
    return [{"displayOrder": order, **option} for order, option in enumerate(options)]
