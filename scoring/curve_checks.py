"""What each curve needs."""

from collections.abc import Iterator

from .declared import Shape, Signal
from .errors import Problem, shown, unknown

NUMBERS: dict[str, set[str]] = {
    "linear": {"worst", "best"},
    "log": {"worst", "best"},
    "steps": {"steps"},
    "band": {"low", "best_low", "best_high", "high", "at_low", "at_high"},
    "growth": set(),
    "indicator": {"worst", "best"},
    "penalty": {"points"},
    "percentile": {"worst", "best", "among"},
    "baseline": {"worst", "best"},
}
NEEDED = {
    "linear": {"worst", "best"},
    "log": {"worst", "best"},
    "steps": {"steps"},
    "band": {"low", "best_low", "best_high", "high"},
    "penalty": {"points"},
}
ALL = set().union(*NUMBERS.values())


def shape_problems(key: str, shape: Shape, signal: Signal) -> Iterator[Problem]:
    """Yield what is missing, too much or contradictory in a curve's numbers."""
    curve = shape.curve or "linear"
    if curve not in NUMBERS:
        yield unknown(f"{key}.curve", curve, "curve", NUMBERS)
        return
    given = {name for name in ALL if getattr(shape, name) is not None}
    for name in sorted(NEEDED.get(curve, set()) - given):
        yield Problem(f"{key}.{name}", "missing", f"a value, for the curve {curve!r}")
    for name in sorted(given - NUMBERS[curve]):
        allowed = ", ".join(sorted(NUMBERS[curve])) or "none"
        yield Problem(f"{key}.{name}", shown(getattr(shape, name)), f"{curve!r} takes {allowed}")
    if NEEDED.get(curve, set()) <= given:
        yield from _values(key, curve, shape)
    if curve == "baseline" and signal.compare != "baseline":
        yield Problem(f"{key}.curve", "'baseline'", 'a signal with compare = "baseline"')
    if curve == "growth" and signal.compare != "ratio":
        yield Problem(f"{key}.curve", "'growth'", 'a signal with compare = "ratio"')


def _values(key: str, curve: str, shape: Shape) -> Iterator[Problem]:
    if shape.worst is not None and shape.worst == shape.best:
        yield Problem(f"{key}.best", shown(shape.best), "another value than worst")
    if curve == "log" and min(shape.worst or 0, shape.best or 0) < 0:
        yield Problem(f"{key}.worst", shown(shape.worst), "0 or more, for the curve 'log'")
    if curve == "penalty" and (shape.points or 0) <= 0:
        yield Problem(f"{key}.points", shown(shape.points), "more than 0")
    if curve == "steps":
        at = [x for x, _ in shape.steps or ()]
        if not at or at != sorted(set(at)):
            yield Problem(f"{key}.steps", shown(shape.steps), "pairs [x, g], x ascending")
    if curve == "band":
        edges = [shape.low, shape.best_low, shape.best_high, shape.high]
        known = [edge for edge in edges if edge is not None]
        if known != sorted(known):
            yield Problem(f"{key}.low", shown(known), "low <= best_low <= best_high <= high")
