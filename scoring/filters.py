"""Which rows of a table count towards a signal, in which window."""

from collections.abc import Sequence
from dataclasses import dataclass

from .declared import Signal
from .expressions import parse
from .references import time_of
from .render import Scope, condition
from .rows import account_columns, age, column
from .steps import Context, case
from .tables import Kind


@dataclass(frozen=True)
class Filters:
    """Conditions on ``rows_TABLE``, whose ages are days before the end of windows."""

    ctx: Context
    table: str

    def scope(self, shift: float = 0.0) -> Scope:
        """Return what names mean in a row; ``as_of`` is the end, moved back by days."""
        ctx = self.ctx
        names: dict[str, tuple[str, Kind | None]] = {
            name: (ctx.q(name), column(ctx, self.table, name)[1])
            for name in ctx.read.get(self.table, [])
        }
        for name in account_columns(ctx):
            own = name if self.table == "accounts" else f"account.{name}"
            names[f"account.{name}"] = (ctx.q(own), column(ctx, "accounts", name)[1])
        return Scope(ctx.dialect, names, ctx.dialect.shifted(ctx.q("end"), -shift))

    def age(self, signal: Signal) -> str:
        """Days from the row's time to the end."""
        return age(self.ctx, time_of(signal))

    def number(self, name: str) -> str:
        """Return a column as a double; a truth value as 1 or 0."""
        ctx = self.ctx
        if column(ctx, self.table, name)[1] == "boolean":
            value = ctx.q(name)
            return case([(value, ctx.num(1)), (f"NOT {value}", ctx.num(0))])
        return ctx.dialect.cast(ctx.q(name), "number")

    def truth(self, signal: Signal) -> str:
        """Return 1 or 0 for the condition of a share, null where it is unknown."""
        held = condition(parse(signal.of[0]), self.scope())
        return case([(held, self.ctx.num(1)), (f"NOT {held}", self.ctx.num(0))])

    def when(self, signal: Signal, back: int | None, value: str) -> str:
        """Return a value for the rows that count, null for the others."""
        held = self.condition(signal, back)
        return f"CASE WHEN {held} THEN {value} END"

    def ahead(self, signal: Signal) -> str:
        """Return the condition on rows whose time is still to come."""
        return " AND ".join([f"{self.age(signal)} < 0", *self._where(signal, 0.0)])

    def condition(self, signal: Signal, back: int | None) -> str:
        """Return the condition of a window, ``back`` windows ago; None: any time up to now."""
        width = signal.window or 0.0
        start = width * (back or 0)
        held = self._valid(signal, start) if signal.valid else self._window(signal, back, start)
        return " AND ".join([*held, *self._where(signal, start)]) or "TRUE"

    def _window(self, signal: Signal, back: int | None, start: float) -> list[str]:
        if not time_of(signal):
            return []
        num = self.ctx.num
        held = [f"{self.age(signal)} >= {num(start)}"]
        if signal.window is not None and back is not None:
            held.append(f"{self.age(signal)} < {num(start + signal.window)}")
        return held

    def _valid(self, signal: Signal, start: float) -> list[str]:
        """In force at a time: begun, and not ended."""
        begun, ended = signal.valid or ("", "")
        moment = self.ctx.num(start)
        over = f"{age(self.ctx, ended)} < {moment}"
        return [f"{age(self.ctx, begun)} >= {moment}", f"({self.ctx.q(ended)} IS NULL OR {over})"]

    def _where(self, signal: Signal, start: float) -> list[str]:
        if signal.where is None:
            return []
        return [condition(parse(signal.where), self.scope(start))]

    def reach(self, signals: Sequence[Signal]) -> str:
        """Return the condition that leaves out rows too old for all signals; "" if none are."""
        reach: dict[str, float] = {}
        for signal in signals:
            if signal.window is None or signal.valid or signal.compare == "baseline":
                return ""
            width = signal.window * (1 if signal.compare is None else 2)
            reach[self.age(signal)] = max(width, reach.get(self.age(signal), 0.0))
        return " OR ".join(f"{name} < {self.ctx.num(days)}" for name, days in reach.items())
