"""What can go wrong with another system, named by consequence.

::

    ConnectorError
    ├── SetupError       a person must act: credentials, permissions, fields, settings
    ├── TransientError   may pass by itself: rate limits, outages, cut connections
    │   └── QuotaError   the day's quota or our share of it is used up; goes on later
    └── RequestError     this request only: the caller may split it or do without

A refused row is no error: it comes back as a ``base.WriteResult``.

Messages say what to do next. They never hold a secret or a whole record.
"""

from datetime import UTC, datetime


class ConnectorError(Exception):
    """Anything that another system did, or refused to do."""


class SetupError(ConnectorError):
    """A person must act before this can work."""


class TransientError(ConnectorError):
    """May pass by itself.

    Args:
        message: What happened and where.
        retry_after: Seconds that the vendor asked us to wait, if it said.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class QuotaError(TransientError):
    """The quota, or the share of it that Pulsefield may use, is spent.

    Args:
        message: Which quota.
        resumes_at: When requests are allowed again, if known.
    """

    def __init__(self, message: str, resumes_at: datetime | None = None) -> None:
        super().__init__(message)
        self.resumes_at = resumes_at

    def __str__(self) -> str:
        """Return the message with the time, where it is known."""
        if self.resumes_at is None:
            return super().__str__()
        at = self.resumes_at.astimezone(UTC)
        return f"{super().__str__()}; requests are allowed again from {at:%Y-%m-%d %H:%M} UTC"


class RequestError(ConnectorError):
    """One request was refused for what it asked; sending it again would not help.

    Args:
        message: The vendor's reason.
        status: HTTP status.
        code: The vendor's error code.
    """

    def __init__(self, message: str, status: int, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
