"""The aggregates of a table's rows per account: one pass, each computed once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from .declared import Signal
from .filters import Filters
from .references import time_of
from .steps import Select, Step

ACCOUNT = ("account",)
_ADDED = "coalesce({a} + {b}, {a}, {b})"
_MERGED = {
    "sum": _ADDED,
    "count": _ADDED,
    "min": "least({a}, {b})",
    "max": "greatest({a}, {b})",
    "bit_or": "coalesce({a} | {b}, {a}, {b})",
}
"""Aggregate -> what it is over two sets of rows: by a join for half of what a second group-by
over both takes."""


@dataclass(frozen=True, slots=True)
class Part:
    """One aggregate.

    Attributes:
        alias: Its column.
        word: The aggregate function.
        value: What of a row is aggregated.
        held: The condition on rows; empty: none.
        time: Of an age, the column of the time that it is the age of.
        bits: Whether it is bits of days, which move up as windows move on.
        before: Of bits, the column whose highest ones move into this one.
    """

    alias: str
    word: str
    value: str
    held: str = ""
    time: str = ""
    bits: bool = False
    before: str | None = None

    @property
    def sql(self) -> str:
        """What of a row is aggregated, where it counts."""
        return f"CASE WHEN {self.held} THEN {self.value} END" if self.held else self.value

    def merged(self, a: str, b: str) -> str:
        """What it is over two sets of rows, from what it is over each."""
        return _MERGED[self.word].format(a=a, b=b)

    @property
    def kept(self) -> "Part":
        """The same as it is kept: of an age, the time, which does not change as windows move."""
        if not self.time:
            return self
        return replace(self, word={"min": "max", "max": "min"}[self.word], value=self.time)


class Totals:
    """Collects what signals ask for of one table's rows.

    Args:
        filters: Conditions on the table's rows.
        read: How a column is read where it is used: SQL, or the alias of the relation that holds
            it; empty: by its name alone.
    """

    def __init__(self, filters: Filters, read: str | Callable[[Part], str] = "t") -> None:
        self.filters = filters
        self._read = read
        self._parts: dict[tuple[str, str], Part] = {}
        self._signals: list[Signal] = []

    def __iter__(self) -> Iterator[Part]:
        return iter(self._parts.values())

    @property
    def reach(self) -> list[str]:
        """The condition that leaves out rows too old for all, if any are."""
        reach = self.filters.reach(self._signals)
        return [f"({reach})"] if reach else []

    def part(self, signal: Signal, part: Part) -> str:
        """Return the column that holds an aggregate; the first who asks names it."""
        if signal not in self._signals:
            self._signals.append(signal)
        known = self._parts.setdefault((part.word, part.sql), part)
        if not isinstance(self._read, str):
            return self._read(known)
        column = self.filters.ctx.q(known.alias)
        return f"{self._read}.{column}" if self._read else column

    def name(self, part: Part) -> str:
        """Return the alias of the column that holds an aggregate that was asked for."""
        return self._parts[part.word, part.sql].alias

    def mean(self, signal: Signal, alias: str, value: str) -> str:
        """Return the mean of a value over rows, from what can be merged."""
        count = self.part(signal, Part(f"{alias} valued", "count", value))
        whole = self.part(signal, Part(f"{alias} whole", "sum", value))
        return f"({whole} / {self.filters.ctx.dialect.divisor(count)})"

    def newest(self, signal: Signal, name: str) -> str:
        """Return the age of the newest row that passes a signal's filter, of any window."""
        return self.age(signal, f"{name} newest", "min", self.filters.condition(signal, None))

    def age(self, signal: Signal, alias: str, word: str, held: str) -> str:
        """Return the least or greatest age (``min``, ``max``) of rows that a condition takes."""
        time = self.filters.ctx.q(time_of(signal))
        return self.part(signal, Part(alias, word, self.filters.age(signal), held, time))

    def matched(self, signal: Signal, name: str, back: int = 0) -> str:
        """Return the condition that a window has any row at all.

        Whether a window that ends now has one, its newest row tells: one ``min`` for windows
        of every width, where counting would take one pass over the column for each.
        """
        filters = self.filters
        if signal.aggregate == "days_until":
            rows = Part(f"{name} rows", "count", "1", filters.ahead(signal))
            return f"{self.part(signal, rows)} > 0"
        if back or signal.valid or not time_of(signal):
            rows = Part(f"{name} rows {back}", "count", filters.when(signal, back, "1"))
            return f"{self.part(signal, rows)} > 0"
        newest = self.newest(signal, name)
        if signal.window is None:
            return f"{newest} IS NOT NULL"
        return f"{newest} < {filters.ctx.num(signal.window)}"

    def select(
        self, source: str, where: list[str], keys: Sequence[str] = ACCOUNT, *, kept: bool = False
    ) -> Select:
        """Return the SELECT that aggregates rows per account, perhaps as it is kept."""
        named = [self.filters.ctx.q(key) for key in keys]
        columns = [*((key, key) for key in named), *self.columns(kept=kept)]
        return Select(columns, source, where, ", ".join(named))

    def merged(
        self, one: Select, other: Select, keys: Sequence[str] = ACCOUNT, *, kept: bool = False
    ) -> Select:
        """Return the SELECT of the aggregates over two sets of rows."""
        q = self.filters.ctx.q
        named = [q(key) for key in keys]
        columns = [(key, f"coalesce(s.{key}, r.{key})") for key in named]
        for part in (each.kept if kept else each for each in self):
            name = q(part.alias)
            columns.append((name, part.merged(f"s.{name}", f"r.{name}")))
        on = " AND ".join(f"r.{key} = s.{key}" for key in named)
        return Select(columns, f"(\n{one}\n) AS s\nFULL JOIN (\n{other}\n) AS r ON {on}")

    def columns(self, *, kept: bool = False) -> list[tuple[str, str]]:
        """Return the aggregates with their names, perhaps as they are kept."""
        q, dialect = self.filters.ctx.q, self.filters.ctx.dialect
        own = {"median": dialect.median, "sum": dialect.sum}
        return [
            (
                q(part.alias),
                own[part.word](part.sql) if part.word in own else f"{part.word}({part.sql})",
            )
            for part in (each.kept if kept else each for each in self)
        ]

    def step(self) -> Step | None:
        """Return the step that aggregates all rows; None where nothing is asked for."""
        if not self._parts:
            return None
        ctx, table = self.filters.ctx, self.filters.table
        sql = self.select(ctx.step(f"rows_{table}"), self.reach)
        return Step(f"totals_{table}", f"{table} aggregated per account", str(sql), kept=True)
