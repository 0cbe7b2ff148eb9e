"""A connection's token: brought when needed, once for all threads."""

import threading
from collections.abc import Callable
from dataclasses import replace

from .calls import Final
from .errors import ConnectorError, SetupError
from .pacing import Clock
from .redaction import Redactor
from .rules import Token

_EXPIRY_MARGIN = 30.0  # seconds before its end at which a token is not used any more


class Tokens:
    """Keeps one token.

    Args:
        login: Brings one.
        clock: Tells when it has expired.
        redactor: Is told its text.
        vendor: For messages.
    """

    def __init__(
        self, login: Callable[[], Token], clock: Clock, redactor: Redactor, vendor: str
    ) -> None:
        self._login = login
        self._clock = clock
        self._redactor = redactor
        self._vendor = vendor
        self._lock = threading.RLock()
        self._token: Token | None = None
        self._ends: float | None = None

    def get(self, refused: Token | None = None) -> Token:
        """Return the token; log in if there is none, it has expired, or it was refused.

        Threads whose requests were refused together log in once: the later ones get the token
        that the first has brought.

        Raises:
            Final: the login failed.
        """
        with self._lock:
            expired = self._ends is not None and self._clock.elapsed() >= self._ends
            if self._token is None or expired or self._token is refused:
                # A new object, even where the text is the old one.
                self._token = token = replace(self._bring())
                seconds = token.expires_in
                self._ends = (
                    None
                    if seconds is None
                    else self._clock.elapsed() + max(0.0, seconds - _EXPIRY_MARGIN)
                )
            return self._token

    def _bring(self) -> Token:
        try:
            token = self._login()
        except ConnectorError as error:
            raise Final(error) from None
        self._redactor.conceal(token.header, token.header.partition(" ")[2])
        if not token.header.isprintable() or not token.header.isascii():
            text = "the token holds characters that no token has; check the secret"
            raise Final(SetupError(f"{self._vendor}: {text}"))
        return token
