"""Zendesk's limits, and what its answers mean: three shapes of error body, and empty ones."""

from typing import Any

from requests import Response

from connectors.errors import ConnectorError, RequestError, SetupError, TransientError
from connectors.pacing import GENERAL, Bucket
from connectors.rules import FORBIDDEN, TOO_MANY, UNAUTHORIZED, Rules, Seen, retry_after

INCREMENTAL = "incremental"
TICKET_UPDATES = "ticket updates"
TOO_MANY_JOBS = "TooManyJobs"
# The smallest plan's (Support Team, Suite Team); answers tell the account's own.
_GENERAL_PER_MINUTE = 200
_MINUTE = 61.0  # a second more: requests do not arrive as evenly as they leave
_CONFLICT = 409
_PAUSE = 10.0  # seconds, where a 429 does not say
_MOST = 200  # characters of a reason
_PERSONS = {
    UNAUTHORIZED: (
        "the credentials are not accepted",
        "make a new OAuth client secret or token in Admin Center > Apps and integrations > APIs",
    ),
    FORBIDDEN: (
        "not allowed",
        'an admin must own the OAuth client, and its scope be "read write", as one text',
    ),
}


class ZendeskRules(Rules):
    """The one status table of Zendesk.

    Args:
        incremental_per_minute: Requests to all incremental exports together.
        ticket_updates: Bulk updates of tickets in a minute. Whether Zendesk counts requests or
            tickets is unconfirmed; a 429 is waited for.
    """

    vendor = "Zendesk"

    def __init__(self, incremental_per_minute: int, ticket_updates: int = 100) -> None:
        self.buckets = (
            Bucket(_GENERAL_PER_MINUTE, _MINUTE),
            Bucket(incremental_per_minute, _MINUTE, INCREMENTAL),
            Bucket(ticket_updates, _MINUTE, TICKET_UPDATES),
        )

    def classify(self, response: Response) -> ConnectorError | None:
        """Return what an answer means; None when it is good."""
        status = response.status_code
        if status < 400:  # noqa: PLR2004 - where errors begin
            return None
        code, reason = explain(response)
        if code == TOO_MANY_JOBS:  # 429 or 422: our own jobs must end first
            return RequestError("too many jobs are queued or running", status, code)
        if status in _PERSONS:
            return SetupError(f"{_PERSONS[status][0]} ({reason}); {_PERSONS[status][1]}")
        if status == TOO_MANY or code == "TooManyRequests":
            return TransientError("rate limit reached", retry_after(response) or _PAUSE)
        if status == _CONFLICT or status >= 500:  # noqa: PLR2004 - where server faults begin
            return TransientError(f"answered {status}: {reason}", retry_after(response))
        return RequestError(f"answered {status}: {reason}", status, code)

    def observe(self, response: Response) -> Seen:
        """Return the account's limit, and how long nothing may be sent when it is used up."""
        headers = response.headers
        if "/incremental/" in (response.url or ""):
            return Seen()  # these have a limit of their own
        limit = _number(headers.get("X-Rate-Limit") or headers.get("rate-limit"))
        left = _number(headers.get("X-Rate-Limit-Remaining") or headers.get("rate-limit-remaining"))
        reset = _number(headers.get("rate-limit-reset"))
        return Seen(
            limits={GENERAL: limit} if limit else {},
            holds={GENERAL: float(reset)} if left == 0 and reset else {},
        )


def explain(response: Response) -> tuple[str, str]:
    """Return an error's code and reason from whichever shape its body has.

    The shapes: ``{"error": text, "description": text, "details": ...}``,
    ``{"error": {"title": ..., "message": ...}}``, ``{"errors": [{"code": ..., "title": ...}]}``;
    some answers have an empty body or HTML.
    """
    try:
        body = response.json()
    except ValueError:
        return "", "no reason given"
    if not isinstance(body, dict):
        return "", "no reason given"
    error, errors = body.get("error"), body.get("errors")
    if isinstance(error, dict):
        return str(error.get("title", "")), _short(error.get("message") or error.get("title"))
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        first = errors[0]
        return str(first.get("code", "")), _short(first.get("title") or first.get("detail"))
    details = "; ".join(_details(body.get("details")))
    told = body.get("description") or body.get("error_description") or error
    return str(error or ""), _short(": ".join(filter(None, [str(told or ""), details])))


def _details(details: Any) -> list[str]:
    """Return the reasons of ``{"name": [{"description": ...}]}``."""
    if not isinstance(details, dict):
        return []
    every = [item for items in details.values() if isinstance(items, list) for item in items]
    return [str(item.get("description", "")) for item in every if isinstance(item, dict)]


def _short(text: object) -> str:
    return str(text or "no reason given")[:_MOST]


def _number(text: str | None) -> int | None:
    return int(text) if text and text.strip().isdigit() else None
