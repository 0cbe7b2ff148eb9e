"""Scores to steps: peers, weighted means, worst pull, adjustments, floors, caps, clamp."""

from collections.abc import Iterator

from .bands import band_steps
from .metrics import metric_homes, seen_column
from .parts import PRIOR, Part, parts
from .points import limit_columns, points_steps
from .steps import Context, Select, Step, case, least, total

TOLERANCE = 1e-9
"""Coverage this close below ``min_coverage`` counts as reached: sums round."""


def score_steps(ctx: Context) -> Iterator[Step]:
    """Yield the steps of every score, components first, then ``scores``."""
    for score in ctx.model.ordered_scores():
        yield _inputs(ctx, score)
        yield _averages(ctx, score, "peers")
        yield _averages(ctx, score, "everyone")
        yield _expected(ctx, score)
        yield _used(ctx, score)
        yield _mean(ctx, score)
        yield from points_steps(ctx, score)
        yield _value(ctx, score)
        yield from band_steps(ctx, score)


def _inputs(ctx: Context, score: str) -> Step:
    """Goodness and observedness of each part, from metrics and component scores."""
    q = ctx.q
    homes = metric_homes(ctx)
    columns = [(q("account"), f"p.{q('account')}"), (q("segment"), f"p.{q('segment')}")]
    columns.append((q("group"), f"coalesce(p.{q('segment')}, '')"))
    steps: list[str] = []
    for part in parts(ctx, score):
        step = f"metrics_{homes[part.name]}" if part.is_metric else f"value_{part.name}"
        steps.append(step)
        good = f"{q(step)}.{q(part.name if part.is_metric else 'value')}"
        seen = seen_column(ctx, part.name) if part.is_metric else "coverage"
        observed = f"{q(step)}.{q(seen)}"
        columns.append((q(part.name), good))
        seen_or_not = case([(f"{good} IS NULL", ctx.num(0))], observed)
        columns.append((q(part.name, "seen"), seen_or_not))
    source = f"{ctx.step('portfolio')} AS p"
    for step in dict.fromkeys(steps):
        on = f"{q(step)}.{q('account')} = p.{q('account')}"
        source += f"\nJOIN {ctx.step(step)} AS {q(step)} ON {on}"
    about = f"{score}: goodness of each part, and how far it is observed (0 where unknown)"
    return Step(f"inputs_{score}", about, str(Select(columns, source)))


def _averages(ctx: Context, score: str, which: str) -> Step:
    """Count, mean and spread of what was observed, by segment or over everyone."""
    q = ctx.q
    group = q("group") if which == "peers" else ""
    columns = [(group, group)] if group else []
    for part in parts(ctx, score):
        observed = f"CASE WHEN {q(part.name, 'seen')} > 0 THEN {q(part.name)} END"
        columns += [
            (q(part.name, "n"), f"count({observed})"),
            (q(part.name, "mean"), f"avg({observed})"),
            (q(part.name, "sd"), f"stddev_pop({observed})"),
        ]
    where = "in each segment" if group else "in the portfolio"
    about = f"{score}: mean and standard deviation of observed goodness {where}"
    sql = Select(columns, ctx.step(f"inputs_{score}"), group=group)
    return Step(f"{which}_{score}", about, str(sql), kept=True)


def _expected(ctx: Context, score: str) -> Step:
    """The segment's mean, pulled toward the portfolio's where the segment is small."""
    q = ctx.q
    columns = [(q("group"), f"p.{q('group')}")]
    for part in parts(ctx, score):
        n = ctx.dialect.cast(f"p.{q(part.name, 'n')}", "number")
        for word, alias in (("mean", part.name), ("sd", f"{part.name} sd")):
            own = f"coalesce(p.{q(part.name, word)}, {ctx.num(0)})"
            pulled = f"{n} * {own} + {ctx.num(PRIOR)} * e.{q(part.name, word)}"
            columns.append((q(alias), f"({pulled}) / ({n} + {ctx.num(PRIOR)})"))
    source = f"{ctx.step(f'peers_{score}')} AS p\nCROSS JOIN {ctx.step(f'everyone_{score}')} AS e"
    about = f"{score}: what to expect of each part: (n segment + 10 portfolio) / (n + 10)"
    return Step(f"expected_{score}", about, str(Select(columns, source)), kept=True)


def _used(ctx: Context, score: str) -> Step:
    """Goodness used, weight and uncertainty of each part, by its missing policy."""
    q = ctx.q
    columns = [(q("account"), f"i.{q('account')}")]
    for part in parts(ctx, score):
        columns += [
            (q(part.name), _goodness_used(ctx, part)),
            (q(part.name, "weight"), _weight_used(ctx, part)),
            (q(part.name, "spread"), _spread(ctx, part)),
            (q(part.name, "seen"), f"{part.weight} * i.{q(part.name, 'seen')}"),
            (q(part.name, "whole"), _weight_known(ctx, part)),
        ]
    source = (
        f"{ctx.step(f'inputs_{score}')} AS i"
        f"\nJOIN {ctx.step(f'expected_{score}')} AS x ON x.{q('group')} = i.{q('group')}"
    )
    about = f"{score}: goodness used and weight of each part; unknown ones by their policy"
    return Step(f"used_{score}", about, str(Select(columns, source)))


