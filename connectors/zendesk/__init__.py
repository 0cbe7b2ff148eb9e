"""Zendesk: organizations, users and tickets in; organization fields out."""

from connectors.base import Context

from .connection import Zendesk
from .settings import Settings

__all__ = ["Settings", "connect"]


def connect(name: str, settings: Settings, context: Context) -> Zendesk:
    """Return a connection; makes no request yet."""
    return Zendesk(name, settings, context)
