"""Serves a WSGI application over HTTP from a thread."""

import socket
import threading
from collections.abc import Callable
from typing import Any

from cheroot.wsgi import Server

from .errors import SetupError


class QuietServer(Server):
    """cheroot without its error log: a client that hangs up is no news."""

    expiration_interval = 0.1  # how long it may take to stop

    def error_log(self, msg: str = "", level: int = 20, traceback: bool = False) -> None:  # noqa: FBT001, FBT002 - cheroot's signature
        """Say nothing."""


class Listener:
    """A server that runs until it is stopped.

    Args:
        app: The WSGI application.
        host: Where it is bound.
        port: Likewise; 0 is any free one.

    Attributes:
        port: That it is bound to.

    Raises:
        SetupError: the address is taken, or not this machine's.
    """

    def __init__(self, app: Callable[..., Any], host: str, port: int) -> None:
        try:
            check_free(host, port)
            self._server = QuietServer((host, port), app, numthreads=2)
            self._server.prepare()
        except OSError as error:
            reason = error.strerror or str(error)
            raise SetupError(f"nothing can listen on {host}:{port}: {reason}") from error
        self.port: int = self._server.bind_addr[1]
        self._thread = threading.Thread(target=self._server.serve, name="listener", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving."""
        self._server.stop()
        self._thread.join(timeout=5)


def check_free(host: str, port: int) -> None:
    """Find out whether a port can be bound; cheroot would leave its own socket open.

    Raises:
        OSError: it is taken, or not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
