"""The sheet with the model's numbers, which formulas read and people may change."""

from dataclasses import dataclass, field

from scoring import Model
from scoring.declared import Score
from scoring.phrases import Phrases

from .curves import numbers
from .places import MODEL, Page

NUMBERS = ("worst", "best", "low", "best_low", "best_high", "high", "at_low", "at_high", "points")
WIDEST = 5 + len(NUMBERS)


@dataclass
class Cells:
    """Where each number of the model stands.

    Attributes:
        page: The sheet.
        curves: Metric -> number -> cell.
        weights: (score, part) -> cell.
        rules: (score, ``coverage``, ``pull`` or ``most``) -> cell.
        limits: (score, name of an adjustment, floor or cap) -> cell of its points or bound.
        lives: (score, name of an adjustment) -> cell of its half-life in days.
        borders: (score, band) -> cell of its lower bound, in points or as a share.
    """

    page: Page
    curves: dict[str, dict[str, str]] = field(default_factory=dict)
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
    """Return the parts of a score that have a weight outside all segments."""
    return [name for name, weight in model.weights_of(score).items() if weight > 0]


def cells(model: Model, phrases: Phrases) -> Cells:
    """Write the sheet; return where its numbers stand."""
    found = Cells(Page(MODEL))
    row = _title(found.page, 0, ["metric", "label", "unit", "curve", "when unknown", *NUMBERS])
    for name in metrics_of(model):
        row = _metric(found, model, phrases, name, row)
    row = _title(
        found.page, row + 1, ["score", "part or rule", "label", "number", "half-life, days"]
    )
    for score in model.ordered_scores():
        row = _score(found, model, phrases, score, row)
    return found


def _title(page: Page, row: int, words: list[str]) -> int:
    for at, word in enumerate(words):
        page.put(row, at, word)
    return row + 1


def _metric(found: Cells, model: Model, phrases: Phrases, name: str, row: int) -> int:
    metric = model.metrics[name]
    shape = model.shape_of(name)
    told = (
        name, phrases.metric(name), model.signals[metric.signal].unit, shape.curve or "linear",
        metric.missing,
    )  # fmt: skip
    for at, value in enumerate(told):
        found.page.put(row, at, value)
    needed = numbers(shape)
    found.curves[name] = {
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
        found.weights[score, part] = lines.add(part, label, model.weights_of(score)[part])
    found.rules[score, "coverage"] = lines.add("min_coverage", "", declared.min_coverage)
    found.rules[score, "pull"] = lines.add("worst_pull", "", declared.worst_pull)
    found.rules[score, "most"] = lines.add("max_points", "", declared.max_points)
    _limits(found, lines, declared)
    for band, border in (bands.borders or bands.quantiles or {}).items():
        found.borders[score, band] = lines.add(f"band {band}", phrases.band(band), border)
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
