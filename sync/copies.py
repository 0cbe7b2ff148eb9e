"""Local copies of an object store's files, which the embedded engine reads without a network.

A file of a Delta table never changes, so each is fetched once. Copies that no table has any more
go when they were not asked for lately, as a reader may be at them.
"""

import os
import shutil
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from deltalake import DeltaTable

from . import deltalog
from .private import make_folder

UNUSED = 3600.0
"""Seconds after which nobody is expected to read a copy that was asked for."""
CHUNK = 1 << 20


def default_folder(root: str) -> Path:
    """Return where copies of a store go when no setting says: the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "pulsefield" / sha256(root.encode()).hexdigest()[:16]


class Copies:
    """The copies of one store's files. Safe to use from several threads and processes.

    Args:
        folder: Where they are; made when first needed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def files(self, name: str, table: DeltaTable) -> list[str]:
        """Return copies of the files that make up a table, fetched where they are missing.

        Raises:
            OSError, DeltaError: a file cannot be fetched or kept.
        """
        place = self.folder / name
        wanted = deltalog.sizes(table)
        due = [file for file, size in wanted.items() if not _there(place / file, size)]
        if due:
            make_folder(place)
            _fetch(table, place, {file: wanted[file] for file in due})
        return [str(place / file) for file in wanted]

    def tidy(self, name: str, table: DeltaTable) -> None:
        """Remove copies that the table does not have any more and nobody asked for lately."""
        kept = deltalog.sizes(table)
        for file in (self.folder / name).glob("*.parquet"):
            unused = time.time() - file.stat().st_mtime > UNUSED
            if unused and file.name not in kept:
                file.unlink(missing_ok=True)

    def drop(self, name: str) -> None:
        """Remove every copy of a table's files."""
        shutil.rmtree(self.folder / name, ignore_errors=True)


def _there(file: Path, size: int) -> bool:
    """Whether a whole copy is there; notes that it was asked for."""
    try:
        if file.stat().st_size == size:
            os.utime(file)
            return True
    except FileNotFoundError:
        pass
    return False


def _fetch(table: DeltaTable, place: Path, sizes: dict[str, int]) -> None:
    import pyarrow.fs  # noqa: PLC0415 - only object stores need it
    from deltalake.fs import DeltaStorageHandler  # noqa: PLC0415 - likewise

    # Of a file whose size it is not told the handler asks, and stops every thread meanwhile.
    source = pyarrow.fs.PyFileSystem(DeltaStorageHandler(table.table_uri, known_sizes=sizes))
    for file, size in sizes.items():
        with (
            tempfile.NamedTemporaryFile(dir=place, delete=False) as copy,  # for its owner only
            source.open_input_stream(file) as stream,
        ):
            shutil.copyfileobj(stream, copy, CHUNK)
            came = copy.tell()
        if came != size:
            Path(copy.name).unlink()
            where = f"{table.table_uri.rstrip('/')}/{file}"
            raise OSError(f"{where} has {came} bytes, and its table says {size}")
        Path(copy.name).replace(place / file)
