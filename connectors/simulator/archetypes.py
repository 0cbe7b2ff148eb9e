"""How kinds of customers behave: a hidden vigour over time, and habits around it.

Vigour (0 to 1) drives usage, complaints, payment and answers, each with noise of its own, so that
no single fact gives the archetype away.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

WEEKS = 79
"""Weeks of history: 18 months."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One archetype.

    Attributes:
        share: Share of the portfolio.
        before: Typical vigour at first.
        now: Typical vigour at the present, or at the end.
        turn: Days before the end in which it goes from ``before`` to ``now``.
        active: Share of seats in use at full vigour.
        breadth: Share of the core features in use at full vigour.
        tickets: Tickets a month for each ten seats.
        contacts: Interactions a month.
        answers: Chance that a survey is answered.
    """

    share: float
    before: float
    now: float
    turn: int
    active: float
    breadth: float
    tickets: float
    contacts: float
    answers: float


PROFILES: dict[str, Profile] = {
    "loyal": Profile(0.22, 0.82, 0.84, 400, 0.85, 0.75, 0.5, 1.3, 0.45),
    "growing": Profile(0.11, 0.62, 0.92, 300, 0.90, 0.80, 0.6, 1.7, 0.50),
    "steady": Profile(0.16, 0.68, 0.66, 400, 0.75, 0.60, 0.6, 1.0, 0.30),
    "silent_happy": Profile(0.09, 0.78, 0.80, 400, 0.75, 0.65, 0.08, 0.2, 0.06),
    "noisy_loyal": Profile(0.08, 0.72, 0.76, 400, 0.90, 0.85, 1.7, 2.4, 0.60),
    "drifting": Profile(0.10, 0.72, 0.46, 330, 0.75, 0.55, 0.6, 0.8, 0.22),
    "at_risk": Profile(0.07, 0.68, 0.28, 150, 0.75, 0.50, 1.0, 0.9, 0.22),
    "churned": Profile(0.10, 0.66, 0.18, 150, 0.75, 0.50, 0.9, 0.8, 0.20),
    "trial": Profile(0.04, 0.40, 0.65, 25, 0.80, 0.45, 0.5, 2.5, 0.25),
    "onboarding": Profile(0.03, 0.35, 0.72, 60, 0.80, 0.55, 0.9, 3.0, 0.40),
}


def assign(count: int, rng: random.Random) -> list[str]:
    """Return an archetype for each customer, in the profiles' shares, shuffled."""
    names = list(PROFILES)
    shares = [profile.share for profile in PROFILES.values()]
    exact = [
        name for name, share in zip(names, shares, strict=True) for _ in range(round(share * count))
    ]
    exact += rng.choices(names, shares, k=max(0, count - len(exact)))
    rng.shuffle(exact)
    return exact[:count]


def vigour(profile: Profile, end: datetime, as_of: datetime, rng: random.Random) -> list[float]:
    """Return vigour by week, the week that ends at ``as_of`` first.

    Args:
        profile: The archetype.
        end: When ``now`` is reached: the churn date, or ``as_of``.
        as_of: The present.
        rng: Draws this customer's own level, turn and noise.
    """
    own = rng.gauss(0, 0.09)
    turn = timedelta(days=profile.turn * rng.uniform(0.7, 1.3))
    noise, levels = 0.0, []
    for week in range(WEEKS):
        left = (end - (as_of - timedelta(weeks=week))) / turn
        blend = min(1.0, max(0.0, left))
        noise = 0.7 * noise + rng.gauss(0, 0.05)
        level = profile.now + (profile.before - profile.now) * blend + own + noise
        levels.append(min(1.0, max(0.03, level)))
    return levels
