"""Incremental exports: cursors for tickets and users, times for organizations."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from connectors.errors import SetupError, TransientError
from connectors.http import Http

from .rules import INCREMENTAL

Record: TypeAlias = Mapping[str, Any]
PAGE = 1000  # default and maximum
_RECENT = 65  # seconds: start_time must be more than a minute ago
_BORDER = 120  # seconds before the end whose rows the next read may bring again
_MOST_SEEN = 5000
_WHOLE_EVERY = 7 * 86_400  # seconds; a thousand records a request, ten requests a minute


@dataclass(frozen=True, slots=True)
class Export:
    """One page.

    Attributes:
        rows: Records that were not on the page before.
        body: The whole answer, for what was side-loaded.
        watermark: Where to go on.
        complete: Whether with it an export has brought all that there is.
    """

    rows: Sequence[Record]
    body: Mapping[str, Any]
    watermark: str
    complete: bool = False


def by_cursor(
    http: Http, resource: str, since: str | None, start: int, **params: Any
) -> Iterator[Export]:
    """Yield pages of ``/incremental/{resource}/cursor``.

    Args:
        http: The connection.
        resource: ``tickets`` or ``users``.
        since: Watermark.
        start: Epoch to begin at without one.
        params: More parameters, such as ``include``.

    Raises:
        TransientError: a cursor came twice.
    """
    cursor = _parse(since).get("cursor")
    seen: set[str] = set()
    while True:
        where = {"cursor": cursor} if cursor else {"start_time": start}
        body = _get(http, f"{resource}/cursor", resource, where | {"per_page": PAGE} | params)
        rows = _rows(body, resource)
        after = body.get("after_cursor") or cursor
        yield Export(list(rows.values()), body, json.dumps({"cursor": after}))
        if body.get("end_of_stream", len(rows) < PAGE):
            return
        if after is None or after in seen:
            raise TransientError(f"Zendesk: the {resource} export repeats a cursor")
        seen.add(after)
        cursor = after


def by_time(http: Http, resource: str, since: str | None) -> Iterator[Export]:
    """Yield pages of ``/incremental/{resource}``, which has no cursors.

    A page begins with the second that the last one ended in, so its rows come twice and are
    left out here. A page holds all rows of its last second, however many; only when that is
    also the second it began with, nothing moves on: then the next page begins one second later
    if nothing on this one was new, else one earlier, so that the whole second is on it. What
    repeats was on one of the last two pages.

    What was deleted is on no page: once a week, the export begins at its beginning.

    Raises:
        TransientError: the export goes backwards.
    """
    mark, now = _parse(since), int(http.server_time().timestamp())
    whole = int(mark.get("whole", now if mark else 0))
    full = now - whole >= _WHOLE_EVERY
    if full:
        mark, whole = {}, now
    start = max(0, min(int(mark.get("start", 0)), _latest(http)))
    before: Iterable[str] = ()  # keys of the page before the last one
    last: Iterable[str] = mark.get("seen", ())
    while True:
        body = _get(http, resource, resource, {"start_time": start, "per_page": PAGE})
        rows = _rows(body, resource)
        end = int(body.get("end_time") or start)
        if end < start:
            raise TransientError(f"Zendesk: the {resource} export goes backwards")
        seen = {*before, *last}
        fresh = [row for key, row in rows.items() if key not in seen]
        before, last = last, set(rows)
        if end - start <= _BORDER:
            kept = {*before, *last}
        else:
            kept = {key for key, row in rows.items() if _stamp(row) >= end - _BORDER}
        mark = {"start": end, "seen": sorted(kept)[:_MOST_SEEN], "whole": whole}
        over = bool(body.get("end_of_stream", len(rows) < PAGE))
        yield Export(fresh, body, json.dumps(mark), complete=full and over)
        if over:
            return
        start = end if end > start else start - 1 if fresh else start + 1
        if start > _latest(http):
            return


def _latest(http: Http) -> int:
    """Return the latest start that Zendesk accepts, by its clock; younger ones come next time."""
    return int(http.server_time().timestamp()) - _RECENT


def _get(http: Http, path: str, resource: str, params: Mapping[str, Any]) -> dict[str, Any]:
    body = http.json(
        "GET",
        f"/api/v2/incremental/{path}",
        params=params,
        operation=f"read {resource}",
        bucket=INCREMENTAL,
    )
    if not isinstance(body, dict) or not isinstance(body.get(resource), list):
        raise SetupError(f"Zendesk: /incremental/{path} brought no {resource}; check base_url")
    http.stats.count(f"read {resource}", least=max(1, math.ceil(len(body[resource]) / PAGE)))
    return body


def _rows(body: Mapping[str, Any], resource: str) -> dict[str, Record]:
    """Return a page's records by id and stamp, each once."""
    return {f"{row.get('id')}@{row.get('updated_at')}": row for row in body[resource]}


def _stamp(row: Record) -> float:
    try:
        return datetime.fromisoformat(str(row.get("updated_at"))).timestamp()
    except ValueError:
        return math.inf


def _parse(since: str | None) -> dict[str, Any]:
    try:
        found = json.loads(since or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
