"""The sheet with the model's numbers, which formulas read and people may change."""

from dataclasses import dataclass, field

from scoring import Model
from scoring.declared import Score
from scoring.phrases import Phrases

from .curves import numbers
from .groups import Groups
from .places import MODEL, Page

NUMBERS = ("worst", "best", "low", "best_low", "best_high", "high", "at_low", "at_high", "points")
WIDEST = 5 + len(NUMBERS)


@dataclass
class Cells:
    """Where each number of the model stands.

    Attributes:
        page: The sheet.
        groups: The segments.
        curves: (metric, segment or None) -> number -> cell, where the segment has its own.
        weights: (score, part) -> what refers to the account's own.
        rules: (score, ``coverage``, ``pull`` or ``most``) -> cell.
        limits: (score, name of an adjustment, floor or cap) -> cell of its points or bound.
        lives: (score, name of an adjustment) -> cell of its half-life in days.
        borders: (score, band) -> what refers to the account's own lower bound, in points or as a
            share.
    """

    page: Page
    groups: Groups
    curves: dict[tuple[str, str | None], dict[str, str]] = field(default_factory=dict)
    weights: dict[tuple[str, str], str] = field(default_factory=dict)
    rules: dict[tuple[str, str], str] = field(default_factory=dict)
    limits: dict[tuple[str, str], str] = field(default_factory=dict)
    lives: dict[tuple[str, str], str] = field(default_factory=dict)
    borders: dict[tuple[str, str], str] = field(default_factory=dict)


def metrics_of(model: Model) -> list[str]:
    """Return the metrics that weigh in any score, in the model's order."""
    used = {part for score in model.scores for part in parts_of(model, score)}
    return [name for name in model.metrics if name in used]


def parts_of(model: Model, score: str) -> list[str]:
    """Return the parts of a score that have a weight, outside all segments or in one."""
    every = [model.weights_of(score, segment) for segment in (None, *model.segments)]
    return [name for name in model.parts_of(score) if any(each.get(name, 0) > 0 for each in every)]


def cells(model: Model, phrases: Phrases, groups: Groups) -> Cells:
    """Write the sheet; return where its numbers stand."""
    found = Cells(Page(MODEL), groups)
    row = _title(found.page, 0, ["metric", "label", "unit", "curve", "when unknown", *NUMBERS])
    for name in metrics_of(model):
        for segment in groups.every:
            if segment is None or name in model.segments[segment].metrics:
                row = _metric(found, model, phrases, (name, segment), row)
    heads = ["score", "part or rule", "label", "number", "half-life, days"]
    row = _title(found.page, row + 1, [*heads, *map(phrases.segment, groups.names)])
    for score in model.ordered_scores():
        row = _score(found, model, phrases, score, row)
    return found


def _title(page: Page, row: int, words: list[str]) -> int:
    for at, word in enumerate(words):
        page.put(row, at, word)
    return row + 1


def _metric(
    found: Cells, model: Model, phrases: Phrases, curve: tuple[str, str | None], row: int
) -> int:
    name, segment = curve
    metric, shape = model.metrics[name], model.shape_of(*curve)
    label = phrases.metric(name) + (f" ({phrases.segment(segment)})" if segment else "")
    told = (
        name, label, model.signals[metric.signal].unit, shape.curve or "linear",
        metric.missing,
    )  # fmt: skip
    for at, value in enumerate(told):
        found.page.put(row, at, value)
    needed = numbers(shape)
    found.curves[curve] = {
        number: found.page.put(row, NUMBERS.index(number) + 5, value)
        for number, value in needed.items()
    }
    for at, pair in enumerate(shape.steps or ()):
        found.page.put(row, WIDEST + at, f"from {pair[0]:g}: {pair[1]:g}")
    return row + 1


@dataclass
class _Lines:
    """One score's numbers, line by line."""

    page: Page
    score: str
    row: int

    def own(self, part: str, label: str, every: list[float], groups: Groups) -> str:
        """Write the next line, with numbers of segments where they differ; return the account's."""
        cells = [self.add(part, label, every[0])]
        for at, number in enumerate(every[1:]):
            differs = number != every[0]
            cells.append(self.page.put(self.row - 1, 5 + at, number) if differs else cells[0])
        return groups.chosen(cells)

    def add(self, part: str, label: str, number: float | str) -> str:
        """Write the next line; return the cell of its number."""
        for at, word in enumerate((self.score, part, label)):
            self.page.put(self.row, at, word)
        self.row += 1
        return self.page.put(self.row - 1, 3, number)


def _score(found: Cells, model: Model, phrases: Phrases, score: str, row: int) -> int:
    declared, bands = model.scores[score], model.bands_of(score)
    lines = _Lines(found.page, score, row)
    for part in parts_of(model, score):
        label = phrases.metric(part) if part in model.metrics else phrases.score(part)
        every = [model.weights_of(score, name).get(part, 0.0) for name in found.groups.every]
        found.weights[score, part] = lines.own(part, label, every, found.groups)
    found.rules[score, "coverage"] = lines.add("min_coverage", "", declared.min_coverage)
    found.rules[score, "pull"] = lines.add("worst_pull", "", declared.worst_pull)
    found.rules[score, "most"] = lines.add("max_points", "", declared.max_points)
    _limits(found, lines, declared)
    for band, border in (bands.borders or bands.quantiles or {}).items():
        own = [model.segments[name].borders.get(score, {}) for name in found.groups.names]
        every = [border, *(each.get(band, border) for each in own)]
        words = phrases.band(band)
        found.borders[score, band] = lines.own(f"band {band}", words, every, found.groups)
    return lines.row


def _limits(found: Cells, lines: _Lines, declared: Score) -> None:
    for name, item in declared.adjustments.items():
        found.limits[lines.score, name] = lines.add(name, item.label, item.points)
        if item.half_life is not None:
            cell = found.page.put(lines.row - 1, 4, item.half_life)
            found.lives[lines.score, name] = cell
    for name, floor in declared.floors.items():
        words = floor.label or floor.when
        found.limits[lines.score, name] = lines.add(name, words, floor.at_least)
    for name, cap in declared.caps.items():
        found.limits[lines.score, name] = lines.add(name, cap.label or cap.when, cap.at_most)
