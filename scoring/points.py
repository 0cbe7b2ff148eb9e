"""What moves or limits a score after its mean: adjustments, floors and caps."""

from collections.abc import Iterator
from dataclasses import dataclass

from .declared import Adjustment
from .expressions import parse
from .render import Scope, condition
from .rows import account_scope
from .steps import Context, Select, Step, case, total
from .tables import Kind

HALVINGS = 100
"""Points halved more often than this are nothing; PostgreSQL stops where doubles underflow."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A floor or cap on the value, in the order of application.

    Attributes:
        part: floor or cap.
        name: Its name.
        before: SQL of the value before it (``v.before``, ``l.NAME``).
        after: SQL of the value after it.
    """

    part: str
    name: str
    before: str
    after: str


def points_steps(ctx: Context, score: str) -> Iterator[Step]:
    """Yield ``adjusted_SCORE`` and ``limits_SCORE`` where the score has any."""
    declared = ctx.model.scores[score]
    account = ctx.q("account")
    source = (
        f"{ctx.step('signals')} AS s"
        f"\nJOIN {ctx.step('portfolio')} AS p ON p.{account} = s.{account}"
    )
    if declared.adjustments:
        points = [(ctx.q(n), _points(ctx, item)) for n, item in declared.adjustments.items()]
        inner = Select([(account, f"s.{account}"), *points], source)
        most = ctx.num(declared.max_points)
        limited = f"greatest(-{most}, least({most}, {total(name for name, _ in points)}))"
        columns = [(account, account), *((name, name) for name, _ in points)]
        sql = Select([*columns, (ctx.q("limited"), limited)], f"(\n{inner}\n) AS points")
        yield Step(f"adjusted_{score}", f"{score}: signed points, and their limited sum", str(sql))
    if limits := _limits(ctx, score):
        sql = Select([(account, f"s.{account}"), *limits], source)
        about = f"{score}: floors and caps that hold (points, or the band's place from 0)"
        yield Step(f"limits_{score}", about, str(sql))


def signal_condition(ctx: Context, text: str) -> str:
    """Render a condition on signals (``s``) and account columns (``p``)."""
    names: dict[str, tuple[str, Kind | None]] = dict(account_scope(ctx, "p", bare=False))
    names |= {name: (f"s.{ctx.q(name)}", "number") for name in ctx.model.signals}
    return condition(parse(text), Scope(ctx.dialect, names, ctx.now))


def _points(ctx: Context, item: Adjustment) -> str:
    points = ctx.num(item.points)
    if item.when is not None:
        return case([(signal_condition(ctx, item.when), points)], ctx.num(0))
    days = f"s.{ctx.q(item.event or '')}"
    if item.half_life is not None:
        halvings = f"least({days} / {ctx.num(item.half_life)}, {ctx.num(HALVINGS)})"
        points = f"{points} * power({ctx.num(0.5)}, {halvings})"
    return case([(f"{days} IS NOT NULL", points)], ctx.num(0))


def _limits(ctx: Context, score: str) -> list[tuple[str, str]]:
    declared = ctx.model.scores[score]
    bands = ctx.model.bands_of(score)
    order = list(bands.borders or bands.quantiles or {})
    bounds = [("floor", name, item.when, item.at_least) for name, item in declared.floors.items()]
    bounds += [("cap", name, item.when, item.at_most) for name, item in declared.caps.items()]
    columns = []
    for part, name, when, bound in bounds:
        held = ctx.num(bound) if isinstance(bound, float) else str(order.index(bound))
        columns.append((ctx.q(part, name), case([(signal_condition(ctx, when), held)])))
    return columns


def limit_columns(ctx: Context, score: str) -> list[Limit]:
    """Return the floors, then the caps, that limit the value."""
    declared = ctx.model.scores[score]
    floors = [n for n, item in declared.floors.items() if isinstance(item.at_least, float)]
    caps = [n for n, item in declared.caps.items() if isinstance(item.at_most, float)]
    found: list[Limit] = []
    value = f"v.{ctx.q('before')}"
    for part, word, names in (("floor", "greatest", floors), ("cap", "least", caps)):
        bounds: list[str] = []
        start = value
        for name in names:
            bounds.append(f"l.{ctx.q(part, name)}")
            after = f"{word}({start}, {', '.join(bounds)})"
            found.append(Limit(part, name, value, after))
            value = after
    return found


def band_limits(ctx: Context, score: str) -> dict[str, list[str]]:
    """Return part -> names of the floors and caps that limit the band only."""
    declared = ctx.model.scores[score]
    return {
        "floor": [n for n, item in declared.floors.items() if isinstance(item.at_least, str)],
        "cap": [n for n, item in declared.caps.items() if isinstance(item.at_most, str)],
    }