def _goodness_used(ctx: Context, part: Part) -> str:
    good, seen = f"i.{ctx.q(part.name)}", f"i.{ctx.q(part.name, 'seen')}"
    if part.missing == "exclude":
        return case([(f"{seen} > 0", good)])
    instead = part.instead(ctx, f"x.{ctx.q(part.name)}")
    mixed = f"{seen} * {good} + ({ctx.num(1)} - {seen}) * {instead}"
    nobody = (f"x.{ctx.q(part.name)} IS NULL", "NULL")
    return case([nobody, (f"{seen} > 0", mixed)], instead)


def _weight_used(ctx: Context, part: Part) -> str:
    if part.missing == "exclude":
        return f"{part.weight} * i.{ctx.q(part.name, 'seen')}"
    return _weight_known(ctx, part)


def _weight_known(ctx: Context, part: Part) -> str:
    """The weight; 0 where nobody has observed the part."""
    return case([(f"x.{ctx.q(part.name)} IS NULL", ctx.num(0))], part.weight)


def _spread(ctx: Context, part: Part) -> str:
    if part.missing == "exclude":
        return ctx.num(0)
    unseen = f"({ctx.num(1)} - i.{ctx.q(part.name, 'seen')})"
    return f"coalesce({part.weight} * {unseen} * x.{ctx.q(part.name, 'sd')}, {ctx.num(0)})"


def _mean(ctx: Context, score: str) -> Step:
    q = ctx.q
    names = [part.name for part in parts(ctx, score)]
    weight = total(q(name, "weight") for name in names)
    weighed = total(f"{q(n, 'weight')} * coalesce({q(n)}, {ctx.num(0)})" for n in names)
    worst = least([f"CASE WHEN {q(name, 'weight')} > 0 THEN {q(name)} END" for name in names])
    squares = total(f"{q(name, 'spread')} * {q(name, 'spread')}" for name in names)
    seen = total(q(name, "seen") for name in names)
    whole = total(q(name, "whole") for name in names)
    columns = [
        (q("account"), q("account")),
        (q("weight"), weight),
        (q("mean"), f"{weighed} / nullif({weight}, 0)"),
        (q("worst"), worst),
        (q("coverage"), f"coalesce({seen} / nullif({whole}, 0), {ctx.num(0)})"),
        (q("spread"), f"sqrt({squares}) / nullif({weight}, 0)"),
    ]
    about = f"{score}: weighted mean, coverage and spread"
    sql = Select(columns, ctx.step(f"used_{score}"))
    return Step(f"mean_{score}", about, str(sql), kept=True)


def _value(ctx: Context, score: str) -> Step:
    """After worst pull, adjustments, floors, caps and clamp; null below min_coverage."""
    q = ctx.q
    declared = ctx.model.scores[score]
    enough = f"m.{q('coverage')} >= {ctx.num(declared.min_coverage - TOLERANCE)}"
    raw = f"m.{q('mean')}"
    if declared.worst_pull:
        raw += f" - {ctx.num(declared.worst_pull)} * (m.{q('mean')} - m.{q('worst')})"
    adjusted = f"{raw} + a.{q('limited')}" if declared.adjustments else raw
    account = q("account")
    source = f"{ctx.step(f'mean_{score}')} AS m"
    if declared.adjustments:
        source += f"\nJOIN {ctx.step(f'adjusted_{score}')} AS a ON a.{account} = m.{account}"
    columns = [
        (account, f"m.{account}"),
        (q("coverage"), f"m.{q('coverage')}"),
        (q("spread"), case([(enough, f"m.{q('spread')}")])),
        (q("before"), case([(enough, adjusted)])),
    ]
    inner = Select(columns, source)
    limits = limit_columns(ctx, score)
    source = f"(\n{inner}\n) AS v"
    if limits:
        source += f"\nJOIN {ctx.step(f'limits_{score}')} AS l ON l.{account} = v.{account}"
    limited = limits[-1].after if limits else f"v.{q('before')}"
    clamped = f"least({ctx.num(100)}, greatest({ctx.num(0)}, {limited}))"
    outer = [
        (account, f"v.{account}"),
        (q("coverage"), f"v.{q('coverage')}"),
        (q("spread"), f"v.{q('spread')}"),
        (q("before"), f"v.{q('before')}"),
        (q("value"), case([(f"v.{q('before')} IS NOT NULL", clamped)])),
    ]
    about = f"{score}: value after adjustments, floors, caps and clamp"
    return Step(f"value_{score}", about, str(Select(outer, source)), kept=True)
