"""Keeps secrets out of messages."""

import threading

_SHORTEST = 4  # shorter texts would blank ordinary words


class Redactor:
    """Knows the secrets of one connection; shared by its threads."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._lock = threading.Lock()

    def conceal(self, *values: str) -> None:
        """Blank these values, and each line of them, from now on."""
        lines = {line.strip() for value in values for line in value.splitlines()}
        with self._lock:
            self._secrets |= {line for line in lines if len(line) >= _SHORTEST}

    def redact(self, text: str) -> str:
        """Return a text with every secret blanked."""
        with self._lock:
            secrets = sorted(self._secrets, key=len, reverse=True)
        for value in secrets:
            text = text.replace(value, "***")
        return text
