"""The fields that Pulsefield owns in a target: which there are, their names, their values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from connectors.base import FieldSpec, FieldType
from scoring import Model

from .errors import Issue
from .settings import Connection, FieldChoice

Part: TypeAlias = Literal[
    "value", "band", "change", "reasons", "coverage", "spread", "segment", "scored_at", "model"
]
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
}
NO_DATA = "no data"


@dataclass(frozen=True, slots=True)
class Default:
    """A field that every target gets unless it is switched off."""

    value: str
    label: str
    help: str
    decimals: int = 1


DEFAULTS: dict[str, Default] = {
    "health": Default("health.value", "Health", "How likely the customer stays, 0 to 100."),
    "health_band": Default("health.band", "Health band", "The range that the health is in."),
    "health_change": Default(
        "health.change", "Health change", "Points that the health moved in about a month."
    ),
    "health_reasons": Default(
        "health.reasons", "Health reasons", "What weighs most in the health, with points."
    ),
    "adoption": Default("adoption.value", "Adoption", "How far the product is taken up, 0 to 100."),
    "engagement": Default(
        "engagement.value", "Engagement", "How often and how well there is contact, 0 to 100."
    ),
    "coverage": Default(
        "health.coverage", "Health coverage", "Percent of the health that rests on data.", 0
    ),
    "scored_at": Default("health.scored_at", "Scored at", "When these values last changed."),
    "model_version": Default("health.model", "Score model", "Name and version of the model."),
}


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
        """Whether it only tells when the others changed, and is no reason to write."""
        return self.part == "scored_at"

    @property
    def telling(self) -> bool:
        """Whether a change of it is one that limits look at."""
        return self.part in {"value", "band"}


def target_fields(name: str, connection: Connection, model: Model) -> tuple[TargetField, ...]:
    """Return the fields of a target, in order.

    Raises:
        FieldIssues: a key, score or part that does not exist, or a name given twice.
    """
    issues: list[Issue] = []
    found = []
    for key in dict.fromkeys([*DEFAULTS, *connection.fields]):
        choice = connection.fields.get(key, FieldChoice())
        default = DEFAULTS.get(key)
        value = choice.value or (default.value if default else "")
        score, _, part = value.partition(".")
        where = f"connections.{name}.fields.{key}"
        if not choice.write or (default and not choice.value and score not in model.scores):
            continue  # a model without, say, adoption has no adoption to write
        if score not in model.scores or part not in TYPES:
            scores = ", ".join(model.scores)
            allowed = f"value must be SCORE.PART; scores: {scores}; parts: {', '.join(TYPES)}"
            issues.append(Issue(where, repr(value) if value else None, allowed))
            continue
        found.append(TargetField(key, _spec(key, connection, choice, model), score, part, choice))
    issues += _doubles(name, found)
    if issues:
        raise FieldIssues(issues)
    return tuple(found)


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


def _spec(key: str, connection: Connection, choice: FieldChoice, model: Model) -> FieldSpec:
    default = DEFAULTS.get(key)
    score, _, part = (choice.value or (default.value if default else "")).partition(".")
    given = "decimals" in choice.model_fields_set
    whole = default is not None and not default.decimals and not given
    return FieldSpec(
        name=choice.name or default_name(key, connection),
        label=choice.label or (f"Pulsefield {default.label.lower()}" if default else key),
        type=TYPES[part],
        help=default.help if default else f"{part} of {score}",
        decimals=0 if whole else choice.decimals,
        options=band_options(model, score) if part == "band" else (),
    )


def default_name(key: str, connection: Connection) -> str:
    """Return a field's default API name, in the manner of the vendor."""
    prefix = connection.prefix or "pulsefield_"
    if connection.kind != "salesforce":
        return f"{prefix}{key}".lower()
    words = f"{prefix}{key}".split("_")
    return "_".join(word[:1].upper() + word[1:] for word in words) + "__c"


def band_options(model: Model, score: str) -> tuple[tuple[str, str], ...]:
    """Return the bands of a score with their labels, worst first, ``no data`` last."""
    bands = model.scores[score].bands or model.bands
    names: Mapping[str, float] = bands.borders or bands.quantiles or {}
    found = [*sorted(names, key=lambda name: names[name]), NO_DATA]
    return tuple((name, name[:1].upper() + name[1:]) for name in found)
