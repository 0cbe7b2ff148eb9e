"""What can be kept of a table's rows, so that the next run need not read them all again.

A row is *settled* when every window of every signal that is kept holds it, or does not hold
it, at all times from now until so many days later. Settled rows are kept as one row of sums
per account; the others are kept as they are. Where windows are whole days and the rows have
dates, the others are in the sums too: one row per account for each day that comes. Of things
that are counted, the newest row is kept.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from math import ceil

from .days import counts_days, moved_bits
from .declared import Signal
from .distinct import by_newest, grouped, occurs_now, of_same
from .expressions import AsOf, Column, parse, parts
from .filters import Filters
from .references import time_of
from .rows import NEWS, age, first_steps, raw_columns, rows_step, time_columns
from .steps import Context, Select, Step
from .totals import Totals
from .values import finished, windows

ENDS = "ends"
"""The relation of where each account's windows ended: account, and a time for each table."""
SHIFT = "pulsefield days"
"""The column of how many days on sums are as they were kept."""


def keepable(ctx: Context, table: str) -> dict[str, Signal]:
    """Return the signals of a table that can be computed from what is kept."""
    return {
        name: s for name, s in ctx.model.signals.items() if s.table == table and _keepable(ctx, s)
    }


def _keepable(ctx: Context, signal: Signal) -> bool:
    if signal.aggregate in {None, "median", "last"}:
        return False
    if signal.aggregate == "distinct" and not by_newest(ctx, signal):
        return False
    texts = [signal.where] if signal.where is not None else []
    texts += [signal.of[0]] if signal.aggregate == "share" else []
    return not any(_moves(text) for text in texts)


def by_days(ctx: Context, table: str) -> bool:
    """Tell whether the dates of days alone tell which rows the kept signals' windows hold."""
    return all(_dated(ctx, signal) for signal in keepable(ctx, table).values())


def _dated(ctx: Context, signal: Signal) -> bool:
    if signal.valid or ctx.kind(signal.table, time_of(signal)) != "date":
        return False
    return signal.window is None or signal.window.is_integer()


def _moves(text: str) -> bool:
    """Whether a condition on a row may change though the row does not."""
    return any(
        isinstance(part, AsOf) or (isinstance(part, Column) and part.name.startswith("account."))
        for part in parts(parse(text))
    )


def things_of(
    ctx: Context, signals: Mapping[str, Signal]
) -> list[tuple[tuple[str, ...], Mapping[str, Signal]]]:
    """Return the things whose newest rows are kept, with the signals that count them."""
    counted = {
        name: signal
        for name, signal in signals.items()
        if signal.aggregate == "distinct" and not counts_days(ctx, signal)
    }
    return [(of, group) for (of, _), group in of_same(ctx, counted).items()]


def kept_totals(ctx: Context, table: str) -> Totals:
    """Return what the kept signals of a table ask of its rows."""
    totals = Totals(Filters(ctx, table), "k")
    for name, signal in keepable(ctx, table).items():
        for _ in finished(totals, name, signal, "k"):
            pass
    return totals


def _edges(filters: Filters, signal: Signal) -> Iterator[tuple[str, float]]:
    """Yield an age, and the days at which it takes a row into a window or out of it."""
    starts = [(signal.window or 0.0) * back for back in windows(signal)]
    if signal.valid:
        yield from ((age(filters.ctx, time), start) for time in signal.valid for start in starts)
        return
    if not time_of(signal):
        return
    own = filters.age(signal)
    yield own, 0.0
    if signal.aggregate == "distinct" and signal.fresh_for is None:
        return
    yield from ((own, start) for start in starts)
    if signal.window is not None:
        yield from ((own, start + signal.window) for start in starts)


def _unsettled(ctx: Context, table: str, days: float) -> str:
    """The condition on rows that some window takes in or lets go within so many days."""
    filters = Filters(ctx, table)
    each = (_edges(filters, signal) for signal in keepable(ctx, table).values())
    near = [
        f"({name} >= {ctx.num(edge - days)} AND {name} < {ctx.num(edge)})"
        for name, edge in dict.fromkeys(chain.from_iterable(each))
    ]
    return f"coalesce({' OR '.join(near)}, FALSE)" if near else "FALSE"


def _ahead(ctx: Context, table: str) -> str:
    """The condition on rows of which a time lies ahead."""
    ages = [f"{age(ctx, time)} < 0" for time in time_columns(ctx, table)]
    return f"coalesce({' OR '.join(ages)}, FALSE)" if ages else "FALSE"


