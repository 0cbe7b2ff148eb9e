"""Signals to steps: rows aggregated per table, zero told from unknown, then divided.

Steps per table T: ``totals_T`` (everything but distinct and last; distinct days too),
``each_T_n`` and ``distinct_T_n`` (distinct as two plain group-bys, which costs a third of
``count(distinct)``), ``last_NAME``, and ``signals_T`` (one row per account that was read).
Then ``signals``: one row per account, all signals.
"""

from collections.abc import Iterator

from .days import counts_days, day_count
from .declared import Signal
from .distinct import distinct_columns, distinct_steps
from .filters import Filters
from .rows import column, fact_tables
from .steps import Context, Select, Step, case, total
from .totals import Totals

COUNTED = {"count", "distinct"}


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
    totals = Totals(filters)
    joined, alias, steps = [], dict.fromkeys(signals, "t"), []
    things = {
        name: signal
        for name, signal in signals.items()
        if signal.aggregate == "distinct" and not counts_days(ctx, signal)
    }
    for number, (group, made) in enumerate(distinct_steps(filters, things), 1):
        steps += made
        joined.append(_joined(ctx, made[-1].name, f"d{number}"))
        alias |= dict.fromkeys(group, f"d{number}")
    for name, signal in signals.items():
        if signal.aggregate == "last":
            steps.append(_last(filters, name, signal))
            joined.append(_joined(ctx, f"last_{name}", ctx.q("last", name)))
            alias[name] = ctx.q("last", name)
    columns = [(ctx.q("account"), f"p.{ctx.q('account')}")]
    for name, signal in signals.items():
        columns += _finished(totals, name, signal, alias[name])
    if (whole := totals.step()) is not None:
        steps.insert(0, whole)
        joined.insert(0, _joined(ctx, whole.name, "t"))
    yield from steps
    known = f"p.{ctx.q('end', table)} IS NOT NULL"
    about = f"signals of {table}; no row of an account that was read is 0 for counts and sums"
    source = "\n".join([f"{ctx.step('portfolio')} AS p", *joined])
    yield Step(f"signals_{table}", about, str(Select(columns, source, [known])))


def _joined(ctx: Context, step: str, alias: str) -> str:
    account = ctx.q("account")
    return f"LEFT JOIN {ctx.step(step)} AS {alias} ON {alias}.{account} = p.{account}"


def windows(signal: Signal) -> range:
    """Return how many windows back a signal looks: 0 is the one that ends now."""
    return range({None: 1, "baseline": signal.periods + 1}.get(signal.compare, 2))


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
            return f"count({filters.when(signal, back, '1')})"
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


def _finished(totals: Totals, name: str, signal: Signal, alias: str) -> Iterator[tuple[str, str]]:
    """The signal's value before division, and the age of its newest row where that fades."""
    filters = totals.filters
    ctx = filters.ctx
    values = [_windowed(totals, name, signal, alias, back) for back in windows(signal)]
    end = f"p.{ctx.q('end', filters.table)}"
    value = values[0]
    if signal.aggregate == "days_to":
        started = f"p.{ctx.q(f'account.{signal.start}')}"
        value = f"{ctx.dialect.between(end, started)} - coalesce({value}, {ctx.num(0)})"
    if signal.compare == "baseline":
        value = _baseline(totals, name, signal, values)
    elif signal.compare is not None:
        ratio = f"{ctx.dialect.cast(values[0], 'number')} / nullif({values[1]}, 0)"
        value = f"{ratio} - {ctx.num(1)}" if signal.compare == "change" else ratio
    if signal.min_rows > 1:
        value = case([(f"{_valued_rows(totals, name, signal, alias)} >= {signal.min_rows}", value)])
    yield ctx.q(name), ctx.dialect.cast(value, "number")
    if signal.fresh_for is not None:
        age = f"{name} age"
        newest = f"{alias}.{ctx.q(age)}"
        if signal.aggregate != "last":
            newest = totals.part(signal, age, f"min({_age_of_value(filters, signal)})")
        yield ctx.q(age), f"{newest} + {ctx.dialect.between(ctx.now, end)}"


def _raw(totals: Totals, name: str, signal: Signal, alias: str, back: int) -> str:
    """A window's aggregate; null, or 0 for counts, where no row matches."""
    ctx = totals.filters.ctx
    if counts_days(ctx, signal):
        return day_count(totals, name, signal)
    if signal.aggregate in {"distinct", "last"}:
        return f"{alias}.{ctx.q(distinct_columns(name, signal)[back])}"
    held = f"{name} {back}" if back else name
    return totals.part(signal, held, _aggregate(totals.filters, signal, back))


def _windowed(totals: Totals, name: str, signal: Signal, alias: str, back: int) -> str:
    """A window's value, or what stands for no row at all."""
    ctx = totals.filters.ctx
    value = _raw(totals, name, signal, alias, back)
    empty = ctx.num(signal.empty if signal.empty is not None else 0)
    if signal.aggregate == "sum":
        return case([(totals.matched(signal, name, back), value)], empty)
    if signal.aggregate in COUNTED:
        return f"coalesce(nullif({value}, 0), {empty})" if signal.empty else f"coalesce({value}, 0)"
    if signal.empty is None or signal.compare is not None:
        return value
    if signal.aggregate == "last":
        return f"coalesce({value}, {empty})"
    return case([(totals.matched(signal, name), value)], empty)


def _valued_rows(totals: Totals, name: str, signal: Signal, alias: str) -> str:
    """How many rows have a value, for ``min_rows``."""
    if signal.aggregate in COUNTED:
        return _raw(totals, name, signal, alias, 0)
    filters = totals.filters
    counted = filters.when(signal, 0, _valued(filters, signal))
    return totals.part(signal, f"{name} valued", f"count({counted})")


def _baseline(totals: Totals, name: str, signal: Signal, values: list[str]) -> str:
    """Standard deviations from the mean of the earlier windows that began after the first row."""
    filters = totals.filters
    ctx = filters.ctx
    oldest = filters.when(signal, None, filters.age(signal))
    first = totals.part(signal, f"{name} first", f"max({oldest})")
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
