"""Distinct days by bits: an account's, or a thing's, days as numbers with a bit for each day.

Measured on 7.3 M usage rows: two group-bys took 0.75 CPU s of 3.4, bits 0.1.
"""

from .declared import Signal
from .references import time_of
from .steps import Context, case, total
from .totals import Part, Totals

WIDE = 60
"""Days in one number of 64 bits."""
_FULL = (1 << WIDE) - 1
FARTHEST = 4 * WIDE
"""Days back up to which bits are cheaper than two group-bys."""


def moved_bits(own: str, before: str | None, days: str) -> str:
    """Return SQL of a number's bits so many days on.

    Args:
        own: The number.
        before: That of later days, whose highest bits move into this one; None: there is none.
        days: How many, up to ``WIDE``.
    """
    moved = f"((coalesce({own}, 0) & ({_FULL} >> {days})) << {days})"
    return moved if before is None else f"({moved} | (coalesce({before}, 0) >> ({WIDE} - {days})))"


def counts_days(ctx: Context, signal: Signal) -> bool:
    """Tell whether a signal counts the days of a window of whole days that ends now."""
    own = signal.of == (time_of(signal),) and signal.at_least is None
    return signal.aggregate == "distinct" and own and _whole_days(ctx, signal)


def enough_days(ctx: Context, signal: Signal) -> bool:
    """Tell whether a signal counts things that have enough days in such a window."""
    return (
        signal.at_least is not None
        and signal.at_least.of == time_of(signal)
        and _whole_days(ctx, signal)
    )


def _whole_days(ctx: Context, signal: Signal) -> bool:
    if signal.compare or signal.valid or ctx.kind(signal.table, time_of(signal)) != "date":
        return False
    return signal.window is not None and signal.window.is_integer() and signal.window <= FARTHEST


def day_count(totals: Totals, name: str, signal: Signal) -> str:
    """Return SQL of the number of different days in a signal's window."""
    filters = totals.filters
    dialect, num = filters.ctx.dialect, filters.ctx.num
    age, days = filters.age(signal), round(signal.window or 0)
    counts: list[str] = []
    before: str | None = None
    for number, first in enumerate(range(0, days, WIDE)):
        bit = dialect.bit.format(place=f"floor({age} - {num(first)})")
        near = f"{age} >= {num(first)} AND {age} < {num(first + WIDE)}"
        held = case([(f"{filters.condition(signal, None)} AND {near}", bit)])
        part = Part(f"{name} days {number}", "bit_or", held, bits=True, before=before)
        bits = totals.part(signal, part)
        before = totals.name(part)
        if days - first < WIDE:
            bits = f"({bits} & {(1 << days - first) - 1})"
        counts.append(f"coalesce({dialect.bits.format(value=bits)}, 0)")
    return total(counts)
