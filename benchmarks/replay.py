"""The floor of a pull: its own requests again, and nothing done with what they bring."""

import http.client
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

Sent = tuple[str, str, dict[str, str], bytes | str | None]
"""Method, path, headers, body."""

_GOOD = range(200, 300)


def recorded(make: Callable[..., Callable[[], Any]], *args: Any) -> Callable[[], list[Sent]]:
    """Return a call that makes and calls ``make(*args)``, and returns what was sent."""
    call = make(*args)
    sent: list[Sent] = []
    plain = HTTPAdapter.send

    def send(adapter: HTTPAdapter, request: PreparedRequest, **options: Any) -> Response:
        headers = dict(request.headers.items())
        sent.append((str(request.method), request.path_url, headers, request.body))
        return plain(adapter, request, **options)

    def every() -> list[Sent]:
        HTTPAdapter.send = send  # type: ignore[method-assign, assignment] # this process ends soon
        call()
        return sent

    return every


def replay(url: str, sent: list[Sent]) -> float:
    """Send requests again, one after the other over one connection; return the seconds."""
    parts = urlsplit(url)
    to = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
    to.connect()
    began = time.perf_counter()
    for method, path, headers, body in sent:
        to.request(method, path, body, headers)
        answer = to.getresponse()
        answer.read()
        assert answer.status in _GOOD, (answer.status, method, path)
    seconds = time.perf_counter() - began
    to.close()
    return seconds
