"""Row-level checks of canonical tables: what contradicts itself is counted, never fatal."""

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias

from .findings import Findings

Rows: TypeAlias = MutableMapping[str, list[Any]]


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
        rows: Canonical column -> values; columns may be missing.
        batch: The page's time, findings, and whether personal data is kept.
    """
    check = _CHECKS.get(table)
    if check is not None:
        check(rows, batch)
    for column in _PAST.get(table, ()):
        _future(table, column, rows, batch)
    if table != "accounts":
        _count(rows, batch, "no_account", table, _where(rows, "account_ref", missing=True))


def _get(rows: Rows, column: str) -> list[Any]:
    return rows.get(column) or [None] * len(rows["id"])


def _where(rows: Rows, column: str, *, missing: bool) -> list[int]:
    values = _get(rows, column)
    return [i for i, value in enumerate(values) if (value is None) == missing]


def _count(rows: Rows, batch: _Batch, kind: str, where: str, at: Iterable[int]) -> None:
    positions = list(at)
    if positions:
        examples = [str(rows["id"][i]) for i in positions[:3]]
        batch.findings.add(kind, where, *examples, count=len(positions))


def _before(rows: Rows, first: str, second: str, *, same: bool = False) -> list[int]:
    """Positions where ``first`` is earlier than ``second``; ``same``: or equal."""
    pairs = enumerate(zip(_get(rows, first), _get(rows, second), strict=True))
    return [
        i
        for i, (one, other) in pairs
        if one is not None and other is not None and (one < other or (same and one == other))
    ]


def _clear(rows: Rows, column: str, at: Iterable[int]) -> None:
    values = rows.get(column)
    if values is not None:
        for i in at:
            values[i] = None


def _future(table: str, column: str, rows: Rows, batch: _Batch) -> None:
    """Count facts that lie after the time they were learned; they stay, by their own time."""
    values = rows.get(column)
    if not values:
        return
    limit: Any = batch.known_at + _SKEW
    if column == "day":
        limit = limit.date()
    late = [i for i, value in enumerate(values) if value is not None and value > limit]
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
        wrong = _before(rows, first, second)
        _count(rows, batch, kind, "tickets", wrong)
        _clear(rows, duration, wrong)
    for column in ("first_reply_minutes", "resolution_hours"):
        negative = [i for i, value in enumerate(_get(rows, column)) if value and value < 0]
        _count(rows, batch, "negative_duration", f"tickets.{column}", negative)
        _clear(rows, column, negative)


def _duration(rows: Rows, column: str, ends: tuple[str, str], seconds: int) -> None:
    """Fill a duration that the source does not give from the two times that it does."""
    if ends[0] not in rows or ends[1] not in rows:
        return
    given = _get(rows, column)
    rows[column] = [
        (end - start).total_seconds() / seconds
        if value is None and start is not None and end is not None and end >= start
        else value
        for value, start, end in zip(given, rows[ends[0]], rows[ends[1]], strict=True)
    ]


def _subscriptions(rows: Rows, batch: _Batch) -> None:
    backwards = _before(rows, "ended_at", "started_at")
    _count(rows, batch, "ended_before_started", "subscriptions", backwards)
    empty = set(_before(rows, "ended_at", "started_at", same=True)) - set(backwards)
    _count(rows, batch, "zero_length", "subscriptions", sorted(empty))


def _invoices(rows: Rows, batch: _Batch) -> None:
    """A negative invoice is a credit note: it nets, and is no activity."""
    status = rows.setdefault("status", [None] * len(rows["id"]))
    credits_ = [
        i
        for i, amount in enumerate(_get(rows, "amount"))
        if amount is not None and amount < 0 and status[i] not in {"credit_note", "draft", "void"}
    ]
    for i in credits_:
        status[i] = "credit_note"
    _count(rows, batch, "negative_as_credit_note", "invoices", credits_)


def _usage(rows: Rows, batch: _Batch) -> None:
    negative = [i for i, count in enumerate(_get(rows, "count")) if count is not None and count < 0]
    _count(rows, batch, "negative_usage", "usage.count", negative)


def _surveys(rows: Rows, batch: _Batch) -> None:
    outside = []
    scores = _get(rows, "score")
    for i, (kind, score) in enumerate(zip(_get(rows, "kind"), scores, strict=True)):
        low, high = SCALES.get(kind, (float("-inf"), float("inf")))
        if score is not None and not low <= score <= high:
            outside.append(i)
    _count(rows, batch, "off_the_scale", "surveys.score", outside)
    _clear(rows, "score", outside)


def _contacts(rows: Rows, batch: _Batch) -> None:
    """Keep of an e-mail address what matching needs, unless personal data is asked for."""
    emails = _get(rows, "email")
    domains = _get(rows, "email_domain")
    rows["email_domain"] = [
        given or (email.rpartition("@")[2].casefold() if email and "@" in email else None)
        for given, email in zip(domains, emails, strict=True)
    ]
    rows["email"] = [email.casefold() if email and batch.personal else None for email in emails]


_CHECKS: Mapping[str, Callable[[Rows, _Batch], None]] = {
    "tickets": _tickets,
    "subscriptions": _subscriptions,
    "invoices": _invoices,
    "usage": _usage,
    "surveys": _surveys,
    "contacts": _contacts,
}
