"""The connectors there are: kind -> module. The one place that lists them.

A connector's module offers ``Settings`` (a frozen pydantic model of its TOML table) and
``connect(name, settings, context)``, which returns a Source, a Target, or both in one object.
Modules are imported when first used, so that a heavy client costs nothing until then.
"""

import importlib
from typing import Any, Protocol, cast

from pydantic import BaseModel

from .base import Context, Source, Target

CONNECTORS: dict[str, str] = {
    "salesforce": "connectors.salesforce",
    "hubspot": "connectors.hubspot",
    "zendesk": "connectors.zendesk",
    "tables": "connectors.tables",
}


class Connector(Protocol):
    """What a connector's module offers."""

    Settings: type[BaseModel]

    def connect(self, name: str, settings: Any, context: Context) -> Source | Target:
        """Return a connection; makes no request yet."""


def load(kind: str) -> Connector:
    """Import a connector by its kind.

    Raises:
        KeyError: no such kind; ``CONNECTORS`` has the names.
    """
    return cast("Connector", importlib.import_module(CONNECTORS[kind]))
