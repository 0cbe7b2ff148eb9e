"""What the stand-ins share: routing, locking, a log of requests, refusals as exceptions."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, TypeAlias

from werkzeug.exceptions import HTTPException
from werkzeug.http import http_date
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from .limits import Clock

Body: TypeAlias = dict[str, Any]

LOG_PATH = "/__log__"


@dataclass(frozen=True, slots=True)
class Call:
    """One routed request.

    Attributes:
        request: As it came.
        parts: The variable parts of its path; ``call["kind"]`` returns one.
    """

    request: Request
    parts: Mapping[str, Any]

    def __getitem__(self, part: str) -> str:
        return str(self.parts[part])


Handler: TypeAlias = Callable[[Call], "Response | Body"]


class Refusal(Exception):  # noqa: N818 - an answer of the vendor's, not an error of ours
    """The vendor's own way to say no.

    Args:
        status: HTTP status.
        body: JSON body, or text, or None for an empty one.
        headers: Extra headers, e.g. Retry-After.
    """

    def __init__(
        self, status: int, body: Body | str | None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


@dataclass(slots=True)
class RequestLog:
    """What was asked and answered, in order.

    Attributes:
        entries: (method, path without query, status).
    """

    entries: list[tuple[str, str, int]] = field(default_factory=list)

    def count(self, contains: str = "", status: int | None = None) -> int:
        """Count requests whose path contains a text and, if given, with that status."""
        return sum(
            contains in path and status in (None, answered) for _, path, answered in self.entries
        )

    def clear(self) -> None:
        """Forget everything."""
        self.entries.clear()

    def as_json(self) -> Body:
        """Return totals, counts by status, and the entries."""
        statuses = Counter(str(status) for _, _, status in self.entries)
        return {"total": len(self.entries), "statuses": statuses, "requests": self.entries}


def reply(body: Body | str | None, status: int = 200) -> Response:
    """Build a response: JSON, or text, or nothing at all."""
    if body is None:
        return Response(status=status)
    if isinstance(body, str):
        return Response(body, status=status, content_type="text/html; charset=utf-8")
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return Response(text.encode(), status=status, content_type="application/json;charset=utf-8")


def routes(rules: Mapping[str, Iterable[str]]) -> Map:
    """Build a routing map from endpoint -> ``"METHOD /path"`` lines."""
    return Map(
        [
            Rule(path, endpoint=endpoint, methods=[method])
            for endpoint, lines in rules.items()
            for method, path in (line.split(" ", 1) for line in lines)
        ],
        strict_slashes=False,
    )


def handlers_of(endpoints: Iterable[str], groups: Sequence[object]) -> dict[str, Handler]:
    """Find each endpoint's handler: the method of that name; endpoints without one are left out."""
    return {
        name: getattr(group, name) for name in endpoints for group in groups if hasattr(group, name)
    }


class StandIn:
    """One vendor's API as a WSGI application; subclasses say what it answers.

    Attributes:
        clock: The vendor's time; also its ``Date`` header.
        log: Requests so far; also served at ``/__log__``.
        lock: Held while a request is handled; take it to change state from another thread.
    """

    def __init__(self, rules: Map, handlers: Mapping[str, Handler], clock: Clock) -> None:
        self.clock = clock
        self.log = RequestLog()
        self.lock = RLock()
        self._rules = rules
        self._handlers = handlers

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer one request (WSGI)."""
        request = Request(environ)
        request.get_data()  # read even where unused: the connection is kept alive
        if request.path == LOG_PATH:
            return reply(self.log.as_json())(environ, start_response)
        with self.lock:
            response = self._answer(request)
        self.log.entries.append((request.method, request.path, response.status_code))
        response.headers["Date"] = http_date(self.clock())
        return response(environ, start_response)

    def path(self, request: Request) -> str:
        """Return the path to route on."""
        return request.path

    def admit(self, request: Request, endpoint: str, values: Mapping[str, Any]) -> Body:
        """Check credentials, scopes and limits; return headers for the answer.

        Raises:
            Refusal: the vendor would not let this pass.
        """
        raise NotImplementedError

    def not_routed(self, problem: HTTPException) -> Response:
        """Answer a path or method that the vendor does not have."""
        raise NotImplementedError

    def _answer(self, request: Request) -> Response:
        adapter = self._rules.bind("", path_info=self.path(request))
        headers: Body = {}
        try:
            endpoint, values = adapter.match(method=request.method)
            headers = self.admit(request, endpoint, values)
            answer = self._handlers[endpoint](Call(request, values))
            response = answer if isinstance(answer, Response) else reply(answer)
        except Refusal as refusal:
            response = reply(refusal.body, refusal.status)
            headers = {**headers, **refusal.headers}
        except HTTPException as problem:
            return self.not_routed(problem)
        response.headers.extend(headers)
        return response
