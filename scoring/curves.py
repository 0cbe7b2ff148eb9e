"""Curves: SQL that turns a signal's value into goodness, 0..100.

To add one: a function here, a line in ``CURVES``, its numbers in ``curve_checks``.
"""

from collections.abc import Callable, Iterator

from .declared import Shape
from .signals import SEGMENT
from .steps import Context, Select, Step, case

ENDS = {"indicator": (0.0, 1.0), "baseline": (-2.0, 1.0)}
"""Worst and best of a curve that may go without; the baseline's, in standard deviations, are our
default."""


def ends(shape: Shape) -> tuple[float, float]:
    """Return a curve's worst and best, or what stands for them."""
    worst, best = ENDS.get(shape.curve or "linear", (0.0, 0.0))
    return (
        worst if shape.worst is None else shape.worst,
        best if shape.best is None else shape.best,
    )


def goodness(ctx: Context, shape: Shape, value: str, ranks: str) -> str:
    """Return SQL for 0..100, null where the value is.

    Args:
        ctx: What to compile for.
        shape: The curve and its numbers.
        value: SQL of the signal's value.
        ranks: SQL of the percent rank, for the percentile curve.
    """
    curve = CURVES[shape.curve or "linear"]
    drawn = curve(ctx, shape, ranks if shape.curve == "percentile" else value)
    cut = f"least({ctx.num(100)}, greatest({ctx.num(0)}, {drawn}))"
    return f"CASE WHEN {value} IS NOT NULL THEN {cut} END"


def _linear(ctx: Context, shape: Shape, value: str) -> str:
    worst, best = ends(shape)
    return f"{ctx.num(100)} * ({value} - {ctx.num(worst)}) / {ctx.num(best - worst)}"


def _log(ctx: Context, shape: Shape, value: str) -> str:
    worst, best = map(ctx.num, ends(shape))
    low = f"ln({ctx.num(1)} + {worst})"
    reached = f"ln({ctx.num(1)} + greatest({value}, {ctx.num(0)}))"
    return f"{ctx.num(100)} * ({reached} - {low}) / (ln({ctx.num(1)} + {best}) - {low})"


def _steps(ctx: Context, shape: Shape, value: str) -> str:
    steps = shape.steps or ()
    reached = [(f"{value} >= {ctx.num(x)}", ctx.num(g)) for x, g in reversed(steps[1:])]
    return case(reached, ctx.num(steps[0][1]))


def _band(ctx: Context, shape: Shape, value: str) -> str:
    low, best_low = shape.low or 0.0, shape.best_low or 0.0
    best_high, high = shape.best_high or 0.0, shape.high or 0.0
    at_low, at_high = shape.at_low or 0.0, shape.at_high or 0.0
    branches = [
        (f"{value} < {ctx.num(low)}", ctx.num(at_low)),
        (f"{value} > {ctx.num(high)}", ctx.num(at_high)),
    ]
    if best_low > low:
        up = f"({value} - {ctx.num(low)}) * {ctx.num(100 - at_low)} / {ctx.num(best_low - low)}"
        branches.append((f"{value} < {ctx.num(best_low)}", f"{ctx.num(at_low)} + {up}"))
    if high > best_high:
        down = (
            f"({ctx.num(high)} - {value}) * {ctx.num(100 - at_high)} / {ctx.num(high - best_high)}"
        )
        branches.append((f"{value} > {ctx.num(best_high)}", f"{ctx.num(at_high)} + {down}"))
    return case(branches, ctx.num(100))


def _growth(ctx: Context, _shape: Shape, value: str) -> str:
    return f"{ctx.num(50)} * {value}"


def _indicator(ctx: Context, shape: Shape, value: str) -> str:
    worst, best = ends(shape)
    sign = ">=" if best > worst else "<="
    return case([(f"{value} {sign} {ctx.num(best)}", ctx.num(100))], ctx.num(0))


def _penalty(ctx: Context, shape: Shape, value: str) -> str:
    return f"{ctx.num(100)} - {ctx.num(shape.points or 0.0)} * {value}"


def _percentile(ctx: Context, _shape: Shape, rank: str) -> str:
    return f"{ctx.num(100)} * {rank}"


CURVES: dict[str, Callable[[Context, Shape, str], str]] = {
    "linear": _linear,
    "log": _log,
    "steps": _steps,
    "band": _band,
    "growth": _growth,
    "indicator": _indicator,
    "penalty": _penalty,
    "percentile": _percentile,
    "baseline": _linear,
}


def metric_goodness(ctx: Context, metric: str) -> str:
    """Return a metric's goodness, by segment where segments have curves of their own."""
    value = f"s.{ctx.q(ctx.model.metrics[metric].signal)}"

    def drawn(segment: str | None) -> str:
        shape = ctx.model.shape_of(metric, segment)
        return goodness(ctx, shape, value, f"r.{ctx.q(rank_column(metric, shape))}")

    own = [
        (f"s.{ctx.q(SEGMENT)} = {ctx.dialect.text(name)}", drawn(name))
        for name, segment in ctx.model.segments.items()
        if metric in segment.metrics
    ]
    return case(own, drawn(None))


def rank_column(metric: str, shape: Shape) -> str:
    """Name the column of a metric's percent rank."""
    return f"{metric} {shape.among or 'segment'} {'down' if _reversed(shape) else 'up'}"


def _reversed(shape: Shape) -> bool:
    worst = shape.worst if shape.worst is not None else 0.0
    return (shape.best if shape.best is not None else worst + 1) < worst


def rank_shapes(ctx: Context, metric: str) -> list[Shape]:
    """Return the percentile curves of a metric, over all segments, each column once."""
    shapes = [ctx.model.shape_of(metric, segment) for segment in (None, *ctx.model.segments)]
    ranked = [shape for shape in shapes if shape.curve == "percentile"]
    return list({rank_column(metric, shape): shape for shape in ranked}.values())


def rank_steps(ctx: Context, metrics: list[str]) -> Iterator[Step]:
    """Yield the step with percent ranks, if a metric needs any."""
    columns = [
        (ctx.q(rank_column(metric, shape)), _rank(ctx, metric, shape))
        for metric in metrics
        for shape in rank_shapes(ctx, metric)
    ]
    if not columns:
        return
    account = ctx.q("account")
    sql = Select([(account, f"s.{account}"), *columns], f"{ctx.step('signals')} AS s")
    about = "where each account's value stands among those that have one, 0..1"
    yield Step("ranks", about, str(sql), kept=True)


def _rank(ctx: Context, metric: str, shape: Shape) -> str:
    value = f"s.{ctx.q(ctx.model.metrics[metric].signal)}"
    keys = [f"coalesce(s.{ctx.q(SEGMENT)}, '')"] if shape.among != "portfolio" else []
    among = "PARTITION BY " + ", ".join([*keys, f"{value} IS NULL"])
    order = "DESC" if _reversed(shape) else "ASC"
    alone = (f"count(*) OVER ({among}) = 1", ctx.num(0.5))
    return case([alone], f"percent_rank() OVER ({among} ORDER BY {value} {order})")
