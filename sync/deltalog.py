"""What the log of a Delta table tells of its files, without reading them."""

from typing import Any

from deltalake import DeltaTable


def sizes(table: DeltaTable) -> dict[str, int]:
    """Return file -> bytes."""
    return dict(zip(_told(table, "path"), _told(table, "size_bytes"), strict=True))


def rows(table: DeltaTable) -> int | None:
    """Return how many rows are stored, all versions; None where the log does not tell."""
    counts = _told(table, "num_records")
    return None if None in counts else sum(counts)


def revised(table: DeltaTable) -> bool:
    """Return whether a row may have an earlier version: unless the log says of every file no."""
    return any(most is not False for most in _told(table, "max.row_prior"))


def _told(table: DeltaTable, what: str) -> list[Any]:
    """Return one thing of each file; None where nothing is told of it."""
    added = table.get_add_actions(flatten=True)
    known = what in added.schema.names
    return list(added.column(what).to_pylist()) if known else [None] * added.num_rows
