"""Files and folders for their owner only."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_UMASK = threading.RLock()  # the process has one umask


@contextmanager
def private() -> Iterator[None]:
    """Let everything that is created inside be readable by its owner only."""
    with _UMASK:
        before = os.umask(0o077)
        try:
            yield
        finally:
            os.umask(before)


def make_folder(path: Path) -> None:
    """Create a folder and its parents, the folder itself for its owner only.

    Raises:
        OSError: it cannot be created.
    """
    with private():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)


def is_open(path: Path) -> bool:
    """Whether others than the owner can read a file or folder that exists."""
    return path.exists() and bool(path.stat().st_mode & 0o077)
