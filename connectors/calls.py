"""One request: how it is treated, when it is sent again, and what its faults are called."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
import tenacity
from requests.auth import AuthBase
from urllib3.exceptions import NameResolutionError, NewConnectionError

from .errors import ConnectorError, SetupError, TransientError
from .pacing import GENERAL
from .rules import Token

_IDEMPOTENT = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}
_BACKOFF = tenacity.wait_exponential(multiplier=0.5, max=30) + tenacity.wait_random(0, 1)


@dataclass(frozen=True, slots=True)
class Call:
    """How one request is treated.

    Attributes:
        operation: Under which name it is counted.
        idempotent: Whether sending it twice equals once; by default as its method says.
        bucket: Rate limit that it falls under beside the general one.
        authorize: Whether it carries the token.
    """

    operation: str = "other"
    idempotent: bool = False
    bucket: str = GENERAL
    authorize: bool = True


class Again(Exception):  # noqa: N818 - a signal to the retry loop, never an error that leaves it
    """Send the request again; ``error`` if that does not help."""

    def __init__(self, error: TransientError) -> None:
        super().__init__(str(error))
        self.error = error


class Final(Exception):  # noqa: N818 - likewise
    """Give up with ``error``, which names its place already."""

    def __init__(self, error: ConnectorError) -> None:
        super().__init__(str(error))
        self.error = error


class Bearer(AuthBase):
    """Sets the token; without one, keeps ``requests`` from sending what a .netrc holds."""

    def __init__(self, token: Token | None) -> None:
        self._token = token

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Return the request, authorized."""
        if self._token is not None:
            r.headers["Authorization"] = self._token.header
        return r


def split(method: str, options: Mapping[str, Any]) -> tuple[Call, dict[str, Any]]:
    """Part options into our own and those for ``requests``."""
    rest = dict(options)
    given = rest.pop("idempotent", None)
    call = Call(
        operation=rest.pop("operation", "other"),
        idempotent=method in _IDEMPOTENT if given is None else given,
        bucket=rest.pop("bucket", GENERAL),
        authorize=rest.pop("authorize", True),
    )
    return call, rest


def pause(state: tenacity.RetryCallState) -> float:
    """Return seconds before the next try: what the vendor asked for, else growing with jitter."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, Again) and error.error.retry_after is not None:
        return error.error.retry_after
    return _BACKOFF(state)


def fault_of(fault: requests.RequestException) -> ConnectorError:
    """Return what a fault of the connection means, without quoting it: it may hold a URL."""
    if isinstance(fault, requests.exceptions.SSLError) and "CERTIFICATE" in str(fault):
        return SetupError("the server's certificate is not trusted; check base_url and any proxy")
    if isinstance(fault, (requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader)):
        return SetupError("cannot be sent; check base_url and the secret for stray characters")
    if isinstance(fault, requests.TooManyRedirects):
        return SetupError("redirects without end; check base_url")
    return TransientError(_name(fault))


def _name(fault: requests.RequestException) -> str:
    if isinstance(_reason(fault), NameResolutionError):
        return "there is no host of this name, or no network; check base_url"
    names = (
        (requests.ConnectTimeout, "no connection in time"),
        (requests.Timeout, "no answer in time"),
        (requests.exceptions.ProxyError, "the proxy does not let it through"),
        (requests.exceptions.ContentDecodingError, "the compressed answer is damaged"),
        (requests.exceptions.ChunkedEncodingError, "the answer broke off"),
        (requests.exceptions.ConnectionError, "the connection failed"),
    )
    return next((text for kind, text in names if isinstance(fault, kind)), type(fault).__name__)


def never_sent(fault: requests.RequestException) -> bool:
    """Whether a fault came before any byte of the request could have arrived."""
    return isinstance(fault, requests.ConnectTimeout) or isinstance(
        _reason(fault), NewConnectionError
    )


def _reason(fault: requests.RequestException) -> object:
    return getattr(fault.args[0], "reason", None) if fault.args else None
