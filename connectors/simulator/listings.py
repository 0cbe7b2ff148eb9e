"""How each system writes down a customer: other names, domains, ids, gaps and mistakes."""

import random
from datetime import datetime, timedelta

from .customers import Customer, Listing
from .facts import SYSTEMS, System
from .identity import CORE_FEATURES, country_of
from .names import salesforce_id

PRESENCE: tuple[tuple[tuple[System, ...], float], ...] = (
    (SYSTEMS, 0.80),
    (("salesforce", "hubspot"), 0.08),
    (("salesforce", "zendesk"), 0.05),
    (("hubspot", "zendesk"), 0.03),
    (("salesforce",), 0.02),
    (("hubspot",), 0.01),
    (("zendesk",), 0.01),
)
"""Which systems know a customer, and how often."""

SLOTS = 8
"""Listings that one customer may have within a system; ids are ``customer * SLOTS + slot``."""

SEGMENTS: dict[System, dict[str, str]] = {
    "salesforce": {"smb": "SMB", "mid": "Mid-Market", "enterprise": "Enterprise"},
    "hubspot": {"smb": "small", "mid": "medium", "enterprise": "large"},
    "zendesk": {"smb": "smb", "mid": "mid-market", "enterprise": "enterprise"},
}
_WEB = (
    "https://www.{}/",
    "https://{}",
    "http://{}",
    "www.{}",
    "https://www.{}/en/home?utm=crm#top",
)
_OTHER = {"nl": "com", "de": "com", "dk": "eu", "pl": "com.pl", "co.uk": "com", "com": "io"}


def listing_id(system: System, customer: int, slot: int = 0) -> str:
    """Return the vendor's id of a listing."""
    number = customer * SLOTS + slot
    if system == "salesforce":
        return salesforce_id("001", 4_200_000_000 + number * 37)
    return str(
        9_100_000_000 + number * 11 if system == "hubspot" else 360_000_000_000 + number * 17
    )


def add_listings(customer: Customer, as_of: datetime, rng: random.Random) -> None:
    """Give a customer its listing in each system that knows it."""
    kinds, shares = zip(*PRESENCE, strict=True)
    systems = rng.choices(kinds, shares)[0]
    if customer.archetype == "trial":
        systems = SYSTEMS if rng.random() < 0.4 else ("salesforce", "hubspot")
    for system in systems:
        customer.listings[system] = _listing(customer, system, as_of, rng)


def _listing(customer: Customer, system: System, as_of: datetime, rng: random.Random) -> Listing:
    created = customer.started_at - timedelta(days=rng.randint(5, 60), minutes=rng.randint(0, 999))
    listing = Listing(
        system=system,
        id=listing_id(system, customer.index),
        customer=customer.index,
        name=_name(customer, system, rng),
        website=_website(customer.domain, rng),
        domains=_domains(customer.domain, system, rng),
        created_at=min(created, (customer.trial_started_at or created) - timedelta(hours=1)),
        updated_at=as_of - timedelta(days=rng.randint(1, 100), minutes=rng.randint(0, 999)),
        external_id=f"C-{10001 + customer.index}" if rng.random() < _KNOWN[system] else None,
        country=customer.country,
        city=customer.city,
    )
    listing.updated_at = max(listing.updated_at, listing.created_at)
    _commercial(listing, customer, rng)
    return listing


_KNOWN: dict[System, float] = {"salesforce": 0.8, "hubspot": 0.35, "zendesk": 0.55}


def _name(customer: Customer, system: System, rng: random.Random) -> str:
    form = rng.choice(rng.choice(country_of(customer).forms))
    draw = rng.random()
    if system == "salesforce":
        return f"{customer.name} {form}" if draw < 0.75 else customer.name
    if system == "hubspot":
        return customer.name if draw < 0.7 else f"{customer.name}, {form}"
    if draw < 0.1:
        return customer.name.upper()
    return f"{customer.name} {form}" if draw < 0.35 else customer.name


def _website(domain: str, rng: random.Random) -> str | None:
    return None if rng.random() < 0.06 else rng.choice(_WEB).format(domain)


def _domains(domain: str, system: System, rng: random.Random) -> tuple[str, ...]:
    if system == "salesforce" or rng.random() < 0.05:
        return ()
    label, ending = domain.split(".", 1)
    other = f"{label}.{_OTHER.get(ending, 'com')}"
    if system == "zendesk" and rng.random() < 0.2:
        return (domain, other)
    return (domain.upper(),) if rng.random() < 0.03 else (domain,)


def _commercial(listing: Listing, customer: Customer, rng: random.Random) -> None:
    """Fill in what the system says about the contract: the CRM most, the helpdesk little."""
    listing.segment = SEGMENTS[listing.system][customer.segment] if rng.random() < 0.92 else None
    if listing.system == "zendesk":
        listing.plan = customer.plan.lower() if rng.random() < 0.7 else None
        return
    listing.industry = customer.industry if rng.random() < 0.85 else None
    listing.owner = customer.owner if rng.random() < 0.95 else None
    listing.lifecycle = _lifecycle(customer, listing.system, rng)
    listing.plan = customer.plan
    listing.currency = customer.currency
    listing.started_at = customer.started_at if rng.random() < 0.97 else None
    if listing.system == "hubspot":
        wrong = rng.random() < 0.1  # an old number that nobody corrected
        listing.seats = max(1, customer.seats + rng.choice((-3, -1, 2, 5)) * wrong)
        listing.mrr = customer.mrr if rng.random() < 0.6 else None
        return
    listing.seats = customer.seats if rng.random() < 0.97 else None
    listing.mrr = customer.mrr
    listing.product = "Planboard"
    listing.trial_started_at, listing.trial_ends_at = (
        customer.trial_started_at,
        customer.trial_ends_at,
    )
    listing.renewal_at, listing.term_months = customer.renewal_at, customer.term_months
    listing.auto_renew = customer.auto_renew if rng.random() < 0.9 else None
    listing.core_features, listing.new_features = CORE_FEATURES[customer.segment], 2


def _lifecycle(customer: Customer, system: System, rng: random.Random) -> str | None:
    """Return a life cycle stage; it knows of churn only after the fact, and not always."""
    if customer.archetype in {"trial", "onboarding"}:
        return customer.archetype if rng.random() < 0.9 else "customer"
    if customer.archetype == "churned" and rng.random() < (0.85 if system == "salesforce" else 0.5):
        return "churned"
    return "customer" if rng.random() < 0.97 else None
