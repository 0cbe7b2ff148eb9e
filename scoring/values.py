"""A signal's value from its table's totals: zero told from unknown, windows compared."""

from collections.abc import Iterator

from .days import counts_days, day_count
from .declared import Signal
from .distinct import distinct_columns
from .few import counts_few, few_count
from .filters import Filters
from .steps import case, total
from .totals import Part, Totals

COUNTED = {"count", "distinct"}


def windows(signal: Signal) -> range:
    """Return how many windows back a signal looks: 0 is the one that ends now."""
    return range({None: 1, "baseline": signal.periods + 1}.get(signal.compare, 2))


def _has_value(filters: Filters, signal: Signal) -> str:
    """The condition on rows that have a value: one without is no news."""
    if signal.aggregate == "distinct":
        valued = [filters.ctx.q(name) for name in signal.of]
    else:
        valued = [_valued(filters, signal)] if signal.of else []
    held = [filters.condition(signal, 0), *(f"{value} IS NOT NULL" for value in valued)]
    return " AND ".join(held)


def _valued(filters: Filters, signal: Signal) -> str:
    """What makes a row count towards ``min_rows``: a value that is not null."""
    if signal.aggregate == "share":
        return filters.truth(signal)
    return filters.number(signal.of[0]) if signal.of else "1"


def _aggregate(totals: Totals, held: str, signal: Signal, back: int) -> str:
    filters = totals.filters
    kind = str(signal.aggregate)
    if kind == "days_until":
        return f"-{totals.age(signal, held, 'max', filters.ahead(signal))}"
    if kind in {"days_since", "days_to"}:
        word = "max" if signal.pick == "oldest" or kind == "days_to" else "min"
        return totals.age(signal, held, word, filters.condition(signal, back))
    if kind == "count":
        return totals.part(signal, Part(held, kind, filters.when(signal, back, "1")))
    if kind == "share":
        return totals.mean(signal, held, filters.when(signal, back, filters.truth(signal)))
    value = filters.when(signal, back, filters.number(signal.of[0]))
    if kind == "mean":
        return totals.mean(signal, held, value)
    return totals.part(signal, Part(held, kind, value))


def finished(totals: Totals, name: str, signal: Signal, alias: str) -> Iterator[tuple[str, str]]:
    """Yield the columns of a signal: its value before division, and its age where it fades.

    Args:
        totals: Of the signal's table; what the signal needs is asked of it.
        name: The signal's name.
        signal: The signal.
        alias: The relation that holds its counts or newest value, for distinct and last; empty
            for what bits count.
    """
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
        # A base below zero, as after meter corrections, gives no ratio either.
        base = f"nullif(greatest({values[1]}, 0), 0)"
        ratio = f"{ctx.dialect.cast(values[0], 'number')} / {base}"
        value = f"{ratio} - {ctx.num(1)}" if signal.compare == "change" else ratio
    if signal.min_rows > 1:
        value = case([(f"{_valued_rows(totals, name, signal, alias)} >= {signal.min_rows}", value)])
    yield ctx.q(name), ctx.dialect.cast(value, "number")
    if signal.fresh_for is not None:
        age = f"{name} age"
        newest = f"{alias}.{ctx.q(age)}"
        if signal.aggregate != "last":
            newest = totals.age(signal, age, "min", _has_value(filters, signal))
        yield ctx.q(age), f"{newest} + {ctx.dialect.between(ctx.now, end)}"


def _raw(totals: Totals, name: str, signal: Signal, alias: str, back: int) -> str:
    """A window's aggregate; null, or 0 for counts, where no row matches."""
    ctx = totals.filters.ctx
    if counts_days(ctx, signal):
        return day_count(totals, name, signal)
    if counts_few(ctx, signal):
        return few_count(totals, name, signal, back)
    if signal.aggregate in {"distinct", "last"}:
        return f"{alias}.{ctx.q(distinct_columns(name, signal)[back])}"
    held = f"{name} {back}" if back else name
    return _aggregate(totals, held, signal, back)


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
    return totals.part(signal, Part(f"{name} valued", "count", counted))


def _baseline(totals: Totals, name: str, signal: Signal, values: list[str]) -> str:
    """Standard deviations from the mean of the earlier windows that began after the first row."""
    filters = totals.filters
    ctx = filters.ctx
    first = totals.age(signal, f"{name} first", "max", filters.condition(signal, None))
    width = signal.window or 0.0
    earlier = [
        case([(f"{first} >= {ctx.num(width * (back + 1))}", f"({values[back]})")])
        for back in windows(signal)[1:]
    ]
    known = total(f"CASE WHEN ({value}) IS NULL THEN 0 ELSE 1 END" for value in earlier)
    number = ctx.dialect.divisor(known)
    mean = f"({total(f'coalesce({v}, 0)' for v in earlier)} / {number})"
    squares = total(f"coalesce(power(({v}) - {mean}, 2), 0)" for v in earlier)
    deviation = f"sqrt({squares} / {number})"
    moved = f"(({values[0]}) - {mean})"
    same = (f"{deviation} < 1e-9 AND abs({moved}) < 1e-9", ctx.num(0))
    useful = (f"{deviation} >= 1e-9", f"{moved} / {deviation}")
    return case([(f"{known} < 2", "NULL"), same, useful])
