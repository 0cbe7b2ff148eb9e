"""Salesforce: Accounts and what happened with them in, score fields of Accounts out."""

from typing import TYPE_CHECKING

from connectors.base import Context

from .settings import Settings

if TYPE_CHECKING:  # imported when a connection is made
    from .connection import Salesforce

__all__ = ["Settings", "connect"]


def connect(name: str, settings: Settings, context: Context) -> "Salesforce":
    """Return a connection; makes no request yet."""
    from .connection import Salesforce  # noqa: PLC0415 - its client is not needed to read settings

    return Salesforce(name, settings, context)
