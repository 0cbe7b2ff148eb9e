"""A generated book of customers: who they are, and how each of three systems knows them.

Pure and seeded: the same arguments give an equal portfolio. Customers and their listings are made
at once; what happened with a customer is made when asked for, so that 100,000 customers fit.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from . import activity, money, people, support, usage
from .customers import Customer, Listing
from .facts import Facts, System, Usage
from .history import open_history
from .identity import make_customers
from .listings import add_listings
from .odd_listings import apply_traps
from .traps import assign_traps

AS_OF = datetime(2026, 11, 1, 12, tzinfo=UTC)
"""The present of a portfolio that is not told another."""

KEEP = 5_000
"""Customers up to which facts are kept once made, as each system asks for the same ones."""

_USAGE_SALT = 7_368_787


@dataclass(slots=True)
class Portfolio:
    """A book of customers at one moment.

    Attributes:
        seed: What it was generated from.
        as_of: The present; nothing in it is later, except due, renewal and churn dates.
        customers: By index.
        traps: Name of a rare oddity -> indices of the customers that have it, exactly one each.
    """

    seed: int
    as_of: datetime
    customers: list[Customer]
    traps: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    _facts: dict[int, Facts] = field(default_factory=dict, compare=False, repr=False)

    def listings(self, system: System) -> Iterator[Listing]:
        """Yield every listing of a system, merged and deleted ones included."""
        for customer in self.customers:
            if system in customer.listings:
                yield customer.listings[system]
            yield from (extra for extra in customer.extra if extra.system == system)

    def truth(self) -> dict[tuple[System, str], Customer]:
        """Return who is who: system and listing id -> customer, for judging a matching."""
        return {
            (listing.system, listing.id): customer
            for customer in self.customers
            for listing in (*customer.listings.values(), *customer.extra)
        }

    def facts(self, customer: int) -> Facts:
        """Return what happened with a customer; equal at every call, and not to be changed."""
        if customer in self._facts:
            return self._facts[customer]
        facts = self._make(customer)
        if len(self.customers) <= KEEP:
            self._facts[customer] = facts
        return facts

    def _make(self, customer: int) -> Facts:
        history = open_history(self.customers[customer], self.seed, self.as_of)
        history.contacts = people.contacts(history)
        return Facts(
            contacts=history.contacts,
            tickets=support.tickets(history),
            invoices=money.invoices(history) if self._has(customer, "hubspot") else [],
            subscriptions=money.subscriptions(history) if self._has(customer, "hubspot") else [],
            interactions=activity.interactions(history),
            surveys=activity.surveys(history),
            milestones=activity.milestones(history),
            outcomes=activity.outcomes(history),
        )

    def usage(self, customer: int) -> Sequence[Usage]:
        """Return a customer's usage rows, by day; empty where no system holds them."""
        history = open_history(self.customers[customer], self.seed, self.as_of)
        history.rng.seed(self.seed * _USAGE_SALT + customer)
        return usage.usage(history)

    def _has(self, customer: int, system: System) -> bool:
        return system in self.customers[customer].listings


def generate(customers: int = 500, seed: int = 7, as_of: datetime | None = None) -> Portfolio:
    """Generate a portfolio.

    Args:
        customers: How many; any number from 1.
        seed: Equal seeds give equal portfolios.
        as_of: The present, aware; a fixed day by default.
    """
    now = (as_of or AS_OF).astimezone(UTC)
    book = make_customers(customers, seed, now)
    rng = random.Random(seed + 1)
    for customer in book:
        add_listings(customer, now, rng)
    traps = assign_traps(book, rng)
    apply_traps(book, traps, now, rng)
    return Portfolio(seed, now, book, traps)
