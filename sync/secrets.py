"""Secrets by reference: ``env:NAME`` or ``file:PATH``, read when used and never kept."""

import os
import re
from pathlib import Path

from connectors.errors import SetupError
from connectors.redaction import Redactor

REFERENCE = re.compile(r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$")

REDACTOR = Redactor()
"""Knows every secret that this process has read; for what is logged or told to others."""


def resolve(reference: str, folder: Path) -> str:
    """Return the secret that a reference points to, without surrounding white space.

    Args:
        reference: ``env:NAME`` or ``file:PATH``; a relative path starts at ``folder``.
        folder: The configuration file's folder.

    Raises:
        SetupError: no such variable or file, or it is empty. The text of something that is
            no reference is not shown, as it may be the secret itself.
    """
    if not REFERENCE.match(reference):
        raise SetupError("a secret must be given as env:NAME or file:PATH, never as itself")
    kind, _, place = reference.partition(":")
    secret = _from_environment(place) if kind == "env" else _from_file(folder, place)
    if not secret.strip():
        raise SetupError(f"the secret {reference} is empty")
    REDACTOR.conceal(secret)
    return secret.strip()


def _from_environment(name: str) -> str:
    if name not in os.environ:
        raise SetupError(f"the environment variable {name} is not set; set it to the secret")
    return os.environ[name]


def _from_file(folder: Path, place: str) -> str:
    path = folder / Path(place).expanduser()
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise SetupError(f"the secret file {path} cannot be read: {reason}") from error


def is_open(reference: str, folder: Path) -> bool:
    """Whether a secret file can be read by others than its owner."""
    kind, _, place = reference.partition(":")
    path = folder / Path(place).expanduser()
    return kind == "file" and path.exists() and bool(path.stat().st_mode & 0o077)
