"""Which engine runs on a connection."""

from inspect import iscoroutinefunction
from typing import Any

from .engines import DuckEngine, Engine
from .parallel import ParallelDuckEngine


def engine_on(connection: Any, at_once: int = 1) -> Engine:
    """Return the engine for a connection or session; None: DuckDB in memory.

    A package is imported by whoever made the connection, never here.

    Args:
        connection: Of the caller.
        at_once: Steps made at a time, by DuckDB in memory.

    Raises:
        TypeError: a connection of nothing that scoring runs on.
        ValueError: ``at_once`` above 1 on anything but DuckDB in memory, or below.
    """
    package = type(connection).__module__.partition(".")[0].removeprefix("_")
    if connection is None or package == "duckdb":
        return DuckEngine(connection) if at_once == 1 else ParallelDuckEngine(connection, at_once)
    if at_once != 1:
        raise ValueError(f"at_once = {at_once}: only DuckDB makes several steps at a time")
    if package == "pyspark":
        from .spark import SparkEngine  # noqa: PLC0415 (only where it is used)

        return SparkEngine(connection)
    if _on_postgresql(connection, package):
        from .postgres import PostgresEngine  # noqa: PLC0415 (its CSV reader costs 20 ms)

        return PostgresEngine(connection)
    kind = f"{type(connection).__module__}.{type(connection).__qualname__}"
    raise TypeError(
        f"a {kind}; scoring runs on a DuckDB connection, a Spark session, or a PostgreSQL "
        "connection of psycopg (none that is asynchronous), or of SQLAlchemy over it"
    )


def _on_postgresql(connection: Any, package: str) -> bool:
    if package == "psycopg":
        return not iscoroutinefunction(connection.execute)
    dialect = getattr(connection, "dialect", None)  # SQLAlchemy's Engine has one, but no connection
    return getattr(dialect, "driver", None) == "psycopg" and hasattr(connection, "connection")
