"""What two model files differ in, as changes that can be made one after another.

A change is the smallest thing that people name: a signal, a metric, one weight, one cap, the
bands, one table of a segment. What only words differ in (label, texts, source, about) is none.
"""

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from .errors import ModelError
from .expressions import columns, parse
from .load import model_of
from .model import Model
from .references import conditions

WORDS = {"label", "texts", "source"}
TOP_WORDS = {"name", "version", "about"}
ORDER = ("currency", "source_freshness", "signals", "metrics", "scores", "bands", "segments")
WHOLE_AT_2 = {"signals", "metrics"}
INSIDE = {"weights", "adjustments", "caps", "floors", "metrics", "borders"}
"""Tables of a score or segment that are looked into, entry by entry."""
SEGMENTS = ("segments",)
"""The path of a change of their order: the first match wins."""
Raw = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One change.

    Attributes:
        path: Keys down to it.
        before: What stands there in the first model; None: nothing.
        after: What stands there in the second; None: nothing.
    """

    path: tuple[str, ...]
    before: Any
    after: Any

    @property
    def key(self) -> str:
        """The dotted path."""
        return ".".join(self.path)

    def __str__(self) -> str:
        if self.path == SEGMENTS and isinstance(self.after, list):
            return f"order of segments: {', '.join(self.before)} → {', '.join(self.after)}"
        if self.before is None:
            return f"{self.key} added" + _plain(self.after)
        if self.after is None:
            return f"{self.key} removed" + _plain(self.before)
        if isinstance(self.before, dict) and isinstance(self.after, dict):
            names = dict.fromkeys([*self.before, *self.after])
            sides = [(n, self.before.get(n), self.after.get(n)) for n in names if n not in WORDS]
            told = [f"{n} {_said(a)} → {_said(b)}" for n, a, b in sides if a != b]
            return f"{self.key}: {', '.join(told)}"
        return f"{self.key}: {_said(self.before)} → {_said(self.after)}"


def _plain(value: object) -> str:
    return f" ({_said(value)})" if isinstance(value, int | float | str) else ""


def _said(value: object) -> str:
    if value is None:
        return "none"
    text = f"{value:g}" if isinstance(value, int | float) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 (one line of a terminal)


def differences(before: Raw, after: Raw) -> list[Difference]:
    """Return the changes from one model's tables to another's that can move a score.

    What is new or different comes first, signals before the metrics that use them and so on;
    then what is gone, in the opposite order.
    """
    found = list(_found((), _without(before, TOP_WORDS), _without(after, TOP_WORDS)))
    old, new = (list(raw.get("segments", {})) for raw in (before, after))
    made = [*(name for name in old if name in new), *(name for name in new if name not in old)]
    if made != new:
        found.append(Difference(SEGMENTS, made, new))
    kept = [one for one in found if one.after is not None]
    gone = [one for one in found if one.after is None]
    gone.sort(key=lambda one: (-_place(one), -len(one.path)))
    return [*sorted(kept, key=lambda one: (_place(one), one.before is not None)), *gone]


def _place(one: Difference) -> int:
    return ORDER.index(one.path[0]) if one.path[0] in ORDER else len(ORDER)


def _found(path: tuple[str, ...], before: Raw, after: Raw) -> Iterator[Difference]:
    for name in dict.fromkeys([*before, *after]):
        here = (*path, name)
        one, other = before.get(name), after.get(name)
        if isinstance(one, dict) and isinstance(other, dict) and _looked_into(here):
            yield from _found(here, one, other)
        elif _is_word(here):
            continue
        elif _without(one, _words(here)) != _without(other, _words(here)):
            yield Difference(here, one, other)


def _looked_into(path: Sequence[str]) -> bool:
    if path[0] in WHOLE_AT_2:
        return len(path) < 2  # noqa: PLR2004 (signals.NAME is one thing)
    if path[0] in {"scores", "segments"}:
        inside = len(path) == 3 and path[2] in INSIDE  # noqa: PLR2004 (scores.NAME.weights)
        return len(path) <= 2 or inside  # noqa: PLR2004 (scores.NAME)
    return False


def _is_word(path: Sequence[str]) -> bool:
    return len(path) == 3 and path[0] == "scores" and path[2] in WORDS  # noqa: PLR2004 (scores.NAME.label)


def _words(path: Sequence[str]) -> set[str]:
    """Return the keys of an entry that hold words only."""
    named = path[0] in WHOLE_AT_2 or (path[0] == "scores" and path[2:3] != ("weights",))
    return WORDS if named else set()


def _without(value: Any, names: set[str]) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: each for key, each in value.items() if key not in names}


def steps(before: Raw, after: Raw, *, file: str) -> Iterator[tuple[tuple[Difference, ...], Model]]:
    """Yield the way from one model to another: what was changed, and the model then.

    Changes that make no valid model by themselves are made together with the next ones. The
    last model says what ``after`` says, words apart.

    Args:
        before: Tables of a valid model.
        after: Tables of another.
        file: For messages.

    Raises:
        ModelError: ``after`` is no valid model.
    """
    now = deepcopy(before)
    pending: list[Difference] = []
    for one in differences(before, after):
        _apply(now, one)
        pending.append(one)
        try:
            model = model_of(now, file=file)
        except ModelError:
            continue
        yield tuple(pending), model
        pending = []
    if pending:
        yield tuple(pending), model_of(after, file=file)


def touches(one: Difference, model: Model, score: str) -> bool:
    """Tell whether a change may move a score of the model that it leads to.

    Signals, metrics and component scores that the score does not use cannot; nor can the
    bands of its components.
    """
    scores, metrics = _below(model, score)
    table, *rest = one.path
    if table == "metrics":
        return rest[0] in metrics
    if table == "scores":
        return rest[0] == score or (rest[0] in scores and rest[1:2] not in (["bands"], ["growth"]))
    if table == "segments" and len(rest) > 2:  # noqa: PLR2004 (segments.NAME.weights.SCORE)
        return rest[2] in (metrics if rest[1] == "metrics" else scores)
    return table != "signals" or rest[0] in _signals(model, scores, metrics)


def _below(model: Model, score: str) -> tuple[set[str], set[str]]:
    """Return the scores, itself among them, and the metrics that a score is made of."""
    scores, metrics, todo = {score}, set(), [score]
    while todo:
        for part in model.parts_of(todo.pop()):
            if part in model.metrics:
                metrics.add(part)
            elif part not in scores:
                scores.add(part)
                todo.append(part)
    return scores, metrics


def _signals(model: Model, scores: Iterable[str], metrics: Iterable[str]) -> set[str]:
    """Return the signals behind scores and metrics, in conditions and divisors too."""
    todo = [model.metrics[name].signal for name in metrics]
    wanted = {f"scores.{name}" for name in scores}
    for key, text in conditions(model):
        if key.rsplit(".", 3)[0] in wanted or key.rsplit(".", 1)[0] in wanted:
            todo += [name for name in columns(parse(text)) if name in model.signals]
    for name in scores:
        todo += [item.event for item in model.scores[name].adjustments.values() if item.event]
    found: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += [each for each in model.signals[name].per if isinstance(each, str)]
    return found


def _apply(raw: Raw, one: Difference) -> None:
    if one.path == SEGMENTS and isinstance(one.after, list):
        segments = raw["segments"]
        order = [name for name in one.after if name in segments]
        raw["segments"] = {name: segments[name] for name in (*order, *segments)}
        return
    table = raw
    for name in one.path[:-1]:
        table = table.setdefault(name, {})
    if one.after is None:
        table.pop(one.path[-1], None)
    else:
        table[one.path[-1]] = deepcopy(one.after)
