"""How a model's parts meet the accounts: segments that overlap, metrics that nobody observed."""

import pyarrow as pa

from .expressions import parse
from .render import Scope, condition
from .rows import account_scope
from .snapshot import Snapshot
from .steps import Select, case


def segment_matches(snapshot: Snapshot) -> pa.Table:
    """Return which segments' conditions hold for each account, not only the first that does.

    Args:
        snapshot: Still open.

    Returns:
        account, and one boolean column per segment, in the model's order.
    """
    ctx, engine = snapshot._ctx, snapshot._engine  # noqa: SLF001 - of this package
    scope = Scope(ctx.dialect, account_scope(ctx, "p", bare=True), ctx.now)
    columns = [(ctx.q("account"), f"p.{ctx.q('account')}")]
    columns += [
        (ctx.q(name), case([(condition(parse(segment.where), scope), "TRUE")], "FALSE"))
        for name, segment in snapshot.model.segments.items()
    ]
    return engine.query(str(Select(columns, f"{ctx.step('portfolio')} AS p")))
