"""What every part of ``pulsefield.toml`` is made of."""

import re
from datetime import timedelta
from typing import Annotated, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict

SPAN = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


class Settings(BaseModel):
    """Frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def span(text: object) -> timedelta:
    """Return a length of time written as ``1d``, ``12h``, ``1h30m`` or ``90s``.

    Raises:
        ValueError: it is not written so.
    """
    if isinstance(text, timedelta):
        return text
    found = SPAN.fullmatch(text) if isinstance(text, str) and text else None
    if found is None:
        raise ValueError("write a length of time as 1d, 12h, 1h30m, 10m or 90s")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


Span: TypeAlias = Annotated[timedelta, BeforeValidator(span)]
