"""HubSpot's object endpoints that write: update one, update a batch."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from werkzeug.wrappers import Response

from .hubspot_errors import bad_json, error, invalid, invalid_values, not_found, row_error
from .hubspot_objects import BATCH, batch_answer, find_record, inputs_of, json_body
from .hubspot_state import State, View
from .hubspot_store import ObjectStore, Record, Values
from .standin import Body, Call, Refusal

ENFORCED_FROM = "2026-09"
"""Required properties are checked on this dated version and later, never on v3 or before."""


@dataclass(frozen=True, slots=True)
class Row:
    """One input of a batch.

    Attributes:
        id: As it was sent.
        trace: ``objectWriteTraceId``, or None.
        values: New values.
        record: Whose they are; None: nobody's.
        problems: What is wrong with the values.
    """

    id: str
    trace: str | None
    values: Values
    record: Record | None
    problems: tuple[Body, ...]


class Writes:
    """Handlers; each takes the request and the parts of its path."""

    def __init__(self, state: State) -> None:
        self.state = state

    def update(self, call: Call) -> Body:
        """PATCH one object."""
        store = self._writable(call["kind"])
        sent = {**json_body(call.request), "id": call["record_id"]}
        row = self._row(store, sent, call["version"])
        if row.record is None:
            raise not_found("resource not found")
        if row.problems:
            raise Refusal(400, invalid_values(row.problems, [row.id]))
        self.state.write(store, row.record, row.values)
        return View.of(store, row.values).row(row.record)

    def batch_update(self, call: Call) -> Response:
        """POST batch/update: up to 100 rows; one bad value refuses them all."""
        store = self._writable(call["kind"])
        inputs = inputs_of(json_body(call.request), BATCH)
        counts = Counter(str(item.get("id")) for item in inputs)
        twice = [key for key, count in counts.items() if count > 1]
        if twice:  # unconfirmed
            raise invalid(f"Duplicate IDs found in batch input: {twice}. IDs must be unique")
        rows = [self._row(store, item, call["version"]) for item in inputs]
        bad = [row for row in rows if row.problems]
        traces = {row.trace for row in rows if row.trace}
        if bad and not (self.state.partial and len(traces) == len(rows)):
            problems = [problem for row in bad for problem in row.problems]
            raise Refusal(400, invalid_values(problems, [row.id for row in bad]))
        return self._apply(store, rows)

    def _apply(self, store: ObjectStore, rows: Sequence[Row]) -> Response:
        results, errors, silent = [], [], False
        for row in rows:
            failed = self._failure(store, row)
            if failed:
                errors.append(failed)
            elif row.record is None:
                silent = True
            else:
                self.state.write(store, row.record, row.values)
                shown = View.of(store, row.values).row(row.record)
                results.append({**shown, "objectWriteTraceId": row.trace} if row.trace else shown)
        return batch_answer(self.state, results, errors if errors or silent else None)

    def _failure(self, store: ObjectStore, row: Row) -> Body | None:
        context: Body = {"ids": [row.id]}
        if row.trace:
            context["objectWriteTraceId"] = [row.trace]
        if row.problems:
            whole = invalid_values(row.problems, [row.id])
            return {
                **row_error("VALIDATION_ERROR", whole["message"], context),
                "errors": whole["errors"],
            }
        if row.record is None:
            if self.state.bad_ids == "silent":
                return None
            message = f"No {store.kind.singular} with id {row.id} exists."
            return row_error("OBJECT_NOT_FOUND", message, context)
        category = self.state.failing.get((store.kind.name, row.record.id))
        return (
            row_error(category, "The object could not be written.", context) if category else None
        )

    def _row(self, store: ObjectStore, item: Body, version: str) -> Row:
        """Read an input; values must be text, and null changes nothing (unconfirmed).

        Raises:
            Refusal: 400 for a shape that the model does not allow.
        """
        sent = item.get("properties")
        if not isinstance(sent, dict) or "id" not in item:
            raise bad_json("id and properties are required in each input")
        for name, value in sent.items():
            if value is not None and not isinstance(value, str):
                raise bad_json(f"Cannot deserialize value of type String for property {name}")
        values: Values = {name: value or None for name, value in sent.items() if value is not None}
        record = find_record(store, str(item["id"]), item.get("idProperty"))
        problems = [*_problems(store, sent), *self._unmet(store, record, values, version)]
        trace = item.get("objectWriteTraceId")
        return Row(str(item["id"]), trace, values, record, tuple(problems))

    def _unmet(
        self, store: ObjectStore, record: Record | None, values: Values, version: str
    ) -> list[Body]:
        """Return required properties that would be empty after the write."""
        if record is None or not version[0].isdigit() or version < ENFORCED_FROM:
            return []
        after = {**record.properties, **values}
        return [
            {
                "isValid": False,
                "message": f'Property "{name}" is required.',
                "error": "REQUIRED_FIELD",
                "name": name,
            }
            for name in sorted(self.state.required.get(store.kind.name, ()))
            if not after.get(name)
        ]

    def _writable(self, kind: str) -> ObjectStore:
        store = self.state.store(kind)
        if store.kind.write_scope is None:
            raise Refusal(405, error(f"{kind} cannot be written.", "METHOD_NOT_ALLOWED"))
        return store


def _problems(store: ObjectStore, sent: Body) -> list[Body]:
    problems = []
    for name, value in sent.items():
        found = store.schema.properties.get(name)
        if found is None:
            message = f'Property "{name}" does not exist'
            problems.append(
                {
                    "isValid": False,
                    "message": message,
                    "error": "PROPERTY_DOESNT_EXIST",
                    "name": name,
                }
            )
        elif value is not None:
            problem = found.problem(value)
            problems.extend([problem] if problem else [])
    return problems
