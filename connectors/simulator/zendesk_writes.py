"""Zendesk's endpoints that write: organizations and tickets, one by one and as jobs; fields."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from werkzeug.wrappers import Request, Response

from .standin import Body, Call, Refusal, reply
from .zendesk_access import Access
from .zendesk_errors import (
    invalid_record,
    limited,
    not_admin,
    not_found,
    row_failure,
    too_many_values,
)
from .zendesk_fields import CHOICES, BadValueError, accept
from .zendesk_state import State

ROWS = 100
ORGANIZATION = {
    "name", "external_id", "domain_names", "tags", "notes", "details", "group_id",
    "shared_tickets", "shared_comments",
}  # fmt: skip
TICKET = {"status", "priority", "type", "subject", "tags", "external_id", "organization_id"}
CLOSED = "Status: closed prevents ticket update"

Change: TypeAlias = Callable[[Body, Body], Body]
"""(row, what was sent) -> new values; raises BadValueError."""


class Writes:
    """Handlers; each takes a routed request."""

    def __init__(self, state: State, access: Access) -> None:
        self.state = state
        self.access = access

    def update_organization(self, call: Call) -> Body:
        """PUT one organization: 5 a minute each."""
        return self._update_one(call, "organizations", self._organization_values)

    def update_ticket(self, call: Call) -> Body:
        """PUT one ticket; a closed one is refused."""
        return self._update_one(call, "tickets", self._ticket_values)

    def update_organizations(self, call: Call) -> Body:
        """PUT update_many of organizations: queues a job."""
        return self._update_many(call, "organizations", self._organization_values)

    def update_tickets(self, call: Call) -> Body:
        """PUT update_many of tickets: queues a job."""
        return self._update_many(call, "tickets", self._ticket_values)

    def job(self, call: Call) -> Body:
        """GET one job's status."""
        return {"job_status": self.state.jobs.status(call["job_id"])}

    def jobs(self, _call: Call) -> Body:
        """GET every job that is kept."""
        return {"job_statuses": self.state.jobs.statuses(self.state.jobs.by_id)}

    def many_jobs(self, call: Call) -> Body:
        """GET the statuses of up to 100 jobs."""
        ids = [text for text in call.request.args.get("ids", "").split(",") if text]
        if len(ids) > ROWS:
            raise too_many_values("ids", ROWS)
        found = self.state.jobs.statuses(ids)
        return {"job_statuses": found, "count": len(found), "next_page": None}

    def fields(self, call: Call) -> Body:
        """GET every custom field."""
        rows = list(self.state.fields[call["name"]].by_id.values())
        return {call["name"]: rows, "count": len(rows), "next_page": None, "previous_page": None}

    def field(self, call: Call) -> Body:
        """GET one custom field."""
        return {_singular(call): self.state.fields[call["name"]].find(int(call["record_id"]))}

    def create_field(self, call: Call) -> Response:
        """POST a custom field: 201; admins only."""
        self._admins_only()
        body = _member(call.request, _singular(call))
        made = self.state.fields[call["name"]].create(body, self.state.clock())
        if call["name"] == "organization_fields":
            self.state.fill_field(made)
        return reply({_singular(call): made}, 201)

    def change_field(self, call: Call) -> Body:
        """PUT a custom field; options that are not sent again are deleted with their values."""
        self._admins_only()
        body = _member(call.request, _singular(call))
        fields = self.state.fields[call["name"]]
        changed, gone = fields.change(int(call["record_id"]), body, self.state.clock())
        if call["name"] == "organization_fields":
            self.state.clear_options(changed["key"], gone)
        return {_singular(call): changed}

    def delete_field(self, call: Call) -> Response:
        """DELETE a custom field with its values: 204."""
        self._admins_only()
        fields = self.state.fields[call["name"]]
        definition = fields.find(int(call["record_id"]))
        del fields.by_id[definition["id"]]
        if call["name"] == "organization_fields":
            self.state.drop_field(definition)
        return reply(None, 204)

    def token(self, call: Call) -> Response:
        """POST the token endpoint, JSON or form: 201."""
        sent = call.request.get_json(force=True, silent=True)
        body = sent if isinstance(sent, dict) else call.request.form.to_dict()
        return reply(self.access.issue(body), 201)

    def _admins_only(self) -> None:
        if self.access.role != "admin":
            raise not_admin()

    def _update_one(self, call: Call, name: str, change: Change) -> Body:
        record_id = int(call["record_id"])
        if name == "organizations":
            verdict = self.access.organization.take(str(record_id))
            if not verdict.allowed:
                raise limited(verdict, organization=True)
        sent = _member(call.request, name.removesuffix("s"))
        row = self.state.tables[name].live(record_id)
        if row is None:
            raise not_found(empty=self.state.empty_404)
        try:
            values = change(row, sent)
        except BadValueError as bad:
            raise invalid_record("base", str(bad)) from None
        written = self.state.tables[name].write(record_id, values, self.state.clock())
        return {name.removesuffix("s"): written}

    def _update_many(self, call: Call, name: str, change: Change) -> Body:
        rows = self._rows(call.request, name)
        if len(rows) > ROWS:
            raise too_many_values("", ROWS)
        return {
            "job_status": self.state.jobs.start(len(rows), lambda: self._work(name, rows, change))
        }

    def _rows(self, request: Request, name: str) -> Sequence[Body]:
        """Return what to write, one item per row."""
        for parameter, key in (("ids", "id"), ("external_ids", "external_id")):
            if parameter in request.args:
                sent = _member(request, name.removesuffix("s"))
                values = [text for text in request.args[parameter].split(",") if text]
                return [{**sent, key: int(text) if key == "id" else text} for text in values]
        body = request.get_json(force=True, silent=True)
        rows = body.get(name) if isinstance(body, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            description = f"Parameter {name} is required"
            raise Refusal(400, {"error": "ParameterMissing", "description": description})
        return rows

    def _work(self, name: str, rows: Sequence[Body], change: Change) -> list[Body]:
        """Write a job's rows; each succeeds or fails by itself."""
        return [self._work_row(name, index, sent, change) for index, sent in enumerate(rows)]

    def _work_row(self, name: str, index: int, sent: Body, change: Change) -> Body:
        table, stem = self.state.tables[name], name.removesuffix("s").capitalize()
        record_id = self._id(name, sent)
        row = table.live(record_id)
        if row is None:
            return row_failure(index, record_id, f"{stem}NotFound", "Not found")  # unconfirmed
        try:
            if (name, record_id) in self.state.failing:
                error, details = self.state.failing[name, record_id]
                return row_failure(index, record_id, error, details)
            values = change(row, sent)
        except BadValueError as bad:
            return row_failure(index, record_id, f"{stem}UpdateFailed", str(bad))
        table.write(record_id, values, self.state.clock())
        return {"action": "update", "id": record_id, "status": "Updated", "success": True}

    def _id(self, name: str, sent: Body) -> int:
        if "id" in sent or "external_id" not in sent:
            text = str(sent.get("id"))
            return int(text) if text.isdigit() else 0
        wanted = str(sent["external_id"]).lower()
        rows = self.state.tables[name].rows.items()
        return next((id_ for id_, row in rows if str(row["external_id"]).lower() == wanted), 0)

    def _organization_values(self, row: Body, sent: Body) -> Body:
        if self.access.role != "admin" and set(sent) - {"id", "notes"}:
            raise BadValueError("Forbidden: agents may change notes only")
        values = {key: sent[key] for key in ORGANIZATION & sent.keys()}
        if "name" in values and values["name"] != row["name"]:
            self._check_name(values["name"])
        if "organization_fields" in sent:
            fields, tags = self._field_values(row, sent["organization_fields"])
            values["organization_fields"] = fields
            values.setdefault("tags", tags)
        return values

    def _check_name(self, name: str) -> None:
        rows = self.state.tables["organizations"].rows.values()
        if any(row["name"] == name for row in rows):
            raise BadValueError(f"Name: {name} has already been taken")

    def _field_values(self, row: Body, sent: Any) -> tuple[Body, list[str]]:
        """Return all field values and the tags that go with them.

        A key that no field has is ignored without a word (unconfirmed).
        """
        values, tags = dict(row["organization_fields"]), list(row["tags"])
        definitions = self.state.fields["organization_fields"].by_key()
        for key, value in (sent or {}).items():
            definition = definitions.get(key)
            if definition is None:
                continue
            values[key] = accept(definition, value)
            tags = _chosen(definition, values[key], tags)
        return values, tags

    def _ticket_values(self, row: Body, sent: Body) -> Body:
        if row["status"] == "closed":
            raise BadValueError(CLOSED)
        values = {key: sent[key] for key in TICKET & sent.keys()}
        tags: list[str] = list(values["tags"] if "tags" in values else row["tags"])
        added = [tag for tag in sent.get("additional_tags", ()) if tag not in tags]
        removed = set(sent.get("remove_tags", ()))
        values["tags"] = [tag for tag in tags + added if tag not in removed]
        if "custom_fields" in sent:
            shown = {item["id"]: item["value"] for item in row["custom_fields"]}
            for item in sent["custom_fields"]:
                definition = self.state.fields["ticket_fields"].by_id.get(item["id"])
                if definition is not None:
                    shown[item["id"]] = accept(definition, item["value"])
                    values["tags"] = _chosen(definition, shown[item["id"]], values["tags"])
            pairs = [{"id": key, "value": value} for key, value in shown.items()]
            values |= {"custom_fields": pairs, "fields": pairs}
        return values


def _chosen(definition: Body, value: Any, tags: Sequence[str]) -> list[str]:
    """Return tags after a choice: its value is a tag, those of its other options are none."""
    if definition["type"] not in CHOICES:
        return list(tags)
    offered = {option["value"] for option in definition["custom_field_options"]}
    chosen = value if isinstance(value, list) else [value]
    return [tag for tag in tags if tag not in offered] + [tag for tag in chosen if tag]


def _singular(call: Call) -> str:
    return call["name"].removesuffix("s")


def _member(request: Request, name: str) -> Body:
    body = request.get_json(force=True, silent=True)
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, dict):
        description = f"Parameter {name} is required"
        raise Refusal(400, {"error": "ParameterMissing", "description": description})
    return found
