"""Which hosts a connection may talk to."""

import ipaddress
from collections.abc import Collection
from urllib.parse import urljoin, urlsplit

from .errors import SetupError

_PORTS = {"https": 443, "http": 80}


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def origin_of(url: str, vendor: str = "base_url") -> str:
    """Return scheme, host and port of a URL.

    Raises:
        SetupError: it is not https (or http on loopback), or holds a user name or password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        host, port = "", None
        parts = urlsplit("")
    if not host or parts.scheme not in _PORTS:
        raise SetupError(f"{vendor}: base_url must be https://HOST, and http only on loopback")
    if parts.username or parts.password:
        raise SetupError(f"{vendor}: base_url must not hold a user name or password")
    if parts.scheme == "http" and not is_loopback(host):
        raise SetupError(f"{vendor}: plain http to {host} is refused; use https")
    return f"{parts.scheme}://{host}:{port}"


def resolve(
    path: str, base_url: str, origins: Collection[str], vendor: str, verb: str = "points to"
) -> str:
    """Return the absolute URL of a path, or of a link that an answer gave.

    Args:
        path: Relative to the base URL, or absolute.
        base_url: Without a slash at its end.
        origins: What ``origin_of`` gave for the allowed hosts.
        vendor: For the message.
        verb: For the message.

    Raises:
        SetupError: it leads to another host.
    """
    if path.startswith(f"{base_url}/"):
        return path
    if path.startswith("//") or "://" in path.partition("?")[0]:
        url = urljoin(base_url, path)
        if origin_of(url, vendor) not in origins:
            host = urlsplit(url).hostname
            raise SetupError(
                f"{vendor}: a link {verb} {host}, which is not this connection's host; "
                "it is not followed. Check base_url"
            )
        return url
    return f"{base_url}/{path.lstrip('/')}"
