"""Scores to steps: peers, weighted means, worst pull, adjustments, floors, caps, clamp."""

from collections.abc import Iterator, Mapping

from .bands import band_steps
from .metrics import metric_homes, seen_column
from .parts import PRIOR, Part, parts
from .points import limit_columns, points_steps
from .signals import SEGMENT
from .steps import Context, Select, Step, case, least, total

TOLERANCE = 1e-9
"""Coverage this close below ``min_coverage`` counts as reached: sums round."""


def score_steps(ctx: Context) -> Iterator[Step]:
    """Yield the steps of every score, components first, then ``scores``."""
    for score in ctx.model.ordered_scores():
        yield _inputs(ctx, score)
        yield _means(ctx, score)
        yield _peers(ctx, score)
        yield _everyone(ctx, score)
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
    every = {part: _step_of(part, homes) for part in parts(ctx, score)}
    first, *others = dict.fromkeys(every.values())
    segment = f"{q(first)}.{q(SEGMENT)}"
    columns = [(q("account"), f"{q(first)}.{q('account')}"), (q("segment"), segment)]
    columns.append((q("group"), f"coalesce({segment}, '')"))
    for part, step in every.items():
        good = f"{q(step)}.{q(part.name if part.is_metric else 'value')}"
        seen = seen_column(ctx, part.name) if part.is_metric else "coverage"
        observed = f"{q(step)}.{q(seen)}"
        columns.append((q(part.name), good))
        seen_or_not = case([(f"{good} IS NULL", ctx.num(0))], observed)
        columns.append((q(part.name, "seen"), seen_or_not))
    source = f"{ctx.step(first)} AS {q(first)}"
    for step in others:
        on = f"{q(step)}.{q('account')} = {q(first)}.{q('account')}"
        source += f"\nJOIN {ctx.step(step)} AS {q(step)} ON {on}"
    about = f"{score}: goodness of each part, and how far it is observed (0 where unknown)"
    return Step(f"inputs_{score}", about, str(Select(columns, source)))


def _step_of(part: Part, homes: Mapping[str, str]) -> str:
    return f"metrics_{homes[part.name]}" if part.is_metric else f"value_{part.name}"


def _means(ctx: Context, score: str) -> Step:
    """Count and mean of what was observed, by segment."""
    q, group = ctx.q, ctx.q("group")
    columns = [(group, f"i.{group}")]
    for part in parts(ctx, score):
        observed = _observed(ctx, part)
        count = f"count({observed})"
        columns.append((q(part.name, "n"), count))
        mean = f"{ctx.dialect.total(observed)} / {ctx.dialect.divisor(count)}"
        columns.append((q(part.name, "mean"), mean))
    about = f"{score}: mean of observed goodness in each segment"
    sql = Select(columns, f"{ctx.step(f'inputs_{score}')} AS i", group=f"i.{group}")
    return Step(f"means_{score}", about, str(sql), kept=True)


def _observed(ctx: Context, part: Part) -> str:
    return f"CASE WHEN i.{ctx.q(part.name, 'seen')} > 0 THEN i.{ctx.q(part.name)} END"


def _peers(ctx: Context, score: str) -> Step:
    """Count, mean and standard deviation of what was observed, by segment.

    From distances to the mean, which must be known before: a difference of squares would lose
    the digits of small deviations.
    """
    q, group = ctx.q, ctx.q("group")
    means = f"{ctx.step(f'means_{score}')} AS m"
    off, squares = [(group, f"i.{group}")], [(group, group)]
    columns = [(group, f"m.{group}")]
    for part in parts(ctx, score):
        name, n, mean, sd = q(part.name), *(q(part.name, word) for word in ("n", "mean", "sd"))
        off.append((name, f"{_observed(ctx, part)} - m.{mean}"))
        squares.append((name, ctx.dialect.total(f"{name} * {name}")))
        number = ctx.dialect.divisor(f"m.{n}")
        columns += [(n, f"m.{n}"), (mean, f"m.{mean}"), (sd, f"sqrt(s.{name} / {number})")]
    inputs = f"{ctx.step(f'inputs_{score}')} AS i\nJOIN {means} ON m.{group} = i.{group}"
    spread = Select(squares, f"(\n{Select(off, inputs)}\n) AS distances", group=group)
    source = f"{means}\nJOIN (\n{spread}\n) AS s ON s.{group} = m.{group}"
    about = f"{score}: mean and standard deviation of observed goodness in each segment"
    return Step(f"peers_{score}", about, str(Select(columns, source)), kept=True)


