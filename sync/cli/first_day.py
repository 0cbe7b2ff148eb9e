"""The commands of the first day: init, check, fields."""

from pathlib import Path

import typer
from rich.markup import escape
from rich.text import Text

from connectors.base import FieldState
from sync import run, starter
from sync.config import load
from sync.files import replace_text

from .main import SETUP
from .output import Output, grid


def write_config(
    file: Path, salesforce: str, hubspot: bool, zendesk: str, tables: str, *, overwrite: bool
) -> None:
    """Write a commented configuration.

    Raises:
        typer.Exit: the file is there, and was not to be replaced.
    """
    out = Output()
    if file.exists() and not overwrite:
        out.show(f"{file} is there already; --overwrite replaces it.")
        raise typer.Exit(SETUP)
    replace_text(file, starter.text(salesforce, hubspot, zendesk, tables))
    out.show(
        f"Wrote {file}.",
        "Next: put the secrets that it names into the environment, then `pulsefield check`.",
    )


def check_all(config: Path, *, as_json: bool) -> None:
    """Show every problem, with what to do about each."""
    out = Output(as_json=as_json)
    loaded = load(config)
    problems = run.check(loaded)
    out.data(problems)
    fatal = sum(problem.fatal for problem in problems)
    if problems:
        table = grid("", "where", "*what", "*what to do")
        for problem in sorted(problems, key=lambda one: not one.fatal):
            mark = (
                Text("✗ stops", style="red") if problem.fatal else Text("! warns", style="yellow")
            )
            table.add_row(mark, problem.where, escape(problem.what), escape(problem.todo))
        out.show(table)
    if not fatal:
        names = ", ".join(loaded.connections)
        out.show(Text(f"Ready: {names}. `pulsefield sync` shows the first plan.", style="green"))
    raise typer.Exit(SETUP if fatal else 0)


def show_fields(config: Path, *, create: bool, as_json: bool) -> None:
    """Show the state of every score field; create what is missing with ``create``."""
    out = Output(as_json=as_json)
    loaded = load(config)
    states = run.create_fields(loaded) if create else run.field_states(loaded)
    out.data(states)
    table = grid("target", "field", "type", "state", "*what to do")
    for name, fields in states.items():
        for field in fields:
            table.add_row(name, field.name, field.type, _state(field), escape(field.problem or ""))
    out.show(table)
    every = [field for fields in states.values() for field in fields]
    if any(field.problem for field in every):
        raise typer.Exit(SETUP)
    if any(not field.exists for field in every):
        out.show("", "`pulsefield fields --create` makes what is missing.")


def _state(field: FieldState) -> Text:
    if field.problem:
        return Text("✗ unusable", style="red")
    if not field.exists:
        return Text("missing", style="yellow")
    if not (field.visible and field.writable):
        return Text("not permitted yet", style="yellow")
    return Text("✓ ready", style="green")
