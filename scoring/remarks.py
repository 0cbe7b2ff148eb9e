"""What a model allows but its author hardly means: dead bands, scores that one metric decides."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product

from .declared import Missing
from .expressions import columns, parse
from .model import Model
from .references import conditions
from .weighing import EVERY, borders_of, portions, range_of, reach

MAJORITY = 0.5
"""A metric with more of the weight than all others together decides the score; our default."""
COMBINATIONS = 4096
"""Values that a score of nothing but steps and indicators is searched through."""
TINY = 1e-9
"""Shares round."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to look at; the model works all the same.

    Attributes:
        kind: ``unreachable band``, ``narrow band``, ``decides alone`` or ``unused``.
        score: Of which score; ``""`` for what no score uses.
        segment: For whom; None: accounts in no segment, and usually all others.
        name: The band, metric or signal.
        text: What it is, in words.
    """

    kind: str
    score: str
    segment: str | None
    name: str
    text: str


def remarks(model: Model) -> list[Remark]:
    """Return what to look at, by score; a segment only where it adds something."""
    found: list[Remark] = []
    for score in model.scores:
        seen: set[tuple[str, str]] = set()
        for segment in (None, *model.segments):
            for remark in (*_bands(model, score, segment), *_alone(model, score, segment)):
                if (remark.kind, remark.name) not in seen:
                    seen.add((remark.kind, remark.name))
                    found.append(remark)
    return [*found, *_unused(model)]


def _unused(model: Model) -> Iterator[Remark]:
    parts = {part for score in model.scores for part in model.parts_of(score)}
    read = {metric.signal for metric in model.metrics.values()}
    for signal in model.signals.values():
        read |= {name for name in signal.per if isinstance(name, str)}
    for _, text in conditions(model):
        read |= set(columns(parse(text)))
    for declared in model.scores.values():
        read |= {item.event for item in declared.adjustments.values() if item.event}
    for name in model.metrics:
        if name not in parts:
            yield Remark("unused", "", None, name, "a metric that has weight in no score")
    for name in model.signals:
        if name not in read:
            yield Remark("unused", "", None, name, "a signal that nothing reads")


def _alone(model: Model, score: str, segment: str | None) -> Iterator[Remark]:
    """Yield the metrics that can carry a score across a whole band, or outweigh all others."""
    lower = list(borders_of(model, score, segment).items())
    widths = [(high - low, band) for (band, low), (_, high) in pairwise(lower)][1:]
    width, band = min(widths, default=(100.0, ""))
    for metric, points in reach(model, score, segment).items():
        if widths and points > width + TINY:
            text = f"alone it can move {score} by {points:.0f} points: across all of {band}"
            text += f" ({width:g} points wide)"
        elif points > 100 * MAJORITY + TINY:
            text = f"alone it can move {score} by {points:.0f} points: more than all else together"
        else:
            continue
        yield Remark("decides alone", score, segment, metric, text)


def _bands(model: Model, score: str, segment: str | None) -> Iterator[Remark]:
    lower = borders_of(model, score, segment)
    if not lower:
        return
    low, high = span(model, score, segment)
    values = _values(model, score, segment)
    dead = model.bands_of(score).dead_band
    uppers = [*list(lower.values())[1:], None]
    for (band, start), upper in zip(lower.items(), uppers, strict=True):
        top = 101.0 if upper is None else upper
        if not (start <= high and low < top) and not _held(model, score, band):
            text = f"{score} can only be {low:.4g} to {high:.4g}"
        elif values and not any(start <= value < top for value in values):
            listed = ", ".join(f"{value:.4g}" for value in values[:8])
            text = f"with everything observed {score} is one of {listed}"
        elif upper is not None and start > 0 and top - start < dead:
            text = f"{top - start:g} points wide, less than the dead-band of {dead:g}: a slow "
            text += "change passes over it"
            yield Remark("narrow band", score, segment, band, text)
            continue
        else:
            continue
        yield Remark("unreachable band", score, segment, band, text)


def _held(model: Model, score: str, band: str) -> bool:
    """Tell whether a cap or floor of the band leads to a band whatever the value."""
    declared = model.scores[score]
    caps = [cap.at_most for cap in declared.caps.values()]
    return band in {*caps, *(floor.at_least for floor in declared.floors.values())}


def span(model: Model, score: str, segment: str | None = None) -> tuple[float, float]:
    """Return the least and the greatest value that a score can have."""
    declared = model.scores[score]
    lows, highs, weights = [], [], []
    for name, portion in portions(model, score, segment).items():
        if name in model.metrics:
            low, high = range_of(model.shape_of(name, segment))
            low, high = _with_missing(low, high, model.metrics[name].missing)
        else:
            low, high = span(model, name, segment)
            low, high = _with_missing(low, high, model.scores[name].missing)
        lows.append(low)
        highs.append(high)
        weights.append(portion)
    pull = declared.worst_pull
    ends = []
    for values in (lows, highs):
        mean = sum(weight * value for weight, value in zip(weights, values, strict=True))
        ends.append(mean - pull * (mean - min(values)))
    points = [item.points for item in declared.adjustments.values()]
    down = max(-declared.max_points, sum(p for p in points if p < 0))
    up = min(declared.max_points, sum(p for p in points if p > 0))
    caps = [cap.at_most for cap in declared.caps.values() if isinstance(cap.at_most, float)]
    floors = [f.at_least for f in declared.floors.values() if isinstance(f.at_least, float)]
    low, high = min([ends[0] + down, *caps]), max([ends[1] + up, *floors])
    return max(0.0, low), min(100.0, high)


def _with_missing(low: float, high: float, missing: Missing) -> tuple[float, float]:
    if missing == "worst":
        return 0.0, high
    return (min(low, missing), max(high, missing)) if isinstance(missing, float) else (low, high)


def _values(model: Model, score: str, segment: str | None) -> list[float]:
    """Return every value of a score of steps and indicators only; empty: there is a range."""
    declared = model.scores[score]
    weights = portions(model, score, segment)
    if declared.adjustments or declared.caps or declared.floors or declared.worst_pull:
        return []
    choices: list[list[float]] = []
    count = 1
    for name, weight in weights.items():
        shape = model.shape_of(name, segment) if name in model.metrics else None
        if shape is None or shape.curve not in {"steps", "indicator"}:
            return []
        goods = {good for _, good in shape.steps or ()} or set(EVERY)
        choices.append([weight * good for good in goods])
        count *= len(goods)
        if count > COMBINATIONS:
            return []
    return sorted({round(sum(parts), 9) for parts in product(*choices)})
