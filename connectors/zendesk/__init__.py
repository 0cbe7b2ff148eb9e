"""Zendesk: organizations, users and tickets in; organization fields out."""

from typing import TYPE_CHECKING

from connectors.base import Context

from .settings import Settings

if TYPE_CHECKING:  # imported when a connection is made
    from .connection import Zendesk

__all__ = ["Settings", "connect"]


def connect(name: str, settings: Settings, context: Context) -> "Zendesk":
    """Return a connection; makes no request yet."""
    from .connection import Zendesk  # noqa: PLC0415 - its client is not needed to read settings

    return Zendesk(name, settings, context)
