"""Files (CSV, Parquet) and SQL queries as a source; a CSV file of scores as a target."""

from connectors.base import Context

from .output import TablesWithOutput
from .settings import Settings
from .source import Tables

__all__ = ["Settings", "connect"]


def connect(name: str, settings: Settings, context: Context) -> Tables:
    """Return the source; with ``output`` set it is a target too. Opens nothing yet."""
    kind = TablesWithOutput if settings.output else Tables
    return kind(name, settings, context)
