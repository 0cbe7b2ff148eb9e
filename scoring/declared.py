"""What a model file declares: signals, metrics, scores, bands, segments. See ``model``."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict

Aggregate: TypeAlias = Literal[
    "count",
    "sum",
    "mean",
    "median",
    "min",
    "max",
    "share",
    "distinct",
    "last",
    "days_since",
    "days_until",
    "days_to",
]
Number: TypeAlias = Annotated[float, Strict()]
"""A number, and no text or truth that could be read as one."""
Whole: TypeAlias = Annotated[int, Strict()]
Points: TypeAlias = Annotated[Number, Field(ge=0, le=100)]
Weight: TypeAlias = Annotated[Number, Field(ge=0)]
Missing: TypeAlias = Literal["peers", "exclude", "worst"] | Points
UNITS = {"h": 1 / 24, "d": 1.0, "w": 7.0}


def _days(value: object) -> object:
    """Read ``48h``, ``30d`` or ``12w`` as days."""
    found = re.fullmatch(r"(\d{1,6})([hdw])", value) if isinstance(value, str) else None
    if found is None or int(found[1]) == 0:
        raise ValueError('a duration such as "48h", "30d" or "12w"')
    return int(found[1]) * UNITS[found[2]]


def _currency(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch("[A-Z]{3}", value):
        raise ValueError('a currency in three capital letters, such as "EUR"')
    return value


def _tuple(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value,)


Days: TypeAlias = Annotated[float, BeforeValidator(_days)]
Currency: TypeAlias = Annotated[str, BeforeValidator(_currency)]
Names: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(_tuple)]
Divisors: TypeAlias = Annotated[tuple[str | Number, ...], BeforeValidator(_tuple)]


class Declared(BaseModel):
    """Frozen, no unknown keys, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Named(Declared):
    """Something that people read about.

    Attributes:
        label: English words for lists.
        texts: Language code -> sentence template of ``explain``.
        source: Where the numbers come from.
    """

    label: str = ""
    texts: Mapping[str, str] = {}
    source: str = ""


class AtLeast(Declared):
    """Of the things counted by ``distinct``, only those with enough different ``of``.

    Attributes:
        of: A column, such as ``day``.
        number: How many different values it must have.
    """

    of: str
    number: Whole = Field(ge=1)


class Signal(Named):
    """A raw value of one account. Field by field in ``model``'s docstring."""

    table: str = "accounts"
    field: str | None = None
    aggregate: Aggregate | None = None
    of: Names = ()
    where: str | None = None
    window: Days | None = None
    at: str | None = None
    valid: tuple[str, str] | None = None
    pick: Literal["newest", "oldest"] = "newest"
    start: str | None = None
    at_least: AtLeast | None = None
    compare: Literal["ratio", "change", "baseline"] | None = None
    periods: Whole = Field(default=6, ge=2, le=24)
    min_rows: Whole = Field(default=1, ge=1)
    empty: Number | None = None
    per: Divisors = ()
    fresh_for: Days | None = None
    expires_after: Days | None = None
    unit: str = ""


class Shape(Declared):
    """A curve's numbers; a segment may give some of them anew."""

    curve: str | None = None
    worst: Number | None = None
    best: Number | None = None
    steps: tuple[tuple[Number, Points], ...] | None = None
    low: Number | None = None
    best_low: Number | None = None
    best_high: Number | None = None
    high: Number | None = None
    at_low: Points | None = None
    at_high: Points | None = None
    points: Number | None = None
    among: Literal["segment", "portfolio"] | None = None


class Metric(Named, Shape):
    """A signal on 0..100, 100 is best."""

    signal: str
    missing: Missing = "peers"


class Adjustment(Named):
    """Signed points on a score.

    Attributes:
        points: Added while ``when`` holds, or after the event.
        when: A condition on signals.
        event: A ``days_since`` signal; the points count from that event.
        half_life: Days in which the points halve, counted from the event.
    """

    points: Number = Field(ge=-100, le=100)
    when: str | None = None
    event: str | None = None
    half_life: Days | None = None


class Cap(Named):
    """While ``when`` holds, the score is at most a value, or its band at most a band."""

    when: str
    at_most: Points | str


class Floor(Named):
    """While ``when`` holds, the score is at least a value, or its band at least a band."""

    when: str
    at_least: Points | str


class Bands(Declared):
    """Named ranges of a score, worst first, each with its lower bound (inclusive).

    Attributes:
        borders: Band -> lower bound in points; the first is 0.
        quantiles: Band -> lower bound as a share of the portfolio's scores; the first is 0.
            Given instead of ``borders``.
        dead_band: Points by which a border must be passed before the band changes.
        jump: A move of more points than this changes the band at once.
    """

    borders: Mapping[str, Points] | None = None
    quantiles: Mapping[str, Annotated[Number, Field(ge=0, lt=1)]] | None = None
    dead_band: Number = Field(default=3, ge=0)
    jump: Number = Field(default=15, ge=0)


class Score(Named):
    """A weighted mean of metrics and of other scores, with what limits it."""

    weights: Mapping[str, Weight] = Field(min_length=1)
    min_coverage: Number = Field(default=0.5, ge=0, le=1)
    worst_pull: Number = Field(default=0, ge=0, le=1)
    missing: Missing = "peers"
    max_points: Number = Field(default=20, ge=0)
    adjustments: Mapping[str, Adjustment] = {}
    floors: Mapping[str, Floor] = {}
    caps: Mapping[str, Cap] = {}
    bands: Bands | None = None
    growth: str | None = None


class Segment(Named):
    """A named filter of accounts with weights, curves and borders of its own.

    Attributes:
        where: A condition on the account's columns.
        weights: Score -> part -> weight; parts not named keep theirs, 0 removes one.
        metrics: Metric -> curve numbers that differ.
        borders: Score -> band -> lower bound.
    """

    where: str
    weights: Mapping[str, Mapping[str, Weight]] = {}
    metrics: Mapping[str, Shape] = {}
    borders: Mapping[str, Mapping[str, Points]] = {}


class Freshness(Declared):
    """How long a source that stopped answering is believed.

    Attributes:
        fresh_for: Days since it was last read in which its signals count fully.
        expires_after: Days after which they do not count.
    """

    fresh_for: Days = 14.0
    expires_after: Days = 60.0
