"""What a model's weights come to: each metric's share of a score, and how far it can move it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .declared import Shape
from .model import Model

EVERY = (0.0, 100.0)


@dataclass(frozen=True, slots=True)
class Share:
    """A metric's share of a score's weight, when everything is observed.

    Attributes:
        metric: Its name.
        via: Component scores on the way down.
        share: Of the whole score, 0..1.
    """

    metric: str
    via: tuple[str, ...]
    share: float


def portions(model: Model, score: str, segment: str | None = None) -> dict[str, float]:
    """Return part -> share of a score's own weight, of the parts that have any; sums to 1."""
    weights = {name: w for name, w in model.weights_of(score, segment).items() if w > 0}
    whole = sum(weights.values())
    return {name: weight / whole for name, weight in weights.items()}


def shares(model: Model, score: str, segment: str | None = None) -> list[Share]:
    """Return a score's weight down to the metrics, in the model's order; sums to 1.

    Args:
        model: The model.
        score: One of its scores.
        segment: Whose weights; None: of the accounts in no segment.
    """
    return list(_shares(model, score, segment, 1.0, ()))


def _shares(
    model: Model, score: str, segment: str | None, whole: float, via: tuple[str, ...]
) -> Iterator[Share]:
    for name, portion in portions(model, score, segment).items():
        if name in model.metrics:
            yield Share(name, via, whole * portion)
        else:
            yield from _shares(model, name, segment, whole * portion, (*via, name))


def top_scores(model: Model) -> list[str]:
    """Return the scores that no other score uses: those that people are shown first."""
    used = {part for name in model.scores for part in model.parts_of(name)}
    return [name for name in model.scores if name not in used]


def reach(model: Model, score: str, segment: str | None = None) -> dict[str, float]:
    """Return metric -> points by which it alone can move a score, all else equal.

    The metric goes from its curve's least to its greatest, on every way that it has into the
    score. With ``worst_pull`` L a part that moves by d moves the score by up to (1 - L) w d + L d.
    """
    found: dict[str, float] = {}
    largest: dict[str, float] = {}
    pull = model.scores[score].worst_pull
    for name, portion in portions(model, score, segment).items():
        if name in model.metrics:
            least, greatest = range_of(model.shape_of(name, segment))
            whole = {name: greatest - least}
        else:
            whole = reach(model, name, segment)
        for metric, points in whole.items():
            found[metric] = found.get(metric, 0.0) + (1 - pull) * portion * points
            largest[metric] = max(largest.get(metric, 0.0), points)
    return {metric: min(100.0, points + pull * largest[metric]) for metric, points in found.items()}


def range_of(shape: Shape) -> tuple[float, float]:
    """Return the least and the greatest goodness of a curve."""
    if shape.curve == "steps" and shape.steps:
        goods = [good for _, good in shape.steps]
        return min(goods), max(goods)
    if shape.curve == "band":
        return min(shape.at_low or 0.0, shape.at_high or 0.0), 100.0
    return EVERY


def borders_of(model: Model, score: str, segment: str | None = None) -> Mapping[str, float]:
    """Return band -> lower bound as it holds in a segment; empty for quantiles."""
    borders = model.bands_of(score).borders or {}
    own = model.segments[segment].borders.get(score, {}) if segment is not None else {}
    return {**borders, **own}
