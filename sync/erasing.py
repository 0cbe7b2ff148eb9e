"""Rows that must not exist any more: out of a Delta table, its old files and its log."""

from collections.abc import Sequence

from deltalake.exceptions import DeltaError

from scoring import duck

from .errors import StoreError
from .quoting import literal, quote
from .store import Store

NOW = "interval 0 seconds"
DEFAULTS = {
    # Delta's own, https://docs.delta.io/latest/table-properties.html
    "delta.logRetentionDuration": "interval 30 days",
    "delta.deletedFileRetentionDuration": "interval 7 days",
}


def among(column: str, values: Sequence[str]) -> str:
    """Return SQL that is true for rows with one of these texts in a column."""
    if not values:
        return "false"
    return f"{quote(column)} IN ({', '.join(literal(value) for value in values)})"


def count(store: Store, name: str, predicate: str) -> int:
    """Return how many stored versions of rows a predicate finds; 0 if there is no table."""
    scan = store.scan(name)
    if scan is None:
        return 0
    with duck.connect() as con:
        sql = f"SELECT count(*) FROM {scan} WHERE {predicate}"  # noqa: S608 - quoted by callers
        return int(con.sql(sql).fetchall()[0][0])


def erase(store: Store, name: str, predicate: str) -> None:
    """Delete rows, and every file and log entry that still knows them.

    The table is rewritten where it holds such rows; files that it does not use any more are
    removed whatever their age, so a reader that began before may have to begin again. The log
    goes too: its statistics hold the least and the greatest value of each file's columns.
    Safe to repeat after a crash at any point.

    Args:
        store: The tables at rest.
        name: Its table; nothing happens if there is none.
        predicate: SQL that finds the rows.

    Raises:
        StoreError: the table cannot be read or written.
    """
    table = store.table(name)
    if table is None:
        return
    try:
        table.delete(predicate)
        table.vacuum(0, dry_run=False, enforce_retention_duration=False, full=True)
        table.alter.set_table_properties(dict.fromkeys(DEFAULTS, NOW))
        table.update_incremental()
        table.create_checkpoint()
        table.cleanup_metadata()
        table.alter.set_table_properties(DEFAULTS)
    except (DeltaError, OSError) as error:
        raise StoreError(_problem(name, error)) from error
    store.copies.drop(name)


def _problem(name: str, error: Exception) -> str:
    first = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return f"the table {name} could not be cleaned: {first[:300]}. Run the command again"
