"""Signals from what was kept of an earlier run and the rows that came since.

Accounts whose rows were changed since, or whose windows end earlier or too late for what was
kept, are *stale*: all their rows are read.
"""

from collections.abc import Mapping, Sequence

from .days import moved_bits
from .declared import Signal
from .distinct import grouped, occurs_now
from .filters import Filters
from .keeping import ENDS, SHIFT, by_days, kept, things_totals
from .rows import NEWS, raw_columns, rows_step
from .steps import Context, Select, Step, case
from .totals import Part, Totals

MOVED = "moved"
DAY_ZERO = "1970-01-01 00:00:00"


def late_rows(ctx: Context, table: str) -> Step:
    """Return the step of the rows that are to be read."""
    return rows_step(ctx, table, late=_late(ctx, table))


def has_kept(ctx: Context, table: str) -> bool:
    """Tell whether something was kept of a table's rows."""
    return kept(table, "totals") in ctx.relations


def moved_step(ctx: Context, tables: Sequence[str]) -> Step:
    """Return the step that tells how far each account's windows have moved since.

    For each table T ``end T`` (null: not read), and ``days T``, the days since (null: what was
    kept does not hold for the account, all its rows must be read).
    """
    q, account = ctx.q, ctx.q("account")
    columns = [(account, f"p.{account}")]
    source = (
        f"{ctx.step('portfolio')} AS p\n"
        f"LEFT JOIN {ctx.relations[kept(ENDS)]} AS e ON e.{account} = p.{account}"
    )
    same = ""
    if "stale" in ctx.relations:
        source += f"\nLEFT JOIN {ctx.relations['stale']} AS s ON s.{account} = p.{account}"
        same = f"s.{account} IS NULL AND "
    for table in tables:
        now, then = f"p.{q('end', table)}", ctx.dialect.cast(f"e.{q(table)}", "time")
        by = ctx.dialect.between(now, then)
        held = f"{same}{now} >= {then} AND {by} <= {ctx.num(ctx.kept_days)}"
        columns.append((q("end", table), now))
        columns.append((q("days", table), case([(held, _days(ctx, now, then))])))
    about = "how far windows have moved since rows were kept; null where all rows must be read"
    return Step(MOVED, about, str(Select(columns, source)), kept=True)


def _days(ctx: Context, now: str, then: str) -> str:
    zero = f"{ctx.dialect.moment} '{DAY_ZERO}'"
    between = ctx.dialect.between
    return f"CAST(floor({between(now, zero)}) - floor({between(then, zero)}) AS INTEGER)"


def _held(ctx: Context, table: str, alias: str) -> str:
    """Join the accounts that what was kept of a table holds for, as ``m``."""
    on = f"m.{ctx.q('account')} = {alias}.{ctx.q('account')}"
    return f"JOIN {ctx.step(MOVED)} AS m ON {on} AND m.{ctx.q('days', table)} IS NOT NULL"


def _stale(ctx: Context, table: str, alias: str) -> str:
    """Join the accounts whose rows must all be read, as ``m``."""
    on = f"m.{ctx.q('account')} = {alias}.{ctx.q('account')}"
    unknown = f"m.{ctx.q('days', table)} IS NULL AND m.{ctx.q('end', table)} IS NOT NULL"
    return f"JOIN {ctx.step(MOVED)} AS m ON {on} AND {unknown}"


def _late(ctx: Context, table: str) -> str:
    """The rows that were not settled, those that came since, and all of stale accounts."""
    q = ctx.q
    parts = [(ctx.relations[kept(table, "rows")], _held(ctx, table, "k"), f"k.{q(NEWS)}")]
    if f"fresh {table}" in ctx.relations:
        parts.append((ctx.relations[f"fresh {table}"], _held(ctx, table, "k"), "TRUE"))
    parts.append((ctx.relations[table], _stale(ctx, table, "k"), "TRUE"))
    selects = []
    for relation, joined, news in parts:
        columns = [(q("account"), f"k.{q('account')}"), (q("end"), f"m.{q('end', table)}")]
        columns += [(q(name), f"k.{q(name)}") for name in raw_columns(ctx, table)]
        columns.append((q(NEWS), news))
        selects.append(str(Select(columns, f"{relation} AS k\n{joined}")))
    return "(\n" + "\nUNION ALL\n".join(selects) + "\n)"


