"""Curves as formulas of a spreadsheet; ``scoring.curves`` has them as SQL."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from scoring.curves import ENDS, ends
from scoring.declared import Shape

Numbers: TypeAlias = Mapping[str, str]
"""A curve's number -> the cell that holds it."""


def numbers(shape: Shape) -> dict[str, float]:
    """Return what a curve needs, by name."""
    given = {
        name: value
        for name in ("worst", "best", "low", "best_low", "best_high", "high", "points")
        if (value := getattr(shape, name)) is not None
    }
    if shape.curve in ENDS:
        return given | dict(zip(("worst", "best"), ends(shape), strict=True))
    if shape.curve == "band":
        return given | {"at_low": shape.at_low or 0.0, "at_high": shape.at_high or 0.0}
    return given


def goodness(shape: Shape, value: str, cells: Numbers, peers: tuple[str, str]) -> str:
    """Return the formula of 0..100, empty where the value is no number.

    Args:
        shape: The curve.
        value: The cell of the signal's value.
        cells: The cells of its numbers.
        peers: For the percentile curve, the cells of all accounts' values, and 1 for each that is
            in the same segment.
    """
    curve = shape.curve or "linear"
    drawn = (
        _percentile(shape, value, peers)
        if curve == "percentile"
        else CURVES[curve](shape, value, cells)
    )
    return f'IF(ISNUMBER({value}),MAX(0,MIN(100,{drawn})),"")'


def _linear(_shape: Shape, x: str, n: Numbers) -> str:
    return f"100*({x}-{n['worst']})/({n['best']}-{n['worst']})"


def _log(_shape: Shape, x: str, n: Numbers) -> str:
    low = f"LN(1+{n['worst']})"
    return f"100*(LN(1+MAX({x},0))-{low})/(LN(1+{n['best']})-{low})"


def _steps(shape: Shape, x: str, _n: Numbers) -> str:
    steps = shape.steps or ()
    found = repr(steps[0][1])
    for at, good in steps[1:]:
        found = f"IF({x}>={at!r},{good!r},{found})"
    return found


def _band(shape: Shape, x: str, n: Numbers) -> str:
    found = "100"
    if (shape.high or 0.0) > (shape.best_high or 0.0):
        down = f"({n['high']}-{x})*(100-{n['at_high']})/({n['high']}-{n['best_high']})"
        found = f"IF({x}>{n['best_high']},{n['at_high']}+{down},{found})"
    if (shape.best_low or 0.0) > (shape.low or 0.0):
        up = f"({x}-{n['low']})*(100-{n['at_low']})/({n['best_low']}-{n['low']})"
        found = f"IF({x}<{n['best_low']},{n['at_low']}+{up},{found})"
    found = f"IF({x}>{n['high']},{n['at_high']},{found})"
    return f"IF({x}<{n['low']},{n['at_low']},{found})"


def _growth(_shape: Shape, x: str, _n: Numbers) -> str:
    return f"50*{x}"


def _indicator(shape: Shape, x: str, n: Numbers) -> str:
    worst, best = ends(shape)
    sign = ">=" if best > worst else "<="
    return f"IF({x}{sign}{n['best']},100,0)"


def _penalty(_shape: Shape, x: str, n: Numbers) -> str:
    return f"100-{n['points']}*{x}"


def _percentile(shape: Shape, x: str, among: tuple[str, str]) -> str:
    worst = shape.worst or 0.0
    sign = ">" if (shape.best if shape.best is not None else worst + 1) < worst else "<"
    peers, same = among
    same = "1" if shape.among == "portfolio" else same
    count = f"SUMPRODUCT({same}*ISNUMBER({peers}))"
    rank = f"SUMPRODUCT({same}*ISNUMBER({peers})*({peers}{sign}{x}))/({count}-1)"
    return f"100*IF({count}=1,0.5,{rank})"


CURVES: dict[str, Callable[[Shape, str, Numbers], str]] = {
    "linear": _linear,
    "log": _log,
    "steps": _steps,
    "band": _band,
    "growth": _growth,
    "indicator": _indicator,
    "penalty": _penalty,
    "baseline": _linear,
}
