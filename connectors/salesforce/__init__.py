"""Salesforce: Accounts and what happened with them in, score fields of Accounts out."""

from connectors.base import Context

from .connection import Salesforce
from .settings import Settings

__all__ = ["Salesforce", "Settings", "connect"]


def connect(name: str, settings: Settings, context: Context) -> Salesforce:
    """Return a connection; makes no request yet."""
    return Salesforce(name, settings, context)
