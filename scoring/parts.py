"""The parts of a score as compiling sees them."""

from dataclasses import dataclass

from .declared import Missing
from .steps import Context, case

PRIOR = 10.0
"""How many accounts the portfolio's mean counts for beside the segment's own."""


@dataclass(frozen=True, slots=True)
class Part:
    """A metric or component score inside a score.

    Attributes:
        name: Its name.
        is_metric: Whether it is a metric.
        weight: SQL of its weight, by ``p.group`` where segments differ.
        missing: What stands for it where it is not observed.
    """

    name: str
    is_metric: bool
    weight: str
    missing: Missing

    def instead(self, ctx: Context, peers: str) -> str:
        """Return SQL of the goodness that stands for what was not observed."""
        if self.missing == "worst":
            return ctx.num(0)
        return ctx.num(self.missing) if isinstance(self.missing, float) else peers


def parts(ctx: Context, score: str) -> list[Part]:
    """Return a score's parts, in the model's order."""
    model = ctx.model
    found = []
    for name in model.parts_of(score):
        declared = model.metrics.get(name) or model.scores[name]
        found.append(Part(name, name in model.metrics, _weight(ctx, score, name), declared.missing))
    return found


def _weight(ctx: Context, score: str, part: str) -> str:
    default = ctx.model.weights_of(score).get(part, 0.0)
    own = [
        (f"p.{ctx.q('group')} = {ctx.dialect.text(name)}", ctx.num(weight))
        for name in ctx.model.segments
        if (weight := ctx.model.weights_of(score, name).get(part, 0.0)) != default
    ]
    return case(own, ctx.num(default))
