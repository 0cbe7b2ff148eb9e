"""The fields that Pulsefield owns in a target: which there are, their names, their values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from connectors.base import FieldSpec, FieldType
from scoring import Model
from scoring.language import fill
from scoring.phrases import Phrases

from .errors import Issue
from .settings import Connection, FieldChoice

Part: TypeAlias = Literal[
    "value", "band", "change", "reasons", "coverage", "spread", "segment", "scored_at", "model",
    "override", "override_value", "override_band",
]  # fmt: skip
TYPES: dict[str, FieldType] = {
    "value": "number",
    "band": "choice",
    "change": "number",
    "reasons": "longtext",
    "coverage": "number",
    "spread": "number",
    "segment": "text",
    "scored_at": "datetime",
    "model": "text",
    "override": "text",
    "override_value": "number",
    "override_band": "choice",
}
NO_DATA = "no data"


DEFAULTS: dict[str, str] = {
    "health": "health.value",
    "health_band": "health.band",
    "health_change": "health.change",
    "health_reasons": "health.reasons",
    "adoption": "adoption.value",
    "engagement": "engagement.value",
    "coverage": "health.coverage",
    "scored_at": "health.scored_at",
    "model_version": "health.model",
}
"""Fields that every target gets unless they are switched off, with what they hold.

Labels and help texts are under ``[fields]`` in each file of ``scoring/languages``.
"""
WHOLE = frozenset({"coverage"})
"""Default fields without digits after the point."""


@dataclass(frozen=True, slots=True)
class TargetField:
    """One field of one target.

    Attributes:
        key: In the configuration.
        spec: As the connector knows it.
        score: A score of the model.
        part: What of it.
        choice: The field's settings.
    """

    key: str
    spec: FieldSpec
    score: str
    part: str
    choice: FieldChoice

    @property
    def stamp(self) -> bool:
        """Whether it only tells the time that the others hold for."""
        return self.part == "scored_at"

    @property
    def telling(self) -> bool:
        """Whether a change of it is one that limits look at."""
        return self.part in {"value", "band"}


def only_dated(
    change: Mapping[str, tuple[str | None, str | None]], fields: Sequence[TargetField]
) -> bool:
    """Return whether a change (field -> old, new) only says that what is held still holds."""
    stamps = {field.spec.name for field in fields if field.stamp}
    return change.keys() <= stamps and None not in {old for old, _ in change.values()}


def target_fields(
    name: str, connection: Connection, model: Model, code: str = "en"
) -> tuple[TargetField, ...]:
    """Return the fields of a target, in order, with labels in a language.

    Raises:
        FieldIssues: a key, score or part that does not exist, or a name given twice.
    """
    issues: list[Issue] = []
    found = []
    for key in dict.fromkeys([*DEFAULTS, *connection.fields]):
        choice = connection.fields.get(key, FieldChoice())
        default = DEFAULTS.get(key, "")
        value = choice.value or default
        score, _, part = value.partition(".")
        where = f"connections.{name}.fields.{key}"
        if not choice.write or (default and not choice.value and score not in model.scores):
            continue  # a model without, say, adoption has no adoption to write
        if score not in model.scores or part not in TYPES:
            scores = ", ".join(model.scores)
            allowed = f"value must be SCORE.PART; scores: {scores}; parts: {', '.join(TYPES)}"
            issues.append(Issue(where, repr(value) if value else None, allowed))
            continue
        spec = _spec(key, connection, choice, model, choice.language or code)
        found.append(TargetField(key, spec, score, part, choice))
    issues += _doubles(name, found)
    if issues:
        raise FieldIssues(issues)
    return tuple(found)


def unknown_scores(name: str, connection: Connection, model: Model) -> list[Issue]:
    """Return what is wrong with the scores that people may set in a connection's fields."""
    where = f"connections.{name}.overrides"
    scores = ", ".join(model.scores)
    return [
        Issue(f"{where}.{score}", None, f"the model has no such score; it has {scores}")
        for score in connection.overrides
        if score not in model.scores
    ]


class FieldIssues(ValueError):  # noqa: N818 - carries issues; ``config`` makes the error of them
    """What is wrong with target fields."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        self.issues = tuple(issues)
        super().__init__("; ".join(map(str, issues)))


def _doubles(name: str, fields: Sequence[TargetField]) -> list[Issue]:
    seen: dict[str, str] = {}
    issues = []
    for field in fields:
        lower = field.spec.name.lower()
        if lower in seen:
            where = f"connections.{name}.fields.{field.key}"
            allowed = f"the name is already used by {seen[lower]}; each field needs its own"
            issues.append(Issue(where, repr(field.spec.name), allowed))
        seen[lower] = field.key
    return issues


def _spec(
    key: str, connection: Connection, choice: FieldChoice, model: Model, code: str
) -> FieldSpec:
    score, _, part = (choice.value or DEFAULTS.get(key, "")).partition(".")
    given = "decimals" in choice.model_fields_set
    label, about = _texts(key, Phrases(model, code), score, part)
    return FieldSpec(
        name=choice.name or default_name(key, connection),
        label=choice.label or label,
        type=TYPES[part],
        help=about,
        decimals=0 if key in WHOLE and not given else choice.decimals,
        options=band_options(model, score, code) if TYPES[part] == "choice" else (),
    )


def _texts(key: str, phrases: Phrases, score: str, part: str) -> tuple[str, str]:
    """Return a field's label and help text; a field of the user's own is called by its key."""
    texts = phrases.words.texts["fields"]
    if key in DEFAULTS:
        return fill(texts["label"], {"name": texts["labels"][key]}), texts["help"][key]
    words = {"part": texts["parts"][part], "score": phrases.score(score)}
    return key, fill(texts["part"], words)


def default_name(key: str, connection: Connection) -> str:
    """Return a field's default API name, in the manner of the vendor."""
    prefix = connection.prefix or "pulsefield_"
    if connection.kind != "salesforce":
        return f"{prefix}{key}".lower()
    words = f"{prefix}{key}".split("_")
    return "_".join(word[:1].upper() + word[1:] for word in words) + "__c"


def band_options(model: Model, score: str, code: str = "en") -> tuple[tuple[str, str], ...]:
    """Return the bands of a score with their labels, worst first, ``no data`` last.

    The values are the model's own words in every language; only labels differ.
    """
    bands = model.scores[score].bands or model.bands
    names: Mapping[str, float] = bands.borders or bands.quantiles or {}
    found = [*sorted(names, key=lambda name: names[name]), NO_DATA]
    words = {name: Phrases(model, code).band(name) for name in found}
    return tuple((name, word[:1].upper() + word[1:]) for name, word in words.items())
