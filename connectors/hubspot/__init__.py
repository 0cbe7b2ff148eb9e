"""HubSpot: companies with what happened to them, and score fields on companies."""

from connectors.base import Context

from .connection import HubSpot
from .settings import Settings

__all__ = ["HubSpot", "Settings", "connect"]


def connect(name: str, settings: Settings, context: Context) -> HubSpot:
    """Return a connection; makes no request yet.

    Raises:
        SetupError: the base URL is not acceptable.
    """
    return HubSpot(name, settings, context)
