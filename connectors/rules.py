"""What differs between vendors' HTTP APIs: limits, what an error means, how to log in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from requests import Response

from .errors import ConnectorError, RequestError, SetupError, TransientError
from .pacing import Bucket, Quota

UNAUTHORIZED, FORBIDDEN, TOO_MANY = 401, 403, 429
_REFUSED, _FAULT = 400, 500
# Faults of the way there or of the moment; 408 and 425 ask for the same request again.
PASSING = {408, 425, TOO_MANY}


@dataclass(frozen=True, slots=True)
class Token:
    """What a login brought.

    Attributes:
        header: The whole ``Authorization`` value.
        expires_in: Seconds that it holds, if the vendor tells.
        renewable: Whether logging in again may bring another one.
    """

    header: str = field(repr=False)
    expires_in: float | None = None
    renewable: bool = True


@dataclass(frozen=True, slots=True)
class Seen:
    """What an answer's headers told.

    Attributes:
        quota: The daily quota.
        holds: Bucket -> seconds in which it has no place left.
        limits: Bucket -> requests in its window.
    """

    quota: Quota | None = None
    holds: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)


class Rules:
    """One vendor's rules; a vendor's folder overrides what differs.

    Attributes:
        vendor: As people call it; begins every error message.
        buckets: Rate limits.
        timeout: Seconds to connect, and between bytes.
        attempts: Times that one request is sent at most.
        patience: Seconds that one wait may last; a longer one ends the run politely.
    """

    vendor: str = "The service"
    buckets: tuple[Bucket, ...] = ()
    timeout: tuple[float, float] = (10.0, 60.0)
    attempts: int = 6
    patience: float = 300.0

    def classify(self, response: Response) -> ConnectorError | None:
        """Return what an answer means; None when it is good. The one status table."""
        status = response.status_code
        if status < _REFUSED:
            return None
        if status == UNAUTHORIZED:
            return SetupError("the credentials are not accepted; renew them")
        if status == FORBIDDEN:
            return SetupError("permission is missing; grant it to the running user")
        if status >= _FAULT or status in PASSING:
            return TransientError(f"answered {status}", retry_after(response))
        return RequestError(f"answered {status}", status=status)

    def observe(self, response: Response) -> Seen:  # noqa: ARG002 - for vendors that tell
        """Return what an answer's headers tell about limits; called for every answer."""
        return Seen()


def retry_after(response: Response) -> float | None:
    """Return the seconds of a Retry-After header, which may also be a date."""
    text = response.headers.get("Retry-After", "").strip()
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    now = date_of(response)
    if now is None:
        return None
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (TypeError, ValueError):
        return None


def date_of(response: Response) -> datetime | None:
    """Return the server's time as its Date header gives it, aware, UTC."""
    try:
        return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None
