"""What must hold between the parts of a model, beyond each value by itself."""

import re
from collections.abc import Iterable, Iterator, Mapping

from .curve_checks import shape_problems
from .declared import Adjustment, Bands, Cap, Floor, Score, Segment
from .dialects import DUCKDB
from .errors import Problem, in_days, neither_or_both, shown, unknown
from .expressions import ExpressionError, columns, parse
from .graph import cycles
from .model import Model
from .render import Scope, condition
from .signal_checks import signal_problems
from .tables import Kind
from .text_checks import text_problems

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
TAKEN = {
    "signals": {"account"},
    "metrics": {"account", "group", "segment"},
    "scores": {"account", "group", "segment"},
    "adjustments": {"account", "limited"},
}
"""Names of columns that stand beside those of a model's own names in the steps."""


def problems(model: Model) -> Iterator[Problem]:
    """Yield everything in a model that does not fit together."""
    yield from _names(model)
    yield from signal_problems(model)
    for name, metric in model.metrics.items():
        if metric.signal not in model.signals:
            yield unknown(f"metrics.{name}.signal", metric.signal, "signal", model.signals)
        else:
            yield from shape_problems(f"metrics.{name}", metric, model.signals[metric.signal])
    for name, score in model.scores.items():
        yield from _score(model, name, score)
    yield from _score_cycles(model)
    yield from text_problems(model)
    yield from _bands("bands", model.bands)
    for name, segment in model.segments.items():
        yield from _segment(model, name, segment)
    if model.source_freshness.fresh_for >= model.source_freshness.expires_after:
        value = in_days(model.source_freshness.fresh_for)
        yield Problem("source_freshness.fresh_for", value, "less than expires_after")


def condition_problem(key: str, text: str, signals: Iterable[str]) -> Iterator[Problem]:
    """Check a condition on signals; ``account.x`` can only be checked beside the facts."""
    try:
        used = columns(parse(text))
        names: dict[str, tuple[str, Kind | None]] = dict.fromkeys(used, ("", None))
        condition(parse(text), Scope(DUCKDB, names | dict.fromkeys(signals, ("", "number")), ""))
    except ExpressionError as error:
        yield Problem(key, shown(text), str(error))
        return
    allowed = list(signals)
    for name in used:
        if not name.startswith("account.") and name not in allowed:
            yield unknown(key, name, "signal", allowed)


def _names(model: Model) -> Iterator[Problem]:
    groups: dict[str, Iterable[str]] = {
        "signals": model.signals,
        "metrics": model.metrics,
        "scores": model.scores,
    }
    for score, declared in model.scores.items():
        groups[f"scores.{score}.adjustments"] = declared.adjustments
        groups[f"scores.{score}.caps"] = declared.caps
        groups[f"scores.{score}.floors"] = declared.floors
    for key, named in groups.items():
        for name in named:
            if not NAME.fullmatch(name):
                allowed = "a name of a-z, 0-9 and _, from a letter, at most 40 characters"
                yield Problem(f"{key}.{name[:60]}", shown(name), allowed)
            elif name in (taken := TAKEN.get(key.rpartition(".")[2], set())):
                allowed = f"another name than {', '.join(sorted(taken))}: steps have such columns"
                yield Problem(f"{key}.{name}", shown(name), allowed)
    for name in model.scores:
        if name in model.metrics:
            yield Problem(f"scores.{name}", shown(name), "a name that no metric has")


def _score(model: Model, name: str, score: Score) -> Iterator[Problem]:
    key = f"scores.{name}"
    yield from _parts_known(model, f"{key}.weights", score.weights)
    yield from _sums(model, name)
    for word, adjustment in score.adjustments.items():
        yield from _adjustment(model, f"{key}.adjustments.{word}", adjustment)
    bands = list(model.bands_of(name).borders or model.bands_of(name).quantiles or {})
    for word, floor in score.floors.items():
        yield from _limit(model, f"{key}.floors.{word}", floor, bands)
    for word, cap in score.caps.items():
        yield from _limit(model, f"{key}.caps.{word}", cap, bands)
    if score.growth is not None:
        yield from condition_problem(f"{key}.growth", score.growth, model.signals)
    if score.bands is not None:
        yield from _bands(f"{key}.bands", score.bands)


def _parts_known(model: Model, key: str, weights: Iterable[str]) -> Iterator[Problem]:
    for part in weights:
        if part not in model.metrics and part not in model.scores:
            yield unknown(key, part, "metric or score", [*model.metrics, *model.scores])


