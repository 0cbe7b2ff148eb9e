"""The record ids behind a signal."""

from .filters import Filters
from .references import time_of
from .rows import ENTRY
from .steps import Context, Select

MOST = 20
"""Ids per signal; more would not be read."""


def evidence_sql(ctx: Context, signal: str, accounts: str) -> str | None:
    """Return the SELECT of account, source and id, newest row first; None for a plain field."""
    declared = ctx.model.signals[signal]
    if declared.aggregate is None or not ctx.has(declared.table, "id"):
        return None
    filters = Filters(ctx, declared.table)
    q = ctx.q
    ahead = declared.aggregate == "days_until"
    held = filters.ahead(declared) if ahead else filters.condition(declared, 0)
    newest = (
        "DESC" if ahead or declared.pick == "oldest" or declared.aggregate == "days_to" else "ASC"
    )
    order = f"{filters.age(declared)} {newest}, " if time_of(declared) else ""
    ids = ctx.ordered(*ENTRY)
    rank = f"row_number() OVER (PARTITION BY {q('account')} ORDER BY {order}{ids})"
    columns = [(q(name), q(name)) for name in ("account", "source", "id")]
    wanted = f"{q('account')} IN {accounts}"
    known = [f"{q('id')} IS NOT NULL", wanted, held]
    known += [f"{q(column)} IS NOT NULL" for column in declared.of if declared.aggregate != "share"]
    inner = Select([*columns, (q("n"), rank)], ctx.step(f"rows_{declared.table}"), known)
    most = 1 if declared.aggregate in {"last", "days_since", "days_until", "days_to"} else MOST
    outer = Select(columns, f"(\n{inner}\n) AS ranked", [f"{q('n')} <= {most}"])
    return f"{outer}\nORDER BY {q('account')}, {q('n')}"
