"""Organization fields: what types ours become, how values travel, creating and checking them."""

from collections.abc import Mapping, Sequence
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
_PATH = "/api/v2/organization_fields"


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
    """The account's organization fields."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def read(self) -> dict[str, dict[str, Any]]:
        """Return all organization fields by key.

        Raises:
            SetupError: the running user may not see them.
        """
        found: dict[str, dict[str, Any]] = {}
        params: dict[str, Any] = {"page[size]": _PAGE}
        while True:
            body = self._http.json("GET", _PATH, params=params, operation="fields")
            self._http.stats.count("fields", least=1)
            if not isinstance(body, dict) or not isinstance(body.get("organization_fields"), list):
                raise SetupError(f"Zendesk: {_PATH} brought no fields; check base_url")
            found |= {str(field.get("key")): field for field in body["organization_fields"]}
            meta = body.get("meta") or {}
            after = meta.get("after_cursor")
            if not meta.get("has_more") or after in {None, params.get("page[after]")}:
                return found
            params = params | {"page[after]": after}

    def states(self, specs: Sequence[FieldSpec]) -> list[FieldState]:
        """Return the state of each field, in order."""
        known = self.read()
        return [_state(spec, known.get(spec.name)) for spec in specs]

    def create(self, specs: Sequence[FieldSpec]) -> list[FieldState]:
        """Create what is missing, and options that a dropdown lacks.

        Raises:
            SetupError: a field exists with another type; nothing was created then.
        """
        known = self.read()
        for spec in specs:
            state = _state(spec, known.get(spec.name))
            if state.problem and not _lacking(spec, known[spec.name]):
                raise SetupError(f"Zendesk: {spec.name}: {state.problem}")
        for spec in specs:
            if spec.name not in known:
                self._send("POST", _PATH, _definition(spec), spec.name)
            elif _lacking(spec, known[spec.name]):
                self._extend(spec, known[spec.name])
        return self.states(specs)

    def _extend(self, spec: FieldSpec, field: Mapping[str, Any]) -> None:
        """Add options; all others go along with their ids, else their data would be deleted."""
        kept = [
            {"id": option["id"], "name": option["name"], "value": option["value"]}
            for option in field.get("custom_field_options") or ()
        ]
        options = kept + _options(spec, _lacking(spec, field))
        self._send("PUT", f"{_PATH}/{field['id']}", {"custom_field_options": options}, spec.name)

    def _send(self, method: str, path: str, field: Mapping[str, Any], name: str) -> None:
        try:
            self._http.json(
                method, path, json={"organization_field": field}, operation="create fields"
            )
        except RequestError as error:
            raise SetupError(f"{error} (organization field {name!r})") from None
        self._http.stats.count("create fields", least=1)


def _definition(spec: FieldSpec) -> dict[str, Any]:
    field: dict[str, Any] = {
        "type": TYPES[spec.type],
        "key": spec.name,
        "title": spec.label,
        "description": spec.help,
    }
    if spec.type == "choice":
        field["custom_field_options"] = _options(spec, [option for option, _ in spec.options])
    return field


def _options(spec: FieldSpec, wanted: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"name": label, "value": tag(spec.name, option)}
        for option, label in spec.options
        if option in wanted
    ]


def _lacking(spec: FieldSpec, field: Mapping[str, Any]) -> list[str]:
    """Return options that a dropdown does not offer yet."""
    if spec.type != "choice" or field.get("type") != "dropdown":
        return []
    there = {option.get("value") for option in field.get("custom_field_options") or ()}
    return [option for option, _ in spec.options if tag(spec.name, option) not in there]


def _state(spec: FieldSpec, field: Mapping[str, Any] | None) -> FieldState:
    if field is None:
        return FieldState(spec.name, "", exists=False, visible=False, writable=False)
    found, wanted = str(field.get("type")), TYPES[spec.type]
    problem = None
    if found != wanted:
        problem = (
            f"exists with type {found}, and must be {wanted}; a type cannot be changed: give our "
            "field another name, or delete the old field"
        )
    elif field.get("active") is False:
        problem = "is not active; activate it in Admin Center > People > Organization fields"
    elif lacking := _lacking(spec, field):
        problem = f"lacks the options {', '.join(lacking)}; pulsefield fields --create adds them"
    kind = spec.type if found == wanted else found
    return FieldState(spec.name, kind, exists=True, visible=True, writable=True, problem=problem)
