"""Signals to steps: rows aggregated per table, zero told from unknown, then divided.

Steps per table T: ``totals_T`` (everything but distinct and last; distinct days and few texts too),
``each_T_n`` and ``distinct_T_n`` (distinct as two plain group-bys, which costs a third of
``count(distinct)``), ``last_NAME``, and ``signals_T`` (one row per account that was read).
Then ``signals``: one row per account, all signals.
"""

from collections.abc import Iterator

from .days import counts_days
from .declared import Signal
from .distinct import Group, distinct_steps
from .few import counts_few
from .filters import Filters
from .keeping import keepable, things_of
from .merging import MOVED, has_kept, late_rows, merged_things, merged_totals, moved_step
from .rows import column, fact_tables, read_tables
from .steps import Context, Select, Step, case
from .totals import Totals
from .values import finished

SEGMENT = "own segment"
"""The column of each account's segment, beside columns whose names the model gives."""


def signal_steps(ctx: Context) -> Iterator[Step]:
    """Yield the steps from rows to signals."""
    spent: list[str] = []
    if held := [table for table in fact_tables(ctx) if has_kept(ctx, table)]:
        spent.append(MOVED)
        yield moved_step(ctx, held)
    for table in fact_tables(ctx):
        for step in _table_steps(ctx, table):
            spent.append(step.name)
            yield step
    yield _signals(ctx, tuple(reversed(spent)))


def of_table(ctx: Context, table: str) -> dict[str, Signal]:
    """Return the signals that aggregate a table's rows."""
    signals = ctx.model.signals.items()
    return {name: s for name, s in signals if s.table == table and s.aggregate is not None}


def _table_steps(ctx: Context, table: str) -> Iterator[Step]:
    signals = of_table(ctx, table)
    filters = Filters(ctx, table)
    merged = keepable(ctx, table) if has_kept(ctx, table) else {}
    read = {name: signal for name, signal in signals.items() if name not in merged}
    counts = [*_counts(filters, read), *_merged_counts(filters, merged), *_lasts(filters, read)]
    alias = {name: f"c{n}" for n, (group, _) in enumerate(counts, 1) for name in group}
    totals, sums = Totals(filters), Totals(filters, "k")
    columns = [(ctx.q("account"), f"p.{ctx.q('account')}")]
    for name, signal in signals.items():
        columns += finished(sums if name in merged else totals, name, signal, alias.get(name, ""))
    if merged:
        yield late_rows(ctx, table)
    source = [f"{ctx.step('portfolio')} AS p"]
    for held, step in (("t", totals.step()), ("k", merged_totals(sums))):
        if step is not None:
            yield step
            source.append(_joined(ctx, step.name, held))
    for number, (_, made) in enumerate(counts, 1):
        yield from made
        source.append(_joined(ctx, made[-1].name, f"c{number}"))
    known = f"p.{ctx.q('end', table)} IS NOT NULL"
    about = f"signals of {table}; no row of an account that was read is 0 for counts and sums"
    sql = Select(columns, "\n".join(source), [known])
    yield Step(f"signals_{table}", about, str(sql))


def _counts(filters: Filters, signals: Group) -> Iterator[tuple[Group, list[Step]]]:
    """Yield what counts things, by the things."""
    things = {
        name: signal
        for name, signal in signals.items()
        if signal.aggregate == "distinct"
        and not counts_days(filters.ctx, signal)
        and not counts_few(filters.ctx, signal)
    }
    yield from distinct_steps(filters, things)


def _merged_counts(filters: Filters, signals: Group) -> Iterator[tuple[Group, list[Step]]]:
    for number, (of, group) in enumerate(things_of(filters.ctx, signals), 1):
        yield group, merged_things(filters, number, of, group)


def _lasts(filters: Filters, signals: Group) -> Iterator[tuple[Group, list[Step]]]:
    for name, signal in signals.items():
        if signal.aggregate == "last":
            yield {name: signal}, [_last(filters, name, signal)]


def _joined(ctx: Context, step: str, alias: str) -> str:
    account = ctx.q("account")
    return f"LEFT JOIN {ctx.step(step)} AS {alias} ON {alias}.{account} = p.{account}"


def _last(filters: Filters, name: str, signal: Signal) -> Step:
    ctx = filters.ctx
    q = ctx.q
    order = f"{filters.age(signal)}, {ctx.ordered('source', 'id')}"
    rank = f"row_number() OVER (PARTITION BY {q('account')} ORDER BY {order})"
    value = filters.number(signal.of[0])
    inner = Select(
        [
            (q("account"), q("account")),
            (q("v"), value),
            (q("a"), filters.age(signal)),
            (q("n"), rank),
        ],
        ctx.step(f"rows_{filters.table}"),
        [filters.condition(signal, 0), f"{value} IS NOT NULL"],
    )
    columns = [(q("account"), q("account")), (q(name), q("v")), (q(f"{name} age"), q("a"))]
    sql = Select(columns, f"(\n{inner}\n) AS ranked", [f"{q('n')} = 1"])
    return Step(f"last_{name}", f"{name}: the newest value", str(sql), kept=True)


def _signals(ctx: Context, spent: tuple[str, ...]) -> Step:
    sources = [f"{ctx.step('portfolio')} AS p"]
    sources += [_joined(ctx, f"signals_{table}", ctx.q(table)) for table in fact_tables(ctx)]
    columns = [(ctx.q("account"), f"p.{ctx.q('account')}")]
    columns.append((ctx.q(SEGMENT), f"p.{ctx.q('segment')}"))
    columns += [(ctx.q("seen", t), f"p.{ctx.q('seen', t)}") for t in read_tables(ctx)]
    for name, signal in ctx.model.signals.items():
        value = divided(ctx, name)
        columns.append((ctx.q(name), value if _bounded(signal) else ctx.dialect.finite(value)))
        if signal.fresh_for is not None:
            columns.append((ctx.q(f"{name} age"), f"{ctx.q(signal.table)}.{ctx.q(f'{name} age')}"))
    about = "every account's signals (null is unknown), segment, and how far its sources count"
    sql = str(Select(columns, "\n".join(sources)))
    return Step("signals", about, sql, kept=True, spent=spent)


def _bounded(signal: Signal) -> bool:
    """Whether a signal is finite because its rows are; sums and quotients can overflow."""
    return not signal.per and signal.compare is None and signal.aggregate not in {"sum", "mean"}


def divided(ctx: Context, name: str) -> str:
    """A signal's value divided by what it is per."""
    signal = ctx.model.signals[name]
    if signal.field is not None:
        value = f"p.{ctx.q(f'account.{signal.field}')}"
        if column(ctx, "accounts", signal.field)[1] == "boolean":
            value = case([(value, ctx.num(1)), (f"NOT {value}", ctx.num(0))])
        value = ctx.dialect.cast(value, "number")
    else:
        value = f"{ctx.q(signal.table)}.{ctx.q(name)}"
    for divisor in signal.per:
        by = divided(ctx, divisor) if isinstance(divisor, str) else ctx.num(divisor)
        value = f"({value} / nullif({by}, 0))"
    return value
