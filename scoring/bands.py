"""Bands: borders or quantiles, the dead-band against the last snapshot, limits, growth."""

from collections.abc import Iterator

from .points import Limit, band_limits, limit_columns, signal_condition
from .signals import SEGMENT
from .steps import Context, Select, Step, case

VALUED = ("account", SEGMENT, "value", "coverage", "spread")
BOUND = 1e-9
"""A limit that moves the value by less does not bind, a border is reached this close below:
sums round, and differently in each engine."""


def band_steps(ctx: Context, score: str) -> Iterator[Step]:
    """Yield ``borders_SCORE`` for quantiles, then ``score_SCORE``, the finished score."""
    bands = ctx.model.bands_of(score)
    if bands.quantiles is not None:
        columns = [
            (ctx.q(name), ctx.dialect.median(ctx.q("value"), share))
            for name, share in list(bands.quantiles.items())[1:]
        ]
        sql = Select(columns, ctx.step(f"value_{score}"))
        yield Step(f"borders_{score}", f"{score}: quantiles of the portfolio", str(sql), kept=True)
    yield _placed(ctx, score)
    yield _finished(ctx, score)


def _names(ctx: Context, score: str) -> list[str]:
    bands = ctx.model.bands_of(score)
    return list(bands.borders or bands.quantiles or {})


def _borders(ctx: Context, score: str) -> list[str]:
    """SQL of the lower bounds of all bands but the first."""
    bands = ctx.model.bands_of(score)
    if bands.borders is None:
        return [f"b.{ctx.q(name)}" for name in _names(ctx, score)[1:]]
    return [_border(ctx, score, name, bands.borders[name]) for name in _names(ctx, score)[1:]]


def _border(ctx: Context, score: str, band: str, default: float) -> str:
    own = [
        (f"v.{ctx.q(SEGMENT)} = {ctx.dialect.text(name)}", ctx.num(border))
        for name, segment in ctx.model.segments.items()
        if (border := segment.borders.get(score, {}).get(band)) is not None
    ]
    return case(own, ctx.num(default))


def _place(borders: list[str], sign: str) -> str:
    """The band's place from 0: of the last border that the value has reached."""
    branches = [(f"{sign.format(border)}", str(place)) for place, border in enumerate(borders, 1)]
    return case(reversed(branches), "0")


def _placed(ctx: Context, score: str) -> Step:
    """The place by the borders, with the dead-band, before band limits."""
    q = ctx.q
    bands = ctx.model.bands_of(score)
    borders = _borders(ctx, score)
    value, dead = f"v.{q('value')}", bands.dead_band
    plain = _place(borders, f"{value} >= {{}} - {ctx.num(BOUND)}")
    source = f"{ctx.step(f'value_{score}')} AS v"
    if bands.quantiles is not None:
        source += f"\nCROSS JOIN {ctx.step(f'borders_{score}')} AS b"
    limits = limit_columns(ctx, score)
    names = band_limits(ctx, score)
    if limits or names["cap"] or names["floor"]:
        on = f"l.{q('account')} = v.{q('account')}"
        source += f"\nJOIN {ctx.step(f'limits_{score}')} AS l ON {on}"
    place = plain
    if "previous" in ctx.relations:
        source += f"\nLEFT JOIN {_previous(ctx, score)} AS o ON o.{q('account')} = v.{q('account')}"
        before = f"o.{q('place')}"
        at_once = [f"{before} IS NULL", f"abs({value} - o.{q('value')}) > {ctx.num(bands.jump)}"]
        at_once += [_binds(ctx, limit) for limit in limits]
        up = _place(borders, f"{value} >= {{}} + {ctx.num(dead - BOUND)}")
        down = _place(borders, f"{value} > {{}} - {ctx.num(dead - BOUND)}")
        branches = [(" OR ".join(at_once), plain), (f"{up} > {before}", up)]
        place = case([*branches, (f"{down} < {before}", down)], before)
    columns = [
        *((q(name), f"v.{q(name)}") for name in VALUED),
        (q("place"), case([(f"{value} IS NOT NULL", place)])),
        (q("limited_by"), _limited_by(ctx, limits)),
    ]
    about = f"{score}: value, place of its band (0 is the worst), and the limits that moved it"
    return Step(f"placed_{score}", about, str(Select(columns, source)))


def _previous(ctx: Context, score: str) -> str:
    """Value and place of the band in the last snapshot."""
    q = ctx.q
    each = [
        (f"{q('band')} = {ctx.dialect.text(n)}", str(i)) for i, n in enumerate(_names(ctx, score))
    ]
    columns = [
        (q("account"), q("account")),
        (q("value"), ctx.dialect.cast(q("value"), "number")),
        (q("place"), case(each)),
    ]
    where = [f"{q('score')} = {ctx.dialect.text(score)}"]
    return f"(\n{Select(columns, ctx.relations['previous'], where)}\n)"


def _binds(ctx: Context, limit: Limit) -> str:
    return f"coalesce(abs({limit.after} - {limit.before}) > {ctx.num(BOUND)}, FALSE)"


def _limited_by(ctx: Context, limits: list[Limit]) -> str:
    names = [case([(_binds(ctx, limit), ctx.dialect.text(limit.name))]) for limit in limits]
    return f"concat_ws(',', {', '.join(names)})" if names else "''"


def _finished(ctx: Context, score: str) -> Step:
    """One row per account: value, band after band limits, what limited it, growth."""
    q = ctx.q
    names = _names(ctx, score)
    limits = band_limits(ctx, score)
    place = f"o.{q('place')}"
    floors = [f"l.{q('floor', name)}" for name in limits["floor"]]
    caps = [f"l.{q('cap', name)}" for name in limits["cap"]]
    raised = f"greatest({place}, {', '.join(floors)})" if floors else place
    limited = f"least({raised}, {', '.join(caps)})" if caps else raised
    account = q("account")
    source = f"{ctx.step(f'placed_{score}')} AS o"
    growth = ctx.model.scores[score].growth
    if growth:
        source += f"\nJOIN {ctx.step('portfolio')} AS p ON p.{account} = o.{account}"
        source += f"\nJOIN {ctx.step('signals')} AS s ON s.{account} = o.{account}"
    if floors or caps:
        source += f"\nJOIN {ctx.step(f'limits_{score}')} AS l ON l.{account} = o.{account}"
    bound = [(f"l.{q('floor', n)} > {place}", n) for n in limits["floor"]]
    bound += [(f"l.{q('cap', n)} < {raised}", n) for n in limits["cap"]]
    listed = [case([(held, ctx.dialect.text(name))]) for held, name in bound]
    by = (
        f"concat_ws(',', nullif(o.{q('limited_by')}, ''), {', '.join(listed)})"
        if listed
        else f"o.{q('limited_by')}"
    )
    best = f"{limited} = {len(names) - 1}"
    each = [(f"{limited} = {i}", ctx.dialect.text(name)) for i, name in enumerate(names)]
    columns = [
        (account, f"o.{account}"),
        (q("score"), ctx.dialect.text(score)),
        *((q(name), f"o.{q(name)}") for name in ("value", "coverage", "spread")),
        (q("band"), case([(f"o.{q('value')} IS NULL", "'no data'"), *each])),
        (q("segment"), f"o.{q(SEGMENT)}"),
        (q("limited_by"), case([(f"o.{q('value')} IS NOT NULL", by)], "''")),
        (
            q("growth"),
            f"coalesce({best} AND {signal_condition(ctx, growth)}, FALSE)" if growth else "FALSE",
        ),
    ]
    return Step(f"score_{score}", f"{score}: finished", str(Select(columns, source)))
