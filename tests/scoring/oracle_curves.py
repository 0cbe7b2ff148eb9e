"""Curves and small formulas of the oracle, one Python function each."""

import math
from collections.abc import Callable

from scoring.declared import Shape


def fade(age: float, fresh: float, expires: float) -> float:
    return 1.0 if age <= fresh else 0.0 if age >= expires else (expires - age) / (expires - fresh)


def pulled(how: Callable[[list[float]], float], peers: list[float], everyone: list[float]) -> float:
    """The segment's figure, pulled toward the portfolio's when it is small."""
    own = how(peers) if peers else 0.0
    return (len(peers) * own + 10 * how(everyone)) / (len(peers) + 10)


def quantile(values: list[float], share: float) -> float:
    """Linear between the neighbours, as ``quantile_cont``."""
    if not values:
        return 0.0
    at = share * (len(values) - 1)
    low, rest = int(at), at - int(at)
    high = values[min(low + 1, len(values) - 1)]
    return values[low] + rest * (high - values[low])


# -- curves ------------------------------------------------------------------------------------


def straight(x: float, x0: float, x1: float, g0: float = 0.0, g1: float = 100.0) -> float:
    return g0 + (g1 - g0) * (x - x0) / (x1 - x0)


def linear(shape: Shape, x: float) -> float:
    return straight(x, shape.worst, shape.best)


def log(shape: Shape, x: float) -> float:
    worst, best, at = (math.log(1 + max(0.0, v)) for v in (shape.worst, shape.best, x))
    return straight(at, worst, best)


def steps(shape: Shape, x: float) -> float:
    reached = [g for at, g in shape.steps if x >= at]
    return reached[-1] if reached else shape.steps[0][1]


def band(shape: Shape, x: float) -> float:
    at_low, at_high = shape.at_low or 0.0, shape.at_high or 0.0
    if x < shape.low:
        return at_low
    if x > shape.high:
        return at_high
    if x < shape.best_low:
        return straight(x, shape.low, shape.best_low, at_low, 100.0)
    if x > shape.best_high:
        return straight(x, shape.best_high, shape.high, 100.0, at_high)
    return 100.0


def growth(shape: Shape, x: float) -> float:
    return 50 * x


def indicator(shape: Shape, x: float) -> float:
    worst = 0.0 if shape.worst is None else shape.worst
    best = 1.0 if shape.best is None else shape.best
    return 100.0 if (x >= best if best > worst else x <= best) else 0.0


def penalty(shape: Shape, x: float) -> float:
    return 100 - shape.points * x


def baseline(shape: Shape, x: float) -> float:
    return straight(
        x, -2.0 if shape.worst is None else shape.worst, 1.0 if shape.best is None else shape.best
    )


CURVES: dict[str, Callable[[Shape, float], float]] = {
    "linear": linear,
    "log": log,
    "steps": steps,
    "band": band,
    "growth": growth,
    "indicator": indicator,
    "penalty": penalty,
    "baseline": baseline,
}
