"""Files that are written whole or not at all."""

import os
import tempfile
from pathlib import Path

from .errors import SyncError


def replace_text(path: Path, text: str) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new, never a part.

    The file is for its owner only, who stays the same.

    Raises:
        SyncError: it cannot be written; what was there is untouched.
    """
    replace_bytes(path, text.encode())


def replace_bytes(path: Path, content: bytes) -> None:
    """Write a file as ``replace_text`` does, and raise as it does."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise SyncError(f"{path}: cannot be written ({error.strerror})") from error
    try:
        with os.fdopen(handle, "wb") as file:
            if os.geteuid() == 0 and path.exists():
                os.fchown(handle, path.stat().st_uid, path.stat().st_gid)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise SyncError(f"{path}: cannot be written ({error.strerror})") from error
