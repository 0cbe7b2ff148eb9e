"""Tells a URL of the user's something as JSON: https, or http on loopback, as every request."""

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlsplit

from .base import Context
from .errors import SetupError
from .http import Http
from .rules import Rules


class _Rules(Rules):
    vendor = "The webhook"
    attempts = 3
    patience = 15.0
    timeout = (5.0, 10.0)


def post(reference: str, body: dict[str, Any], context: Context, key: str = "") -> None:
    """Send a JSON body.

    Args:
        reference: Where the URL is, ``env:NAME`` or ``file:PATH``; its path may be a secret.
        body: What is told.
        context: Time, waiting, secrets.
        key: Reference to the key that signs it. Then two headers go along:
            ``X-Pulsefield-Timestamp``, seconds since 1970, and ``X-Pulsefield-Signature``,
            ``sha256=`` and the HMAC-SHA256 of timestamp, a full stop and the body, in hex.

    Raises:
        SetupError: the URL cannot be used, or the receiver refuses.
        TransientError: it cannot be reached.
        RequestError: it does not take the body.
    """
    url = context.secret(reference)
    parts = urlsplit(url)
    if not parts.scheme or not parts.netloc:
        raise SetupError(f"The webhook: {reference} holds no URL")
    with Http(f"{parts.scheme}://{parts.netloc}", _Rules(), context) as http:
        http.redactor.conceal(url, parts.path, parts.query)
        payload = json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if key:
            headers |= _signature(http.secret(key), payload, str(int(context.now.timestamp())))
        # A receiver knows what it got twice by the body's id.
        http.request("POST", url, data=payload, headers=headers, idempotent=True)


def _signature(key: str, payload: bytes, stamp: str) -> dict[str, str]:
    signed = hmac.new(key.encode(), stamp.encode() + b"." + payload, hashlib.sha256)
    return {
        "X-Pulsefield-Timestamp": stamp,
        "X-Pulsefield-Signature": f"sha256={signed.hexdigest()}",
    }
