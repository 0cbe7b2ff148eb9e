"""A curve as points to draw: computed by the SQL that scores with it, so that it cannot lie."""

from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from . import duck
from .curves import goodness
from .declared import Shape
from .dialects import DUCKDB
from .model import Model
from .steps import Context

MARGIN = 0.15
"""How far a drawing goes beyond the curve's own numbers, as a share of their distance."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """One metric's curve.

    Attributes:
        metric: Its name.
        segment: Whose curve; None: of all that have none of their own.
        curve: Its kind.
        unit: Of the signal.
        x: Signal values, ascending; a percentile curve has percent ranks (0..100).
        y: Goodness at each, 0..100.
    """

    metric: str
    segment: str | None
    curve: str
    unit: str
    x: tuple[float, ...]
    y: tuple[float, ...]


def drawings(model: Model, count: int = 32) -> list[Drawing]:
    """Return every metric's curve, and those of the segments that have their own.

    Args:
        model: The model.
        count: Points of each.
    """
    found = []
    with duck.connect() as connection:
        for metric, declared in model.metrics.items():
            own = [name for name, segment in model.segments.items() if metric in segment.metrics]
            for segment in (None, *own):
                shape = model.shape_of(metric, segment)
                x, y = _drawn(connection, model, shape, count)
                curve = shape.curve or "linear"
                unit = "rank" if curve == "percentile" else model.signals[declared.signal].unit
                found.append(Drawing(metric, segment, curve, unit, x, y))
    return found


def _drawn(
    connection: duckdb.DuckDBPyConnection, model: Model, shape: Shape, count: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    ctx = Context(model, DUCKDB, {}, {}, datetime(2026, 1, 1, tzinfo=UTC))
    low, high = extent(shape)
    x = [low + (high - low) * place / (count - 1) for place in range(count)]
    falls = shape.curve == "percentile" and (shape.best or 0.0) < (shape.worst or 0.0)
    rank = "(1 - x / 100)" if falls else "(x / 100)"
    sql = f"SELECT {goodness(ctx, shape, 'x', rank)} FROM unnest($1::DOUBLE[]) AS t (x)"
    return tuple(x), tuple(row[0] for row in connection.execute(sql, [x]).fetchall())


def extent(shape: Shape) -> tuple[float, float]:
    """Return the signal values between which a curve is worth drawing."""
    if shape.curve == "percentile":
        return 0.0, 100.0
    if shape.curve == "growth":
        return 0.0, 2.5
    if shape.curve == "penalty":
        return 0.0, 110.0 / (shape.points or 1.0)
    given = [n for n in (shape.worst, shape.best, shape.low, shape.high) if n is not None]
    given += [n for n in (shape.best_low, shape.best_high) if n is not None]
    given += [at for at, _ in shape.steps or ()]
    if len(set(given)) < 2:  # noqa: PLR2004 (a distance takes two)
        defaults = (-2.0, 1.0) if shape.curve == "baseline" else (0.0, 1.0)
        given += defaults
    low, high = min(given), max(given)
    margin = MARGIN * (high - low)
    # A count or a share is never below 0; neither is most of what has its border there.
    return (low - margin if low < 0 else max(0.0, low - margin)), high + margin