def _everyone(ctx: Context, score: str) -> Step:
    """The same over everyone, from the segments': accounts are not read again.

    A whole's variance is the mean of its parts' variances and of their means' distances.
    """
    q, added = ctx.q, ctx.dialect.total
    means, columns = [], []
    for part in parts(ctx, score):
        n, mean, sd = (f"p.{q(part.name, word)}" for word in ("n", "mean", "sd"))
        whole = f"nullif(sum({n}), 0)"
        means.append((q(part.name), f"{added(f'{n} * {mean}')} / {whole}"))
        off = f"({mean} - e.{q(part.name)})"
        squares = added(f"{n} * ({sd} * {sd} + {off} * {off})")
        columns += [
            (q(part.name, "mean"), f"max(e.{q(part.name)})"),
            (q(part.name, "sd"), f"sqrt({squares} / {whole})"),
        ]
    peers = f"{ctx.step(f'peers_{score}')} AS p"
    sql = Select(columns, f"{peers}\nCROSS JOIN (\n{Select(means, peers)}\n) AS e")
    about = f"{score}: mean and standard deviation in the portfolio"
    return Step(f"everyone_{score}", about, str(sql))


def _expected(ctx: Context, score: str) -> Step:
    """What is the same for all of a segment: what to expect of each part, and its weight.

    The segment's mean is pulled toward the portfolio's where the segment is small. What nobody
    has observed has weight 0.
    """
    q, every = ctx.q, parts(ctx, score)
    inner, columns = [(q("group"), f"p.{q('group')}")], [(q("group"), q("group"))]
    for part in every:
        name, weight, sd = q(part.name), q(part.name, "weight"), q(part.name, "sd")
        nobody = f"e.{q(part.name, 'mean')} IS NULL"
        inner += [
            (name, _pulled(ctx, part, "mean")),
            (sd, _pulled(ctx, part, "sd")),
            (weight, case([(nobody, ctx.num(0))], part.weight)),
        ]
        spread = f"coalesce({weight} * {sd}, {ctx.num(0)})"
        columns += [(name, name), (weight, weight), (q(part.name, "spread"), spread)]
    fixed = [q(part.name, "weight") for part in every if part.missing != "exclude"]
    columns.append((q("all", "fixed"), total([ctx.num(0), *fixed])))
    columns.append((q("all", "whole"), total(q(part.name, "weight") for part in every)))
    peers = f"{ctx.step(f'peers_{score}')} AS p\nCROSS JOIN {ctx.step(f'everyone_{score}')} AS e"
    sql = Select(columns, f"(\n{Select(inner, peers)}\n) AS pulled")
    about = f"{score}: weights, and what to expect: (n segment + 10 portfolio) / (n + 10)"
    return Step(f"expected_{score}", about, str(sql), kept=True)


def _pulled(ctx: Context, part: Part, word: str) -> str:
    n, prior = ctx.dialect.cast(f"p.{ctx.q(part.name, 'n')}", "number"), ctx.num(PRIOR)
    own = f"coalesce(p.{ctx.q(part.name, word)}, {ctx.num(0)})"
    return f"({n} * {own} + {prior} * e.{ctx.q(part.name, word)}) / ({n} + {prior})"


