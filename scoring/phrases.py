"""What a model's scores, bands, metrics and ledger rows are called in a language.

Words come from the model where it has them (``texts`` by language), else from the language's
file by the name of the metric, adjustment, cap or floor, else from the model's ``label``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .declared import Metric, Named
from .language import Language, clean, fill, language
from .model import Model


@dataclass(frozen=True, slots=True)
class Part:
    """A ledger row.

    Attributes:
        part: metric, peers (with a component's name), worst_pull, adjustment, cap, floor or
            clamp; of a change: behaviour (with a metric's name), coverage, peers, adjustments,
            caps, override or model.
        name: Of the metric, component, adjustment, cap or floor; else ``""``.
        points: Signed.
        value: The signal's value; None: unknown.
        rows: Records behind the value; None: not known here.
    """

    part: str
    name: str
    points: float
    value: float | None = None
    rows: int | None = None


class Phrases:
    """The words of one model in one language.

    Args:
        model: The model that the rows come from.
        code: A language of ``language.languages()``.

    Raises:
        ValueError: no such language.
    """

    def __init__(self, model: Model, code: str = "en") -> None:
        self.model = model
        self.words: Language = language(code)
        self._sentence: Mapping[str, str] = self.words.texts["sentence"]

    def score(self, name: str) -> str:
        """Return a score's name."""
        declared = self.model.scores.get(name)
        return self._label("scores", name, declared)

    def band(self, name: str) -> str:
        """Return a band's word; ``no data`` and ``growth`` are bands here."""
        return self.words.word("bands", name, name)

    def segment(self, name: str | None) -> str:
        """Return a segment's word; None is no segment."""
        return self.words.word("segments", name or "other", name or "other")

    def metric(self, name: str) -> str:
        """Return a metric's label."""
        declared = self.model.metrics.get(name)
        told = self.words.texts["metrics"].get(name, {})
        return str(told["label"]) if "label" in told else _own(name, declared)

    def part(self, part: Part) -> str:
        """Return what a ledger row says, without its points."""
        if part.part in {"metric", "behaviour"}:
            return self._metric(part)
        if part.part in {"adjustment", "cap", "floor"}:
            return self._event(part)
        if part.part == "peers" and part.name:  # a component's unobserved share
            return fill(self._sentence["unknown"], {"label": self.score(part.name)})
        return self.words.word("parts", part.part)

    def _label(self, table: str, name: str, declared: Named | None) -> str:
        own = declared.texts.get(self.words.code) if declared else None
        return (
            clean(own) if own else self.words.word(table, name, declared.label if declared else "")
        )

    def _event(self, part: Part) -> str:
        """Return the reason of an adjustment, cap or floor, with the limit that bound."""
        for score in self.model.scores.values():
            if part.part == "adjustment" and part.name in score.adjustments:
                return self._label("reasons", part.name, score.adjustments[part.name])
            if part.part == "cap" and part.name in score.caps:
                cap = score.caps[part.name]
                return self._limit("at_most", part.name, cap, cap.at_most)
            if part.part == "floor" and part.name in score.floors:
                floor = score.floors[part.name]
                return self._limit("at_least", part.name, floor, floor.at_least)
        return self.words.word("parts" if part.name == "max_points" else "reasons", part.name)

    def _limit(self, key: str, name: str, declared: Named, bound: float | str) -> str:
        limit = self.band(bound) if isinstance(bound, str) else self.words.number(bound)
        label = self._label("reasons", name, declared)
        return fill(self._sentence[key], {"label": label, "limit": limit})

    def _metric(self, part: Part) -> str:
        declared = self.model.metrics.get(part.name)
        if declared is None:
            return self.score(part.name)
        if part.value is None:
            return self._unknown(part.name, declared)
        signal = self.model.signals[declared.signal]
        if signal.unit == "ratio" and part.value < 0:  # corrections outweigh what was counted
            return fill(self._sentence["below_zero"], {"label": self.metric(part.name)})
        phrase = self._phrase(part.name, declared, signal.unit)
        empty = signal.empty == part.value or (signal.aggregate == "days_to" and part.rows == 0)
        return self.words.phrase(
            phrase, part.value, signal.unit, window=f"{signal.window or 0:g}", empty=empty
        )

    def _phrase(self, name: str, declared: Metric, unit: str) -> Mapping[str, str]:
        own = declared.texts.get(self.words.code)
        if own:
            return {"text": clean(own)}
        told: Mapping[str, str] = self.words.texts["metrics"].get(name, {})
        if told and told.get("unit", unit) == unit:
            return told
        known = unit in {"", "share", "ratio"}
        value = "{value}" if known else "{value} " + clean(unit).replace("{", "").replace("}", "")
        generic = self._sentence["generic"].replace("{value}", value)
        return {"text": fill(generic, {"label": _own(name, declared)})}

    def _unknown(self, name: str, declared: Metric) -> str:
        key = {"worst": "unknown_worst", "peers": "unknown", "exclude": "unknown"}
        template = key.get(str(declared.missing), "unknown_number")
        return fill(self._sentence[template], {"label": self.metric(name)})

    def tables(self, metric: str) -> list[str]:
        """Return the tables that a metric's signal and its divisors read."""
        found, todo = [], [self.model.metrics[metric].signal]
        while todo:
            signal = self.model.signals[todo.pop(0)]
            found.append(signal.table)
            todo += [name for name in signal.per if isinstance(name, str)]
        return found


def _own(name: str, declared: Named | None) -> str:
    return clean((declared.label if declared else "") or name.replace("_", " "))
