"""Row-level checks of canonical tables: what contradicts itself is counted, never fatal."""

from collections.abc import Callable, Mapping, MutableMapping
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from .findings import EXAMPLES, Findings

Rows: TypeAlias = MutableMapping[str, pa.Array]


class _Batch(Protocol):
    """What a check needs to know about the page."""

    @property
    def known_at(self) -> datetime: ...
    @property
    def personal(self) -> bool: ...
    @property
    def findings(self) -> Findings: ...


# Facts may not be later than this after they were learned: clocks differ.
_SKEW = timedelta(days=1)
# Columns of things that have happened; a due date or renewal may well lie ahead.
_PAST: Mapping[str, tuple[str, ...]] = {
    "tickets": ("opened_at", "first_reply_at", "resolved_at"),
    "invoices": ("paid_at",),
    "interactions": ("at",),
    "surveys": ("at",),
    "milestones": ("reached_at",),
    "usage": ("day",),
}
SCALES: Mapping[str, tuple[float, float]] = {
    "nps": (0, 10),
    "csat": (1, 5),
    "ces": (1, 5),
    "pulse": (1, 5),
}


def check_rows(table: str, rows: Rows, batch: _Batch) -> None:
    """Correct and count contradictions in converted columns, in place.

    Args:
        table: Canonical table name.
        rows: Canonical column -> values; every column of the table.
        batch: The page's time, findings, and whether personal data is kept.
    """
    check = _CHECKS.get(table)
    if check is not None:
        check(rows, batch)
    for column in _PAST.get(table, ()):
        _future(table, column, rows, batch)
    if table != "accounts":
        _count(rows, batch, "no_account", table, rows["account_ref"].is_null())


def _count(rows: Rows, batch: _Batch, kind: str, where: str, mask: pa.Array) -> None:
    """Count the rows of a mask, with ids of the first ones."""
    count = pc.sum(mask).as_py()
    if count:
        first = pc.indices_nonzero(mask)[:EXAMPLES]
        batch.findings.add(kind, where, *map(str, rows["id"].take(first).to_pylist()), count=count)


def _clear(rows: Rows, column: str, mask: pa.Array) -> None:
    values = rows[column]
    rows[column] = pc.if_else(pc.fill_null(mask, fill_value=False), None, values)


def _future(table: str, column: str, rows: Rows, batch: _Batch) -> None:
    """Count facts that lie after the time they were learned; they stay, by their own time."""
    values = rows[column]
    limit: Any = batch.known_at + _SKEW
    late = pc.greater(values, limit.date() if pa.types.is_date(values.type) else limit)
    _count(rows, batch, "in_the_future", f"{table}.{column}", late)


def _tickets(rows: Rows, batch: _Batch) -> None:
    _duration(rows, "first_reply_minutes", ("opened_at", "first_reply_at"), 60)
    _duration(rows, "resolution_hours", ("opened_at", "resolved_at"), 3600)
    checks = (
        ("closed_before_opened", "resolved_at", "opened_at", "resolution_hours"),
        ("reply_before_opened", "first_reply_at", "opened_at", "first_reply_minutes"),
        ("reply_after_resolution", "resolved_at", "first_reply_at", "first_reply_minutes"),
    )
    for kind, first, second, duration in checks:
        wrong = pc.less(rows[first], rows[second])
        _count(rows, batch, kind, "tickets", wrong)
        _clear(rows, duration, wrong)
    for column in ("first_reply_minutes", "resolution_hours"):
        negative = pc.less(rows[column], 0)
        _count(rows, batch, "negative_duration", f"tickets.{column}", negative)
        _clear(rows, column, negative)


def _duration(rows: Rows, column: str, ends: tuple[str, str], seconds: int) -> None:
    """Fill a duration that the source does not give from the two times that it does."""
    start, end = (rows[name] for name in ends)
    micros = pc.subtract(end, start).cast(pa.int64()).cast(pa.float64(), safe=False)
    length = pc.divide(pc.divide(micros, 1e6), float(seconds))
    length = pc.if_else(pc.greater_equal(micros, 0.0), length, None)
    rows[column] = pc.coalesce(rows[column], length)


def _subscriptions(rows: Rows, batch: _Batch) -> None:
    ended, started = rows["ended_at"], rows["started_at"]
    _count(rows, batch, "ended_before_started", "subscriptions", pc.less(ended, started))
    _count(rows, batch, "zero_length", "subscriptions", pc.equal(ended, started))


def _invoices(rows: Rows, batch: _Batch) -> None:
    """A negative invoice is a credit note: it nets, and is no activity."""
    other = pc.is_in(rows["status"], pa.array(["credit_note", "draft", "void"]))
    credit = pc.and_not(pc.less(rows["amount"], 0), other)
    rows["status"] = pc.if_else(
        pc.fill_null(credit, fill_value=False), "credit_note", rows["status"]
    )
    _count(rows, batch, "negative_as_credit_note", "invoices", credit)


def _usage(rows: Rows, batch: _Batch) -> None:
    _count(rows, batch, "negative_usage", "usage.count", pc.less(rows["count"], 0))


def _surveys(rows: Rows, batch: _Batch) -> None:
    score = rows["score"]
    for kind, (low, high) in SCALES.items():
        off = pc.or_(pc.less(score, low), pc.greater(score, high))
        outside = pc.and_(pc.equal(rows["kind"], kind), off)
        _count(rows, batch, "off_the_scale", "surveys.score", outside)
        _clear(rows, "score", outside)


def _contacts(rows: Rows, batch: _Batch) -> None:
    """Keep of an e-mail address what matching needs, unless personal data is asked for."""
    email = pc.utf8_lower(rows["email"])
    domain = pc.replace_substring_regex(email, r"(?s)^.*@", "")
    domain = pc.if_else(pc.match_substring(email, "@"), domain, None)
    rows["email_domain"] = pc.coalesce(rows["email_domain"], domain)
    rows["email"] = email if batch.personal else pa.nulls(len(email), email.type)


_CHECKS: Mapping[str, Callable[[Rows, _Batch], None]] = {
    "tickets": _tickets,
    "subscriptions": _subscriptions,
    "invoices": _invoices,
    "usage": _usage,
    "surveys": _surveys,
    "contacts": _contacts,
}
