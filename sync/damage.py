"""What is wrong with a table at rest, in words: which file, and what to do."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
from deltalake.exceptions import DeltaError

from .errors import StoreError

LENGTH = 300
"""Characters of the engine's own words that are shown."""


@contextmanager
def explained(root: str, name: str) -> Iterator[None]:
    """Turn what an engine says about a table into a StoreError.

    Args:
        root: Folder or object store URL of the store.
        name: The table.
    """
    try:
        yield
    except (DeltaError, duckdb.Error, OSError, ValueError, pa.ArrowException) as error:
        raise StoreError(_told(root, name, error)) from error


@contextmanager
def named(root: str, copies: Path) -> Iterator[None]:
    """Turn an engine's error that names a file of the store into a StoreError; others pass.

    Args:
        root: Folder or object store URL of the store.
        copies: Where local copies of an object store's files are.
    """
    try:
        yield
    except duckdb.Error as error:
        place = str(copies) if "://" in root else root
        found = re.search(rf"['\"]?{re.escape(place)}/(.+?\.parquet)", str(error))
        if found is None:
            raise
        name = found[1].rpartition("/")[0]
        raise StoreError(_told(root, name, error, f"{root}/{found[1]}")) from error


def _told(root: str, name: str, error: Exception, file: str | None = None) -> str:
    lines = str(error).strip().splitlines()
    said = lines[0][:LENGTH] if lines else type(error).__name__
    broken = file or _broken(root, name)
    where = f" (the file {broken})" if broken and broken not in said else ""
    return (
        f"the table {name} at rest cannot be used{where}: {said}. Nothing else is affected;"
        f" put the file back from a backup, or move the folder {root}/{name} away and pull again"
        " with --full"
    )


def _broken(root: str, name: str) -> str | None:
    """Return a table's first log file that is none, or is cut off; None: that is not it."""
    for file in sorted(Path(root, name, "_delta_log").glob("*.json")) if "://" not in root else ():
        try:
            entries = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        except (OSError, ValueError):
            return str(file)
        if not entries:
            return str(file)
    return None
