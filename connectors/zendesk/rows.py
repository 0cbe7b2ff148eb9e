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
from .tickets import carried, open_tickets

_AGENTS = frozenset({"agent", "admin"})


class Rows:
    """Turns pages of records into canonical tables.

    Args:
        settings: The connection's settings.
        own_fields: Fields that Pulsefield owns.
        ticket_fields: What open tickets carry of ours.
    """

    def __init__(
        self,
        settings: Settings,
        own_fields: Sequence[FieldSpec],
        ticket_fields: Sequence[FieldSpec] = (),
    ) -> None:
        self._own = own_fields
        self._carried = ticket_fields
        self._topics = {**TOPICS} | {tag.casefold(): name for tag, name in settings.topics.items()}
        self._users = {
            table: located(table, settings.map.get(table, {}))
            for table in ("accounts", "contacts", "tickets", "surveys")
        }
        self._accounts = TableMap("accounts", ACCOUNTS, self._users["accounts"])
        self._contacts = TableMap("contacts", CONTACTS, self._users["contacts"])
        self._tickets = TableMap("tickets", TICKETS, self._users["tickets"])
        self._surveys = TableMap("surveys", {"id": "id"}, self._users["surveys"])

    def mapping(self, table: str) -> TableMap:
        """Return how a canonical table is filled."""
        return {"accounts": self._accounts, "contacts": self._contacts, "tickets": self._tickets}[
            table
        ]

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
        """Return ``tickets`` and ``surveys``, and what open tickets carry as ``held.tickets``.

        Raises:
            SetupError: a mapped ticket field does not exist.
        """
        users = {user.get("id"): user for user in body.get("users") or ()}
        metrics = {one.get("ticket_id"): one for one in body.get("metric_sets") or ()}
        full = [_whole(row, metrics, users) for row in rows]
        self._check("tickets", self._tickets, full)
        made = [self._ticket(row, batch) for row in full]
        derived = {
            name: [one[name] for one in made]
            for name in (made[0] if made else ())
            if name not in self._users["tickets"]
        }
        tables = {
            "tickets": self._tickets.build(full, batch, derived),
            "surveys": self._satisfaction(full, batch),
        }
        if self._carried:
            tables["held.tickets"] = self._held_by_tickets(rows)
        return tables

    def _ticket(self, row: Record, batch: Batch) -> dict[str, Any]:
        """Return what no single attribute tells."""
        metric, status = row["metric_set"], row.get("status")
        reply = _calendar(metric, "reply_time_in_minutes")
        resolution = _calendar(metric, "full_resolution_time_in_minutes")
        done, solved = status in DONE, metric.get("solved_at")
        if done and not solved:
            batch.findings.add("resolution_time_unknown", "tickets.resolved_at", str(row["id"]))
        return {
            "account_ref": row["organization_id"],
            "deleted": status == "deleted",
            "status": None if status == "deleted" else status,
            "topic": topic(row.get("tags") or (), row.get("type"), self._topics),
            "first_reply_minutes": reply,
            "first_reply_at": _later(row.get("created_at"), reply),
            "resolved_at": (solved or row.get("updated_at")) if done else None,
            "resolution_hours": resolution / 60 if done and resolution is not None else None,
            "reopens": metric.get("reopens"),
            "replies": metric.get("replies"),
        }

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
            "account_ref": [row["organization_id"] for row in asked],
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
        return _texts(
            rows,
            {
                spec.name: [value_text(spec, each.get(spec.name)) for each in fields]
                for spec in self._own
            },
        )

    def _held_by_tickets(self, rows: Sequence[Record]) -> pa.Table:
        alive = open_tickets(rows)
        return _texts(
            alive, {spec.name: [carried(spec, row) for row in alive] for spec in self._carried}
        )

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


def _texts(rows: Sequence[Record], columns: Mapping[str, Sequence[str | None]]) -> pa.Table:
    """Return a table of texts: ids, then these columns."""
    schema = pa.schema([(name, pa.string()) for name in ["id", *columns]])
    return pa.table({"id": [str(row["id"]) for row in rows], **columns}, schema)


def _custom(table: str, columns: TableMap) -> list[str]:
    prefix = f"{CUSTOM[table]}."
    return [name.removeprefix(prefix) for name in columns.fields if name.startswith(prefix)]


def _whole(row: Record, metrics: Mapping[Any, Any], users: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a ticket with its metric set, its custom fields by number, and an organization.

    The organization is the ticket's own, or its requester's where it has none.
    """
    own = row.get("organization_id")
    requester = users.get(row.get("requester_id"), {}) if own is None else {}
    return {
        **row,
        "organization_id": requester.get("organization_id") if own is None else own,
        "metric_set": row.get("metric_set") or metrics.get(row.get("id")) or {},
        "custom_fields": {
            str(field.get("id")): field.get("value") for field in row.get("custom_fields") or ()
        },
    }


def _rating(row: Record) -> str:
    return str((row.get("satisfaction_rating") or {}).get("score", ""))


def _calendar(metric: Mapping[str, Any], name: str) -> float | None:
    """Return calendar minutes of a metric; null where Zendesk has none."""
    value = (metric.get(name) or {}).get("calendar")
    return float(value) if isinstance(value, (int, float)) else None


def _later(text: Any, minutes: float | None) -> datetime | None:
    """Return a time that many minutes after a time given as text."""
    try:
        return (
            None if minutes is None else datetime.fromisoformat(text) + timedelta(minutes=minutes)
        )
    except (TypeError, ValueError, OverflowError):
        return None