def _sums(model: Model, name: str) -> Iterator[Problem]:
    for segment in (None, *model.segments):
        if sum(model.weights_of(name, segment).values()) <= 0:
            where = f"segments.{segment}.weights.{name}" if segment else f"scores.{name}.weights"
            yield Problem(where, "weights that sum to 0", "at least one weight above 0")
            return


def _adjustment(model: Model, key: str, adjustment: Adjustment) -> Iterator[Problem]:
    if (adjustment.when is None) == (adjustment.event is None):
        given = neither_or_both(adjustment.when)
        yield Problem(key, given, "either when (a condition) or event (a days_since signal)")
    if adjustment.when is not None:
        yield from condition_problem(f"{key}.when", adjustment.when, model.signals)
    if adjustment.event is not None:
        since = [n for n, s in model.signals.items() if s.aggregate == "days_since"]
        if adjustment.event not in since:
            yield unknown(f"{key}.event", adjustment.event, "days_since signal", since)
    elif adjustment.half_life is not None:
        yield Problem(f"{key}.half_life", in_days(adjustment.half_life), "only beside event")


def _limit(model: Model, key: str, limit: Cap | Floor, bands: list[str]) -> Iterator[Problem]:
    yield from condition_problem(f"{key}.when", limit.when, model.signals)
    word, bound = (
        ("at_most", limit.at_most) if isinstance(limit, Cap) else ("at_least", limit.at_least)
    )
    if isinstance(bound, str) and bound not in bands:
        yield unknown(f"{key}.{word}", bound, "band (or give points 0..100)", bands)


def _bands(key: str, bands: Bands) -> Iterator[Problem]:
    if (bands.borders is None) == (bands.quantiles is None):
        yield Problem(key, neither_or_both(bands.borders), "either borders or quantiles")
        return
    word = "borders" if bands.borders is not None else "quantiles"
    yield from _ascending(f"{key}.{word}", bands.borders or bands.quantiles or {})


def _ascending(key: str, borders: Mapping[str, float]) -> Iterator[Problem]:
    lower = list(borders.values())
    if len(lower) < 2 or lower[0] != 0 or lower != sorted(set(lower)):  # noqa: PLR2004 (a pair)
        allowed = "two or more bands, worst first, from 0, each bound above the one before"
        yield Problem(key, shown(dict(borders)), allowed)
    for name in borders:
        if not name.strip() or len(name) > 40 or name == "no data":  # noqa: PLR2004 (in the text)
            yield Problem(key, shown(name), "a name of 1..40 characters other than 'no data'")


def _score_cycles(model: Model) -> Iterator[Problem]:
    def below(name: str) -> set[str]:
        parts = set(model.scores[name].weights)
        for segment in model.segments.values():
            parts |= set(segment.weights.get(name, {}))
        return parts & set(model.scores)

    yield from cycles("scores", "weights", {name: below(name) for name in model.scores})


def _segment(model: Model, name: str, segment: Segment) -> Iterator[Problem]:
    key = f"segments.{name}"
    if not name.strip() or len(name) > 60:  # noqa: PLR2004 (in the text)
        yield Problem(key, shown(name), "a name of 1..60 characters")
    try:
        parse(segment.where)
    except ExpressionError as error:
        yield Problem(f"{key}.where", shown(segment.where), str(error))
    for score, weights in segment.weights.items():
        if score not in model.scores:
            yield unknown(f"{key}.weights", score, "score", model.scores)
        yield from _parts_known(model, f"{key}.weights.{score}", weights)
    yield from _shapes(model, key, segment)
    yield from _borders(model, key, segment)


def _shapes(model: Model, key: str, segment: Segment) -> Iterator[Problem]:
    for metric, shape in segment.metrics.items():
        declared = model.metrics.get(metric)
        if declared is None:
            yield unknown(f"{key}.metrics", metric, "metric", model.metrics)
        elif declared.signal in model.signals:
            merged = declared.model_copy(update=shape.model_dump(exclude_none=True))
            signal = model.signals[declared.signal]
            yield from shape_problems(f"{key}.metrics.{metric}", merged, signal)


def _borders(model: Model, key: str, segment: Segment) -> Iterator[Problem]:
    for score, borders in segment.borders.items():
        if score not in model.scores:
            yield unknown(f"{key}.borders", score, "score", model.scores)
            continue
        whole = model.bands_of(score).borders
        if whole is None:
            allowed = "only for bands with borders"
            yield Problem(f"{key}.borders.{score}", shown(dict(borders)), allowed)
            continue
        strange = [band for band in borders if band not in whole]
        for band in strange:
            yield unknown(f"{key}.borders.{score}", band, "band", whole)
        if not strange:
            yield from _ascending(f"{key}.borders.{score}", {**whole, **borders})
