"""The command that runs unattended: ``schedule``."""

from typing import Annotated

import typer

from .options import DEFAULT, ConfigFile, Json


def schedule(
    config: ConfigFile = DEFAULT,
    once: Annotated[
        str, typer.Option(metavar="NAME", help="Do the work of this schedule now, and end.")
    ] = "",
    upcoming: Annotated[
        bool, typer.Option("--list", help="Show when each is due, and do nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run the schedules of pulsefield.toml until told to end; an unsafe plan is never applied.

    Any number may share a journal: one run at a time, over all hosts.
    """
    from . import unattended

    if upcoming:
        unattended.upcoming(config, as_json=as_json)
    else:
        unattended.serve(config, once)
