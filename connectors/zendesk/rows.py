"""Zendesk records -> canonical tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from connectors.base import FieldSpec
from connectors.errors import SetupError
from connectors.mapping import Batch, TableMap, near_miss

from .exports import Record
from .fields import (
    ACCOUNTS,
    ASKED,
    CONTACTS,
    CUSTOM,
    DONE,
    RATINGS,
    TICKETS,
    TOPICS,
    located,
    topic,
)
from .fieldset import value_text
from .settings import Settings

_AGENTS = frozenset({"agent", "admin"})


class Rows:
    """Turns pages of records into canonical tables.

    Args:
        settings: The connection's settings.
        own_fields: Fields that Pulsefield owns.
    """

    def __init__(self, settings: Settings, own_fields: Sequence[FieldSpec]) -> None:
        self._own = own_fields
        self._topics = {**TOPICS} | {tag.casefold(): name for tag, name in settings.topics.items()}
        self._users = {
            table: located(table, settings.map.get(table, {}))
            for table in ("accounts", "contacts", "tickets", "surveys")
        }
        self._accounts = TableMap("accounts", ACCOUNTS, self._users["accounts"])
        self._contacts = TableMap("contacts", CONTACTS, self._users["contacts"])
        self._tickets = TableMap("tickets", TICKETS, self._users["tickets"])
        self._surveys = TableMap("surveys", {"id": "id"}, self._users["surveys"])
        self._organization_of: dict[Any, Any] = {}

    def mapped_fields(self) -> list[str]:
        """Return the keys of organization fields that are mapped."""
        return _custom("accounts", self._accounts)

    def organizations(self, rows: Sequence[Record], batch: Batch) -> dict[str, pa.Table]:
        """Return ``accounts`` and ``held``.

        Raises:
            SetupError: a mapped organization field does not exist.
        """
        self._check("accounts", self._accounts, rows)
        # Deleted ones come with the time of it in the incremental export. # unconfirmed
        deleted = [row.get("deleted_at") is not None for row in rows]
        tables = {"accounts": self._accounts.build(rows, batch, {"deleted": deleted})}
        if self._own:
            tables["held"] = self._held(rows)
        return tables

    def users(self, rows: Sequence[Record], batch: Batch) -> dict[str, pa.Table]:
        """Return ``contacts``: end users; agents are not the customer's people."""
        people = [row for row in rows if row.get("role") not in _AGENTS]
        self._check("contacts", self._contacts, people)
        derived = {
            "active": [bool(row.get("active")) and not row.get("suspended") for row in people],
            "deleted": [row.get("active") is False for row in people],
        }
        given = self._users["contacts"]
        derived = {name: values for name, values in derived.items() if name not in given}
        return {"contacts": self._contacts.build(people, batch, derived)}

    def tickets(
        self, body: Mapping[str, Any], rows: Sequence[Record], batch: Batch
    ) -> dict[str, pa.Table]:
        """Return ``tickets`` and ``surveys``.

        Raises:
            SetupError: a mapped ticket field does not exist.
        """
        users = body.get("users") or []
        self._organization_of = {user.get("id"): user.get("organization_id") for user in users}
        metrics = {one.get("ticket_id"): one for one in body.get("metric_sets") or []}
        full = [_flat(row, metrics) for row in rows]
        self._check("tickets", self._tickets, full)
        given = self._users["tickets"]
        made = [self._ticket(row, batch) for row in full]
        names = made[0] if made else {}
        derived = {name: [one[name] for one in made] for name in names if name not in given}
        return {
            "tickets": self._tickets.build(full, batch, derived),
            "surveys": self._satisfaction(full, batch),
        }

    def _ticket(self, row: Record, batch: Batch) -> dict[str, Any]:
        """Return what no single attribute tells."""
        metric = row["metric_set"]
        opened = _time(row.get("created_at"))
        reply = _calendar(metric, "reply_time_in_minutes")
        resolution = _calendar(metric, "full_resolution_time_in_minutes")
        done = row.get("status") in DONE
        resolved = (metric.get("solved_at") or row.get("updated_at")) if done else None
        if done and not metric.get("solved_at"):
            batch.findings.add("resolution_time_unknown", "tickets.resolved_at", str(row["id"]))
        return {
            "account_ref": self._organization(row),
            "deleted": row.get("status") == "deleted",
            "status": None if row.get("status") == "deleted" else row.get("status"),
            "topic": topic(row.get("tags") or (), row.get("type"), self._topics),
            "first_reply_minutes": reply,
            "first_reply_at": opened + timedelta(minutes=reply)
            if opened and reply is not None
            else None,
            "resolved_at": resolved,
            "resolution_hours": resolution / 60 if done and resolution is not None else None,
            "reopens": metric.get("reopens"),
            "replies": metric.get("replies"),
        }

    def _organization(self, row: Record) -> Any:
        """Return the ticket's organization, or its requester's where it has none."""
        own = row.get("organization_id")
        return own if own is not None else self._organization_of.get(row.get("requester_id"))

    def _satisfaction(self, rows: Sequence[Record], batch: Batch) -> pa.Table:
        """Return CSAT: the ticket's rating, good or bad also for five-point surveys.

        The ticket does not tell when it was rated, so the time of its solution stands for both
        asking and answering.
        """
        asked = [row for row in rows if _rating(row) in ASKED]
        rated = [RATINGS.get(_rating(row)) for row in asked]
        times = [row["metric_set"].get("solved_at") or row.get("updated_at") for row in asked]
        derived = {
            "id": [f"ticket-{row['id']}" for row in asked],
            "account_ref": [self._organization(row) for row in asked],
            "deleted": [row.get("status") == "deleted" for row in asked],
            "kind": ["csat"] * len(asked),
            "asked_at": times,
            "at": [
                time if good is not None else None for time, good in zip(times, rated, strict=True)
            ],
            "good": rated,
            "contact_ref": [row.get("requester_id") for row in asked],
            "ticket_ref": [row["id"] for row in asked],
        }
        return self._surveys.build(asked, batch, derived)

    def _held(self, rows: Sequence[Record]) -> pa.Table:
        fields = [row.get("organization_fields") or {} for row in rows]
        columns = {
            spec.name: [value_text(spec, each.get(spec.name)) for each in fields]
            for spec in self._own
        }
        schema = pa.schema([(name, pa.string()) for name in ["id", *columns]])
        return pa.table({"id": [str(row["id"]) for row in rows]} | columns, schema)

    def _check(self, table: str, columns: TableMap, rows: Sequence[Record]) -> None:
        """Refuse a mapped custom field that no record has: it was renamed or removed."""
        wanted = _custom(table, columns)
        if not wanted or not rows:
            return
        known = rows[0].get(CUSTOM[table]) or {}
        for name in wanted:
            if name not in known:
                hint = near_miss(name, known)
                raise SetupError(
                    f"Zendesk has no {CUSTOM[table].removesuffix('s').replace('_', ' ')} "
                    f"{name!r}, which map.{table} names{hint}"
                )


def _custom(table: str, columns: TableMap) -> list[str]:
    prefix = f"{CUSTOM[table]}."
    return [name.removeprefix(prefix) for name in columns.fields if name.startswith(prefix)]


def _flat(row: Record, metrics: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a ticket with its metric set inside and its custom fields by number."""
    custom = row.get("custom_fields") or ()
    return {
        **row,
        "metric_set": row.get("metric_set") or metrics.get(row.get("id")) or {},
        "custom_fields": {str(field.get("id")): field.get("value") for field in custom},
    }


def _rating(row: Record) -> str:
    return str((row.get("satisfaction_rating") or {}).get("score", ""))


def _calendar(metric: Mapping[str, Any], name: str) -> float | None:
    """Return calendar minutes of a metric; null where Zendesk has none."""
    value = (metric.get(name) or {}).get("calendar")
    return float(value) if isinstance(value, (int, float)) else None


def _time(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
