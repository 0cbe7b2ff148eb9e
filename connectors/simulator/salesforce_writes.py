"""Writes to rows: single records, collections of 200, and the sub-requests of a composite."""

import itertools
from collections.abc import Mapping
from typing import Any, TypeAlias

from .names import full_id
from .salesforce_errors import RowError, not_found, refuse
from .salesforce_load import BOT
from .salesforce_org import Org
from .salesforce_schema import PREFIXES
from .salesforce_table import Row, Table
from .salesforce_values import Unreadable, clean

Known: TypeAlias = dict[tuple[str, Any], tuple[int, Any]]
"""Field name and value -> place in a row, and the value as it is kept."""

MAX_COLLECTION = 200
MAX_CHUNKS = 10
"""Runs of records of one type in a collection."""

_UNIQUE = {
    "PermissionSet": ("Name",),
    "PermissionSetAssignment": ("PermissionSetId", "AssigneeId"),
    "FieldPermissions": ("ParentId", "Field"),
}
_REQUIRED = {
    "PermissionSet": ("Name", "Label"),
    "PermissionSetAssignment": ("PermissionSetId", "AssigneeId"),
    "FieldPermissions": ("ParentId", "SobjectType", "Field"),
}


class Writer:
    """Writes to one organisation."""

    def __init__(self, org: Org) -> None:
        self.org = org

    def update(
        self, table: Table, ref: str, values: Mapping[str, Any], known: Known | None = None
    ) -> Row:
        """Change a record; nothing of it is changed when it is refused.

        A job of many passes ``known``, which fills with what equal values have become.

        Raises:
            RowError: this record is refused.
            Unreadable: a value is not of its field's type.
        """
        row = self._target(table, ref)
        self._simulated(full_id(ref))
        if known is None:
            changes = [self._change(table, name, value) for name, value in values.items()]
        else:
            changes = []
            for item in values.items():
                if item not in known:
                    known[item] = self._change(table, *item)
                changes.append(known[item])
        for place, value in changes:
            row[place] = value
        self.org.touch(table, row)
        if table.schema.name in _UNIQUE:
            self.org.regrant()
        return row

    def insert(self, table: Table, values: Mapping[str, Any]) -> str:
        """Add a record and return its id.

        Raises:
            RowError: it is refused.
            Unreadable: a value is not of its field's type.
        """
        entity, kept = table.schema.name, {}
        for name, value in values.items():
            known = self._writable(table, name)
            kept[known] = clean(table.schema.fields[known], value)
        missing = [name for name in _REQUIRED.get(entity, ()) if kept.get(name) is None]
        if missing:
            text = f"Required fields are missing: [{', '.join(missing)}]"
            raise RowError("REQUIRED_FIELD_MISSING", text, *missing)
        self._check_setup(table, kept)
        ref, now = self.org.next_id(entity), self.org.now()
        table.put(
            {**kept, "Id": ref, "CreatedDate": now, "CreatedById": BOT, "LastModifiedDate": now,
             "LastModifiedById": BOT, "SystemModstamp": now}
        )  # fmt: skip
        if entity in _UNIQUE:
            self.org.regrant()
        return ref

    def unknown(self, table: Table, values: Mapping[str, Any]) -> str | None:
        """Return the first name that is no visible field of an object."""
        entity = table.schema.name
        for name in values:
            known = table.schema.find(name)
            if known is None or not self.org.access.visible(entity, known.name):
                return name
        return None

    def _simulated(self, ref: str) -> None:
        error, left = self.org.refused.get(ref, (None, 0.0))
        if error is None:
            return
        if left <= 1:
            self.org.heal_row(ref)
        else:
            self.org.refused[ref] = (error, left - 1)
        raise error

    def _change(self, table: Table, name: str, value: Any) -> tuple[int, Any]:
        """Return a value's place in a row, and how it is kept."""
        known = self._writable(table, name)
        return table.columns[known], clean(table.schema.fields[known], value)

    def _target(self, table: Table, ref: str) -> Row:
        if not ref:
            raise RowError("MISSING_ARGUMENT", "Id not specified in an update call")
        if len(ref) not in {15, 18} or not ref.isalnum():
            raise RowError("MALFORMED_ID", f"Id: id value of incorrect type: {ref}", "Id")
        row = table.rows.get(full_id(ref))
        if row is None:
            raise RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if table.get(row, "IsDeleted"):
            raise RowError("ENTITY_IS_DELETED", "entity is deleted")
        return row

    def _writable(self, table: Table, name: str) -> str:
        """Return a field's name; it is known to be visible."""
        entity = table.schema.name
        known = table.schema.find(name)
        if known is None:
            raise RowError("INVALID_FIELD", f"No such column '{name}' on sobject of type {entity}")
        can = (
            known.writable and not known.calculated and self.org.access.editable(entity, known.name)
        )
        if not can:
            raise RowError(
                "INVALID_FIELD_FOR_INSERT_UPDATE",
                f"Unable to create/update fields: {known.name}. Please check the security "
                "settings of this field and verify that it is read/write for your profile or "
                "permission set.",
                known.name,
            )
        return known.name

    def _check_setup(self, table: Table, values: Mapping[str, Any]) -> None:
        """Check permission sets and what hangs on them."""
        entity = table.schema.name
        for name in ("ParentId", "PermissionSetId"):
            if (
                entity in _UNIQUE
                and values.get(name)
                and values[name] not in self.org.tables["PermissionSet"].rows
            ):
                raise RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", name)
        if entity == "FieldPermissions":
            self._check_grant(values)
        unique = _UNIQUE.get(entity)
        if unique and any(
            all(table.get(row, name) == values.get(name) for name in unique) for row in table.live()
        ):
            raise RowError(
                "DUPLICATE_VALUE", f"duplicate value found: {unique[-1]} duplicates value on record"
            )

    def _check_grant(self, values: Mapping[str, Any]) -> None:
        entity, _, name = str(values["Field"]).partition(".")
        table = self.org.tables.get(entity)
        if table is None or name not in table.schema.fields or entity != values["SobjectType"]:
            text = f"Field Name: bad value for restricted picklist field: {values['Field']}"
            raise RowError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", text, "Field")
        if values.get("PermissionsEdit") and not values.get("PermissionsRead"):
            text = "Field-level read permission is needed for edit permission"
            raise RowError("FIELD_INTEGRITY_EXCEPTION", text, "PermissionsRead")

    def collection(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Update up to 200 records; one result for each, in order.

        Raises:
            Refusal: the whole call is refused.
        """
        records = body.get("records")
        if not isinstance(records, list):
            raise refuse(400, "JSON_PARSER_ERROR", "The value for property records is missing")
        if len(records) > MAX_COLLECTION:
            text = f"record limit reached. cannot submit more than {MAX_COLLECTION} records"
            raise refuse(400, "EXCEEDED_ID_LIMIT", text)  # unconfirmed: code and words
        rows = [self._split(record) for record in records]
        kinds = [table.schema.name for table, _, _ in rows]
        if 1 + sum(a != b for a, b in itertools.pairwise(kinds)) > MAX_CHUNKS:
            text = f"more than {MAX_CHUNKS} chunks of different types"
            raise refuse(400, "INVALID_INPUT", text)  # unconfirmed: code and words
        before = [(table, ref, list(table.rows.get(full_id(ref), ()))) for table, ref, _ in rows]
        results = self._each(rows)
        if body.get("allOrNone") and not all(result["success"] for result in results):
            return self._roll_back(before, results)
        return results

    def _split(self, record: Any) -> tuple[Table, str, dict[str, Any]]:
        """Return a record's table, id and values."""
        if not isinstance(record, dict) or "type" not in record.get("attributes", {}):
            raise refuse(400, "INVALID_TYPE", "Type is required in attributes")  # unconfirmed
        table = self.org.table(record["attributes"]["type"])
        values = {k: v for k, v in record.items() if k.lower() not in {"id", "attributes"}}
        self.refuse_unknown(table, values)
        _refuse_unreadable(table, values)
        ref = next((v for k, v in record.items() if k.lower() == "id"), "")
        return table, str(ref or ""), values

    def refuse_unknown(self, table: Table, values: Mapping[str, Any]) -> None:
        """Refuse a request that names a field which is not there, or not visible.

        Raises:
            Refusal: 400 INVALID_FIELD.
        """
        name = self.unknown(table, values)
        if name is not None:
            entity = table.schema.name
            text = f"No such column '{name}' on sobject of type {entity}"
            raise refuse(400, "INVALID_FIELD", text)

    def _each(self, rows: list[tuple[Table, str, dict[str, Any]]]) -> list[dict[str, Any]]:
        seen: set[str] = set()
        results = []
        for table, ref, values in rows:
            try:
                if full_id(ref) in seen:
                    raise RowError("DUPLICATE_VALUE", f"duplicate id in list: {ref}")  # unconfirmed # noqa: TRY301
                seen.add(full_id(ref))
                self.update(table, ref, values)
                results.append({"id": full_id(ref), "success": True, "errors": []})
            except RowError as error:
                results.append({"success": False, "errors": [error.as_json()]})
        return results

    def _roll_back(
        self, before: list[tuple[Table, str, Row]], results: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        undone = RowError(
            "ALL_OR_NONE_OPERATION_ROLLED_BACK",
            "Record rolled back because not all records were valid and the request was using "
            "AllOrNone header",
        )
        for table, ref, row in before:
            if row:
                table.rows[full_id(ref)][:] = row
        return [
            {"success": False, "errors": [undone.as_json()]} if result["success"] else result
            for result in results
        ]

    def single(self, table: Table, ref: str, values: Mapping[str, Any]) -> None:
        """Update one record.

        Raises:
            Refusal: it is refused.
        """
        self.refuse_unknown(table, values)
        if full_id(ref) not in table.rows or ref[:3] != PREFIXES[table.schema.name]:
            text = f"Provided external ID field does not exist or is not accessible: {ref}"
            raise not_found(text)
        try:
            self.update(table, ref, values)
        except RowError as error:
            status = 404 if error.code == "ENTITY_IS_DELETED" else 400
            raise refuse(status, error.code, error.message, error.fields) from None
        except Unreadable as problem:
            raise problem.refusal() from None

    def create(self, table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
        """Add one record.

        Raises:
            Refusal: it is refused.
        """
        self.refuse_unknown(table, values)
        try:
            return {"id": self.insert(table, values), "success": True, "errors": []}
        except RowError as error:
            raise refuse(400, error.code, error.message, error.fields) from None
        except Unreadable as problem:
            raise problem.refusal() from None


def _refuse_unreadable(table: Table, values: Mapping[str, Any]) -> None:
    """Refuse a request that the parser fails on, before any row of it is written."""
    for name, value in values.items():
        known = table.schema.find(name)
        try:
            if known:
                clean(known, value)
        except Unreadable as problem:
            raise problem.refusal() from None
        except RowError:
            continue  # the row's own answer says so
