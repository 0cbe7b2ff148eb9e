"""What every command takes: ``--log-json``."""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from sync import logs

VARIABLE = "PULSEFIELD_LOG_JSON"


class Commands(TyperGroup):
    """A group whose commands, and which itself, can tell what they do as JSON lines."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command with the option."""
        found = super().get_command(ctx, cmd_name)
        if found is not None and not any(one.name == "log_json" for one in found.params):
            found.params.append(_option())
        return found


def _begin(asked: bool) -> bool:
    if asked:
        logs.configure(as_json=True)
    return asked


def _command(
    log_json: Annotated[
        bool,
        typer.Option(
            "--log-json",
            envvar=VARIABLE,
            expose_value=False,
            callback=_begin,
            help="Logs, on standard error, as JSON lines with the run's number.",
        ),
    ] = False,
) -> None:
    """Only lends its option."""


def _option() -> Any:
    lender = typer.Typer(add_completion=False)
    lender.command()(_command)
    return next(one for one in get_command(lender).params if one.name == "log_json")
