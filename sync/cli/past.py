"""``runs`` and ``dead-letters``: what the journal keeps."""

from typing import Annotated

import typer

from .general import Commands
from .options import DEFAULT, ConfigFile, Json

runs_app = typer.Typer(cls=Commands)


@runs_app.callback(invoke_without_command=True)
def runs(
    context: typer.Context,
    config: ConfigFile = DEFAULT,
    limit: Annotated[int, typer.Option(min=1, help="The latest so many.")] = 20,
    as_json: Json = False,
) -> None:
    """List the latest runs; `runs show ID` shows one."""
    if context.invoked_subcommand is None:
        from .past_views import show_runs

        show_runs(config, limit, as_json=as_json)


@runs_app.command()
def show(
    run: Annotated[int, typer.Argument(min=1, help="As `runs` lists it.")],
    config: ConfigFile = DEFAULT,
    as_json: Json = False,
) -> None:
    """Show one run: what it planned, what became of each row, what failed."""
    from .past_views import show_run

    show_run(config, run, as_json=as_json)


def dead_letters(config: ConfigFile = DEFAULT, as_json: Json = False) -> None:
    """List rows that a target refused and that no later write settled."""
    from .past_views import show_letters

    show_letters(config, as_json=as_json)
