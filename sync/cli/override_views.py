"""Overrides: kept, ended, listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from sync import overriding
from sync.config import load
from sync.deciding import user
from sync.overriding import Said, Stands

from . import views
from .look import told
from .output import Output, grid


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options say; empty where they say nothing."""

    account: str
    score: str
    value: float | None
    band: str
    reason: str
    author: str
    until: date | None


def keep(config: Path, asked: Asked, *, as_json: bool) -> None:
    """Keep an override, and tell it."""
    if not asked.account or asked.until is None:
        option = "--until" if asked.account else "ACCOUNT"
        raise typer.BadParameter("is needed to set a score", param_hint=option)
    out = Output(as_json=as_json)
    said = Said(
        account=asked.account,
        score=asked.score,
        value=asked.value,
        band=asked.band or None,
        reason=asked.reason,
        author=asked.author or user(),
        until=asked.until,
    )
    with told(out):
        name = overriding.keep(load(config), said)
    out.data(said)
    what = said.band or views.number(said.value)
    out.show(
        escape(f"{said.score} of {name}: {what}, set by {said.author}, until {said.until}."),
        "It stands beside the computed score, which stays as it is.",
    )


def end(config: Path, account: str, score: str, *, as_json: bool) -> None:
    """Let an override count no more, and tell it."""
    if not account:
        raise typer.BadParameter("is needed to end what was set", param_hint="ACCOUNT")
    out = Output(as_json=as_json)
    with told(out):
        name = overriding.end(load(config), account, score)
    out.data({"account": account, "name": name, "score": score})
    out.show(escape(f"{score} of {name}: nothing is set here any more."))


def show(config: Path, account: str, *, as_json: bool) -> None:
    """List what stands beside the scores."""
    out = Output(as_json=as_json)
    with told(out), out.progress():
        rows = overriding.stands(load(config), account or None)
    out.data(rows)
    out.show(standing(rows) if rows else "No score is set by a person.")


def standing(rows: Sequence[Stands]) -> Table:
    """Return overrides beside the scores that they are about."""
    table = grid("account", "score", ">computed", "band", "until", "from", "*set by a person")
    for row in rows:
        said, until = row.beside.said, row.beside.until
        table.add_row(
            escape(row.name),
            row.score,
            views.number(row.value),
            Text(row.band, style=views.band_style(row.band)),
            f"{until:%d %b %Y}" if until else "",
            said.origin or "here",
            Text(row.text, style="" if row.beside.counts else "dim"),
        )
    return table
