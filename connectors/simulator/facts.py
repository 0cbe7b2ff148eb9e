"""The rows of a generated portfolio, in canonical terms; stand-ins turn them into their objects.

Times are aware UTC datetimes. ``key`` is unique within a row's kind over the whole portfolio and
the same in every run of one seed; a stand-in derives its vendor id from it. ``system`` says where
a row lives; contacts live in every system of ``systems``, usage and milestones in Salesforce,
invoices and subscriptions in HubSpot.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple, TypeAlias

System: TypeAlias = Literal["salesforce", "hubspot", "zendesk"]

SYSTEMS: tuple[System, ...] = ("salesforce", "hubspot", "zendesk")

KEYS = 1 << 20
"""Keys of one customer's rows: ``customer * KEYS`` up to the next customer's first."""


@dataclass(slots=True)
class Contact:
    """A person at a customer; ``email`` may be on a free-mail domain, or None."""

    key: int
    systems: frozenset[System]
    first_name: str
    last_name: str
    email: str | None
    title: str
    role: str
    active: bool
    created_at: datetime
    last_seen_at: datetime | None


@dataclass(slots=True)
class Ticket:
    """A support request.

    Attributes:
        status: new, open, pending, hold, solved or closed; ``resolved_at`` is None before solved.
        requester: Key of the contact who asked; None: nobody known.
        satisfaction: ``good``, ``bad``, ``offered`` (not answered) or None (never asked).
    """

    key: int
    system: System
    subject: str
    opened_at: datetime
    first_reply_at: datetime | None
    resolved_at: datetime | None
    updated_at: datetime
    status: str
    priority: str | None
    type: str | None
    topic: str
    channel: str
    reopens: int
    replies: int
    requester: int | None
    satisfaction: str | None = None
    satisfaction_at: datetime | None = None


@dataclass(slots=True)
class Invoice:
    """An invoice or credit note (negative amount).

    Attributes:
        status: open, paid, void, uncollectible, disputed or credit_note.
        linked: False: the system does not say whose it is.
    """

    key: int
    number: str
    issued_at: datetime
    due_at: datetime
    paid_at: datetime | None
    amount: float
    amount_open: float
    currency: str
    status: str
    reminders: int
    failed_payments: int
    last_failed_at: datetime | None
    updated_at: datetime
    linked: bool = True


@dataclass(slots=True)
class Subscription:
    """A subscription; ``ended_at`` equal to ``started_at`` is a zero-length one."""

    key: int
    plan: str
    product: str
    status: str
    started_at: datetime
    ended_at: datetime | None
    cancelled_at: datetime | None
    renews_at: datetime | None
    quantity: int
    mrr: float
    currency: str
    term_months: int
    auto_renew: bool
    updated_at: datetime


@dataclass(slots=True)
class Interaction:
    """A contact with the customer; ``channel`` as in the canonical table."""

    key: int
    system: System
    at: datetime
    channel: str
    direction: str
    sentiment: str | None
    contact: int | None
    minutes: float | None
    subject: str


@dataclass(slots=True)
class Survey:
    """A survey sent; ``at`` and ``score`` are None while unanswered.

    CSAT about a Zendesk ticket is in ``Ticket.satisfaction`` instead.
    """

    key: int
    system: System
    kind: str
    asked_at: datetime
    at: datetime | None
    score: float | None
    good: bool | None
    contact: int | None


@dataclass(slots=True)
class Milestone:
    """An onboarding step, goal, first value or advocacy act."""

    key: int
    kind: str
    name: str
    agreed_at: datetime
    due_at: datetime
    reached_at: datetime | None
    value: float | None
    currency: str


@dataclass(slots=True)
class Outcome:
    """Something that ended well or badly; never after the portfolio's ``as_of``."""

    key: int
    system: System
    at: datetime
    kind: str
    mrr_change: float
    currency: str


class Usage(NamedTuple):
    """Use of one feature on one day; ``user`` is None before the last 90 days."""

    key: int
    day: date
    feature: str
    user: str | None
    uses: float
    days_since_release: int | None


@dataclass(slots=True)
class Facts:
    """What happened with one customer, usage aside; each list in order of time."""

    contacts: list[Contact] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)
    subscriptions: list[Subscription] = field(default_factory=list)
    interactions: list[Interaction] = field(default_factory=list)
    surveys: list[Survey] = field(default_factory=list)
    milestones: list[Milestone] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
