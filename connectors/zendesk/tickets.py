"""The customer's band on its open tickets: as a tag, or in a ticket field.

Tags are added and removed one by one, so that all others stay; an update holds no comment, so
that nobody is written to by it. Triggers of the account still run on it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from connectors.base import (
    FieldSpec,
    FieldState,
    FieldUpdate,
    RequestStats,
    WriteLog,
    WriteResult,
)
from connectors.http import Http

from .exports import Record
from .fields import DONE
from .fieldset import TICKET, FieldSet, tag
from .rules import TICKET_UPDATES
from .settings import Settings
from .write import Writer

CLOSED = "closed prevents ticket update"  # in the reason of a refused row


def open_tickets(rows: Sequence[Record]) -> list[Record]:
    """Return the tickets that may carry something: neither solved, closed nor deleted."""
    return [row for row in rows if row.get("status") not in DONE | {"deleted"}]


def carried(spec: FieldSpec, row: Record) -> str | None:
    """Return the option that a ticket carries; several, joined, if someone added more."""
    back = {tag(spec.name, option): option for option, _ in spec.options}
    values = [field.get("value") for field in row.get("custom_fields") or ()]
    texts = dict.fromkeys(
        text for text in (*(row.get("tags") or ()), *values) if isinstance(text, str)
    )
    return ", ".join(back[text] for text in texts if text in back) or None


class _Carried:
    """Tickets as what bulk jobs write."""

    resource = "tickets"
    operation = "write tickets"
    bucket = TICKET_UPDATES
    words = TICKET.words

    def __init__(self, specs: Sequence[FieldSpec], fields: FieldSet | None) -> None:
        self._specs = {spec.name: spec for spec in specs}
        self._fields = fields

    def row(self, update: FieldUpdate) -> dict[str, Any]:
        row: dict[str, Any] = {"id": int(update.ref)}
        for name, text in update.values.items():
            spec = self._specs[name]
            if self._fields is None:
                others = [tag(name, option) for option, _ in spec.options if option != text]
                row["additional_tags"] = row.get("additional_tags", []) + _tags(name, text)
                row["remove_tags"] = row.get("remove_tags", []) + others
            else:
                value = {"id": self._id(spec), "value": tag(name, text) if text else None}
                row["custom_fields"] = [*row.get("custom_fields", []), value]
        return row

    def ignored(self, names: Iterable[str]) -> list[str]:
        labels = [self._specs[name].label for name in names]
        return [] if self._fields is None else self._fields.absent(labels)

    def _id(self, spec: FieldSpec) -> int:
        assert self._fields is not None  # noqa: S101 - tags have no ids
        return int(self._fields.known()[spec.label]["id"])


def _tags(name: str, text: str | None) -> list[str]:
    return [tag(name, text)] if text else []


class Tickets:
    """The open tickets of an account as a target; see ``extras.TicketContext``.

    Args:
        name: The connection's name.
        http: The connection.
        settings: Its settings; ``ticket_context`` says how tickets carry the band.
        specs: What they carry.
    """

    def __init__(
        self, name: str, http: Http, settings: Settings, specs: Sequence[FieldSpec]
    ) -> None:
        self.name = f"{name}.tickets"
        self.stats: RequestStats = http.stats
        self._fields = FieldSet(http, TICKET) if settings.ticket_context == "field" else None
        self._writer = Writer(http, _Carried(specs, self._fields), settings.max_jobs)

    def field_states(self, specs: Sequence[FieldSpec]) -> Sequence[FieldState]:
        """Return the state of each ticket field, in order; tags need none and are ready."""
        if self._fields is not None:
            return self._fields.states(specs)
        return [
            FieldState(f"tag {spec.name}_…", spec.type, exists=True, visible=True, writable=True)
            for spec in specs
        ]

    def create_fields(self, specs: Sequence[FieldSpec]) -> Sequence[FieldState]:
        """Create missing ticket fields; they join the default form, invisible to customers.

        Raises:
            SetupError: a field exists with another type, or may not be created.
        """
        return self.field_states(specs) if self._fields is None else self._fields.create(specs)

    def write(self, updates: Sequence[FieldUpdate], log: WriteLog) -> Iterator[WriteResult]:
        """Write tickets in bulk jobs; one closed meanwhile is refused, and left alone."""
        return map(_explained, self._writer.write(updates, log))

    def adopt(self, job: str, updates: Sequence[FieldUpdate]) -> Iterator[WriteResult]:
        """Yield the results of a job that an earlier process started with these updates."""
        return map(_explained, self._writer.adopt(job, updates))


def _explained(result: WriteResult) -> WriteResult:
    if result.ok or CLOSED not in result.message:
        return result
    return replace(result, code="Closed", message="was closed meanwhile, and is left alone")
