"""How an object store may be reached: as every other system, by TLS with certificates verified."""

import os
from urllib.parse import urlsplit

from connectors.origins import is_loopback

from .errors import StoreError

ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT")
UNVERIFIED = "allow_invalid_certificates"


def check() -> None:
    """Look at what the environment tells the object store's client.

    Raises:
        StoreError: it switches verification off, or sends plain HTTP beyond this machine.
    """
    for name, value in os.environ.items():
        if name.lower().endswith(UNVERIFIED) and value.lower() in {"true", "1"}:
            raise StoreError(
                f"certificates are always verified; take {name} out of the environment"
            )
    for name in ENDPOINTS:
        url = urlsplit(os.environ.get(name, ""))
        if url.scheme == "http" and not is_loopback(url.hostname or ""):
            raise StoreError(f"{name} is plain http; only this machine may be reached by that")
