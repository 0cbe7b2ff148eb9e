"""The commands that look closer: explain and match."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from sync import run
from sync.config import Config, load
from sync.pairing import MatchReport, Review

from . import views
from .main import SETUP
from .output import Output, grid

POINTS = 24
"""Columns of the longest bar of points, each way."""
NUMBERS, NARROW = 92, 50
"""Columns that the words and numbers of a ledger take, all of them and the least."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What ``explain`` was asked.

    Attributes:
        config: The deployment's file.
        account: A name, a Pulsefield id, or a system's id.
        score: Which score.
        language: Of the words; None: the deployment's.
    """

    config: Path
    account: str
    score: str
    language: str | None = None

    def deployment(self) -> Config:
        """Read the deployment, in the language asked for."""
        found = load(self.config)
        if self.language is None:
            return found
        spoken = found.general.model_copy(update={"language": str(self.language)})
        return replace(found, general=spoken)


@contextmanager
def told(out: Output) -> Iterator[None]:
    """Show what could not be found, and end with the code of a wrong setting."""
    try:
        yield
    except LookupError as error:
        out.console.print(escape(str(error.args[0])))
        raise typer.Exit(SETUP) from None


def explain(asked: Asked, *, as_json: bool) -> None:
    """Show one account's sentence, scores and ledger."""
    out = Output(as_json=as_json)
    with told(out):
        found = run.explain(asked.deployment(), asked.account, score=asked.score)
    out.data(found)
    out.title(escape(found.name))
    records = ", ".join(f"{name} {' '.join(refs)}" for name, refs in found.records.items())
    out.show(Text(f"{found.account_id}   {records}", style="dim"), "", escape(found.sentence))
    for row in found.scores:
        if row["override"]:
            out.show(Text(f"{row['score']}: {row['override']}", style="bold"))
    out.show("", _scores(found.scores), "", _ledger(found.ledger, out.console.width))


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


def _ledger(rows: Any, width: int) -> Table:
    """Return the parts; a narrow terminal has room for names, values, points and bars."""
    wide = width >= NUMBERS + 8
    more = ("unit", ">goodness", ">weight", ">observed") if wide else ()
    table = grid("part", "name", ">value", *more, ">points", "")
    largest = max((abs(row["points"]) for row in rows), default=0) or 1
    room = min(POINTS, max(4, (width - (NUMBERS if wide else NARROW)) // 2))
    for row in rows:
        seen = "-" if row["observed"] is None else f"{100 * row['observed']:.0f} %"
        how = (row["unit"] or "", views.number(row["goodness"], 1), views.number(row["weight"], 3))
        table.add_row(
            row["part"].replace("_", " "),
            row["name"],
            views.number(row["value"], 2),
            *((*how, seen) if wide else ()),
            f"{row['points']:+.2f}",
            bar(row["points"], largest, room),
        )
    total = sum(row["points"] for row in rows)
    table.add_row("", "50 + all parts", *[""] * (1 + len(more)), f"{50 + total:.2f}", "")
    return table


def bar(points: float, largest: float, room: int = POINTS) -> Text:
    """Return signed points as a bar, to the left or right of a line with room on both sides."""
    length = round(room * abs(points) / largest)
    bar = "█" * length
    if points < 0:
        return Text(f"{bar:>{room}}│", style="red")
    return Text(f"{'':>{room}}│{bar}", style="green")


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
