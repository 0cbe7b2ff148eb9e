"""What a model says to people: in languages that there are, with places that are filled."""

from collections.abc import Iterator, Mapping

from .declared import Named
from .errors import Problem, unknown
from .language import PLACE, languages
from .model import Model

FILLED = ("value", "change", "window")
"""What a metric's sentence is filled with; other words of a model are told as they stand."""


def text_problems(model: Model) -> Iterator[Problem]:
    """Yield texts of a model that nobody would see, or see unfilled."""
    for name, metric in model.metrics.items():
        yield from _texts(f"metrics.{name}", metric, FILLED)
    for key, named in _named(model):
        for name, item in named.items():
            yield from _texts(f"{key}.{name}", item, ())


def _named(model: Model) -> Iterator[tuple[str, Mapping[str, Named]]]:
    yield from (("signals", model.signals), ("scores", model.scores), ("segments", model.segments))
    for name, score in model.scores.items():
        yield f"scores.{name}.adjustments", score.adjustments
        yield f"scores.{name}.floors", score.floors
        yield f"scores.{name}.caps", score.caps


def _texts(key: str, named: Named, filled: tuple[str, ...]) -> Iterator[Problem]:
    for code, text in named.texts.items():
        if code not in languages():
            yield unknown(f"{key}.texts", code, "language", languages())
        for place, forms in PLACE.findall(text):
            if place not in filled and not (filled and forms):
                allowed = [f"{{{name}}}" for name in filled]
                yield unknown(f"{key}.texts.{code}", f"{{{place}}}", "place to fill", allowed)
