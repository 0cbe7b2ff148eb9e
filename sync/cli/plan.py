"""``plan`` and ``sync``, ``rollback`` and ``retry``: what changes a target, or would."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from .general import Commands
from .options import DEFAULT, ConfigFile, Json

Force: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="REASON", help="Apply an unsafe plan; the reason is kept."),
]
Apply: TypeAlias = Annotated[
    bool, typer.Option("--apply", help="Write; else only show what would be.")
]

plan_app = typer.Typer(cls=Commands)


@plan_app.callback(invoke_without_command=True)
def plan(context: typer.Context, config: ConfigFile = DEFAULT, as_json: Json = False) -> None:
    """Pull, score, and show what a sync would write; the plan is kept, nothing is written."""
    if context.invoked_subcommand is None:
        from .work import sync as run

        run(config, apply=False, force=None, as_json=as_json)


@plan_app.command()
def show(
    wanted: Annotated[str, typer.Argument(metavar="ID", help="As `plan` printed it.")],
    config: ConfigFile = DEFAULT,
    every: Annotated[bool, typer.Option("--all", help="Every change.")] = False,
    as_json: Json = False,
) -> None:
    """Show a saved plan, field by field."""
    from .past_views import show_plan

    show_plan(config, wanted, every=every, as_json=as_json)


def sync(
    config: ConfigFile = DEFAULT,
    apply: Apply = False,
    force: Force = None,
    saved: Annotated[
        str | None,
        typer.Option("--plan", metavar="ID", help="Write exactly this saved plan, or nothing."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Pull, score, plan, and with --apply write what differs."""
    if saved is not None:
        _redo(config, saved=saved, force=force, as_json=as_json)
        return
    from .work import sync as run

    run(config, apply=apply, force=force, as_json=as_json)


def rollback(
    run: Annotated[int, typer.Argument(min=1, help="As `runs` lists it.")],
    config: ConfigFile = DEFAULT,
    apply: Apply = False,
    force: Force = None,
    as_json: Json = False,
) -> None:
    """Put back what a run replaced, where nobody changed it since; with --apply writes it."""
    _redo(config, run=run, apply=apply, force=force, as_json=as_json)


def retry(
    config: ConfigFile = DEFAULT,
    apply: Apply = False,
    every: Annotated[
        bool, typer.Option("--all", help="Also what was refused for good, once it is put right.")
    ] = False,
    force: Force = None,
    as_json: Json = False,
) -> None:
    """Send dead letters again whose reason can pass; with --apply writes them."""
    _redo(config, every=every, apply=apply, force=force, as_json=as_json)


def _redo(
    config: Path,
    *,
    saved: str | None = None,
    run: int | None = None,
    every: bool = False,
    apply: bool = True,
    force: str | None = None,
    as_json: bool = False,
) -> None:
    """Run one of the three, and show what became of it."""
    from sync import redo
    from sync.config import load

    from .output import Output
    from .work import show_redone

    out = Output(as_json=as_json)
    loaded = load(config)
    with out.progress() as progress:
        if saved is not None:
            report = redo.apply_plan(loaded, saved, force=force, progress=progress)
        elif run is not None:
            report = redo.undo(loaded, run, apply=apply, force=force, progress=progress)
        else:
            report = redo.retry(loaded, apply=apply, every=every, force=force, progress=progress)
    show_redone(out, report, apply=apply)
    raise typer.Exit(report.exit_code)
