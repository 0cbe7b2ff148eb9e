"""Our fields in the target: compared with what is there, created, and granted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors.base import FieldSpec, FieldState
from connectors.errors import RequestError, SetupError

from .client import Client
from .rules import error_of

ENTITY = "Account"
OPERATION = "create fields"
_COMPOSITE = 25  # requests in one composite
_LABEL, _HELP = 40, 510  # characters # unconfirmed
_PRECISION = 18  # the most that a Number field has
_SHORT_TEXT = 255
_LONG_TEXT = 32_768
_READ_ONLY = "is read-only for the running user"
_WORDS = {
    "double": "number",
    "currency": "number",
    "percent": "number",
    "int": "number",
    "string": "text",
    "datetime": "datetime",
    "picklist": "choice",
}
# Text may stand where a choice is meant, and a long text where a short one is.
_FITS = {"text": {"text", "longtext"}, "choice": {"choice", "text"}}


def states(specs: Sequence[FieldSpec], described: Mapping[str, Any]) -> list[FieldState]:
    """Return the state of each field in an object's description, in order.

    A field that is there but hidden from the running user looks like a missing one; creating it
    tells, and grants what is missing.
    """
    fields = {field["name"].casefold(): field for field in described["fields"]}
    return [_state(spec, fields.get(spec.name.casefold())) for spec in specs]


def _state(spec: FieldSpec, field: Mapping[str, Any] | None) -> FieldState:
    if field is None:
        return FieldState(spec.name, spec.type, exists=False, visible=False, writable=False)
    return FieldState(
        spec.name,
        _type(field),
        exists=True,
        visible=True,
        writable=bool(field.get("updateable")),
        problem=_problem(spec, field),
    )


def _type(field: Mapping[str, Any]) -> str:
    if field["type"] == "textarea":
        return "longtext" if field.get("length", 0) > _SHORT_TEXT else "text"
    return _WORDS.get(field["type"], str(field["type"]))


def _problem(spec: FieldSpec, field: Mapping[str, Any]) -> str | None:
    name, kind = f"{ENTITY}.{spec.name}", _type(field)
    if field.get("calculated"):
        return f"{name} is a formula, which nobody can write; configure another field name"
    if kind not in _FITS.get(spec.type, {spec.type}):
        return f"{name} is of type {field['type']}, not {spec.type}; configure another field name"
    narrow = _narrow(spec, field)
    if narrow:
        return f"{name} {narrow}"
    if field.get("updateable"):
        return None
    if not field.get("custom", True):
        return f"{name} is a read-only standard field; configure another field name"
    return f"{name} {_READ_ONLY}; grant Edit on it (field-level security)"


def _narrow(spec: FieldSpec, field: Mapping[str, Any]) -> str | None:
    """Return why a field of the right type cannot hold every value."""
    if spec.type == "number":
        scale = 0 if field["type"] == "int" else field.get("scale", spec.decimals)
        if scale < spec.decimals:
            return (
                f"keeps {scale} decimals where {spec.decimals} are written, and Salesforce rounds "
                "in silence; change the field, or configure fewer decimals"
            )
    if spec.type == "choice" and field.get("restrictedPicklist"):
        there = {value["value"] for value in field.get("picklistValues", [])}
        missing = [value for value, _ in spec.options if value not in there]
        if missing:
            return f"does not allow {', '.join(missing)}; add these picklist values to it"
    return None


def _only_permission(state: FieldState) -> bool:
    """Whether granting is all that a field needs."""
    return state.problem is not None and _READ_ONLY in state.problem


class Creator:
    """Creates and grants fields.

    Args:
        client: The organisation.
        permission_set: Name of the set that grants them.
    """

    def __init__(self, client: Client, permission_set: str) -> None:
        self._client = client
        self._set = permission_set

    def create(self, specs: Sequence[FieldSpec]) -> list[FieldState]:
        """Create what is missing, grant what the running user needs; return the new states.

        Raises:
            SetupError: a field is there with another type, or the user may not create one.
        """
        before = states(specs, self._client.describe(ENTITY, fresh=True))
        bad = [s.problem for s in before if s.problem and not _only_permission(s)]
        if bad:
            raise SetupError(f"Salesforce: {'; '.join(bad)}. Nothing was created")
        wanted = [spec for spec, state in zip(specs, before, strict=True) if not state.writable]
        if not wanted:
            return before
        missing = [spec for spec, state in zip(specs, before, strict=True) if not state.exists]
        made = {spec.name for spec in missing if self._field(spec)}
        self._grant([spec.name for spec in wanted])
        after = states(specs, self._client.describe(ENTITY, fresh=True))
        return [replace(state, created=state.name in made) for state in after]

    def _field(self, spec: FieldSpec) -> bool:
        """Create a field; return False if it is there, but hidden: it is granted next."""
        body = {"FullName": f"{ENTITY}.{spec.name}", "Metadata": metadata(spec)}
        try:
            self._client.create_field(body)
        except RequestError as error:
            if error.code != "DUPLICATE_DEVELOPER_NAME":
                raise SetupError(
                    f"{error}; {ENTITY}.{spec.name} cannot be created. The running user needs "
                    "Customize Application, or an administrator creates it by hand"
                ) from None
            return False
        return True

    def _grant(self, names: Sequence[str]) -> None:
        """Grant read and edit through our permission set, assigned to the running user."""
        parent = self._permission_set()
        user = self._client.user_id()
        have = self._query(f"SELECT Field FROM FieldPermissions WHERE ParentId = '{parent}'")  # noqa: S608 - the id came from Salesforce
        there = {row["Field"] for row in have}
        requests: list[tuple[str, Mapping[str, Any]]] = [
            ("FieldPermissions", {
                "ParentId": parent,
                "SobjectType": ENTITY,
                "Field": f"{ENTITY}.{name}",
                "PermissionsRead": True,
                "PermissionsEdit": True,
            })
            for name in names
            if f"{ENTITY}.{name}" not in there
        ]  # fmt: skip
        assigned = self._query(
            "SELECT Id FROM PermissionSetAssignment "  # noqa: S608 - the ids came from Salesforce
            f"WHERE PermissionSetId = '{parent}' AND AssigneeId = '{user}'"
        )
        if not assigned:
            link = {"PermissionSetId": parent, "AssigneeId": user}
            requests.append(("PermissionSetAssignment", link))
        self._composite(requests)

    def _permission_set(self) -> str:
        found = self._query(f"SELECT Id FROM PermissionSet WHERE Name = '{self._set}'")  # noqa: S608 - the name is letters, digits, underscores
        if found:
            return str(found[0]["Id"])
        body = {"Name": self._set, "Label": self._set.replace("_", " "),
                "Description": "Lets Pulsefield write its score fields."}  # fmt: skip
        made = self._client.rest("POST", "sobjects/PermissionSet", OPERATION, json=body)
        return str(made["id"])

    def _query(self, soql: str) -> list[dict[str, Any]]:
        return list(self._client.query(soql, OPERATION)["records"])

    def _composite(self, requests: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        for part in _parts(requests):
            body = {
                "allOrNone": False,
                "compositeRequest": [
                    {
                        "method": "POST",
                        "url": f"/{self._client.data}/sobjects/{entity}",
                        "referenceId": f"r{number}",
                        "body": dict(values),
                    }
                    for number, (entity, values) in enumerate(part)
                ],
            }
            answer = self._client.rest("POST", "composite", OPERATION, json=body)
            for (entity, values), sub in zip(part, answer["compositeResponse"], strict=True):
                _refuse(entity, values, sub)


def _parts(
    requests: Sequence[tuple[str, Mapping[str, Any]]],
) -> Iterator[Sequence[tuple[str, Mapping[str, Any]]]]:
    for start in range(0, len(requests), _COMPOSITE):
        yield requests[start : start + _COMPOSITE]


def _refuse(entity: str, values: Mapping[str, Any], sub: Mapping[str, Any]) -> None:
    """Raise if a part of a composite failed; its own status stands inside a 200."""
    if sub["httpStatusCode"] < 400:  # noqa: PLR2004 - where errors begin
        return
    body = sub.get("body")
    code, reason = error_of(body[0]) if isinstance(body, list) and body else ("UNKNOWN", "")
    if "DUPLICATE" in code:
        return
    what = values.get("Field", "the permission set")
    raise SetupError(
        f"Salesforce: {entity} for {what} cannot be granted, {code} ({reason}). The running user "
        "needs Manage Profiles and Permission Sets, or an administrator grants it by hand"
    )


def metadata(spec: FieldSpec) -> dict[str, Any]:
    """Return a new field's definition as the Tooling API takes it."""
    common = {
        "label": spec.label[:_LABEL],
        "inlineHelpText": spec.help[:_HELP],
        "description": "Written by Pulsefield.",
        "required": False,
    }
    kinds: dict[str, dict[str, Any]] = {
        "number": {"type": "Number", "precision": _PRECISION, "scale": spec.decimals},
        "text": {"type": "Text", "length": _SHORT_TEXT},
        "longtext": {"type": "LongTextArea", "length": _LONG_TEXT, "visibleLines": 6},
        "datetime": {"type": "DateTime"},
        "choice": {"type": "Picklist", "valueSet": _value_set(spec)},
    }
    return common | kinds[spec.type]


def _value_set(spec: FieldSpec) -> dict[str, Any]:
    values = [{"fullName": v, "label": label, "default": False} for v, label in spec.options]
    return {"restricted": True, "valueSetDefinition": {"sorted": False, "value": values}}
