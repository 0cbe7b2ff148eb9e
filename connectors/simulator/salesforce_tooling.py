"""Creation of custom fields through the Tooling API."""

import re
from typing import Any

from .salesforce_errors import refuse
from .salesforce_org import Org
from .salesforce_schema import Field

TYPES = {
    "Number": "double", "Text": "string", "LongTextArea": "textarea", "DateTime": "datetime",
    "Date": "date", "Picklist": "picklist", "Checkbox": "boolean", "Percent": "percent",
    "Currency": "currency",
}  # fmt: skip
MAX_NAME = 40
MAX_PRECISION = 18
MAX_TEXT = 255
MAX_LONG_TEXT = 131_072
_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c")


def create_field(org: Org, body: Any) -> dict[str, Any]:
    """Create a custom field that nobody sees until field permissions are granted.

    Raises:
        Refusal: a name, type or number that Salesforce does not take.
    """
    full = str(body.get("FullName", ""))
    entity, _, name = full.partition(".")
    meta = body.get("Metadata")
    if not isinstance(meta, dict) or not name:
        raise refuse(
            400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [FullName, Metadata]"
        )
    table = org.table(entity)
    if not _NAME.fullmatch(name) or len(name.removesuffix("__c")) > MAX_NAME:
        raise _integrity(
            f"The Custom Field API Name '{name}' is not valid: it must begin with a letter, hold "
            "only alphanumeric characters and single underscores, not end with one, and be at "
            f"most {MAX_NAME} characters long",
        )
    if table.schema.find(name):
        raise refuse(
            400, "DUPLICATE_DEVELOPER_NAME",
            f"There is already a field named {name.removesuffix('__c')} on {entity}.",
        )  # fmt: skip
    org.add_field(table.schema.name, _field(name, meta), visible=False)
    ref = org.next_id("CustomField")
    return {"id": ref, "success": True, "errors": [], "warnings": [], "infos": []}


def _integrity(message: str) -> Exception:
    return refuse(400, "FIELD_INTEGRITY_EXCEPTION", message)


def _field(name: str, meta: dict[str, Any]) -> Field:
    kind, label = meta.get("type"), meta.get("label")
    if kind not in TYPES:
        raise _integrity(f"Unknown field type: {kind}")
    if not label:
        raise _integrity(f"Must specify a label for field {name}")
    made = Field(name, label, TYPES[kind], help=meta.get("inlineHelpText"))
    if kind in {"Number", "Percent", "Currency"}:
        _digits(made, meta)
    elif kind in {"Text", "LongTextArea"}:
        _length(made, meta, kind)
    elif kind == "Picklist":
        _values(made, meta)
    made.external = bool(meta.get("externalId"))
    return made


def _digits(made: Field, meta: dict[str, Any]) -> None:
    precision, scale = meta.get("precision"), meta.get("scale")
    if not isinstance(precision, int) or not isinstance(scale, int):
        raise _integrity(f"Must specify precision and scale for field {made.name}")
    if not 1 <= precision <= MAX_PRECISION or not 0 <= scale <= precision:
        raise _integrity(f"Precision must be from 1 to {MAX_PRECISION} for field {made.name}")
    made.precision, made.scale = precision, scale


def _length(made: Field, meta: dict[str, Any], kind: str) -> None:
    longest = MAX_TEXT if kind == "Text" else MAX_LONG_TEXT
    length = meta.get("length")
    if not isinstance(length, int) or not 1 <= length <= longest:
        raise _integrity(f"Must specify 'length' from 1 to {longest} for field {made.name}")
    if kind == "LongTextArea" and not meta.get("visibleLines"):
        raise _integrity(f"Must specify 'visibleLines' for a CustomField of type {kind}")
    made.length = length


def _values(made: Field, meta: dict[str, Any]) -> None:
    values = meta.get("valueSet") or {}
    listed = values.get("valueSetDefinition", {}).get("value", [])
    if not listed:
        raise _integrity(f"Must specify values for picklist field {made.name}")
    made.length, made.restricted = MAX_TEXT, bool(values.get("restricted"))
    made.values = tuple(value["fullName"] for value in listed)
