"""What a customer is, and how a system lists it."""

from dataclasses import dataclass, field
from datetime import datetime

from .facts import System


@dataclass(slots=True)
class Listing:
    """One customer as one system knows it: an Account, a company or an organization.

    The account columns are what this system says; systems disagree, and None is common.

    Attributes:
        id: The vendor's id in its own form.
        customer: Index of the customer it really is: the truth, never served.
        website: As somebody typed it; None: not filled in.
        domains: E-mail and web domains, as the system writes them.
        parent_id: The parent's id in the same system.
        merged_into: The master's id in the same system; this listing is gone.
        deleted_at: When it was deleted, or merged away.
    """

    system: System
    id: str
    customer: int
    name: str
    website: str | None
    domains: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    external_id: str | None = None
    parent_id: str | None = None
    merged_into: str | None = None
    deleted_at: datetime | None = None
    owner: str | None = None
    segment: str | None = None
    lifecycle: str | None = None
    plan: str | None = None
    product: str | None = None
    country: str | None = None
    city: str | None = None
    industry: str | None = None
    seats: int | None = None
    mrr: float | None = None
    currency: str | None = None
    started_at: datetime | None = None
    trial_started_at: datetime | None = None
    trial_ends_at: datetime | None = None
    renewal_at: datetime | None = None
    term_months: int | None = None
    auto_renew: bool | None = None
    core_features: int | None = None
    new_features: int | None = None


@dataclass(slots=True)
class Customer:
    """The truth about one customer; stand-ins serve its listings, never this.

    Attributes:
        archetype: A key of ``archetypes.PROFILES``.
        name: The brand name; listings write it their own way.
        domain: The main domain.
        churn_at: When it left, or will leave after ``as_of``; None: stays.
        parent: Index of the parent customer.
        listings: Live listings by system; the facts belong to these. A system that does not
            know the customer is missing.
        extra: Further listings of the same customer: duplicates, merged and deleted ones.
        traps: Names of the rare oddities in its facts.
    """

    index: int
    archetype: str
    name: str
    domain: str
    country: str
    city: str
    industry: str
    segment: str
    plan: str
    seats: int
    mrr: float
    currency: str
    owner: str
    started_at: datetime
    trial_started_at: datetime | None
    trial_ends_at: datetime | None
    renewal_at: datetime | None
    term_months: int
    auto_renew: bool
    churn_at: datetime | None
    parent: int | None = None
    listings: dict[System, Listing] = field(default_factory=dict)
    extra: list[Listing] = field(default_factory=list)
    traps: frozenset[str] = frozenset()
