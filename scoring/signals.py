"""Signals to steps: rows aggregated per table, zero told from unknown, then divided.

Steps per table T: ``totals_T`` (everything but distinct and last), ``each_T_n`` and
``distinct_T_n`` (distinct as two plain group-bys, which costs a third of
``count(distinct)``), ``last_NAME``, and ``signals_T`` (one row per account that was read).
Then ``signals``: one row per account, all signals.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from .declared import Signal
from .distinct import distinct_columns, distinct_steps
from .filters import Filters
from .rows import column, fact_tables
from .steps import Context, Select, Step, case, total

ZERO = {"count", "sum", "distinct"}


@dataclass(frozen=True, slots=True)
class Part:
    """An aggregate of ``totals_T``: its alias and its SQL."""

    alias: str
    sql: str


def signal_steps(ctx: Context) -> Iterator[Step]:
    """Yield the steps from rows to signals."""
    spent: list[str] = []
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
    parts = [part for name, signal in signals.items() for part in _parts(filters, name, signal)]
    sources = [f"{ctx.step('portfolio')} AS p"]
    if parts:
        yield _totals(filters, signals, parts)
        sources.append(_joined(ctx, f"totals_{table}", "t"))
    alias = dict.fromkeys(signals, "t")
    plain = {n: s for n, s in signals.items() if s.aggregate == "distinct"}
    for number, (group, steps) in enumerate(distinct_steps(filters, plain), 1):
        yield from steps
        sources.append(_joined(ctx, steps[-1].name, f"d{number}"))
        alias |= dict.fromkeys(group, f"d{number}")
    for name, signal in signals.items():
        if signal.aggregate == "last":
            yield _last(filters, name, signal)
            sources.append(_joined(ctx, f"last_{name}", ctx.q("last", name)))
            alias[name] = ctx.q("last", name)
    columns = [(ctx.q("account"), f"p.{ctx.q('account')}")]
    for name, signal in signals.items():
        columns += _finished(filters, name, signal, alias[name])
    known = f"p.{ctx.q('end', table)} IS NOT NULL"
    about = f"signals of {table}; no row of an account that was read is 0 for counts and sums"
    yield Step(f"signals_{table}", about, str(Select(columns, "\n".join(sources), [known])))


def _joined(ctx: Context, step: str, alias: str) -> str:
    account = ctx.q("account")
    return f"LEFT JOIN {ctx.step(step)} AS {alias} ON {alias}.{account} = p.{account}"


def _totals(filters: Filters, signals: dict[str, Signal], parts: list[Part]) -> Step:
    ctx = filters.ctx
    account = ctx.q("account")
    columns = [(account, account), *((ctx.q(part.alias), part.sql) for part in parts)]
    where = filters.reach([s for s in signals.values() if _in_totals(s)])
    source = ctx.step(f"rows_{filters.table}")
    sql = Select(columns, source, [where] if where else [], account)
    about = f"{filters.table} aggregated per account"
    return Step(f"totals_{filters.table}", about, str(sql), kept=True)


def _in_totals(signal: Signal) -> bool:
    if signal.aggregate == "distinct":
        return signal.fresh_for is not None or signal.compare == "baseline"
    return signal.aggregate != "last"


def windows(signal: Signal) -> range:
    """Return how many windows back a signal looks: 0 is the one that ends now."""
    return range({None: 1, "baseline": signal.periods + 1}.get(signal.compare, 2))


def _parts(filters: Filters, name: str, signal: Signal) -> Iterator[Part]:
    if signal.aggregate not in {"distinct", "last"}:
        for back in windows(signal):
            yield Part(alias_of(name, back), _aggregate(filters, signal, back))
            if signal.aggregate == "sum":
                yield Part(alias_of(f"{name} rows", back), _rows(filters, signal, back))
        yield from _counts(filters, name, signal)
    if signal.fresh_for is not None and signal.aggregate != "last":
        yield Part(f"{name} age", f"min({_age_of_value(filters, signal)})")
    if signal.compare == "baseline":
        oldest = filters.when(signal, None, filters.age(signal))
        yield Part(f"{name} first", f"max({oldest})")


def _counts(filters: Filters, name: str, signal: Signal) -> Iterator[Part]:
    """What ``empty`` and ``min_rows`` need to know."""
    if signal.empty is not None and signal.aggregate not in ZERO:
        yield Part(f"{name} rows", _rows(filters, signal, 0))
    if signal.min_rows > 1:
        counted = filters.when(signal, 0, _valued(filters, signal))
        yield Part(f"{name} valued", f"count({counted})")


def alias_of(name: str, back: int) -> str:
    """Name the column of a signal's window, ``back`` windows ago."""
    return f"{name} {back}" if back else name


def _rows(filters: Filters, signal: Signal, back: int) -> str:
    if signal.aggregate == "days_until":
        return f"count({filters.ahead(signal)})"
    return f"count({filters.when(signal, back, '1')})"


def _age_of_value(filters: Filters, signal: Signal) -> str:
    """The age of a row that has a value: one without is no news."""
    if signal.aggregate == "distinct":
        valued = [filters.ctx.q(name) for name in signal.of]
    else:
        valued = [_valued(filters, signal)] if signal.of else []
    held = [filters.condition(signal, 0), *(f"{value} IS NOT NULL" for value in valued)]
    return f"CASE WHEN {' AND '.join(held)} THEN {filters.age(signal)} END"


