"""Bodies of answers -> values, or an error that says what came instead."""

import json
from typing import Any

import orjson
from requests import Response

from .collecting import uncollected
from .errors import TransientError

_OK = 200
_CHUNK = 1 << 20  # bytes read at a time; ``Response.content`` takes 10 kB, at more cost


def decode_json(response: Response) -> Any:
    """Return an answer's JSON; None where the status says that there is none.

    JSON is UTF-8 whatever the header says; the header's charset is the second try.

    Raises:
        TransientError: a web page, a body that was cut off, or bytes of no known charset.
    """
    body = b"".join(response.iter_content(_CHUNK))
    if not body.strip():
        if response.status_code == _OK:
            raise TransientError("answered nothing where JSON was expected")
        return None
    try:
        return _loads(body)
    except UnicodeDecodeError:
        return _declared(body, response.encoding)
    except ValueError:
        raise TransientError(_describe(response, body)) from None


def _loads(body: bytes) -> Any:
    """Decode JSON; what the fast and strict decoder refuses goes to the lenient one.

    Half of a pair of surrogates, as a text has that was cut in the middle of an emoji, becomes a
    question mark: no table can hold it.
    """
    try:
        with uncollected:
            return orjson.loads(body)
    except orjson.JSONDecodeError:
        text = json.dumps(json.loads(body), ensure_ascii=False)
        return json.loads(text.encode(errors="replace"))


def _declared(body: bytes, charset: str | None) -> Any:
    try:
        return json.loads(body.decode(charset or "utf-8"))
    except (ValueError, LookupError):
        raise TransientError("answered text in an unknown charset") from None


def settle_json(response: Response) -> None:
    """Decode an answer that says it is JSON now, for a client library that does so later.

    The library's ``response.json()`` gets what was decoded here, where a damaged body is still
    fetched again.

    Raises:
        TransientError: a web page, or a body that was cut off.
    """
    kind = response.headers.get("Content-Type", "")
    if "json" in kind:
        value = decode_json(response)
        response.json = lambda **_options: value  # type: ignore[method-assign] # on this one only
    elif "html" in kind:
        raise TransientError(_describe(response, response.content))


def _describe(response: Response, body: bytes) -> str:
    """Say what an answer is that should have been JSON, without quoting it."""
    if body.lstrip()[:1] == b"<":
        return (
            f"answered {response.status_code} with a web page instead of data; if this stays, "
            "check base_url and any proxy in between"
        )
    return f"answered {response.status_code} with JSON that is cut off or damaged"


def try_json(response: Response) -> Any:
    """Return an answer's JSON, or None if it is none: for error bodies of any shape."""
    try:
        return json.loads(response.content)
    except ValueError:
        return None
