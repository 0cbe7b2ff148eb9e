"""The usage of a customer: by user and day for 90 days, by week before that."""

from datetime import date, timedelta

from .facts import Usage
from .history import History
from .identity import CORE_FEATURES

FEATURES = ("plans", "reports", "imports", "sharing", "alerts", "automations", "exports", "api")
"""The product's core features; a plan includes the first ones (``identity.CORE_FEATURES``)."""

NEW_FEATURES = {"assistant": 55, "mobile": 130}
"""Features released lately: days before the present."""

LOGIN = "login"
DETAILED = 90
_WEEKLY = 3
"""Features that a weekly total names, the login not counted."""


def usage(history: History) -> list[Usage]:
    """Return the rows by day; one who has left has none after leaving."""
    if "salesforce" not in history.customer.listings:
        return []
    last = (history.end - timedelta(hours=25)).date()  # counted an hour after the day's end
    first = history.begin.date()
    detail = max(first, history.as_of.date() - timedelta(days=DETAILED))
    features = _features(history)
    rows = _weekly(history, features, first, min(detail, last))
    rows += _daily(history, features, detail, last)
    _oddities(history, rows)
    return rows


def _features(history: History) -> list[str]:
    """Return the core features that this customer uses, most used first."""
    included = CORE_FEATURES[history.customer.segment]
    level = history.level(history.end) if history.customer.archetype != "churned" else 0.5
    wanted = (
        included * history.profile.breadth * (0.45 + 0.65 * level) * history.rng.uniform(0.8, 1.25)
    )
    return list(FEATURES[: max(1, min(included, round(wanted)))])


def _weekly(history: History, features: list[str], first: date, last: date) -> list[Usage]:
    rows: list[Usage] = []
    seats, active = history.customer.seats, history.profile.active
    base, now, gauss = history.customer.index << 20, history.as_of.date(), history.rng.gauss
    day = first + timedelta(days=6 - first.weekday())
    while day < last:
        level = history.levels[min((now - day).days // 7, 78)]
        volume = seats * active * level * max(0.3, gauss(1, 0.12))
        for place, feature in enumerate((LOGIN, *features[:_WEEKLY])):
            count = round(volume * (3.2 if place == 0 else 4.5 / place))
            if count > 0:
                rows.append(
                    Usage(base + 500_000 + len(rows), day, feature, None, float(count), None)
                )
        day += timedelta(days=7)
    return rows


def _daily(history: History, features: list[str], first: date, last: date) -> list[Usage]:
    rows: list[Usage] = []
    customer, rng = history.customer, history.rng
    base, now, draw = customer.index << 20, history.as_of.date(), rng.random
    active = history.profile.active * rng.uniform(0.85, 1.1)
    keen = [rng.betavariate(1.6, 2.6) for _ in range(customer.seats)]
    day, total = first, (last - first).days + 1
    for _ in range(max(0, total)):
        if day.weekday() < 5 or draw() < 0.1:
            age = (now - day).days
            level = history.levels[min(age // 7, 78)]
            chance = 0.45 + 0.5 * level
            users = customer.seats * min(1.0, active * (0.35 + 0.75 * level))
            for user, own in enumerate(keen[: max(1, round(users))]):
                if draw() >= chance * own:
                    continue
                name = f"u{customer.index}-{user}"
                rows.append(
                    Usage(base + len(rows), day, LOGIN, name, float(1 + int(draw() * 1.3)), None)
                )
                if draw() < 0.6:
                    feature, released = _pick(history, features, age)
                    count = float(1 + int(draw() * 9))
                    rows.append(Usage(base + len(rows), day, feature, name, count, released))
        day += timedelta(days=1)
    return rows


def _pick(history: History, features: list[str], age: int) -> tuple[str, int | None]:
    """Return a feature of the day, and the days since its release if it is new."""
    draw = history.rng.random
    if draw() < 0.12 * history.levels[0]:
        for feature, released in NEW_FEATURES.items():
            if age < released and draw() < 0.6:
                return feature, released - age
    return features[int(len(features) * draw() ** 2)], None


def _oddities(history: History, rows: list[Usage]) -> None:
    """Add the odd rows; their keys are the last ones of the customer."""
    traps, odd = history.customer.traps, []
    base, today = (history.customer.index << 20) + 900_000, history.as_of.date()
    day = today - timedelta(days=12)
    if "negative_usage" in traps:
        odd.append(Usage(base, day, FEATURES[0], None, -40.0, None))
    if "usage_before_start" in traps:
        early = history.customer.started_at.date() - timedelta(days=425)
        odd.append(Usage(base + 1, early, FEATURES[0], None, 3.0, None))
    if "duplicate_usage" in traps and rows:
        odd.append(rows[-1]._replace(key=base + 2))
    rows += odd
