"""What a person said beside a score, in the oracle."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scoring.model import Model

COLUMNS = ("account", "score", "value", "band", "reason", "author", "set_at", "expires_at")
"""An override is a dict of these; one that is missing is null."""
EVER = datetime(1, 1, 1)  # noqa: DTZ001 -- scoring takes UTC without zone


@dataclass(frozen=True)
class Said:
    """The override that stands beside one score; all but ``state`` only while it counts."""

    state: str | None = None
    value: float | None = None
    band: str | None = None
    reason: str | None = None
    author: str | None = None


def said(
    model: Model, overrides: list[dict[str, Any]], key: tuple[int, str], as_of: datetime
) -> Said:
    """The last word on a score, as far as it was spoken by then."""
    own = [
        {name: each.get(name) for name in COLUMNS}
        for each in overrides
        if (each["account"], each["score"]) == key
    ]
    spoken = [each for each in own if each["set_at"] is None or each["set_at"] <= as_of]
    if not spoken:
        return Said()
    last = max(spoken, key=_order)
    state = _state(last, model, as_of)
    if state != "active":
        return Said(state)
    return Said(state, *(last[name] for name in ("value", "band", "reason", "author")))


def _order(each: dict[str, Any]) -> tuple[Any, ...]:
    """By the time it was set, then by what it says; null before all, NaN after all."""
    value = -math.inf if each["value"] is None else each["value"]
    number = math.inf if math.isnan(value) else value
    texts = ((each[name] or "").encode() for name in ("band", "reason", "author"))
    return each["set_at"] or EVER, number, *texts, each["expires_at"] or EVER


def _state(last: dict[str, Any], model: Model, as_of: datetime) -> str:
    value, band, bands = last["value"], last["band"], model.bands_of(last["score"])
    if not (last["reason"] or "").strip():
        return "no reason"
    if last["expires_at"] is not None and last["expires_at"] <= as_of:
        return "expired"
    if value is None and band is None:
        return "empty"
    if value is not None and not 0 <= value <= 100:
        return "not 0..100"
    known = bands.borders or bands.quantiles or {}
    return "active" if band is None or band in known else "no such band"
