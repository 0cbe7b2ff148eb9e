"""What Salesforce's answers mean, and its quota header."""

import re
from typing import Any

from requests import Response

from connectors.decoding import try_json
from connectors.errors import ConnectorError, QuotaError, RequestError, SetupError, TransientError
from connectors.pacing import Quota
from connectors.rules import FORBIDDEN, PASSING, UNAUTHORIZED, Rules, Seen, retry_after

_ERROR, _FAULT, _GONE = 400, 500, 410
_MOST = 300  # characters of a reason
_LIMIT = re.compile(r"(?<![-\w])api-usage=(\d+)/(\d+)")
_OWN = re.compile(r"per-app-api-usage=(\d+)/\d+")
# Too many long requests at once pass in half a minute; Salesforce sends no Retry-After.
_CONCURRENT_PAUSE = 30.0
_PASSING = {"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "REQUEST_RUNNING_TOO_LONG"}
_VERSION = {"UNSUPPORTED_API_VERSION", "InvalidVersion"}
_PERSONS = {
    UNAUTHORIZED: "check auth, and that the user may use the API",
    FORBIDDEN: "grant the running user what is missing",
}
_OAUTH = {
    "invalid_client_id": "check client_id, the app's consumer key",
    "invalid_client": "check client_secret, the app's consumer secret",
    "invalid_grant": (
        "check the user, its pre-authorisation or Run-As setting, the key or refresh token, "
        "and this machine's clock"
    ),
    "unsupported_grant_type": "enable this flow in the External Client App",
}


class SalesforceRules(Rules):
    """The one status table of Salesforce.

    It sends no 429 and no Retry-After itself; a proxy in between may.
    """

    vendor = "Salesforce"

    def classify(self, response: Response) -> ConnectorError | None:
        """Return what an answer means; None when it is good."""
        status = response.status_code
        if status < _ERROR:
            return None
        code, reason = explain(response)
        if status in _PERSONS or code in _OAUTH or code in _VERSION or status == _GONE:
            return _for_a_person(status, code, reason)
        if status >= _FAULT or status in PASSING or code in _PASSING:
            return TransientError(f"answered {status} {code}: {reason}", retry_after(response))
        return RequestError(f"{code}: {reason}", status, code)

    def observe(self, response: Response) -> Seen:
        """Return the rolling 24-hour quota of ``Sforce-Limit-Info``."""
        text = response.headers.get("Sforce-Limit-Info", "")
        total, own = _LIMIT.search(text), _OWN.search(text)
        if total is None:
            return Seen()
        used, limit = int(total[1]), int(total[2])
        return Seen(quota=Quota(limit, used, own=int(own[1]) if own else None))


def _for_a_person(status: int, code: str, reason: str) -> ConnectorError:
    """Return what someone must do; but a 403 may also be a limit."""
    if code == "REQUEST_LIMIT_EXCEEDED":
        return _limit(reason)
    if code in _OAUTH:
        return SetupError(f"log-in refused, {code} ({reason}); {_OAUTH[code]}")
    if code in _VERSION or status == _GONE:
        return SetupError(f"this API version is retired ({reason}); raise version")
    return SetupError(f"{code}: {reason}; {_PERSONS[status]}")


def _limit(reason: str) -> ConnectorError:
    if "concurrent" in reason.lower():
        return TransientError(f"too many long requests at once ({reason})", _CONCURRENT_PAUSE)
    return QuotaError(f"the organisation's daily API requests are used up ({reason})")


def explain(response: Response) -> tuple[str, str]:
    """Return an error's code and reason.

    REST: ``[{"message", "errorCode"}]``; OAuth: ``{"error", "error_description"}``; a failing
    server: HTML.
    """
    body = try_json(response)
    if isinstance(body, list) and body and isinstance(body[0], dict):
        return error_of(body[0])
    if isinstance(body, dict):
        if "error" in body:
            return str(body["error"]), _short(body.get("error_description"))
        return error_of(body)
    return "no code", "no reason given"


def error_of(error: dict[str, Any]) -> tuple[str, str]:
    """Return code and reason of one error: ``errorCode`` at the top, ``statusCode`` in rows."""
    code = error.get("errorCode") or error.get("statusCode") or "UNKNOWN"
    return str(code), _short(error.get("message") or error.get("exceptionMessage"))


def _short(text: object) -> str:
    return " ".join(str(text or "no reason given").split())[:_MOST]
