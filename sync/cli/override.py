"""The command that keeps what a person says about a score: ``override``."""

from datetime import datetime
from typing import Annotated

import typer

from .options import DEFAULT, ConfigFile, Json


def override(
    account: Annotated[
        str, typer.Argument(help="A name, a Pulsefield id, or a system's id; without: list all.")
    ] = "",
    score: Annotated[str, typer.Argument(help="Which score.")] = "health",
    config: ConfigFile = DEFAULT,
    value: Annotated[
        float | None, typer.Option(min=0, max=100, help="Points that it should have.")
    ] = None,
    band: Annotated[str, typer.Option(help="Or the band that it should be in.")] = "",
    reason: Annotated[str, typer.Option(help="Why; needed.")] = "",
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The last day on which it counts; needed."),
    ] = None,
    author: Annotated[str, typer.Option(help="Who says so; by default who is logged in.")] = "",
    end: Annotated[bool, typer.Option("--end", help="Let it count no more.")] = False,
    as_json: Json = False,
) -> None:
    """Set a score of your own beside a customer's computed one, end it, or list what stands.

    The computed score stays as it is. Without a reason, or past its last day, what a person set
    counts for nothing.
    """
    from . import override_views as views

    said = (band, reason, until, author)
    if end and (value is not None or any(said)):
        raise typer.BadParameter("ends what was set, and takes nothing else", param_hint="--end")
    if end:
        views.end(config, account, score, as_json=as_json)
    elif value is None and not any(said):
        views.show(config, account, as_json=as_json)
    else:
        asked = views.Asked(account, score, value, band, reason, author, until and until.date())
        views.keep(config, asked, as_json=as_json)
