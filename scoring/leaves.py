"""Every part that a score is made of, down to the metrics, and its points for each account.

value = 50 + the sum of points. A component score's own parts appear scaled by its share of
the whole, with ``via`` naming it; what stands for its unobserved share is a part of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .expressions import columns, parse
from .parts import Part, parts
from .points import limit_columns
from .steps import Context, Select, Step


@dataclass(frozen=True, slots=True)
class Leaf:
    """One part of a score.

    Attributes:
        part: metric, peers, worst_pull, adjustment, floor, cap or clamp.
        name: Of the metric, component, adjustment, floor or cap.
        home: The score whose steps hold its goodness.
        signal: Its (first) signal, if it has one.
        points: SQL of its points inside its home.
        weight: SQL of its share of its home; empty for what has none.
        via: Component scores on the way down.
    """

    part: str
    name: str
    home: str
    signal: str | None
    points: str
    weight: str = ""
    via: tuple[str, ...] = ()


def leaves(ctx: Context, score: str) -> list[Leaf]:
    """Return a score's parts in the model's order."""
    found: list[Leaf] = []
    for part in parts(ctx, score):
        if part.is_metric:
            found.append(_metric(ctx, score, part))
            continue
        if part.missing != "exclude":
            found.append(_stand_in(ctx, score, part))
        found += [replace(leaf, via=(part.name, *leaf.via)) for leaf in leaves(ctx, part.name)]
    return [*found, *_after(ctx, score)]


def _share(ctx: Context, part: Part) -> str:
    return f"u.{ctx.q(part.name, 'weight')} / v.{ctx.q('weight')}"


def _metric(ctx: Context, score: str, part: Part) -> Leaf:
    share = _share(ctx, part)
    used = f"coalesce(u.{ctx.q(part.name)} - {ctx.num(50)}, {ctx.num(0)})"
    signal = ctx.model.metrics[part.name].signal
    return Leaf("metric", part.name, score, signal, f"{share} * {used}", share)


def _stand_in(ctx: Context, score: str, part: Part) -> Leaf:
    """What the unobserved share of a component was filled with."""
    rest = f"{_share(ctx, part)} * ({ctx.num(1)} - u.{ctx.q(part.name, 'observed')})"
    instead = f"u.{ctx.q(part.name, 'instead')}"
    points = f"{rest} * coalesce({instead} - {ctx.num(50)}, {ctx.num(0)})"
    return Leaf("peers", part.name, score, None, points, rest)


def _after(ctx: Context, score: str) -> Iterator[Leaf]:
    """Worst pull, adjustments, floors, caps and clamp: what comes after the mean."""
    q = ctx.q
    declared = ctx.model.scores[score]
    if declared.worst_pull:
        pull = f"-{ctx.num(declared.worst_pull)} * (v.{q('mean')} - v.{q('worst')})"
        yield Leaf("worst_pull", "worst_pull", score, None, pull)
    for name, item in declared.adjustments.items():
        signal = item.event or _first(ctx, item.when)
        yield Leaf("adjustment", name, score, signal, f"a.{q(name)}")
    if declared.adjustments:
        each = " + ".join(f"a.{q(name)}" for name in declared.adjustments)
        yield Leaf("adjustment", "max_points", score, None, f"a.{q('limited')} - ({each})")
    limits = limit_columns(ctx, score)
    for limit in limits:
        whole = declared.floors if limit.part == "floor" else declared.caps
        signal = _first(ctx, whole[limit.name].when)
        yield Leaf(limit.part, limit.name, score, signal, f"{limit.after} - {limit.before}")
    limited = limits[-1].after if limits else f"v.{q('before')}"
    yield Leaf("clamp", "clamp", score, None, f"v.{q('value')} - {limited}")


def _first(ctx: Context, when: str | None) -> str | None:
    """Return the first signal that a condition names."""
    names = columns(parse(when)) if when is not None else []
    return next((name for name in names if name in ctx.model.signals), None)


def points_steps(ctx: Context) -> Iterator[Step]:
    """Yield ``points_SCORE``: points and weight of each part, by its place from 0."""
    for score in ctx.model.ordered_scores():
        yield _points(ctx, score)


def _points(ctx: Context, score: str) -> Step:
    q, account = ctx.q, ctx.q("account")
    found = leaves(ctx, score)
    columns = [(account, f"v.{account}")]
    for place, leaf in enumerate(found):
        if not leaf.via:
            columns.append((q(str(place)), leaf.points))
            if leaf.weight:
                columns.append((q(str(place), "weight"), leaf.weight))
    components = [part for part in parts(ctx, score) if not part.is_metric]
    shares = [(q("share", part.name), _observed_share(ctx, part)) for part in components]
    own = Select([*columns, *shares], points_source(ctx, score), [f"v.{q('value')} IS NOT NULL"])
    source = f"(\n{own}\n) AS own"
    scaled = [(alias, f"own.{alias}") for alias, _ in columns]
    for part in components:
        name = q(f"points_{part.name}")
        scaled += _scaled(ctx, part, found)
        source += f"\nLEFT JOIN {ctx.step(f'points_{part.name}')} AS {name}"
        source += f" ON {name}.{account} = own.{account}"
    sql = Select(scaled, source) if components else own
    return Step(f"points_{score}", f"{score}: points and weight of each of its parts", str(sql))


def _observed_share(ctx: Context, part: Part) -> str:
    """A component's share of the whole, as far as it was observed."""
    share = _share(ctx, part)
    if part.missing != "exclude":
        share += f" * u.{ctx.q(part.name, 'observed')}"
    return share


def _scaled(ctx: Context, part: Part, found: list[Leaf]) -> list[tuple[str, str]]:
    """A component's points and weights, times its observed share of the whole."""
    q = ctx.q
    first = next(place for place, leaf in enumerate(found) if leaf.via[:1] == (part.name,))
    scaled = []
    for place, leaf in enumerate(leaves(ctx, part.name)):
        for word in ("", " weight") if leaf.weight else ("",):
            value = f"{q(f'points_{part.name}')}.{q(f'{place}{word}')}"
            times = f"coalesce(own.{q('share', part.name)} * {value}, {ctx.num(0)})"
            scaled.append((q(f"{first + place}{word}"), times))
    return scaled


def points_source(ctx: Context, score: str) -> str:
    """Return what a score's points are computed from, one row per account."""
    q = ctx.q
    account = q("account")
    steps = {"u": "used"}
    if ctx.model.scores[score].adjustments:
        steps["a"] = "adjusted"
    if limit_columns(ctx, score):
        steps["l"] = "limits"
    text = f"{ctx.step(f'value_{score}')} AS v"
    for alias, step in steps.items():
        on = f"{alias}.{account} = v.{account}"
        text += f"\nJOIN {ctx.step(f'{step}_{score}')} AS {alias} ON {on}"
    return text