def keeping_steps(ctx: Context, tables: list[str], days: float) -> Iterator[Step]:
    """Yield the steps that make what is kept, named by ``kept``."""
    yield from first_steps(ctx)
    q = ctx.q
    columns = [(q("account"), q("account")), *((q(name), q("end", name)) for name in tables)]
    sql = Select(columns, ctx.step("portfolio"))
    yield Step(kept(ENDS), "where each account's windows end", str(sql), kept=True)
    for table in tables:
        yield from _table_steps(ctx, table, days)


def _table_steps(ctx: Context, table: str, days: float) -> Iterator[Step]:
    q = ctx.q
    dated = by_days(ctx, table)
    unsettled, ahead = _unsettled(ctx, table, ceil(days) if dated else days), _ahead(ctx, table)
    totals = kept_totals(ctx, table)
    source = ctx.step(f"rows_{table}")
    sql = totals.select(source, [*totals.reach, f"NOT {unsettled}"], kept=True)
    about = f"{table}: rows that stay in their windows for {days:g} days, aggregated"
    if dated:
        sql = _day_by_day(totals, sql, [unsettled, f"NOT {ahead}"], ceil(days))
        about = f"{table} aggregated, as windows will be so many days on"
    order = _in_order(ctx, [SHIFT] if dated else [])
    yield Step(kept(table, "totals"), about, f"{sql}{order}", kept=True)
    names = raw_columns(ctx, table)
    raw = rows_step(ctx, table, raw=True)
    yield raw
    columns = [(q("account"), q("account")), *((q(name), q("raw", name)) for name in names)]
    columns.append((q(NEWS), ahead))
    sql = Select(columns, ctx.step(raw.name), [unsettled, *([ahead] if dated else [])])
    about = f"{table}: the other rows"
    yield Step(kept(table, "rows"), about, f"{sql}{_in_order(ctx)}", kept=True)
    filters = Filters(ctx, table)
    for number, (of, group) in enumerate(things_of(ctx, keepable(ctx, table)), 1):
        known = [f"{q(name)} IS NOT NULL" for name in of]
        reach = filters.reach(list(group.values()))
        known += [f"({reach})"] if reach else []
        marks = things_totals(filters, group).columns(kept=True)
        found = grouped(filters, ["account", *of], marks, f"rows_{table}", known)
        about = f"each {' and '.join(of)} of {table}, and the time of its newest row, or its days"
        name = kept(table, "things", str(number))
        yield Step(name, about, f"{found}{_in_order(ctx)}", kept=True)


def _day_by_day(totals: Totals, settled: Select, others: list[str], days: int) -> Select:
    """Return the totals for each day that comes: of settled rows, and of the others."""
    ctx, table = totals.filters.ctx, totals.filters.table
    q, shift = ctx.q, ctx.q(SHIFT)
    each = "\nUNION ALL\n".join(f"SELECT {day} AS {shift}" for day in range(days + 1))
    columns = [(q("account"), f"t.{q('account')}"), (shift, f"d.{shift}")]
    for part in totals:
        own = f"t.{q(part.alias)}"
        before = None if part.before is None else f"t.{q(part.before)}"
        value = moved_bits(own, before, f"d.{shift}") if part.bits else own
        columns.append((q(part.alias), value))
    lasting = Select(columns, f"(\n{settled}\n) AS t\nCROSS JOIN (\n{each}\n) AS d")
    names = [q("account"), *map(q, ctx.read.get(table, []))]
    columns = [*((name, f"t.{name}") for name in names), (shift, f"d.{shift}")]
    columns += [(n, f"t.{n} + d.{shift}") for n in (age(ctx, t) for t in time_columns(ctx, table))]
    source = f"{ctx.step(f'rows_{table}')} AS t\nCROSS JOIN (\n{each}\n) AS d"
    moved = f"(\n{Select(columns, source, others)}\n) AS t"
    keys = ("account", SHIFT)
    passing = totals.select(moved, totals.reach, keys, kept=True)
    return totals.merged(lasting, passing, keys, kept=True)


def _in_order(ctx: Context, before: Sequence[str] = ()) -> str:
    """In the order of accounts, they are stored in half the space and grouped in half the time."""
    return "\nORDER BY " + ", ".join(map(ctx.q, (*before, "account")))


def things_totals(filters: Filters, group: Mapping[str, Signal]) -> Totals:
    """Return what some signals ask of the rows of each thing that they count."""
    totals = Totals(filters, "e")
    for name, signal in group.items():
        occurs_now(totals, name, signal)
    return totals


def kept(*words: str) -> str:
    """Name a relation that is kept."""
    return " ".join(["kept", *words])
