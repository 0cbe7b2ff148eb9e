"""HubSpot's error bodies and rate-limit headers: the one status table."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from requests import Response

from connectors.decoding import try_json
from connectors.errors import ConnectorError, QuotaError, RequestError, SetupError, TransientError
from connectors.pacing import GENERAL, Bucket, Quota
from connectors.rules import FORBIDDEN, TOO_MANY, UNAUTHORIZED, Rules, Seen, date_of, retry_after

SEARCH = "search"
# Of the smallest plan; the header X-HubSpot-RateLimit-Max raises it after the first answer
# (developers.hubspot.com/docs, usage guidelines).
_GENERAL_LIMIT = Bucket(100, 10.0)
# 5 in a second, per account and shared by all apps; requests do not arrive as evenly as they
# leave, hence a little more than a second.
_SEARCH_LIMIT = Bucket(5, 1.1, SEARCH)
_FAULT = 500  # 521 to 525 are Cloudflare's
# Status -> what it means, and seconds to wait at least.
_PASSING = {
    423: ("the record is locked", 2.0),
    477: ("the account is being moved to another data centre", 60.0),  # Retry-After up to 24 h
}
_WAITS = {"TEN_SECONDLY_ROLLING": 10.0, "SECONDLY": 1.0}  # where Retry-After is missing
_SHARE = 0.97  # of the vendor's rate, for the same reason


class RefusedError(RequestError):
    """A request that HubSpot refused for what it asked.

    Args:
        message: HubSpot's reason.
        status: HTTP status.
        code: HubSpot's category.
        body: The whole error body, ``{}`` where it was no JSON object.
    """

    def __init__(self, message: str, status: int, code: str, body: Mapping[str, Any]) -> None:
        super().__init__(message, status, code)
        self.body = body


class HubSpotRules(Rules):
    """HubSpot's limits and the meaning of its answers.

    Args:
        zone: Of the account, where the day of its quota ends; None: unknown.
    """

    vendor = "HubSpot"
    buckets = (_GENERAL_LIMIT, _SEARCH_LIMIT)

    def __init__(self, zone: tzinfo | None = None) -> None:
        self.zone = zone

    def classify(self, response: Response) -> ConnectorError | None:  # noqa: PLR0911 - a table by status
        """Return what an answer means; None when it is good, a 207 included."""
        status = response.status_code
        if status < 400:  # noqa: PLR2004 - HTTP
            return None
        body = error_body(response)
        message = str(body.get("message") or f"answered {status}")
        if status == UNAUTHORIZED:
            return SetupError(f"the token is not accepted ({_code(body)}); renew it")
        if status == FORBIDDEN:
            return SetupError(_permission(body, message))
        if status == TOO_MANY:
            return self._limit(response, body, message)
        if status in _PASSING:
            what, least = _PASSING[status]
            return TransientError(what, max(retry_after(response) or 0.0, least))
        if status >= _FAULT:
            return TransientError(f"answered {status}", retry_after(response))
        return RefusedError(message, status, _code(body), body)

    def _limit(self, response: Response, body: Mapping[str, Any], message: str) -> ConnectorError:
        policy = str(body.get("policyName", ""))
        if policy == "DAILY":
            until = self.midnight(response)
            hint = "" if until else "; set time_zone to the account's to know when it ends"
            return QuotaError(f"{message}{hint}", until)
        return TransientError(message, retry_after(response) or _WAITS.get(policy, 10.0))

    def midnight(self, response: Response) -> datetime | None:
        """Return when the account's day ends, by HubSpot's clock."""
        now = date_of(response)
        if self.zone is None or now is None:
            return None
        tomorrow = now.astimezone(self.zone).date() + timedelta(days=1)
        start = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=self.zone)
        return start.astimezone(UTC)

    def observe(self, response: Response) -> Seen:
        """Return what the headers tell; answers to searches and OAuth apps lack some of them."""
        limit, left = _number(response, "Daily"), _number(response, "Daily-Remaining")
        quota = None
        if limit is not None and left is not None:
            quota = Quota(limit, max(limit - left, 0), resets_at=self.midnight(response))
        rate, window = _number(response, "Max"), _number(response, "Interval-Milliseconds")
        if rate is None or window is None or window <= 0:
            return Seen(quota)
        per_window = int(rate * _GENERAL_LIMIT.seconds * 1000 / window * _SHARE)
        holds = {GENERAL: 1.0} if _number(response, "Remaining") == 0 else {}
        return Seen(quota, holds, {GENERAL: max(1, per_window)})


def _number(response: Response, name: str) -> int | None:
    text = response.headers.get(f"X-HubSpot-RateLimit-{name}", "")
    return int(text) if text.isdigit() else None


def error_body(response: Response) -> Mapping[str, Any]:
    """Return an error's JSON object; ``{}`` for HTML, nothing, or anything else."""
    body = try_json(response)
    return body if isinstance(body, dict) else {}


def _code(body: Mapping[str, Any]) -> str:
    return str(body.get("category") or body.get("errorType") or body.get("status") or "")


def _permission(body: Mapping[str, Any], message: str) -> str:
    scopes = sorted({scope for error in details(body) for scope in _scopes(error)})
    if not scopes:
        return message
    return f"the token lacks the scope {' or '.join(scopes)}; add it to the key or app"


def _scopes(error: Mapping[str, Any]) -> list[str]:
    context = error.get("context")
    scopes = context.get("requiredGranularScopes") if isinstance(context, dict) else None
    return [str(scope) for scope in scopes] if isinstance(scopes, list) else []


def details(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the items of ``errors``, whatever shape they have."""
    errors = body.get("errors")
    for error in errors if isinstance(errors, list) else ():
        if isinstance(error, dict):
            yield error


def codes(body: Mapping[str, Any]) -> str:
    """Return the most telling code: of the first detail, else the category."""
    for error in details(body):
        code = error.get("code") or error.get("subCategory")
        if isinstance(code, str) and code:
            return code
    return _code(body)