def merged_totals(totals: Totals) -> Step | None:
    """Return the step that adds the rows to what was kept of the settled ones, if any are asked."""
    if not list(totals):
        return None
    ctx, table = totals.filters.ctx, totals.filters.table
    account = ctx.q("account")
    source = f"{ctx.relations[kept(table, 'totals')]} AS k\n{_held(ctx, table, 'k')}"
    moved = by_days(ctx, table)
    if moved:
        source += f" AND m.{ctx.q('days', table)} = k.{ctx.q(SHIFT)}"
    before = [(account, f"k.{account}")]
    before += [(ctx.q(p.alias), _moved_part(ctx, table, p, moved=moved)) for p in totals]
    rows = totals.select(ctx.step(f"late_{table}"), totals.reach)
    sql = totals.merged(Select(before, source), rows)
    about = f"{table} per account: what was kept, and the rows since"
    return Step(f"merged_{table}", about, str(sql), kept=True)


def _moved_part(ctx: Context, table: str, part: Part, *, moved: bool = False) -> str:
    """What was kept, as windows are now; perhaps it was kept as they would be."""
    own = f"k.{ctx.q(part.alias)}"
    if part.time:
        return ctx.dialect.between(f"m.{ctx.q('end', table)}", own)
    if moved or not part.bits:
        return own
    before = None if part.before is None else f"k.{ctx.q(part.before)}"
    return moved_bits(own, before, f"m.{ctx.q('days', table)}")


def merged_things(
    filters: Filters, number: int, of: tuple[str, ...], group: Mapping[str, Signal]
) -> list[Step]:
    """Return the steps that count things; the last has the counts.

    Things are counted by the times that were kept; those that occur in the rows since are
    counted again, by the younger age, and no more by the older.
    """
    ctx, table = filters.ctx, filters.table
    q, suffix = ctx.q, f"{filters.table}_k{number}"
    held = [q(NEWS), *(f"{q(name)} IS NOT NULL" for name in of)]
    columns = things_totals(filters, group).columns()
    rows = grouped(filters, ["account", *of], columns, f"late_{table}", held)
    about = f"each {' and '.join(of)} of the {table} since"
    each = Step(f"each_{suffix}", about, rows, many=True)
    counts = [(q("account"), q("account"))]
    counts += [(q(n), ctx.dialect.cast(f"sum({q(n)})", "integer")) for n in group]
    both = "\nUNION ALL\n".join(map(str, _counted(filters, number, of, group)))
    sql = Select(counts, f"(\n{both}\n) AS u", group=q("account"))
    about = f"how many {' and '.join(of)} per account"
    return [each, Step(f"distinct_{suffix}", about, str(sql), kept=True)]


def _counted(
    filters: Filters, number: int, of: tuple[str, ...], group: Mapping[str, Signal]
) -> list[Select]:
    ctx, table = filters.ctx, filters.table
    q, account = ctx.q, ctx.q("account")
    columns, again = [(account, f"k.{account}")], [(account, f"e.{account}")]

    def old(part: Part) -> str:
        return _moved_part(ctx, table, part)

    def new(part: Part) -> str:
        return part.merged(old(part), f"e.{q(part.alias)}")

    before, since = Totals(filters, old), Totals(filters, new)
    for name, signal in group.items():
        was = case([(occurs_now(before, name, signal), "1")], "0")
        now = case([(occurs_now(since, name, signal), "1")], "0")
        columns.append((q(name), was))
        again.append((q(name), f"{now} - {was}"))
    things = f"{ctx.relations[kept(table, 'things', str(number))]} AS k"
    same = " AND ".join(f"k.{q(name)} = e.{q(name)}" for name in (*of, "account"))
    source = (
        f"{ctx.step(f'each_{table}_k{number}')} AS e\n"
        f"LEFT {_held(ctx, table, 'e')}\n"
        f"LEFT JOIN {things} ON {same} AND m.{account} IS NOT NULL"
    )
    first = Select(columns, f"{things}\n{_held(ctx, table, 'k')}")
    return [first, Select(again, source)]
