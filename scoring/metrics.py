"""Metrics to steps: goodness of every metric, and how far it is observed."""

from collections.abc import Iterator

from .curves import metric_goodness, rank_shapes, rank_steps
from .rows import fade
from .signals import SEGMENT
from .steps import Context, Select, Step, case, least


def metric_steps(ctx: Context) -> Iterator[Step]:
    """Yield ``metrics_SCORE`` for every score that is the first to use some metrics."""
    homes = metric_homes(ctx)
    yield from rank_steps(ctx, list(homes))
    for score in dict.fromkeys(homes.values()):
        yield _metrics(ctx, score, [name for name, home in homes.items() if home == score])


def metric_homes(ctx: Context) -> dict[str, str]:
    """Return metric -> the score whose step holds it, for every metric that is used."""
    homes: dict[str, str] = {}
    for score in ctx.model.ordered_scores():
        for part in ctx.model.parts_of(score):
            if part in ctx.model.metrics:
                homes.setdefault(part, score)
    return homes


def _metrics(ctx: Context, score: str, metrics: list[str]) -> Step:
    q = ctx.q
    columns = [(q(name), f"s.{q(name)}") for name in ("account", SEGMENT)]
    columns += [(q(metric), metric_goodness(ctx, metric)) for metric in metrics]
    columns += list({q(seen_column(ctx, m)): _seen(ctx, m) for m in metrics}.items())
    source = f"{ctx.step('signals')} AS s"
    if any(rank_shapes(ctx, metric) for metric in metrics):
        source += f"\nJOIN {ctx.step('ranks')} AS r ON r.{q('account')} = s.{q('account')}"
    about = f"goodness 0..100 of the metrics of {score}, and how far they are observed (0..1)"
    return Step(f"metrics_{score}", about, str(Select(columns, source)))


def tables_of(ctx: Context, signal: str) -> list[str]:
    """Return the tables that a signal's value depends on, divisors included."""
    declared = ctx.model.signals[signal]
    found = [declared.table]
    if declared.start is not None or "account." in (declared.where or ""):
        found.append("accounts")
    for divisor in declared.per:
        if isinstance(divisor, str):
            found += tables_of(ctx, divisor)
    return sorted(set(found))


def fading(ctx: Context, signal: str) -> list[str]:
    """Return the signals whose own rows' age makes a signal fade: itself and its divisors."""
    declared = ctx.model.signals[signal]
    found = [signal] if declared.fresh_for is not None else []
    for divisor in declared.per:
        if isinstance(divisor, str):
            found += fading(ctx, divisor)
    return sorted(set(found))


def seen_column(ctx: Context, metric: str) -> str:
    """Name the column that says how far a metric with a value is observed."""
    signal = ctx.model.metrics[metric].signal
    return " ".join(["seen", *tables_of(ctx, signal), *fading(ctx, signal)])


def _seen(ctx: Context, metric: str) -> str:
    signal = ctx.model.metrics[metric].signal
    limits = [f"s.{ctx.q('seen', table)}" for table in tables_of(ctx, signal)]
    for name in fading(ctx, signal):
        declared = ctx.model.signals[name]
        age = f"s.{ctx.q(f'{name} age')}"
        own = fade(ctx, age, declared.fresh_for or 0.0, declared.expires_after or 0.0)
        limits.append(case([(f"{age} IS NULL", ctx.num(1))], own))
    return least(limits)
