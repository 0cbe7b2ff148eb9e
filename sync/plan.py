"""What would change in a target: desired field values against those that it holds.

Only differences count. A value is compared as canonical text, so what a vendor rounds or
reformats is no difference, and what someone edited by hand is one.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import fields as fields_of
from typing import Any

import duckdb
import pyarrow as pa

from . import limits
from .errors import UnsafePlanError
from .fields import TargetField, only_dated
from .plan_sql import aggregate_sql, changed_sql, compare, edited_sql
from .scored import Portfolio
from .settings import Limits
from .store import Store
from .summary import Change, Edited, PlanReport

__all__ = ["Plan", "PlannedWrite", "UnsafePlanError", "checksum", "make"]

EXAMPLES = 20
PART = 100_000
"""Accounts compared at a time: what bounds the memory of a plan."""


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """New values for one record.

    Attributes:
        ref: The vendor's id.
        account: The account's key.
        change: Field name -> (text held now, new text); None is empty.
    """

    ref: str
    account: int
    change: Mapping[str, tuple[str | None, str | None]]


@dataclass(frozen=True, slots=True)
class Plan:
    """All writes to one target.

    Attributes:
        connection: The target.
        writes: By the record's id.
        report: What is told about it.
    """

    connection: str
    writes: tuple[PlannedWrite, ...]
    report: PlanReport


@dataclass(frozen=True, slots=True)
class Target:
    """One target as planning sees it.

    Attributes:
        connection: Its name.
        fields: What is written to it.
        limits: What makes a plan unsafe.
        refused: Record id -> field -> value that it refused for good.
    """

    connection: str
    fields: Sequence[TargetField]
    limits: Limits
    refused: Mapping[str, Mapping[str, str | None]]


def make(
    con: duckdb.DuckDBPyConnection,
    store: Store,
    target: Target,
    portfolio: Portfolio,
    against: limits.Against,
) -> Plan:
    """Compare what a target should hold with what it does hold.

    Args:
        con: With the ``members`` relation of ``facts.build``.
        store: Has what targets hold, as last read or written.
        target: The target.
        portfolio: The scores.
        against: The portfolio beside the last run's, for the limits.
    """
    writes, edited, held_back, seen = _compared(con, store, target, portfolio)
    writes.sort(key=lambda write: write.ref)
    moves = seen.moves(target.fields)
    changing = [write for write in writes if not only_dated(write.change, target.fields)]
    report = PlanReport(
        connection=target.connection,
        plan=None,
        checksum=checksum(target.connection, writes),
        records=seen.records,
        updates=len(writes),
        renewed=len(writes) - len(changing),
        by_hand=seen.by_hand,
        kept_by_hand=seen.kept_by_hand,
        stale=seen.stale,
        edited=tuple(edited),
        held_back=held_back,
        unsafe=limits.unsafe(target.connection, target.limits, moves, against) if writes else (),
        examples=_examples(writes, target.fields, portfolio),
        **counts(changing),
    )
    return Plan(target.connection, tuple(writes), report)


def _compared(
    con: duckdb.DuckDBPyConnection, store: Store, target: Target, portfolio: Portfolio
) -> "tuple[list[PlannedWrite], list[Edited], int, Seen]":
    """Compare part by part, so that memory does not grow with the portfolio."""
    writes: list[PlannedWrite] = []
    edited: list[Edited] = []
    held_back, seen = 0, Seen(foreign=(0,) * len(target.fields))
    for start in range(0, len(portfolio.accounts), PART):
        con.register("desired", _desired(target.fields, portfolio, slice(start, start + PART)))
        try:
            compare(con, store, target.connection, target.fields)
            found, kept_back = _writes(con, target)
            here = _seen(con, target)
            if here.by_hand and len(edited) < EXAMPLES:
                edited += _edited(con, target, portfolio, EXAMPLES - len(edited))
            seen = seen.plus(here)
            con.execute("DROP VIEW compared")
        finally:
            con.unregister("desired")
        writes += found
        held_back += kept_back
    return writes, edited, held_back, seen


def checksum(connection: str, writes: Sequence[PlannedWrite]) -> str:
    """Return what ties an apply to the plan that was reviewed."""
    digest = hashlib.sha256(connection.encode())
    for write in writes:
        line = [write.ref, sorted((name, *pair) for name, pair in write.change.items())]
        digest.update(json.dumps(line, ensure_ascii=True).encode())
    return digest.hexdigest()


def _desired(fields: Sequence[TargetField], portfolio: Portfolio, part: slice) -> pa.Table:
    columns = {"account": pa.array(portfolio.accounts[part], pa.int64())}
    for field in fields:
        values = portfolio.part(field.score, field.part, field.choice.language)[part]
        columns[field.spec.name] = pa.array(texts(field, values), pa.string())
    return pa.table(columns)


def texts(field: TargetField, values: Sequence[Any]) -> list[str | None]:
    """Return the canonical text of each value; the many equal ones are made once."""
    if field.spec.type in {"datetime", "choice", "text"}:
        made = {value: field.spec.to_text(value) for value in set(values)}
        return [made[value] for value in values]
    return [field.spec.to_text(value) for value in values]


def _writes(con: duckdb.DuckDBPyConnection, target: Target) -> tuple[list[PlannedWrite], int]:
    names = [field.spec.name for field in target.fields]
    writes, held_back = [], 0
    for ref, account, *cells in con.execute(changed_sql(target.fields)).fetchall():
        change = {
            name: (old, new)
            for name, old, new, differs in zip(
                names, cells[::3], cells[1::3], cells[2::3], strict=True
            )
            if differs
        }
        refused = target.refused.get(ref)
        if refused is not None and _same(target.fields, refused, change):
            held_back += 1
        else:
            writes.append(PlannedWrite(ref, account, change))
    return writes, held_back


def _edited(
    con: duckdb.DuckDBPyConnection, target: Target, portfolio: Portfolio, limit: int
) -> list[Edited]:
    place = {account: at for at, account in enumerate(portfolio.accounts)}
    rows = con.execute(edited_sql(target.fields, limit)).fetchall()
    return [
        Edited(portfolio.names[place[account]], ref, target.fields[at].spec.name, *values)
        for ref, account, at, *values in rows
    ]


def _same(
    fields: Sequence[TargetField],
    refused: Mapping[str, str | None],
    change: Mapping[str, tuple[str | None, str | None]],
) -> bool:
    """Whether a change asks for what was refused before, stamps aside."""
    stamps = {field.spec.name for field in fields if field.stamp}
    wanted = {name: new for name, (_, new) in change.items() if name not in stamps}
    return wanted == {name: new for name, new in refused.items() if name not in stamps}


@dataclass(frozen=True, slots=True)
class Seen:
    """Sums over compared records, as ``aggregate_sql`` gives them; parts of a plan add up."""

    records: int = 0
    held: int = 0
    replaced: int = 0
    cleared: int = 0
    bands: int = 0
    by_hand: int = 0
    kept_by_hand: int = 0
    stale: int = 0
    values: int = 0
    before: float = 0.0
    after: float = 0.0
    foreign: tuple[int, ...] = ()

    def plus(self, other: "Seen") -> "Seen":
        """Return the sums over both."""
        sums: dict[str, Any] = {n: getattr(self, n) + getattr(other, n) for n in SUMS}
        pairs = zip(self.foreign, other.foreign, strict=True)
        return Seen(**sums, foreign=tuple(one + two for one, two in pairs))

    def moves(self, fields: Sequence[TargetField]) -> limits.Moves:
        """Return what the limits look at."""
        pairs = zip(fields, self.foreign, strict=True)
        return limits.Moves(
            held=self.held,
            replaced=self.replaced,
            cleared=self.cleared,
            bands=self.bands,
            mean_before=self.before / self.values if self.values else None,
            mean_after=self.after / self.values if self.values else None,
            foreign=tuple(field.spec.name for field, count in pairs if count),
        )


SUMS = tuple(field.name for field in fields_of(Seen) if field.name != "foreign")


def _seen(con: duckdb.DuckDBPyConnection, target: Target) -> Seen:
    row = con.execute(aggregate_sql(target.fields, target.limits.step)).fetchall()[0]
    sums: dict[str, Any] = {name: value or 0 for name, value in zip(SUMS, row, strict=False)}
    return Seen(**sums, foreign=tuple(row[len(SUMS) :]))


def counts(writes: Sequence[PlannedWrite]) -> dict[str, Any]:
    """Return filled, replaced and cleared values, and how many of each field: of a report."""
    kinds = Counter[tuple[bool, bool]]()
    fields = Counter[str]()
    for write in writes:
        fields.update(write.change.keys())
        kinds.update((old is None, new is None) for old, new in write.change.values())
    return {
        "filled": kinds[True, False],
        "replaced": kinds[False, False],
        "cleared": kinds[False, True],
        "fields": dict(fields),
    }


def _examples(
    writes: Sequence[PlannedWrite], fields: Sequence[TargetField], portfolio: Portfolio
) -> tuple[Change, ...]:
    main = next((f.spec.name for f in fields if f.telling and f.part == "value"), None)
    moved = [write for write in writes if main in write.change]
    moved.sort(key=lambda write: (-_distance(*write.change[str(main)]), write.ref))
    place = {account: at for at, account in enumerate(portfolio.accounts)}
    score = next((f.score for f in fields if f.spec.name == main), "")
    why = portfolio.scores[score].reasons if moved else []
    return tuple(
        Change(
            portfolio.account_ids[place[write.account]],
            portfolio.names[place[write.account]],
            write.ref,
            str(main),
            *write.change[str(main)],
            why=why[place[write.account]],
        )
        for write in moved[:EXAMPLES]
    )


def _distance(old: str | None, new: str | None) -> float:
    try:
        return abs(float(new or "") - float(old or ""))
    except ValueError:
        return 0.0