def _valued(filters: Filters, signal: Signal) -> str:
    """What makes a row count towards ``min_rows``: a value that is not null."""
    if signal.aggregate == "share":
        return filters.truth(signal)
    return filters.number(signal.of[0]) if signal.of else "1"


def _aggregate(filters: Filters, signal: Signal, back: int) -> str:
    match signal.aggregate:
        case "count":
            return _rows(filters, signal, back)
        case "share":
            return f"avg({filters.when(signal, back, filters.truth(signal))})"
        case "days_since" | "days_to":
            word = "max" if signal.pick == "oldest" or signal.aggregate == "days_to" else "min"
            return f"{word}({filters.when(signal, back, filters.age(signal))})"
        case "days_until":
            return f"-max({filters.ahead(signal)})"
        case _:
            value = filters.when(signal, back, filters.number(signal.of[0]))
    if signal.aggregate == "median":
        return filters.ctx.dialect.median(value)
    return f"{'avg' if signal.aggregate == 'mean' else signal.aggregate}({value})"


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


def _finished(filters: Filters, name: str, signal: Signal, alias: str) -> Iterator[tuple[str, str]]:
    """The signal's value before division, and the age of its newest row where that fades."""
    ctx = filters.ctx
    columns = distinct_columns(name, signal)
    values = [_valued_or_empty(ctx, signal, alias, column) for column in columns]
    end = f"p.{ctx.q('end', filters.table)}"
    value = values[0]
    if signal.aggregate == "days_to":
        started = f"p.{ctx.q(f'account.{signal.start}')}"
        value = f"{ctx.dialect.between(end, started)} - coalesce({value}, {ctx.num(0)})"
    if signal.compare == "baseline":
        value = _baseline(ctx, name, signal, values)
    elif signal.compare is not None:
        ratio = f"{ctx.dialect.cast(values[0], 'number')} / nullif({values[1]}, 0)"
        value = f"{ratio} - {ctx.num(1)}" if signal.compare == "change" else ratio
    if signal.min_rows > 1:
        counted = name if signal.aggregate in {"count", "distinct"} else f"{name} valued"
        value = case([(f"{alias}.{ctx.q(counted)} >= {signal.min_rows}", value)])
    yield ctx.q(name), ctx.dialect.cast(value, "number")
    if signal.fresh_for is not None:
        newest = f"{'t' if signal.aggregate == 'distinct' else alias}.{ctx.q(f'{name} age')}"
        yield ctx.q(f"{name} age"), f"{newest} + {ctx.dialect.between(ctx.now, end)}"


def _valued_or_empty(ctx: Context, signal: Signal, alias: str, column: str) -> str:
    """A value, or what stands for no row at all."""
    value = f"{alias}.{ctx.q(column)}"
    empty = ctx.num(signal.empty if signal.empty is not None else 0)
    if signal.aggregate == "sum":
        name, _, back = column.partition(" ")
        rows = f"{alias}.{ctx.q(f'{name} rows' + (f' {back}' if back else ''))}"
        return case([(f"coalesce({rows}, 0) > 0", value)], empty)
    if signal.aggregate in {"count", "distinct"}:
        return f"coalesce(nullif({value}, 0), {empty})" if signal.empty else f"coalesce({value}, 0)"
    if signal.empty is None or signal.compare is not None:
        return value
    if signal.aggregate == "last":
        return f"coalesce({value}, {empty})"
    rows = f"{alias}.{ctx.q(f'{column} rows')}"
    return case([(f"coalesce({rows}, 0) > 0", value)], empty)


def _baseline(ctx: Context, name: str, signal: Signal, values: list[str]) -> str:
    """Standard deviations from the mean of the earlier windows that began after the first row."""
    first = f"t.{ctx.q(f'{name} first')}"
    width = signal.window or 0.0
    earlier = [
        case([(f"{first} >= {ctx.num(width * (back + 1))}", f"({values[back]})")])
        for back in windows(signal)[1:]
    ]
    known = total(f"CASE WHEN ({value}) IS NULL THEN 0 ELSE 1 END" for value in earlier)
    number = ctx.dialect.cast(f"nullif({known}, 0)", "number")
    mean = f"({total(f'coalesce({v}, 0)' for v in earlier)} / {number})"
    squares = total(f"coalesce(power(({v}) - {mean}, 2), 0)" for v in earlier)
    deviation = f"sqrt({squares} / {number})"
    moved = f"(({values[0]}) - {mean})"
    same = (f"{deviation} < 1e-9 AND abs({moved}) < 1e-9", ctx.num(0))
    useful = (f"{deviation} >= 1e-9", f"{moved} / {deviation}")
    return case([(f"{known} < 2", "NULL"), same, useful])


def _signals(ctx: Context, spent: tuple[str, ...]) -> Step:
    sources = [f"{ctx.step('portfolio')} AS p"]
    sources += [_joined(ctx, f"signals_{table}", ctx.q(table)) for table in fact_tables(ctx)]
    columns = [(ctx.q("account"), f"p.{ctx.q('account')}")]
    for name, signal in ctx.model.signals.items():
        value = divided(ctx, name)
        columns.append((ctx.q(name), value if _bounded(signal) else ctx.dialect.finite(value)))
        if signal.fresh_for is not None:
            columns.append((ctx.q(f"{name} age"), f"{ctx.q(signal.table)}.{ctx.q(f'{name} age')}"))
    about = "every signal of every account; null is unknown"
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
