"""Who the customers are: the truth, before any system writes it its own way."""

import random
from datetime import datetime, timedelta
from itertools import accumulate

from .archetypes import assign
from .customers import Customer
from .names import COUNTRIES, INDUSTRIES, OWNERS, Country, company, slug

PLANS = {"smb": "Starter", "mid": "Business", "enterprise": "Enterprise"}
SEATS = {"smb": (2, 9), "mid": (8, 22), "enterprise": (20, 60)}
SEAT_PRICE = {"smb": 19.0, "mid": 29.0, "enterprise": 39.0}
CORE_FEATURES = {"smb": 4, "mid": 6, "enterprise": 8}
RATE = {"EUR": 1.0, "USD": 1.1, "GBP": 0.85, "DKK": 7.5, "PLN": 4.3, "SEK": 11.0}
"""Rough units of a currency for one euro: only price levels hang on it."""

_CUMULATIVE = list(accumulate(country.share for country in COUNTRIES))


def make_customers(count: int, seed: int, as_of: datetime) -> list[Customer]:
    """Return the customers, without listings."""
    rng = random.Random(seed)
    archetypes = assign(count, rng)
    return [_customer(index, kind, as_of, rng) for index, kind in enumerate(archetypes)]


def country_of(customer: Customer) -> Country:
    """Return the row of ``COUNTRIES`` of a customer."""
    return next(country for country in COUNTRIES if country.code == customer.country)


def _customer(index: int, archetype: str, as_of: datetime, rng: random.Random) -> Customer:
    country = rng.choices(COUNTRIES, cum_weights=_CUMULATIVE)[0]
    segment = rng.choices(("smb", "mid", "enterprise"), (0.55, 0.35, 0.10))[0]
    name = company(index, rng)
    seats = rng.randint(*SEATS[segment])
    trade = name.replace("-", " ").split()[-1]
    churn = _churn(archetype, as_of, rng)
    started, trial = _start(archetype, min(as_of, churn or as_of), rng)
    term = 1 if segment == "smb" and rng.random() < 0.3 else 12
    return Customer(
        index=index,
        archetype=archetype,
        name=name,
        domain=f"{slug(name)}.{country.domain}",
        country=country.code,
        city=rng.choice(country.cities),
        industry=INDUSTRIES.get(trade, "Manufacturing"),
        segment=segment,
        plan="Trial" if archetype == "trial" else PLANS[segment],
        seats=seats,
        mrr=0.0
        if archetype == "trial"
        else round(seats * SEAT_PRICE[segment] * RATE[country.currency] * rng.uniform(0.8, 1.1), 2),
        currency=country.currency,
        owner=rng.choice(OWNERS),
        started_at=started,
        trial_started_at=trial,
        trial_ends_at=trial + timedelta(days=30) if trial else None,
        renewal_at=_renewal(archetype, started, churn, as_of, term),
        term_months=term,
        auto_renew=rng.random() < 0.7,
        churn_at=churn,
    )


def _start(archetype: str, end: datetime, rng: random.Random) -> tuple[datetime, datetime | None]:
    """Return when the customer started, and when its trial did, before ``end``."""
    if archetype == "trial":
        trial = end - timedelta(days=rng.randint(6, 29), hours=rng.randint(0, 23))
        return trial, trial
    if archetype == "onboarding":
        started = end - timedelta(days=rng.randint(12, 85), hours=rng.randint(0, 23))
    else:
        started = end - timedelta(days=rng.randint(200, 2000), hours=rng.randint(0, 23))
    return started, started - timedelta(days=30) if rng.random() < 0.4 else None


def _churn(archetype: str, as_of: datetime, rng: random.Random) -> datetime | None:
    """Return when the customer left or will leave; one at risk in three stays after all."""
    if archetype == "churned":
        return as_of - timedelta(days=rng.randint(5, 360))
    if archetype == "at_risk" and rng.random() < 0.67:
        return as_of + timedelta(days=rng.randint(10, 90))
    if archetype == "drifting" and rng.random() < 0.15:
        return as_of + timedelta(days=rng.randint(60, 180))
    return None


def _renewal(
    archetype: str, started: datetime, churn: datetime | None, as_of: datetime, term: int
) -> datetime | None:
    """Return the first renewal after now; a trial has none, one who left keeps the last."""
    if archetype == "trial":
        return None
    length = timedelta(days=round(term * 30.4375))
    until = min(as_of, churn) if churn else as_of
    return started + length * ((until - started) // length + 1)
