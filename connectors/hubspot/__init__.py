"""HubSpot: companies with what happened to them, and score fields on companies."""

from typing import TYPE_CHECKING

from connectors.base import Context

from .settings import Settings

if TYPE_CHECKING:  # imported when a connection is made
    from .connection import HubSpot

__all__ = ["Settings", "connect"]


def connect(name: str, settings: Settings, context: Context) -> "HubSpot":
    """Return a connection; makes no request yet.

    Raises:
        SetupError: the base URL is not acceptable.
    """
    from .connection import HubSpot  # noqa: PLC0415 - its client is not needed to read settings

    return HubSpot(name, settings, context)
