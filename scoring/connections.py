"""Which engine runs on a connection."""

from inspect import iscoroutinefunction
from typing import Any

from .engines import DuckEngine, Engine


def engine_on(connection: Any) -> Engine:
    """Return the engine for a connection or session; None: DuckDB in memory.

    A package is imported by whoever made the connection, never here.

    Raises:
        TypeError: a connection of nothing that scoring runs on.
    """
    if connection is None:
        return DuckEngine()
    package = type(connection).__module__.partition(".")[0].removeprefix("_")
    if package == "duckdb":
        return DuckEngine(connection)
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
