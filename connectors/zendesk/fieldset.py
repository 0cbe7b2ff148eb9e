"""Custom fields: what types ours become, how values travel, creating and checking them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connectors.base import FieldSpec, FieldState
from connectors.errors import RequestError, SetupError
from connectors.http import Http

# A datetime is kept as text: Zendesk's date fields have no time of day.
TYPES: Mapping[str, str] = {
    "number": "decimal",
    "text": "text",
    "longtext": "textarea",
    "datetime": "text",
    "choice": "dropdown",
}
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """Custom fields of one object.

    Attributes:
        member: The word in paths and bodies, singular.
        name: What tells fields apart: a key, or the title where they have no key.
        types: Our type -> Zendesk's.
        place: Where people find them.
    """

    member: str
    name: str
    types: Mapping[str, str]
    place: str

    @property
    def path(self) -> str:
        """Where they are listed."""
        return f"/api/v2/{self.member}s"

    def of(self, spec: FieldSpec) -> str:
        """Return what a field of ours is found by."""
        return spec.name if self.name == "key" else spec.label

    @property
    def words(self) -> str:
        """What they are called in messages."""
        return self.member.replace("_", " ")


ORGANIZATION = Kind(
    "organization_field", "key", TYPES, "Admin Center > People > Organization fields"
)
USER = Kind("user_field", "key", TYPES, "Admin Center > People > User fields")
TICKET = Kind(
    "ticket_field",
    "title",
    {**TYPES, "choice": "tagger"},
    "Admin Center > Objects and rules > Tickets > Fields",
)


def tag(field: str, option: str) -> str:
    """Return a dropdown option's value, unique in the account.

    These values become tags of organizations and tickets.
    """
    return f"{field}_{option}".replace(" ", "_").casefold()


def value_text(spec: FieldSpec, value: Any) -> str | None:
    """Return the canonical text of what an organization holds."""
    if spec.type == "choice" and value:
        back = {tag(spec.name, option): option for option, _ in spec.options}
        return back.get(str(value), str(value))
    return spec.to_text(value)


def payload(spec: FieldSpec | None, name: str, text: str | None) -> Any:
    """Return the JSON value of a canonical text; null clears a field."""
    if text is None or spec is None:
        return text  # null clears a field # unconfirmed
    if spec.type == "number":
        return float(text)
    return tag(name, text) if spec.type == "choice" else text


class FieldSet:
    """The account's custom fields of one object.

    Args:
        http: The connection.
        kind: Which object's.
    """

    def __init__(self, http: Http, kind: Kind = ORGANIZATION) -> None:
        self._http = http
        self._kind = kind
        self._known: dict[str, dict[str, Any]] | None = None

    def known(self) -> dict[str, dict[str, Any]]:
        """Return what ``read`` brought last; reads if it never was called."""
        return self.read() if self._known is None else self._known

    def absent(self, names: Iterable[str]) -> list[str]:
        """Return the fields that are not there, or not active: values for them are ignored."""
        active = {name for name, field in self.known().items() if field.get("active") is not False}
        return [name for name in names if name not in active]

    def read(self) -> dict[str, dict[str, Any]]:
        """Return all fields by what tells them apart.

        Raises:
            SetupError: the running user may not see them.
        """
        found: dict[str, dict[str, Any]] = {}
        params: dict[str, Any] = {"page[size]": _PAGE}
        path = self._kind.path
        while True:
            body = self._http.json("GET", path, params=params, operation="fields")
            self._http.stats.count("fields", least=1)
            rows = body.get(f"{self._kind.member}s") if isinstance(body, dict) else None
            if not isinstance(rows, list):
                raise SetupError(f"Zendesk: {path} brought no fields; check base_url")
            found |= {str(field.get(self._kind.name)): field for field in rows}
            meta = body.get("meta") or {}
            after = meta.get("after_cursor")
            if not meta.get("has_more") or after in {None, params.get("page[after]")}:
                self._known = found
                return found
            params = params | {"page[after]": after}

    def states(self, specs: Sequence[FieldSpec]) -> list[FieldState]:
        """Return the state of each field, in order."""
        known = self.read()
        return [self._state(spec, known.get(self._kind.of(spec))) for spec in specs]

    def create(self, specs: Sequence[FieldSpec]) -> list[FieldState]:
        """Create what is missing, and options that a dropdown lacks.

        Raises:
            SetupError: a field exists with another type; nothing was created then.
        """
        known = self.read()
        found = [(spec, known.get(self._kind.of(spec))) for spec in specs]
        for spec, field in found:
            state = self._state(spec, field)
            if state.problem and not (field and self._lacking(spec, field)):
                raise SetupError(f"Zendesk: {self._kind.of(spec)}: {state.problem}")
        for spec, field in found:
            if field is None:
                self._send("POST", self._kind.path, self._definition(spec), spec)
            elif self._lacking(spec, field):
                self._extend(spec, field)
        made = {self._kind.of(spec) for spec, field in found if field is None}
        return [replace(state, created=state.name in made) for state in self.states(specs)]

    def _extend(self, spec: FieldSpec, field: Mapping[str, Any]) -> None:
        """Add options; all others go along with their ids, else their data would be deleted."""
        kept = [
            {"id": option["id"], "name": option["name"], "value": option["value"]}
            for option in field.get("custom_field_options") or ()
        ]
        options = kept + _options(spec, self._lacking(spec, field))
        path = f"{self._kind.path}/{field['id']}"
        self._send("PUT", path, {"custom_field_options": options}, spec)

    def _send(self, method: str, path: str, field: Mapping[str, Any], spec: FieldSpec) -> None:
        body = {self._kind.member: field}
        try:
            self._http.json(method, path, json=body, operation="create fields")
        except RequestError as error:
            raise SetupError(f"{error} ({self._kind.words} {self._kind.of(spec)!r})") from None
        self._http.stats.count("create fields", least=1)

    def _definition(self, spec: FieldSpec) -> dict[str, Any]:
        field: dict[str, Any] = {
            "type": self._kind.types[spec.type],
            "title": spec.label,
            "description": spec.help,
        }
        if self._kind.name == "key":
            field["key"] = spec.name
        if spec.type == "choice":
            field["custom_field_options"] = _options(spec, [option for option, _ in spec.options])
        return field

    def _lacking(self, spec: FieldSpec, field: Mapping[str, Any]) -> list[str]:
        """Return options that a dropdown does not offer yet."""
        if spec.type != "choice" or field.get("type") != self._kind.types["choice"]:
            return []
        there = {option.get("value") for option in field.get("custom_field_options") or ()}
        return [option for option, _ in spec.options if tag(spec.name, option) not in there]

    def _state(self, spec: FieldSpec, field: Mapping[str, Any] | None) -> FieldState:
        name = self._kind.of(spec)
        if field is None:
            return FieldState(name, "", exists=False, visible=False, writable=False)
        found, wanted = str(field.get("type")), self._kind.types[spec.type]
        problem = None
        if found != wanted:
            problem = (
                f"exists with type {found}, and must be {wanted}; a type cannot be changed: give "
                "our field another name, or delete the old field"
            )
        elif field.get("active") is False:
            problem = f"is not active; activate it in {self._kind.place}"
        elif lacking := self._lacking(spec, field):
            problem = (
                f"lacks the options {', '.join(lacking)}; pulsefield fields --create adds them"
            )
        kind = spec.type if found == wanted else found
        return FieldState(name, kind, exists=True, visible=True, writable=True, problem=problem)


def _options(spec: FieldSpec, wanted: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"name": label, "value": tag(spec.name, option)}
        for option, label in spec.options
        if option in wanted
    ]
