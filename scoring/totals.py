"""The aggregates of a table's rows per account: one pass, each computed once."""

from .declared import Signal
from .filters import Filters
from .references import time_of
from .steps import Select, Step


class Totals:
    """Collects what signals ask for of one table's rows, then writes ``totals_TABLE``.

    Args:
        filters: Conditions on the table's rows.
    """

    def __init__(self, filters: Filters) -> None:
        self.filters = filters
        self._parts: dict[str, str] = {}
        self._signals: list[Signal] = []

    def part(self, signal: Signal, alias: str, sql: str) -> str:
        """Return the column that holds an aggregate; the first who asks names it."""
        if signal not in self._signals:
            self._signals.append(signal)
        return f"t.{self.filters.ctx.q(self._parts.setdefault(sql, alias))}"

    def newest(self, signal: Signal, name: str) -> str:
        """Return the age of the newest row that passes a signal's filter, of any window."""
        age = self.filters.age(signal)
        return self.part(signal, f"{name} newest", f"min({self.filters.when(signal, None, age)})")

    def matched(self, signal: Signal, name: str, back: int = 0) -> str:
        """Return the condition that a window has any row at all.

        Whether a window that ends now has one, its newest row tells: one ``min`` for windows
        of every width, where counting would take one pass over the column for each.
        """
        filters = self.filters
        if signal.aggregate == "days_until":
            return f"{self.part(signal, f'{name} rows', f'count({filters.ahead(signal)})')} > 0"
        if back or signal.valid or not time_of(signal):
            rows = f"count({filters.when(signal, back, '1')})"
            return f"{self.part(signal, f'{name} rows {back}', rows)} > 0"
        newest = self.newest(signal, name)
        if signal.window is None:
            return f"{newest} IS NOT NULL"
        return f"{newest} < {filters.ctx.num(signal.window)}"

    def step(self) -> Step | None:
        """Return the step; None where nothing is aggregated."""
        if not self._parts:
            return None
        ctx, table = self.filters.ctx, self.filters.table
        account = ctx.q("account")
        columns = [(account, account), *((ctx.q(a), sql) for sql, a in self._parts.items())]
        reach = self.filters.reach(self._signals)
        source = ctx.step(f"rows_{table}")
        sql = Select(columns, source, [reach] if reach else [], account)
        return Step(f"totals_{table}", f"{table} aggregated per account", str(sql), kept=True)
