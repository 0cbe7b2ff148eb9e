"""What Zendesk's stand-in remembers of one account."""

from dataclasses import dataclass, field

from .limits import Clock
from .standin import Body
from .zendesk_fields import TYPES, Fields
from .zendesk_jobs import Jobs
from .zendesk_store import Table

TABLES = (
    "organizations",
    "users",
    "tickets",
    "ticket_metrics",
    "satisfaction_ratings",
    "ticket_metric_events",
)
METRIC_IDS = 7_000_000_000
"""A ticket's metric set has the ticket's id plus this."""

ADMIN_ID = 400_000_000_001


@dataclass(slots=True)
class State:
    """One Zendesk account.

    Attributes:
        clock: The vendor's time.
        host: The account's own address, as rows' ``url`` has it.
        link_host: Address in next-page links; None: the one that was called. Recordings show
            links to another host than the one called.
        metrics_inside: Whether side-loaded metric sets stand inside their ticket
            (``metric_set``) instead of beside all of them (``metric_sets``).
        empty_404: Whether a 404 comes without a body.
        tables: Rows by resource.
        fields: Custom fields of organizations, users and tickets.
        jobs: Background jobs.
        failing: (resource, id) -> (error, details); such rows of a job fail.
    """

    clock: Clock
    jobs: Jobs
    fields: dict[str, Fields]
    tables: dict[str, Table]
    host: str
    link_host: str | None = None
    metrics_inside: bool = False
    empty_404: bool = False
    failing: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def empty(cls, clock: Clock, host: str) -> "State":
        """Return an account without any rows."""
        return cls(
            clock,
            Jobs(clock, host),
            {name: Fields(name, host) for name in TYPES},
            {name: Table(name) for name in TABLES},
            host,
        )

    def fill_field(self, definition: Body) -> None:
        """Give every organization a new field's empty value."""
        empty = False if definition["type"] == "checkbox" else None
        for row in self.tables["organizations"].rows.values():
            row["organization_fields"].setdefault(definition["key"], empty)

    def clear_options(self, key: str, values: list[str]) -> None:
        """Take deleted options' values, and their tags, from every organization."""
        for row in self.tables["organizations"].rows.values():
            if row["organization_fields"].get(key) in values:
                row["organization_fields"][key] = None
            if values:
                row["tags"] = [tag for tag in row["tags"] if tag not in values]

    def drop_field(self, definition: Body) -> None:
        """Delete an organization field with its values."""
        for row in self.tables["organizations"].rows.values():
            row["organization_fields"].pop(definition["key"], None)
