"""``/metrics`` and ``/healthz`` over HTTP."""

import hmac
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from connectors.errors import SetupError
from connectors.origins import is_loopback
from connectors.serving import Listener
from sync.clock import Clock
from sync.config import Config

from .metrics import Metrics

ALIVE = timedelta(minutes=5)
"""A scheduler that neither works nor looked at its schedules for this long hangs."""
Answer: TypeAlias = tuple[str, str, bytes]


@dataclass
class Health:
    """How the scheduler is.

    Attributes:
        looked_at: When it last looked at its schedules.
        running: The schedule that is being run, if any.
        schedules: Name -> what came of it last, and when it is due.
    """

    looked_at: datetime
    running: str | None = None
    schedules: dict[str, dict[str, str | None]] = field(default_factory=dict)

    def alive(self, now: datetime) -> bool:
        """Whether it works, or looked at its schedules lately."""
        return self.running is not None or now - self.looked_at < ALIVE


class App:
    """The WSGI application.

    Args:
        metrics: What ``/metrics`` tells.
        health: What ``/healthz`` tells: 200 or 503 to everyone, details to who may see metrics.
        clock: The time.
        token: That a request must bear; empty: none.
    """

    def __init__(self, metrics: Metrics, health: Health, clock: Clock, token: str) -> None:
        self._metrics = metrics
        self._health = health
        self._clock = clock
        self._token = token

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        status, kind, body = self._answer(environ)
        headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
        if status.startswith("401"):
            headers.append(("WWW-Authenticate", "Bearer"))
        start(status, headers)
        return [body]

    def _answer(self, environ: dict[str, Any]) -> Answer:
        allowed = self._allowed(environ.get("HTTP_AUTHORIZATION", ""))
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return "405 Method Not Allowed", "text/plain", b"only GET\n"
        if environ["PATH_INFO"] == "/healthz":
            return self._healthz(allowed=allowed)
        if environ["PATH_INFO"] != "/metrics":
            return "404 Not Found", "text/plain", b"/metrics or /healthz\n"
        if not allowed:
            return "401 Unauthorized", "text/plain", b"a bearer token is needed\n"
        kind = "text/plain; version=0.0.4; charset=utf-8"
        return "200 OK", kind, self._metrics.text(self._clock.now())

    def _healthz(self, *, allowed: bool) -> Answer:
        alive = self._health.alive(self._clock.now())
        told: dict[str, Any] = {"status": "ok" if alive else "hangs"}
        if allowed:
            told |= {"running": self._health.running, "schedules": self._health.schedules}
        status = "200 OK" if alive else "503 Service Unavailable"
        return status, "application/json", json.dumps(told).encode() + b"\n"

    def _allowed(self, header: str) -> bool:
        given = header.removeprefix("Bearer ").encode()
        return not self._token or hmac.compare_digest(given, self._token.encode())


def listen(config: Config, metrics: Metrics, health: Health, clock: Clock) -> Listener | None:
    """Start to listen where the configuration says so; None where it does not.

    Raises:
        SetupError: the address cannot be bound, or others can reach it and there is no token.
    """
    settings = config.metrics
    if not settings.listen:
        return None
    host, _, port = settings.listen.rpartition(":")
    host = host.strip("[]")
    if not is_loopback(host) and not settings.token:
        raise SetupError(
            f"metrics.listen: {host} can be reached by others; give metrics.token, or listen on"
            " 127.0.0.1"
        )
    token = config.secret(settings.token) if settings.token else ""
    return Listener(App(metrics, health, clock, token), host, int(port))