def _used(ctx: Context, score: str) -> Step:
    """Goodness used, weight and uncertainty of each part, by its missing policy."""
    q = ctx.q
    columns = [(q("account"), f"i.{q('account')}"), (q(SEGMENT), f"i.{q('segment')}")]
    columns += [(q("all", word), f"x.{q('all', word)}") for word in ("fixed", "whole")]
    for part in parts(ctx, score):
        weight, seen = f"x.{q(part.name, 'weight')}", f"i.{q(part.name, 'seen')}"
        unseen = f"({ctx.num(1)} - {seen})"
        known = part.missing != "exclude"
        instead = part.instead(ctx, f"x.{q(part.name)}")
        columns += [
            (q(part.name), _goodness_used(ctx, part, (seen, unseen, instead))),
            (q(part.name, "weight"), weight if known else f"{weight} * {seen}"),
            (q(part.name, "seen"), f"{weight} * {seen}"),
        ]
        if known:
            columns.append((q(part.name, "spread"), f"{unseen} * x.{q(part.name, 'spread')}"))
        if not part.is_metric:  # its own parts take their share of what was observed
            columns += [(q(part.name, "observed"), seen), (q(part.name, "instead"), instead)]
    source = (
        f"{ctx.step(f'inputs_{score}')} AS i"
        f"\nJOIN {ctx.step(f'expected_{score}')} AS x ON x.{q('group')} = i.{q('group')}"
    )
    about = f"{score}: goodness used and weight of each part; unknown ones by their policy"
    return Step(f"used_{score}", about, str(Select(columns, source)))


def _goodness_used(ctx: Context, part: Part, sides: tuple[str, str, str]) -> str:
    good, (seen, unseen, instead) = f"i.{ctx.q(part.name)}", sides
    if part.missing == "exclude":
        return case([(f"{seen} > 0", good)])
    return f"{seen} * coalesce({good}, {ctx.num(0)}) + {unseen} * {instead}"


def _mean(ctx: Context, score: str) -> Step:
    q = ctx.q
    every = parts(ctx, score)
    names = [part.name for part in every]
    excluded = [part.name for part in every if part.missing == "exclude"]
    weight = total([q("all", "fixed"), *(q(name, "weight") for name in excluded)])
    weighed = total(f"{q(n, 'weight')} * coalesce({q(n)}, {ctx.num(0)})" for n in names)
    spreads = [q(name, "spread") for name in names if name not in excluded] or [ctx.num(0)]
    squares = total(f"{spread} * {spread}" for spread in spreads)
    seen = total(q(name, "seen") for name in names)
    columns = [
        (q("account"), q("account")),
        (q(SEGMENT), q(SEGMENT)),
        (q("weight"), weight),
        (q("mean"), f"{weighed} / nullif({weight}, 0)"),
        (q("coverage"), f"coalesce({seen} / nullif({q('all', 'whole')}, 0), {ctx.num(0)})"),
        (q("spread"), f"sqrt({squares}) / nullif({weight}, 0)"),
    ]
    if ctx.model.scores[score].worst_pull:
        each = [f"CASE WHEN {q(name, 'weight')} > 0 THEN {q(name)} END" for name in names]
        columns.append((q("worst"), least(each)))
    about = f"{score}: weighted mean, coverage and spread"
    sql = Select(columns, ctx.step(f"used_{score}"))
    return Step(f"mean_{score}", about, str(sql))


def _value(ctx: Context, score: str) -> Step:
    """After worst pull, adjustments, floors, caps and clamp; null below min_coverage."""
    q = ctx.q
    declared = ctx.model.scores[score]
    enough = f"m.{q('coverage')} >= {ctx.num(declared.min_coverage - TOLERANCE)}"
    raw = f"m.{q('mean')}"
    carried = [SEGMENT, "coverage", "weight"]
    if declared.worst_pull:
        carried += ["mean", "worst"]
        raw += f" - {ctx.num(declared.worst_pull)} * (m.{q('mean')} - m.{q('worst')})"
    adjusted = f"{raw} + a.{q('limited')}" if declared.adjustments else raw
    account = q("account")
    source = f"{ctx.step(f'mean_{score}')} AS m"
    if declared.adjustments:
        source += f"\nJOIN {ctx.step(f'adjusted_{score}')} AS a ON a.{account} = m.{account}"
    columns = [
        (account, f"m.{account}"),
        *((q(name), f"m.{q(name)}") for name in carried),
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
        *((q(name), f"v.{q(name)}") for name in (*carried, "spread", "before")),
        (q("value"), case([(f"v.{q('before')} IS NOT NULL", clamped)])),
    ]
    about = f"{score}: value after adjustments, floors, caps and clamp"
    return Step(f"value_{score}", about, str(Select(outer, source)), kept=True)
