"""The commands of the first day: init, check, fields."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import typer
from rich.markup import escape
from rich.text import Text

from connectors.base import FieldState
from sync import looking, run, starter
from sync.config import Config, load, parse
from sync.files import replace_text
from sync.looking import Found
from sync.starter import Answers

from . import asking
from .main import SETUP
from .output import Output, grid


def write_config(file: Path, answers: Answers, *, look: bool, overwrite: bool) -> None:
    """Write a commented configuration, with a mapping of what the systems have.

    Args:
        file: Where it is written.
        answers: What the flags said; where they name no system, questions are asked if somebody
            is there, and else it is written for all three.
        look: Whether systems whose secrets are there are looked through.
        overwrite: Whether a file that is there is replaced.

    Raises:
        typer.Exit: the file is there, and was not to be replaced.
    """
    out = Output()
    if file.exists() and not overwrite:
        out.show(f"{file} is there already; --overwrite replaces it.")
        raise typer.Exit(SETUP)
    there = asking.someone_there()
    asked = answers.nothing and there
    answers = asking.ask(answers) if asked else answers
    if answers.nothing:
        look = False
        answers = replace(answers, salesforce="https://acme.my.salesforce.com", hubspot=True)
        answers = replace(answers, zendesk="acme")
    folder = file.expanduser().absolute().parent
    found = _look(out, parse(file.absolute(), starter.text(answers, folder))) if look else None
    currencies = starter.currencies(found or {})
    if len(currencies) > 1 and asked:
        answers = asking.ask_rates(currencies, answers)
    text = starter.text(answers, folder, found)
    parse(file.absolute(), text)
    replace_text(file, text)
    _told(out, file, found, [code for code in currencies if code not in answers.rates])


def _look(out: Output, config: Config) -> dict[str, Found]:
    found = looking.look(config)
    table = grid("connection", ">fields", ">mapped", ">left to you", "*what else")
    for name, one in found.items():
        guesses = [guess for some in one.maps.values() for guess in some]
        guesses += [guess for thing in one.things if not thing.against for guess in thing.guesses]
        sure = sum(guess.sure for guess in guesses)
        objects = ", ".join(f"{t.name} as {t.table}" for t in one.things if not t.against)
        what = Text(one.error, style="yellow") if one.error else Text(objects)
        left = len(guesses) - sure + len(one.deals)
        table.add_row(name, *("" if one.error else str(n) for n in (one.fields, sure, left)), what)
    if found:
        out.show(table, "")
    return found


def _told(
    out: Output, file: Path, found: Mapping[str, Found] | None, unrated: Sequence[str]
) -> None:
    out.show(f"Wrote {file}.")
    if len(unrated) > 1:
        out.show(
            Text(
                f"Money is in {', '.join(unrated)}: [rates] needs what one unit of each is worth"
                " (or init with --rate USD=0.86 for each).",
                style="yellow",
            )
        )
    if found is None or any(one.error for one in found.values()):
        out.show("Put the secrets that it names in place, then `pulsefield check`.")
    else:
        out.show("Read what it maps, change what is wrong, then `pulsefield check`.")


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
