"""Injects faults between a stand-in and its client: seeded, at rates, or one by one.

What is injected before the stand-in sees the request changes nothing there; ``cut``, ``truncate``,
``gzip`` and ``html`` spoil the answer of a request that was carried out.
"""

import gzip
import json
import random
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from cheroot.errors import FatalSSLAlert

from .standin import LOG_PATH, RequestLog

StartResponse: TypeAlias = Callable[..., Any]
Environ: TypeAlias = dict[str, Any]
Headers: TypeAlias = list[tuple[str, str]]

FAULT = "simulator.fault"
"""Key of a request's environment: the kind of its fault, for what stands behind the injector."""
KINDS = ("too_many", "server_error", "cut", "truncate", "gzip", "html", "expire", "hang")

_JSON = ("Content-Type", "application/json;charset=UTF-8")
_HTML = b"<html><head><title>Service unavailable</title></head><body>Please try later</body></html>"
_TOO_MANY: dict[str, Any] = {
    # Salesforce has no 429 of its own: this is what a gateway before it says.
    "salesforce": [{"message": "Too many requests", "errorCode": "TOO_MANY_REQUESTS"}],
    "hubspot": {
        "status": "error",
        "message": "You have reached your ten_secondly_rolling limit.",
        "errorType": "RATE_LIMIT",
        "policyName": "TEN_SECONDLY_ROLLING",
    },
    "zendesk": {
        "error": "APIRateLimitExceeded",
        "description": "Number of allowed API requests per minute exceeded",
    },
}  # fmt: skip


class App(Protocol):
    """A stand-in with what its clients need to get in."""

    @property
    def credentials(self) -> Mapping[str, str]:
        """Secrets, by the name of the setting they go to."""

    @property
    def log(self) -> RequestLog:
        """Requests so far."""

    def expire_tokens(self) -> None:
        """End every session now."""

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (WSGI)."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Rates of faults, each from 0 to 1; their sum is at most 1.

    Attributes:
        seed: Equal seeds spoil the same requests by number.
        too_many: 429 with ``Retry-After``.
        server_error: 500, or 503 with an HTML body.
        cut: The connection is closed at some byte of the body, or before the answer.
        truncate: A well-framed answer that lacks its end.
        gzip: A gzip answer that lacks its end.
        html: 200 with an HTML page.
        expire: All tokens given out so far stop working, then the request goes on.
        hang: No answer for ``hang_seconds``, then the connection is closed.
        retry_after: Seconds that 429 asks to wait.
        path: Only requests whose path contains this.
    """

    seed: int = 1
    too_many: float = 0.0
    server_error: float = 0.0
    cut: float = 0.0
    truncate: float = 0.0
    gzip: float = 0.0
    html: float = 0.0
    expire: float = 0.0
    hang: float = 0.0
    hang_seconds: float = 5.0
    retry_after: int = 1
    path: str = ""


@dataclass(slots=True)
class Injector:
    """WSGI middleware that adds latency and faults to one stand-in.

    Attributes:
        app: The stand-in.
        system: Its name.
        latency: Seconds before each answer.
        stopped: Ends waiting early.
        injected: Fault kind -> how often so far.
    """

    app: App
    system: str
    faults: Faults = field(default_factory=Faults)
    latency: float = 0.0
    stopped: threading.Event = field(default_factory=threading.Event)
    injected: Counter[str] = field(default_factory=Counter)
    _forced: deque[tuple[str, str, int | None]] = field(default_factory=deque)
    _random: random.Random = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._random = random.Random(self.faults.seed)

    def spoil(self, faults: Faults) -> None:
        """Let this go wrong from now on, in place of what did."""
        self.faults, self._random = faults, random.Random(faults.seed)

    def force(self, kind: str, *, path: str = "", times: int = 1, at: int | None = None) -> None:
        """Spoil the next requests whose path contains ``path``; ``at`` is the byte of a cut."""
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is none of {', '.join(KINDS)}")
        self._forced.extend([(kind, path, at)] * times)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (WSGI)."""
        path = environ["PATH_INFO"]
        if path == LOG_PATH:
            return self.app(environ, start_response)
        if self.latency:
            self.stopped.wait(self.latency)
        kind, at = self._choose(path)
        if not kind:
            return self.app(environ, start_response)
        self.injected[kind] += 1
        environ[FAULT] = kind
        return self._spoil(kind, at, environ, start_response)

    def _choose(self, path: str) -> tuple[str, int | None]:
        """Return the fault for this request, ``""`` for none, and the byte of a forced cut."""
        with self._lock:
            for place, (kind, part, at) in enumerate(self._forced):
                if part in path:
                    del self._forced[place]
                    return kind, at
            if self.faults.path not in path:
                return "", None
            draw = self._random.random()
        for kind in KINDS:
            draw -= getattr(self.faults, kind)
            if draw < 0:
                return kind, None
        return "", None

    def _spoil(
        self, kind: str, at: int | None, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        if kind == "expire":
            self.app.expire_tokens()
            return self.app(environ, start_response)
        if kind == "hang":
            self.stopped.wait(self.faults.hang_seconds)
            raise FatalSSLAlert  # closes without an answer
        if kind in {"too_many", "server_error"}:
            environ["wsgi.input"].read()
            return self._refuse(kind, environ, start_response)
        return self._damage(kind, at, environ, start_response)

    def _refuse(
        self, kind: str, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        body, headers = _HTML, [("Content-Type", "text/html")]
        if kind == "too_many":
            status = "429 Too Many Requests"
            body = json.dumps(_TOO_MANY[self.system]).encode()
            headers = [_JSON, ("Retry-After", str(self.faults.retry_after))]
        else:
            status = "503 Service Unavailable" if self.injected[kind] % 2 else "500 Internal Error"
        entry = (environ["REQUEST_METHOD"], environ["PATH_INFO"], int(status[:3]))
        self.app.log.entries.append(entry)
        start_response(status, [*headers, ("Content-Length", str(len(body)))])
        return [body]

    def _damage(
        self, kind: str, at: int | None, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        status, headers, body = _answer_of(self.app, environ)
        if kind == "cut":
            with self._lock:
                stop = self._random.randrange(len(body) or 1) if at is None else at
            if not stop:
                raise FatalSSLAlert  # before the headers, which would make an empty answer whole
            start_response(status, headers)
            return _closing(body, stop)
        if kind == "html":
            status, body, headers = "200 OK", _HTML, [("Content-Type", "text/html")]
        elif kind == "gzip":
            body = gzip.compress(body)
            headers.append(("Content-Encoding", "gzip"))
        if kind != "html":
            body = body[: len(body) // 2]
        headers = [header for header in headers if header[0].lower() != "content-length"]
        start_response(status, [*headers, ("Content-Length", str(len(body)))])
        return [body]


def _answer_of(app: App, environ: Environ) -> tuple[str, Headers, bytes]:
    """Return what a stand-in answers, whole."""
    got: list[Any] = []

    def note(status: str, headers: Headers, _problem: object = None) -> None:
        got.extend((status, headers))

    body = b"".join(app(environ, note))
    return got[0], got[1], body


def _closing(body: bytes, stop: int) -> Iterable[bytes]:
    """Yield the first bytes, then have the server close the connection without a word."""
    yield body[:stop]
    raise FatalSSLAlert  # the one exception on which cheroot closes and answers nothing
