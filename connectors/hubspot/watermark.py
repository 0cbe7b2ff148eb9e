"""How far an object type was read: opaque text for others, JSON for us."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from connectors.errors import SetupError

Phase: TypeAlias = Literal["list", "search", "payments", "archived"]


@dataclass(frozen=True, slots=True)
class Watermark:
    """A place in the reading of one object type.

    Attributes:
        until: Changes before this server time are read, or will be when the phases are over.
        since: Changes from this server time on are being read; None: everything is.
        phase: What is being read; None: all phases are over.
        after: Where in the phase: a page's cursor, or the last record's id.
        gone: Deletes before this server time are read.
    """

    until: datetime
    since: datetime | None = None
    phase: Phase | None = None
    after: str | None = None
    gone: datetime | None = None

    def at(self, phase: Phase | None, after: str | None = None) -> "Watermark":
        """Return the watermark further on."""
        return replace(self, phase=phase, after=after)

    def text(self) -> str:
        """Return the text to keep."""
        values = {name: value for name, value in asdict(self).items() if value is not None}
        return json.dumps(values, default=datetime.isoformat, separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> "Watermark":
        """Return the watermark of a text.

        Raises:
            SetupError: the text is not ours.
        """
        try:
            values = json.loads(text)
            for name in ("until", "since", "gone"):
                if name in values:
                    values[name] = datetime.fromisoformat(values[name])
            return cls(**values)
        except (ValueError, TypeError) as error:
            raise SetupError(
                "a HubSpot watermark cannot be read; pull this connection in full again"
            ) from error
