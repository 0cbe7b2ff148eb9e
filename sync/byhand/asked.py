"""The columns that people fill: one for each value that the model asks for."""

from dataclasses import dataclass
from typing import Any

from scoring import Model
from scoring.declared import Shape
from scoring.phrases import Phrases

from .conditions import NoFormulaError, columns
from .numbers import metrics_of
from .places import Column, Page

YES = "x if so"


@dataclass(frozen=True)
class Asked:
    """What is asked for.

    Attributes:
        name: Column of the account's name.
        values: Signal, or ``account.column`` -> its column.
        said: (score, name of an adjustment, floor or cap) that no formula can tell -> its column.
    """

    name: Column
    values: dict[str, Column]
    said: dict[tuple[str, str], Column]


def asked(page: Page, name: Column, model: Model, phrases: Phrases) -> Asked:
    """Add the columns to a page."""
    found = Asked(name, {}, {})
    for metric in metrics_of(model):
        signal = model.metrics[metric].signal
        if signal not in found.values:
            told = (phrases.metric(metric), _unit(model, signal), _range(model.shape_of(metric)))
            found.values[signal] = page.column("fill in", *told)
    for score in model.ordered_scores():
        for rule, item in _rules(model, score):
            _condition(page, found, model, (score, rule, item))
    return found


def _rules(model: Model, score: str) -> list[tuple[str, Any]]:
    """Return a score's adjustments, floors and caps by name."""
    declared = model.scores[score]
    return [*declared.adjustments.items(), *declared.floors.items(), *declared.caps.items()]


def _condition(page: Page, found: Asked, model: Model, rule: tuple[str, str, Any]) -> None:
    score, name, item = rule
    label = item.label or name.replace("_", " ")
    event = getattr(item, "event", None)
    if event is not None:
        if event not in found.values:
            found.values[event] = page.column("fill in", label, "days ago", "empty: never")
        return
    try:
        wanted = columns(item.when)
    except NoFormulaError:
        found.said[score, name] = page.column("fill in", label, YES, item.when)
        return
    for column in wanted:
        if column not in found.values:
            words = column.removeprefix("account.").replace("_", " ")
            found.values[column] = page.column(
                "fill in", words, _unit(model, column), f"for: {label}"
            )


def _unit(model: Model, signal: str) -> str:
    unit = model.signals[signal].unit if signal in model.signals else "text"
    return {"share": "share, 0 to 1", "ratio": "ratio, 1 is as before"}.get(unit, unit)


def _range(shape: Shape) -> str:
    if shape.worst is not None and shape.best is not None:
        return f"{shape.worst:g} is worst, {shape.best:g} best"
    if shape.best_low is not None and shape.best_high is not None:
        return f"best from {shape.best_low:g} to {shape.best_high:g}"
    return shape.curve or ""
