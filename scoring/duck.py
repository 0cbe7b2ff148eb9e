"""DuckDB in memory, as everything here opens it."""

import duckdb


def connect() -> duckdb.DuckDBPyConnection:
    """Return a connection to a database of its own, in memory, that draws no progress bar.

    DuckDB draws one on standard output wherever Python runs no file: over the JSON of a command,
    into a log, into a notebook.
    """
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    return connection
