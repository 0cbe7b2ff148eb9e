"""Rows to signals, slowly and plainly: one account, one signal, one row at a time.

Part of the oracle. Written from what the model's words mean, not from the SQL that the engine
compiles; it shares the model's classes and the expression parser, and nothing else.
"""

import statistics
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from scoring.declared import Signal
from scoring.expressions import parse
from scoring.model import Model
from tests.scoring.oracle_expressions import evaluate, holds, moment, plain

TIMES = {
    "contacts": "last_seen_at",
    "tickets": "opened_at",
    "invoices": "issued_at",
    "subscriptions": "started_at",
    "usage": "day",
    "interactions": "at",
    "surveys": "at",
    "milestones": "reached_at",
    "outcomes": "at",
}
DAY = timedelta(days=1)


@dataclass
class Facts:
    """Rows as Python values; times are naive UTC. Presence: (account, table) -> last read."""

    accounts: list[dict[str, Any]]
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    presence: dict[tuple[int, str], datetime] = field(default_factory=dict)


@dataclass
class Counted:
    """A signal's value before division, and the time of the newest row that counts."""

    value: float | None
    newest: datetime | None = None


@dataclass
class Reader:
    """One account's view of the facts."""

    model: Model
    facts: Facts
    account: dict[str, Any]
    as_of: datetime
    rates: dict[str, float]

    def end(self, table: str) -> datetime | None:
        """Where windows end; None: this account is in no source of the table."""
        read = self.facts.presence.get((self.account["account"], table))
        if read is None:
            return self.as_of if table == "accounts" else None
        return min(read, self.as_of)

    def counted(self, name: str) -> Counted:
        signal = self.model.signals[name]
        if signal.field is not None:
            value = self.money("accounts", self.account, signal.field)
            return Counted(None if value is None else float(value))
        end = self.end(signal.table)
        if end is None:
            return Counted(None)
        rows = self.rows(signal, end, 0)
        told = [row for row in rows if self.tells(signal, row, end)]
        newest = max((at for at in map(self.at(signal), told) if at), default=None)
        return Counted(self.aggregate(signal, end), newest)

    def value(self, name: str) -> float | None:
        """The value, divided."""
        signal = self.model.signals[name]
        value = self.counted(name).value
        for divisor in signal.per:
            by = self.value(divisor) if isinstance(divisor, str) else divisor
            value = None if value is None or by is None or by == 0 else value / by
        return value

    def at(self, signal: Signal) -> Any:
        column = TIMES.get(signal.table, "") if signal.at is None else signal.at
        return lambda row: moment(row.get(column)) if column else None

    def money(self, table: str, row: dict[str, Any], column: str) -> Any:
        value = plain(row.get(column))
        if (table, column) in MONEY and value is not None:
            value *= self.rates.get(row.get("currency") or "", 1.0)
        return value

    def names(self, row: dict[str, Any]) -> dict[str, Any]:
        return row | {f"account.{name}": value for name, value in self.account.items()}

    def rows(self, signal: Signal, end: datetime, back: int | None) -> list[dict[str, Any]]:
        """Rows that count in the window that ends ``back`` windows before the end."""
        width = timedelta(days=signal.window or 0)
        until = end - width * (back or 0)
        own = self.facts.tables.get(signal.table, [])
        mine = [row for row in own if row["account"] == self.account["account"]]
        kept = [row for row in mine if self.placed(signal, row, until, width, back is None)]
        return [row for row in kept if holds(signal.where, self.names(row), until)]

    def placed(
        self, signal: Signal, row: dict[str, Any], until: datetime, width: timedelta, ever: bool
    ) -> bool:
        if signal.valid is not None:
            begun, over = (moment(row.get(column)) for column in signal.valid)
            return begun is not None and begun <= until and (over is None or over > until)
        if signal.at == "" or signal.table not in TIMES:
            return True
        at = self.at(signal)(row)
        if at is None or at > until:
            return False
        return ever or signal.window is None or at > until - width

    def aggregate(self, signal: Signal, end: datetime) -> float | None:
        if signal.aggregate == "days_until":
            return self.days_until(signal, end)
        if signal.aggregate == "days_to":
            return self.days_to(signal, end)
        now = self.windowed(signal, end, 0)
        if signal.compare == "baseline":
            now = self.baseline(signal, end, now)
        elif signal.compare is not None:
            before = self.windowed(signal, end, 1)
            now = None if now is None or before is None or before <= 0 else now / before
            now = now - 1 if now is not None and signal.compare == "change" else now
        enough = self.valued(signal, self.rows(signal, end, 0), end)
        return now if signal.min_rows == 1 or enough >= signal.min_rows else None

    def windowed(self, signal: Signal, end: datetime, back: int) -> float | None:
        rows = self.rows(signal, end, back)
        return self.of_rows(signal, rows, end)

    def valued(self, signal: Signal, rows: list[dict[str, Any]], end: datetime) -> int:
        """How many rows (things, for distinct) have a value that is not null."""
        if signal.aggregate in {"count", "days_since"}:
            return len(rows)
        if signal.aggregate == "distinct":
            return len(self.things(signal, rows))
        return len(self.values(signal, rows, end))

    def tells(self, signal: Signal, row: dict[str, Any], end: datetime) -> bool:
        """Whether a row's ``of`` is known; rows where it is null do not count."""
        if signal.aggregate == "distinct":
            return all(plain(row.get(column)) is not None for column in signal.of)
        return not signal.of or bool(self.values(signal, [row], end))

    def values(self, signal: Signal, rows: list[dict[str, Any]], end: datetime) -> list[float]:
        if signal.aggregate == "share":
            condition = parse(signal.of[0])
            found = [evaluate(condition, self.names(row), end) for row in rows]
        else:
            found = [self.money(signal.table, row, signal.of[0]) for row in rows]
        return [float(value) for value in found if value is not None]

    def things(self, signal: Signal, rows: list[dict[str, Any]]) -> set[tuple[Any, ...]]:
        inner: dict[tuple[Any, ...], set[Any]] = {}
        for row in rows:
            thing = tuple(plain(row.get(column)) for column in signal.of)
            if None not in thing:
                deep = plain(row.get(signal.at_least.of)) if signal.at_least else 0
                inner.setdefault(thing, set()).update(() if deep is None else (deep,))
        least = signal.at_least.number if signal.at_least else 1
        return {thing for thing, deep in inner.items() if len(deep) >= least}

    def of_rows(  # noqa: PLR0911 -- one answer for each aggregation
        self, signal: Signal, rows: list[dict[str, Any]], end: datetime
    ) -> float | None:
        kind = signal.aggregate
        if not rows:
            zero = 0.0 if kind in {"count", "sum", "distinct"} else None
            return signal.empty if signal.empty is not None else zero
        if kind == "count":
            return float(len(rows))
        if kind == "distinct":
            return float(len(self.things(signal, rows))) or float(signal.empty or 0)
        if kind == "days_since":
            times = [at for at in map(self.at(signal), rows) if at is not None]
            chosen = (max if signal.pick == "newest" else min)(times, default=None)
            return None if chosen is None else (end - chosen) / DAY
        if kind == "last":
            return self.last(signal, rows)
        values = self.values(signal, rows, end)
        if not values:
            return None
        means = {"mean", "share"}
        how = {"sum": sum, "median": statistics.median, "min": min, "max": max}
        return sum(values) / len(values) if kind in means else float(how[kind](values))

    def last(self, signal: Signal, rows: list[dict[str, Any]]) -> float | None:
        known = [row for row in rows if self.money(signal.table, row, signal.of[0]) is not None]
        if not known:
            return signal.empty
        newest = max(known, key=lambda row: self.newness(signal, row))
        return float(self.money(signal.table, newest, signal.of[0]))

    def newness(self, signal: Signal, row: dict[str, Any]) -> tuple[datetime, str, str]:
        """What is newest: by time (in force without one: oldest), then source, then id."""
        never = datetime(1, 1, 1)  # noqa: DTZ001 -- scoring's times are UTC without zone
        return self.at(signal)(row) or never, row["source"], row["id"]

    def days_until(self, signal: Signal, end: datetime) -> float | None:
        own = self.facts.tables.get(signal.table, [])
        mine = [row for row in own if row["account"] == self.account["account"]]
        held = [row for row in mine if holds(signal.where, self.names(row), end)]
        times = [at for at in map(self.at(signal), held) if at is not None and at > end]
        return (min(times) - end) / DAY if times else signal.empty

    def days_to(self, signal: Signal, end: datetime) -> float | None:
        start = moment(self.account.get(signal.start or ""))
        times = [at for at in map(self.at(signal), self.rows(signal, end, 0)) if at is not None]
        return None if start is None else (min(times, default=end) - start) / DAY

    def baseline(self, signal: Signal, end: datetime, now: float | None) -> float | None:
        width = timedelta(days=signal.window or 0)
        first = min(
            (at for at in map(self.at(signal), self.rows(signal, end, None)) if at), default=None
        )
        earlier = [
            self.windowed(signal, end, back)
            for back in range(1, signal.periods + 1)
            if first is not None and end - width * (back + 1) >= first
        ]
        known = [value for value in earlier if value is not None]
        if now is None or len(known) < 2:
            return None
        moved, spread = now - statistics.fmean(known), statistics.pstdev(known)
        if spread < 1e-9:
            return 0.0 if abs(moved) < 1e-9 else None
        return moved / spread


MONEY = {
    ("accounts", "mrr"),
    ("invoices", "amount"),
    ("invoices", "amount_open"),
    ("subscriptions", "mrr"),
    ("milestones", "value"),
    ("outcomes", "mrr_change"),
}
