"""What HubSpot answered to a batch of updates, row by row.

The status says little: a 200 or 207 holds the rows that were written, a 207 may hold errors that
name their rows in one of several ways, or none at all, and may say nothing about a row.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.base import WriteResult

from .client import Body
from .errors import codes, details

GONE = "OBJECT_NOT_FOUND"
MERGED = "MERGED"
_MESSAGE = 300  # characters of a reason; HubSpot's may hold every option of a property
# Categories that may pass by themselves. # unconfirmed
_PASSING = frozenset({"INTERNAL_ERROR", "RATE_LIMITS", "RATE_LIMIT", "CONFLICT", "TIMEOUT"})


@dataclass(slots=True)
class Sorted:
    """The rows of one batch.

    Attributes:
        done: Id -> result.
        open: Ids of which the answer says nothing.
    """

    done: dict[str, WriteResult] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)


def sort(answer: Body, refs: Sequence[str]) -> Sorted:
    """Match an answer with the ids that were sent; each was its own trace id."""
    sent = set(refs)
    found: dict[str, WriteResult] = {}
    for row in answer.get("results") or ():
        one = str(row.get("id"))
        trace = str(row.get("objectWriteTraceId"))
        if one in sent:
            found[one] = WriteResult(one, ok=True)
        elif trace in sent:
            found[trace] = _merged(trace, one)
    for error in details(answer):
        for one in named(error, sent):
            found.setdefault(one, refused(one, error))
    done = {one: found[one] for one in refs if one in found}
    return Sorted(done, [one for one in refs if one not in found])


def _merged(ref: str, into: str) -> WriteResult:
    return WriteResult(
        ref,
        ok=False,
        code=MERGED,
        message=f"the company was merged into {into}, which took the values; pull and run again",
    )


def named(error: Mapping[str, Any], sent: set[str]) -> Iterator[str]:
    """Yield the ids of ours that an error names, in its context or its details'."""
    for one in (error, *details(error)):
        context = one.get("context")
        for key in ("objectWriteTraceId", "ids", "id"):
            values = context.get(key) if isinstance(context, dict) else None
            for value in values if isinstance(values, list) else (values,):
                if str(value) in sent:
                    yield str(value)
    if str(error.get("id")) in sent:
        yield str(error["id"])


def refused(ref: str, error: Mapping[str, Any]) -> WriteResult:
    """Return a row's refusal from an error body or an item of ``errors``."""
    category = str(error.get("category") or "")
    return WriteResult(
        ref,
        ok=False,
        code=codes(error) or "REFUSED",
        message=_reason(error),
        retryable=category in _PASSING,
    )


def _reason(error: Mapping[str, Any]) -> str:
    """Return the reasons in words: those of the details, else the message."""
    told = [str(one.get("message")) for one in details(error) if one.get("message")]
    text = "; ".join(dict.fromkeys(told)) or str(error.get("message") or "no reason given")
    return text if len(text) <= _MESSAGE else text[: _MESSAGE - 1] + "…"
