"""What moves and limits a score in the oracle: adjustments, floors, caps, clamp, bands."""

from dataclasses import dataclass, field

from scoring.declared import Adjustment, Bands, Score
from tests.scoring.oracle_expressions import holds
from tests.scoring.oracle_overrides import Said
from tests.scoring.oracle_signals import Reader

NEAR = 1e-9
"""Sums round: a border or limit this close counts as reached."""


@dataclass
class Result:
    """One account's score. ``ledger``: (part, name) -> points; ``before``: last value and band."""

    value: float | None = None
    coverage: float = 0.0
    spread: float | None = None
    band: str = "no data"
    segment: str | None = None
    limited_by: list[str] = field(default_factory=list)
    growth: bool = False
    ledger: dict[tuple[str, str], float] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    before: tuple[float | None, str] = (None, "")
    said: Said = field(default_factory=Said)


@dataclass
class Customer:
    """What is worked out for one account on the way."""

    reader: Reader
    segment: str | None
    signals: dict[str, float | None]
    metrics: dict[str, tuple[float | None, float]] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)

    def holds(self, text: str) -> bool:
        """A condition on signals and account columns."""
        account = {f"account.{name}": v for name, v in self.reader.account.items()}
        return holds(text, self.signals | account, self.reader.as_of)


def note(result: Result, row: tuple[str, str], points: float) -> None:
    result.ledger[row] = result.ledger.get(row, 0.0) + points


def limited(declared: Score, customer: Customer, result: Result, value: float) -> float:
    """The value after adjustments, floors, caps and clamp, each noted in the ledger."""
    each = {name: points(customer, item) for name, item in declared.adjustments.items()}
    for name, signed in each.items():
        note(result, ("adjustment", name), signed)
    most, wanted = declared.max_points, sum(each.values())
    kept = max(-most, min(most, wanted))
    note(result, ("adjustment", "max_points"), kept - wanted)
    value += kept
    for name, floor in declared.floors.items():
        if isinstance(floor.at_least, float) and customer.holds(floor.when):
            value = bind(result, ("floor", name), value, max(value, floor.at_least))
    for name, cap in declared.caps.items():
        if isinstance(cap.at_most, float) and customer.holds(cap.when):
            value = bind(result, ("cap", name), value, min(value, cap.at_most))
    clamped = max(0.0, min(100.0, value))
    note(result, ("clamp", "clamp"), clamped - value)
    return clamped


def bind(result: Result, row: tuple[str, str], before: float, after: float) -> float:
    note(result, row, after - before)
    if abs(after - before) > NEAR:
        result.limited_by.append(row[1])
    return after


def points(customer: Customer, item: Adjustment) -> float:
    if item.when is not None:
        return item.points if customer.holds(item.when) else 0.0
    days = customer.signals[item.event or ""]
    if days is None:
        return 0.0
    return item.points * (0.5 ** (days / item.half_life) if item.half_life else 1.0)


def place(
    declared: Score, bands: Bands, borders: dict[str, float], customer: Customer, result: Result
) -> None:
    """Set the band, and what limited it."""
    names = list(borders)
    at = steady(result, bands, names, list(borders.values()))
    for name, floor in declared.floors.items():
        if isinstance(floor.at_least, str) and customer.holds(floor.when):
            raised = max(at, names.index(floor.at_least))
            result.limited_by += [name] if raised != at else []
            at = raised
    for name, cap in declared.caps.items():
        if isinstance(cap.at_most, str) and customer.holds(cap.when):
            lowered = min(at, names.index(cap.at_most))
            result.limited_by += [name] if lowered != at else []
            at = lowered
    result.band = names[at]
    best = at == len(names) - 1
    result.growth = bool(best and declared.growth and customer.holds(declared.growth))


def steady(result: Result, bands: Bands, names: list[str], borders: list[float]) -> int:
    """The band's place, which stays until a border is passed by the dead-band."""
    value = result.value or 0.0
    old, band = result.before
    plain = [i for i, border in enumerate(borders) if i == 0 or value >= border - NEAR][-1]
    jumped = old is not None and abs(value - old) > bands.jump
    if band not in names or jumped or result.limited_by:
        return plain
    was, dead = names.index(band), bands.dead_band
    risen = [i for i in range(1, len(borders)) if value >= borders[i] + dead - NEAR]
    if risen and risen[-1] > was:
        return risen[-1]
    fallen = [i for i in range(1, len(borders)) if value <= borders[i] - dead + NEAR]
    return min(was, fallen[0] - 1) if fallen else was
