"""What the log of a Delta table tells of its files, without reading them."""

from typing import Any

from deltalake import DeltaTable


def sizes(table: DeltaTable) -> dict[str, int]:
    """Return file -> bytes."""
    return dict(zip(*_told(table, "path", "size_bytes"), strict=True))


def rows(table: DeltaTable) -> int | None:
    """Return how many rows are stored, all versions; None where the log does not tell."""
    (counts,) = _told(table, "num_records")
    return None if None in counts else sum(counts)


def revised(table: DeltaTable) -> bool:
    """Return whether a row may have an earlier version: unless the log says of every file no."""
    (most,) = _told(table, "max.row_prior")
    return any(each is not False for each in most)


def _told(table: DeltaTable, *what: str) -> list[list[Any]]:
    """Return some things of each file, each thing a list; None where nothing is told of it."""
    added = table.get_add_actions(flatten=True)
    known, nothing = added.schema.names, [None] * added.num_rows
    return [list(added.column(name).to_pylist()) if name in known else nothing for name in what]
