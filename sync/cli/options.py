"""Options that several commands share."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer


class Language(StrEnum):
    """Languages of sentences."""

    EN = "en"
    NL = "nl"
    DA = "da"
    PL = "pl"


ConfigFile: TypeAlias = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="PULSEFIELD_CONFIG", help="The deployment's file."),
]
Json: TypeAlias = Annotated[
    bool, typer.Option("--json", help="One JSON document on standard output.")
]
AsOf: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="Replay: what was true then (ISO date or time, UTC)."),
]
KnownAt: TypeAlias = Annotated[
    str | None, typer.Option(metavar="DATE", help="Replay: what we knew then.")
]
Pair: TypeAlias = Annotated[
    tuple[str, str], typer.Option(metavar="RECORD RECORD", show_default=False)
]

NOBODY = ("", "")
DEFAULT = Path("pulsefield.toml")


def moment(text: str | None, option: str) -> datetime | None:
    """Parse an ISO date or time; UTC where no zone is given.

    Raises:
        typer.BadParameter: it is neither.
    """
    if text is None:
        return None
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no date; write 2026-11-26 or 2026-11-26T06:00", param_hint=option
        ) from None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
