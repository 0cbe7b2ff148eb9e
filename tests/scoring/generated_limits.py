"""What limits a generated score, where its bands lie, and the segments of a generated model."""

from random import Random
from typing import Any

ADJUSTMENTS: list[dict[str, Any]] = [
    {},
    {"late": {"event": "late", "points": -15, "half_life": "30d"}},
    {
        "late": {"event": "late", "points": -15},
        "big": {"when": "seats > 3", "points": -8},
        "plan": {"when": "account.plan = 'x'", "points": 9},
    },
]
CAPS: list[dict[str, Any]] = [
    {},
    {"idle": {"when": "late > 20", "at_most": 40}},
    {
        "idle": {"when": "late > 20 or late is null", "at_most": "yellow"},
        "big": {"when": "not seats > 3", "at_most": 55},
        "few": {"when": "other < 3", "at_most": "red"},
    },
]
FLOORS: list[dict[str, Any]] = [
    {},
    {"new": {"when": "account.started_at > as_of - 30d", "at_least": 50}},
    {"plan": {"when": "account.plan in ('x', 'y')", "at_least": "yellow"}},
]
BORDERS = {"red": 0, "yellow": 40, "green": 80}


def limits(chance: Random) -> dict[str, Any]:
    """Worst pull, adjustments, caps, floors, growth."""
    return {
        "worst_pull": chance.choice([0, 0.3]),
        "max_points": chance.choice([10, 20]),
        "adjustments": chance.choice(ADJUSTMENTS),
        "caps": chance.choice(CAPS),
        "floors": chance.choice(FLOORS),
        "growth": chance.choice([None, "seats > 2"]),
    }


def bands(chance: Random) -> dict[str, Any]:
    kinds: list[dict[str, Any]] = [
        {"borders": BORDERS},
        {"borders": BORDERS, "dead_band": 0, "jump": 5},
        {"borders": BORDERS, "jump": 60},
        {"quantiles": {"red": 0, "yellow": 0.25, "green": 0.75}},
    ]
    return chance.choice(kinds)


def segments(metrics: list[str], chance: Random, *, borders: bool) -> dict[str, Any]:
    """None, one or two; they overlap, and leave some accounts out."""
    made: dict[str, Any] = {}
    if chance.random() < 0.5:
        made["it's small"] = {
            "where": "seats <= 3 and plan is not null",
            "weights": {"whole": {metrics[-1]: 3}, "part": {metrics[0]: 1}},
            "borders": {"whole": {"yellow": 30}} if borders else {},
        }
    if chance.random() < 0.5:
        made["new"] = {
            "where": "started_at > as_of - 30d or plan = 'y'",
            "weights": {"whole": {"part": 0, metrics[-1]: 1}},
        }
    return made
