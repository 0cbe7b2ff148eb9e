"""The commands that look closer: explain and match."""

from pathlib import Path
from typing import Any

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from sync import run
from sync.config import load
from sync.pairing import MatchReport, Review

from . import views
from .main import SETUP
from .output import Output, grid

POINTS = 24
"""Columns of the longest bar of points, each way."""


def explain(config: Path, account: str, score: str, *, as_json: bool) -> None:
    """Show one account's sentence, scores and ledger."""
    out = Output(as_json=as_json)
    try:
        found = run.explain(load(config), account, score=score)
    except LookupError as error:
        out.console.print(escape(str(error.args[0])))
        raise typer.Exit(SETUP) from None
    out.data(found)
    out.title(escape(found.name))
    records = ", ".join(f"{name} {' '.join(refs)}" for name, refs in found.records.items())
    out.show(Text(f"{found.account_id}   {records}", style="dim"), "", escape(found.sentence))
    out.show("", _scores(found.scores), "", _ledger(found.ledger))


def _scores(rows: Any) -> Table:
    table = grid("score", ">value", "band", ">coverage", ">spread", "limited by")
    for row in rows:
        table.add_row(
            row["score"],
            views.number(row["value"], 1),
            Text(row["band"] or "", style=views.band_style(row["band"])),
            f"{100 * (row['coverage'] or 0):.0f} %",
            views.number(row["spread"], 1),
            ", ".join(row["limited_by"] or ()),
        )
    return table


def _ledger(rows: Any) -> Table:
    table = grid(
        "part", "name", ">value", "unit", ">goodness", ">weight", ">observed", ">points", ""
    )
    largest = max((abs(row["points"]) for row in rows), default=0) or 1
    for row in rows:
        table.add_row(
            row["part"].replace("_", " "),
            row["name"],
            views.number(row["value"], 2),
            row["unit"] or "",
            views.number(row["goodness"], 1),
            views.number(row["weight"], 3),
            "-" if row["observed"] is None else f"{100 * row['observed']:.0f} %",
            f"{row['points']:+.2f}",
            _bar(row["points"], largest),
        )
    total = sum(row["points"] for row in rows)
    table.add_row("", "50 + all parts", "", "", "", "", "", f"{50 + total:.2f}", "")
    return table


def _bar(points: float, largest: float) -> Text:
    length = round(POINTS * abs(points) / largest)
    bar = "█" * length
    if points < 0:
        return Text(f"{bar:>{POINTS}}│", style="red")
    return Text(f"{'':>{POINTS}}│{bar}", style="green")


def match(config: Path, *, as_json: bool) -> None:
    """Show how records became accounts, and what waits for a decision."""
    out = Output(as_json=as_json)
    report = run.score_now(load(config)).report.matching
    if report is None:
        out.show("Nothing is stored yet; run `pulsefield pull` first.")
        raise typer.Exit(SETUP)
    out.data(report)
    out.title("Matched")
    out.show(views.matching(report))
    out.title("To be decided")
    out.show(_review(report))
    out.show(
        "",
        "Decide a pair: pulsefield match --join crm:1 helpdesk:2, or --apart; many at once: "
        "pins in the part match of pulsefield.toml.",
    )


def _review(report: MatchReport) -> Table:
    table = grid("why", "shared", "*one", "*other")
    for entry in report.review:
        one, *others = map(_side, entry.sides)
        table.add_row(_kind(entry), escape(entry.key), one, "\n".join(others))
    return table


def _kind(entry: Review) -> str:
    return entry.kind.replace("_", " ")


def _side(side: Any) -> str:
    domains = f" ({', '.join(side.domains)})" if side.domains else ""
    return escape(f"{side.connection}:{side.ref} {side.name}{domains}")
