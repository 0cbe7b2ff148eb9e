"""A stand-in's own work: its pages rendered before they are measured, the rest counted."""

import re
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

Environ: TypeAlias = dict[str, Any]
Answer: TypeAlias = tuple[str, list[tuple[str, str]], bytes]
# Pages of records, and query jobs: one that is created again is the one that is over.
_KEPT = re.compile(
    r"GET /crm/objects/|GET /api/v2/incremental/|POST .*/jobs/query$|GET .*/results$"
)


class Busy:
    """WSGI middleware that counts the time of its process that answers take.

    Args:
        app: What answers.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app
        self._seconds = 0.0

    def take(self) -> float:
        """Return the seconds since they were taken last."""
        seconds, self._seconds = self._seconds, 0.0
        return seconds

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        began = time.thread_time()
        body = list(self._app(environ, start_response))
        self._seconds += time.thread_time() - began
        return body


class Rendered:
    """WSGI middleware that gives the answers to requests for pages again.

    Args:
        app: The stand-in.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app
        self._answers: dict[Any, Answer] = {}

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        what = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        if not _KEPT.match(what):
            return self._app(environ, start_response)
        sent = environ["wsgi.input"].read()
        key = (what, tuple(sorted(parse_qsl(environ["QUERY_STRING"]))), sent)
        if key not in self._answers:
            self._answers[key] = self._render({**environ, "wsgi.input": BytesIO(sent)})
        status, headers, body = self._answers[key]
        start_response(status, list(headers))
        return [body]

    def _render(self, environ: Environ) -> Answer:
        told: list[Any] = []

        def note(status: str, headers: list[tuple[str, str]], _problem: object = None) -> None:
            told.extend((status, headers))

        body = b"".join(self._app(environ, note))
        return told[0], told[1], body
