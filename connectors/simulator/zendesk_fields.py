"""Zendesk's custom fields: definitions, their rules, and the values that they accept."""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from .standin import Body
from .zendesk_errors import invalid_record, not_found
from .zendesk_store import stamp

TYPES = {
    "organization_fields": {
        "text", "textarea", "checkbox", "date", "integer", "decimal", "regexp", "dropdown",
        "lookup", "multiselect",
    },
    "ticket_fields": {
        "text", "textarea", "checkbox", "date", "integer", "decimal", "regexp", "tagger",
        "lookup", "multiselect",
    },
}  # fmt: skip
TYPES["user_fields"] = TYPES["organization_fields"]
CHOICES = {"dropdown", "tagger", "multiselect"}
KEY = re.compile(r"(?!\d+$)[A-Za-z0-9_]+")
NEW_POSITION = 9_999
FIRST_ID = 27_642_000


class BadValueError(ValueError):
    """A value that its field does not accept; says why in Zendesk's words."""


@dataclass(slots=True)
class Fields:
    """The custom fields of organizations, users or tickets.

    Attributes:
        name: ``organization_fields``, ``user_fields`` or ``ticket_fields``.
        host: Where ``url`` points.
        by_id: Definitions.
    """

    name: str
    host: str
    by_id: dict[int, Body] = field(default_factory=dict)
    _next: int = FIRST_ID

    @property
    def keyed(self) -> bool:
        """Whether values are kept by key; a ticket's are kept by id."""
        return self.name != "ticket_fields"

    def create(self, body: Body, now: float) -> Body:
        """Create a field.

        Raises:
            Refusal: 422 for a missing title, an unknown type, a bad or used key, bad options.
        """
        kind = body.get("type", "text")
        if kind not in TYPES[self.name]:
            raise invalid_record("type", f"Type: {kind} is not a valid type")
        if not body.get("title"):
            raise invalid_record("title", "Title: cannot be blank", "BlankValue")
        self._check_key(body)
        self._next += 1
        made = {
            "url": f"{self.host}/api/v2/{self.name}/{self._next}.json",
            "id": self._next,
            "type": kind,
            "title": body["title"],
            "raw_title": body["title"],
            "description": body.get("description", ""),
            "raw_description": body.get("description", ""),
            "position": NEW_POSITION,
            "active": True,
            "regexp_for_validation": body.get("regexp_for_validation"),
            "created_at": stamp(now),
            "updated_at": stamp(now),
        }
        if self.keyed:
            made |= {"key": body["key"], "system": False, "tag": body.get("tag")}
        if kind in CHOICES:
            made["custom_field_options"] = self._options(body.get("custom_field_options"), [])
        self.by_id[made["id"]] = made
        return made

    def change(self, field_id: int, body: Body, now: float) -> tuple[Body, list[str]]:
        """Change a field; return it and the option values that are gone.

        Every option that is not sent again with its id is deleted.

        Raises:
            Refusal: 404, or 422 for another key or type.
        """
        found = self.find(field_id)
        for name in ("key", "type"):  # unconfirmed
            if name in body and body[name] != found.get(name):
                raise invalid_record(name, f"{name.capitalize()}: cannot be changed")
        gone: list[str] = []
        if "custom_field_options" in body:
            before = found["custom_field_options"]
            options = self._options(body["custom_field_options"], before)
            kept = {option["id"] for option in options}
            gone = [option["value"] for option in before if option["id"] not in kept]
            found["custom_field_options"] = options
        for name in ("title", "description", "position", "active", "regexp_for_validation"):
            if name in body:
                found[name] = body[name]
                if name in {"title", "description"}:
                    found[f"raw_{name}"] = body[name]
        found["updated_at"] = stamp(now)
        return found, gone

    def find(self, field_id: int) -> Body:
        """Return a field, or refuse with 404."""
        if field_id not in self.by_id:
            raise not_found()
        return self.by_id[field_id]

    def by_key(self) -> dict[str, Body]:
        """Return keyed fields by key."""
        return {definition["key"]: definition for definition in self.by_id.values()}

    def _check_key(self, body: Body) -> None:
        if not self.keyed:
            return
        key = str(body.get("key", ""))
        if not KEY.fullmatch(key):
            raise invalid_record("key", f"Key: {key} may only hold letters, digits, underscores")
        if key in self.by_key():
            message = f"Key: {key} has already been taken"
            raise invalid_record("key", message, "DuplicateValue")

    def _options(self, sent: Any, before: Iterable[Body]) -> list[Body]:
        known = {option["id"]: option for option in before}
        options = []
        for option in sent or []:
            if not option.get("name") or not option.get("value"):
                raise invalid_record("custom_field_options", "Option: name and value are needed")
            if option.get("id") in known:
                option_id = option["id"]
            else:
                self._next += 1
                option_id = self._next
            options.append(
                {"id": option_id, "name": option["name"], "raw_name": option["name"],
                 "value": option["value"]}
            )  # fmt: skip
        if not options:
            raise invalid_record("custom_field_options", "Options: cannot be blank", "BlankValue")
        if len({option["value"] for option in options}) < len(options):
            message = "Options: values must be unique"
            raise invalid_record("custom_field_options", message, "DuplicateValue")
        return options


def accept(definition: Body, value: Any) -> Any:
    """Return a value as the field keeps it.

    Raises:
        BadValueError: not a value for this field.
    """
    if value is None or value == "":
        return False if definition["type"] == "checkbox" else None
    convert = _ACCEPT.get(definition["type"])
    if convert is None:
        return str(value)
    return convert(definition, value)


def _number(kind: type[int] | type[float]) -> Callable[[Body, Any], Any]:
    words = "an integer" if kind is int else "a decimal number"

    def convert(definition: Body, value: Any) -> Any:
        problem = BadValueError(f"{definition['title']}: must be {words}")
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise problem from None
        if isinstance(value, bool) or not math.isfinite(number) or number != kind(number):
            raise problem
        return kind(number)

    return convert


def _date(definition: Body, value: Any) -> str:
    try:
        return f"{date.fromisoformat(str(value)[:10])}T00:00:00+00:00"
    except ValueError:
        raise BadValueError(f"{definition['title']}: must be a date") from None


def _checkbox(definition: Body, value: Any) -> bool:
    if value in (True, "true", 1, "1"):
        return True
    if value in (False, "false", 0, "0"):
        return False
    raise BadValueError(f"{definition['title']}: must be true or false")


def _choice(definition: Body, value: Any) -> Any:
    allowed = {option["value"] for option in definition["custom_field_options"]}
    chosen = value if isinstance(value, list) else [value]
    if not allowed.issuperset(chosen):
        raise BadValueError(f"{definition['title']}: {value} is not a valid option")
    return value


def _regexp(definition: Body, value: Any) -> str:
    if not re.search(definition["regexp_for_validation"] or "", str(value)):
        raise BadValueError(f"{definition['title']}: is invalid")
    return str(value)


_ACCEPT: dict[str, Callable[[Body, Any], Any]] = {
    "integer": _number(int),
    "decimal": _number(float),
    "date": _date,
    "checkbox": _checkbox,
    "dropdown": _choice,
    "tagger": _choice,
    "multiselect": _choice,
    "regexp": _regexp,
}
