"""The canonical tables: names, columns, types, units, and what null means.

All times are UTC; money comes with its currency; null means unknown, never zero. Tables are
append only: a later version of a row has the same ``source`` and ``id`` and a later
``known_at``; the latest one known at a time is the one that held then.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import pyarrow as pa

ColumnType: TypeAlias = Literal["string", "strings", "integer", "number", "boolean", "time", "date"]
Row: TypeAlias = Mapping[str, Any]

ARROW: dict[ColumnType, pa.DataType] = {
    "string": pa.string(),
    "strings": pa.list_(pa.string()),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "time": pa.timestamp("us", tz="UTC"),
    "date": pa.date32(),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: As used in mappings and models.
        type: ``time`` is UTC; ``strings`` is a list.
        about: Meaning and unit, and what null means where that is not just "unknown".
    """

    name: str
    type: ColumnType
    about: str


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table.

    Attributes:
        name: As used in mappings and models.
        columns: Own columns; ``COMMON`` ones come before them.
        time: The column that places a row in time; ``""`` for accounts.
        about: What one row is.
    """

    name: str
    columns: tuple[Column, ...]
    time: str
    about: str

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Common and own columns, in order."""
        return COMMON + self.columns

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of ``all_columns``."""
        return pa.schema([(column.name, ARROW[column.type]) for column in self.all_columns])


COMMON = (
    Column("source", "string", "name of the connection it came from"),
    Column("id", "string", "the vendor's id, unique within source and table"),
    Column("account_ref", "string", "the vendor's id of the account; null: no account known"),
    Column("known_at", "time", "when Pulsefield learned this version"),
    Column("deleted", "boolean", "gone, or merged away, in the source"),
)


def _columns(text: str) -> tuple[Column, ...]:
    """Parse ``name type: about`` lines."""
    columns = []
    for line in text.strip().splitlines():
        head, about = line.split(":", 1)
        name, kind = head.split()
        columns.append(Column(name, kind, about.strip()))  # type: ignore[arg-type]
    return tuple(columns)


ACCOUNTS = Table(
    "accounts",
    _columns("""
        name string: as the source writes it
        domains strings: web and e-mail domains, as the source writes them
        external_id string: an id shared with other systems; null: none
        parent_ref string: the vendor's id of the parent account
        master_ref string: the account that this one was merged into
        owner string: the account owner's or success manager's name
        segment string: the source's own segment, tier or type
        lifecycle string: prospect, trial, onboarding, customer or churned
        plan string: product plan
        product string: product line
        country string: ISO code or name
        industry string: as the source writes it
        seats integer: seats paid for
        mrr number: monthly recurring revenue, in currency
        currency string: ISO 4217
        started_at time: became a customer
        trial_started_at time: trial began
        trial_ends_at time: trial ends
        renewal_at time: next renewal
        term_months integer: length of the term
        auto_renew boolean: renews by itself
        core_features integer: core features that the plan includes
        new_features integer: features released to it in the last 180 days
        updated_at time: the source's own stamp
    """),
    "",
    "one version of one account in one system",
)
CONTACTS = Table(
    "contacts",
    _columns("""
        email string: lower case; kept only where a setting asks for personal data
        email_domain string: what follows the @, lower case
        role string: champion, admin, buyer, user or other
        active boolean: still with the customer
        created_at time: first known
        last_seen_at time: last sign of life
    """),
    "last_seen_at",
    "one person at one account",
)
TICKETS = Table(
    "tickets",
    _columns("""
        opened_at time: created
        first_reply_at time: first answer by an agent; null: none yet
        resolved_at time: solved or closed; null: still open
        updated_at time: the source's own stamp
        status string: new, open, pending, hold, solved, closed or other
        priority string: low, normal, high or urgent
        type string: question, incident, problem, task or other
        topic string: defect, billing, how_to, feature_request, account, cancellation or other
        channel string: email, web, chat, phone, api or other
        first_reply_minutes number: calendar minutes to the first reply
        resolution_hours number: calendar hours to full resolution
        reopens integer: times reopened
        replies integer: agent replies
        requester_ref string: the vendor's id of the person who asked
    """),
    "opened_at",
    "one support request",
)
INVOICES = Table(
    "invoices",
    _columns("""
        number string: the invoice's number
        issued_at time: sent
        due_at time: to be paid by
        paid_at time: paid in full; null: not yet
        amount number: total with sign, in currency; a credit note is negative
        amount_open number: still to be paid, in currency
        currency string: ISO 4217
        status string: draft, open, paid, void, uncollectible, disputed, credit_note or other
        reminders integer: reminders sent
        failed_payments integer: payment attempts that failed
        last_failed_at time: the latest failed attempt
    """),
    "issued_at",
    "one invoice or credit note",
)
SUBSCRIPTIONS = Table(
    "subscriptions",
    _columns("""
        plan string: product plan
        product string: product line
        status string: trialing, active, past_due, cancelled, ended or other
        started_at time: in force from, inclusive
        ended_at time: in force until, exclusive; null: no end known
        cancelled_at time: when notice was given
        renews_at time: next renewal
        quantity integer: seats or units
        mrr number: monthly recurring revenue, in currency
        currency string: ISO 4217
        term_months integer: length of the term
        auto_renew boolean: renews by itself
    """),
    "started_at",
    "one subscription or contract",
)
USAGE = Table(
    "usage",
    _columns("""
        day date: UTC day of the use
        feature string: the feature, as the source names it
        user_ref string: the user; null: not told apart
        count number: uses; negative is a meter correction
        days_since_release integer: days between the feature's release and this use
    """),
    "day",
    "use of one feature on one day, by one user where known",
)
INTERACTIONS = Table(
    "interactions",
    _columns("""
        at time: when it took place
        channel string: email, call, meeting, chat, event, beta, feedback or other
        direction string: in, out or both
        sentiment string: positive, neutral or negative
        contact_ref string: the person
        minutes number: length
    """),
    "at",
    "one contact with the customer",
)
SURVEYS = Table(
    "surveys",
    _columns("""
        kind string: nps, csat, ces or pulse
        asked_at time: sent
        at time: answered; null: not answered
        score number: on the survey's own scale: nps 0..10, csat and ces 1..5, pulse 1..5
        good boolean: counts as satisfied
        contact_ref string: the person asked
        ticket_ref string: the ticket it is about
    """),
    "at",
    "one survey sent to one person, answered or not",
)
MILESTONES = Table(
    "milestones",
    _columns("""
        kind string: onboarding, first_value, goal or advocacy
        name string: as agreed
        agreed_at time: when it was agreed or planned
        due_at time: to be reached by
        reached_at time: reached; null: not yet
        value number: worth stated by the customer, in currency
        currency string: ISO 4217
    """),
    "reached_at",
    "one step, goal or advocacy act",
)
OUTCOMES = Table(
    "outcomes",
    _columns("""
        at time: when it took effect or was told
        kind string: churn_notice, churn, renewal, upgrade, downgrade, trial_converted or other
        mrr_change number: change of monthly recurring revenue, in currency
        currency string: ISO 4217
    """),
    "at",
    "something that ended well or badly",
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        ACCOUNTS,
        CONTACTS,
        TICKETS,
        INVOICES,
        SUBSCRIPTIONS,
        USAGE,
        INTERACTIONS,
        SURVEYS,
        MILESTONES,
        OUTCOMES,
    )
}


def to_arrow(
    table: str, rows: Iterable[Row], extra: Mapping[str, ColumnType] | None = None
) -> pa.Table:
    """Build an Arrow table with a canonical table's schema from rows of Python values.

    Args:
        table: Canonical table name.
        rows: Mappings of column to a value of the column's type; a missing key is null.
        extra: Mapped columns beyond the canonical ones, with their types.

    Raises:
        pyarrow.ArrowInvalid: a value is not of its column's type; connectors clean first.
    """
    schema = TABLES[table].schema
    for name, kind in (extra or {}).items():
        schema = schema.append(pa.field(name, ARROW[kind]))
    return pa.Table.from_pylist(list(rows), schema=schema)
