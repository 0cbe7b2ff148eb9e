"""Signals from what was kept of an earlier run and the rows that came since.

Accounts whose rows were changed since, or whose windows end earlier or too late for what was
kept, are *stale*: all their rows are read.
"""

from collections.abc import Iterator, Mapping

from .days import WIDE
from .declared import Signal
from .distinct import grouped, newest_sql, occurs_at
from .filters import Filters
from .keeping import ENDS, kept, newest
from .rows import NEWS, raw_columns, rows_step
from .steps import Context, Select, Step, case
from .totals import Part, Totals

FULL = (1 << WIDE) - 1
DAY_ZERO = "1970-01-01 00:00:00"


def has_kept(ctx: Context, table: str) -> bool:
    """Tell whether something was kept of a table's rows."""
    return kept(table, "totals") in ctx.relations


def row_steps(ctx: Context, table: str) -> Iterator[Step]:
    """Yield what tells the accounts apart, and the rows to be read."""
    yield _moved(ctx, table)
    account, q = ctx.q("account"), ctx.q
    source = (
        f"{ctx.step('portfolio')} AS p\n"
        f"LEFT JOIN {ctx.step(f'moved_{table}')} AS m ON m.{account} = p.{account}"
    )
    where = [f"m.{account} IS NULL", f"p.{q('end', table)} IS NOT NULL"]
    sql = Select([(account, f"p.{account}"), (q("end"), f"p.{q('end', table)}")], source, where)
    about = f"accounts whose {table} must all be read"
    yield Step(f"stale_{table}", about, str(sql), kept=True)
    yield rows_step(ctx, table, late=_late(ctx, table))


def _moved(ctx: Context, table: str) -> Step:
    """The accounts that what was kept holds for, and how far their windows have moved."""
    q, between = ctx.q, ctx.dialect.between
    account, now = q("account"), f"p.{q('end', table)}"
    then = ctx.dialect.cast(f"e.{q(table)}", "time")
    zero = f"{ctx.dialect.moment} '{DAY_ZERO}'"
    days = f"floor({between(now, zero)}) - floor({between(then, zero)})"
    columns = [
        (account, f"p.{account}"),
        (q("end"), now),
        (q("by"), between(now, then)),
        (q("days"), f"CAST({days} AS INTEGER)"),
    ]
    source = (
        f"{ctx.step('portfolio')} AS p\n"
        f"JOIN {ctx.relations[kept(ENDS)]} AS e ON e.{account} = p.{account}"
    )
    where = [f"{now} >= {then}", f"{between(now, then)} <= {ctx.num(ctx.kept_days)}"]
    if "stale" in ctx.relations:
        source += f"\nLEFT JOIN {ctx.relations['stale']} AS s ON s.{account} = p.{account}"
        where.append(f"s.{account} IS NULL")
    about = f"accounts that what was kept of {table} holds for, and days since"
    return Step(f"moved_{table}", about, str(Select(columns, source, where)), kept=True)


def _late(ctx: Context, table: str) -> str:
    """The rows that were not settled, those that came since, and all of stale accounts."""
    q = ctx.q
    parts = [(ctx.relations[kept(table, "rows")], "moved", f"k.{q(NEWS)}")]
    if f"fresh {table}" in ctx.relations:
        parts.append((ctx.relations[f"fresh {table}"], "moved", "TRUE"))
    parts.append((ctx.relations[table], "stale", "TRUE"))
    selects = []
    for relation, step, news in parts:
        columns = [(q("account"), f"k.{q('account')}"), (q("end"), f"m.{q('end')}")]
        columns += [(q(name), f"k.{q(name)}") for name in raw_columns(ctx, table)]
        columns.append((q(NEWS), news))
        joined = f"{ctx.step(f'{step}_{table}')} AS m ON m.{q('account')} = k.{q('account')}"
        selects.append(str(Select(columns, f"{relation} AS k\nJOIN {joined}")))
    return "(\n" + "\nUNION ALL\n".join(selects) + "\n)"


def merged_totals(totals: Totals) -> Step | None:
    """Return the step that adds the rows to what was kept of the settled ones, if any are asked."""
    if not list(totals):
        return None
    ctx, table = totals.filters.ctx, totals.filters.table
    account = ctx.q("account")
    source = (
        f"{ctx.relations[kept(table, 'totals')]} AS k\n"
        f"JOIN {ctx.step(f'moved_{table}')} AS m ON m.{account} = k.{account}"
    )
    before = [(account, f"k.{account}")]
    before += [(ctx.q(part.alias), _moved_part(ctx, part)) for part in totals]
    settled = Select(before, source)
    rows = totals.select(ctx.step(f"late_{table}"), totals.reach)
    columns = [(account, account)]
    for part in totals:
        merged = f"{part.merged}({ctx.q(part.alias)})"
        counted = part.word == "count"
        columns.append(
            (ctx.q(part.alias), ctx.dialect.cast(merged, "integer") if counted else merged)
        )
    sql = Select(columns, f"(\n{settled}\nUNION ALL\n{rows}\n) AS u", group=account)
    about = f"{table} per account: what was kept, and the rows since"
    return Step(f"merged_{table}", about, str(sql), kept=True)


def _moved_part(ctx: Context, part: Part) -> str:
    own = f"k.{ctx.q(part.alias)}"
    if part.moves == "age":
        return f"{own} + m.{ctx.q('by')}"
    if part.moves != "bits":
        return own
    days = f"m.{ctx.q('days')}"
    moved = f"((coalesce({own}, 0) & ({FULL} >> {days})) << {days})"
    if part.before is None:
        return moved
    return f"({moved} | (coalesce(k.{ctx.q(part.before)}, 0) >> ({WIDE} - {days})))"


def merged_things(
    filters: Filters, number: int, of: tuple[str, ...], group: Mapping[str, Signal]
) -> list[Step]:
    """Return the steps that count things; the last has the counts.

    Things are counted by the ages that were kept; those that occur in the rows since are
    counted again, by the younger age, and no more by the older.
    """
    ctx, table = filters.ctx, filters.table
    q, suffix = ctx.q, f"{filters.table}_k{number}"
    ages = newest(filters, group)
    held = [q(NEWS), *(f"{q(name)} IS NOT NULL" for name in of)]
    columns = [(alias, sql) for sql, alias in ages.items()]
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
    ages = newest(filters, group)
    columns, again = [(account, f"k.{account}")], [(account, f"e.{account}")]
    for name, signal in group.items():
        alias = ages[newest_sql(filters, signal)]
        old = f"k.{alias} + m.{q('by')}"
        was = case([(occurs_at(filters, signal, old), "1")], "0")
        now = case([(occurs_at(filters, signal, f"least(e.{alias}, {old})"), "1")], "0")
        columns.append((q(name), was))
        again.append((q(name), f"{now} - {was}"))
    things = f"{ctx.relations[kept(table, 'things', str(number))]} AS k"
    moved = f"{ctx.step(f'moved_{table}')} AS m"
    same = " AND ".join(f"k.{q(name)} = e.{q(name)}" for name in (*of, "account"))
    source = (
        f"{ctx.step(f'each_{table}_k{number}')} AS e\n"
        f"LEFT JOIN {moved} ON m.{account} = e.{account}\n"
        f"LEFT JOIN {things} ON {same} AND m.{account} IS NOT NULL"
    )
    before = Select(columns, f"{things}\nJOIN {moved} ON m.{account} = k.{account}")
    return [before, Select(again, source)]
