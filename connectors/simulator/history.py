"""One customer's history while its facts are being made: its span, vigour and habits."""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .archetypes import PROFILES, WEEKS, Profile, vigour
from .customers import Customer
from .facts import KEYS, Contact

HISTORY = timedelta(weeks=WEEKS - 1)


@dataclass(slots=True)
class History:
    """What the makers of facts share.

    Attributes:
        begin: First moment with facts: 18 months back, or the start.
        end: Last moment with facts: the churn, or the present.
        levels: Vigour by week, newest first.
        late: How many days beyond the due date this payer tends to be.
        slow: How slow support is with this customer, 1 is usual.
        serial: Running number for keys.
    """

    customer: Customer
    profile: Profile
    as_of: datetime
    rng: random.Random
    begin: datetime
    end: datetime
    levels: list[float]
    late: float
    slow: float
    contacts: list[Contact] = field(default_factory=list)
    serial: int = 0

    def key(self) -> int:
        """Return the next key."""
        self.serial += 1
        return self.customer.index * KEYS + self.serial

    def level(self, at: datetime) -> float:
        """Return the vigour at a moment."""
        week = (self.as_of - at).days // 7
        return self.levels[min(max(week, 0), WEEKS - 1)]

    def days(self, at: datetime) -> float:
        """Return the days from a moment to the present."""
        return (self.as_of - at) / timedelta(days=1)

    def moments(self, monthly: Callable[[float], float]) -> Iterator[datetime]:
        """Yield random moments in working hours, in order of time.

        Args:
            monthly: Expected number a month at a vigour.
        """
        draw, start = self.rng.random, self.begin
        while start < self.end:
            count = poisson(monthly(self.level(start)) * 7 / 30.4, self.rng)
            week = [
                start + timedelta(days=int(draw() * 7), hours=draw() * 10) for _ in range(count)
            ]
            for at in sorted(
                moment.replace(hour=7) + timedelta(hours=draw() * 10) for moment in week
            ):
                if self.begin <= at < self.end:
                    yield at
            start += timedelta(days=7)

    def someone(self, *roles: str) -> int | None:
        """Return the key of a contact, one of the roles if there is any; None: nobody known."""
        if not self.contacts:
            return None
        fitting = [c.key for c in self.contacts if c.role in roles]
        return self.rng.choice(fitting or [c.key for c in self.contacts])


def open_history(customer: Customer, seed: int, as_of: datetime) -> History:
    """Return the history of a customer; the same one at every call."""
    rng = random.Random(seed * 1_000_003 + customer.index)
    profile = PROFILES[customer.archetype]
    end = min(as_of, customer.churn_at or as_of)
    return History(
        customer=customer,
        profile=profile,
        as_of=as_of,
        rng=rng,
        begin=max(customer.started_at, as_of - HISTORY),
        end=end,
        levels=vigour(profile, customer.churn_at or as_of, as_of, rng),
        late=rng.lognormvariate(0.3, 1.0),
        slow=rng.lognormvariate(0, 0.35),
    )


def poisson(mean: float, rng: random.Random) -> int:
    """Draw from a Poisson distribution with a small mean (Knuth's method)."""
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count
