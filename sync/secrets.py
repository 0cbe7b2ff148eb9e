"""Secrets by reference: ``env:NAME`` or ``file:PATH``, read when used, kept nowhere else.

A refresh token may be replaced by its use; what replaces it goes into the file that the
reference names. The environment cannot be written to for the next process.
"""

import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.errors import SetupError, TransientError
from connectors.redaction import Redactor

from .errors import SyncError
from .files import replace_text

REFERENCE = re.compile(r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$")

_PATIENCE = 600.0  # seconds that another process may use a secret: its retries, and more
_LOGGER = logging.getLogger("pulsefield")
_LOST: set[str] = set()  # references that the user was warned of

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


def exchange(reference: str, folder: Path, use: Callable[[str], str]) -> bool:
    """Use a secret that its use may replace, and keep what replaces it.

    No other process that shares the file uses it meanwhile. The file is replaced as a whole,
    for its owner only, before this returns.

    Args:
        reference: As ``resolve`` takes it.
        folder: Likewise.
        use: Takes the secret and returns the one that is in force after; may raise.

    Returns:
        Whether the reference points to the one in force; False is logged as a warning, once.

    Raises:
        SetupError: as ``resolve``.
        TransientError: another process has been using it for ten minutes.
    """
    path = _path(folder, reference)
    with _alone(path):
        before = resolve(reference, folder)
        after = use(before)
        REDACTOR.conceal(after)
        kept = after == before or _kept(path, after)
    if not kept and reference not in _LOST:
        _LOST.add(reference)
        _LOGGER.warning(
            "%s was replaced by its use, and the new secret cannot be kept there: the next "
            "process will not get in. Keep it in a file that Pulsefield may write, as file:PATH, "
            "and authorize the app again, or switch refresh token rotation off",
            reference,
        )
    return kept


@contextmanager
def _alone(path: Path | None) -> Iterator[None]:
    """Hold a lock beside a file, if there can be one; where there cannot, nothing is kept."""
    import filelock  # noqa: PLC0415 - only who exchanges a secret needs it

    lock = path and filelock.FileLock(path.with_name(f".{path.name}.lock"), _PATIENCE, mode=0o600)
    try:
        if lock:
            lock.acquire()
    except filelock.Timeout:
        raise TransientError(f"another process has been using {path} for long") from None
    except OSError:  # such as a folder that is mounted to be read only
        lock = None
    try:
        yield
    finally:
        if lock:
            lock.release()


def _kept(path: Path | None, secret: str) -> bool:
    if path is None:
        return False
    try:
        replace_text(path, f"{secret}\n")
    except SyncError:
        return False
    return True


def _path(folder: Path, reference: str) -> Path | None:
    """Return the file that holds a secret, behind any link to it."""
    kind, _, place = reference.partition(":")
    return (folder / Path(place).expanduser()).resolve() if kind == "file" else None


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
