"""A run's report as tables for people."""

from collections.abc import Iterable, Mapping, Sequence

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from sync.pairing import MatchReport
from sync.summary import (
    AccountScore,
    ApplyReport,
    Change,
    ConnectionReport,
    Edited,
    PlanReport,
    RunReport,
    ScoreReport,
)

from .output import grid

BAR = 40
"""Columns of the longest bar."""
NO_DATA = "no data"
COLOURS = ("red", "yellow", "green")
HEADLINES = ("health", "adoption", "engagement")
NARROW, WIDE = 80, 100
"""Columns of a terminal."""
LISTED = 20
"""Findings and refused rows shown; `--json` has them all."""


def band_style(band: str | None, bands: Sequence[str] = COLOURS) -> str:
    """Return a colour for a band by its place; the word itself always stands beside it."""
    names = [name for name in bands if name != NO_DATA]
    if band not in names or len(names) == 1:
        return "dim"
    place = names.index(band) / (len(names) - 1)
    return COLOURS[min(int(place * len(COLOURS)), len(COLOURS) - 1)]


def number(value: float | None, digits: int = 0) -> str:
    """Return a number, or a dash."""
    return "-" if value is None else f"{value:,.{digits}f}"


def share(part: float, whole: float) -> str:
    """Return a percentage, or a dash where there is no whole."""
    return f"{100 * part / whole:.0f} %" if whole else "-"


def moved(value: float | None, change: float | None) -> str:
    """Return a signed change between the rounded values that people see; "" for none."""
    if value is None or change is None:
        return ""
    points = round(value) - round(value - change)
    return f"{points:+d}" if points else ""


def reading(connections: Iterable[ConnectionReport]) -> Table:
    """What was read from each system, and with how many requests."""
    table = grid("connection", "kind", ">records", ">new or changed", ">requests", ">least", "")
    for entry in connections:
        kept = sum(entry.rows.values())
        note = Text(entry.error or "", style="red")
        if not entry.error and entry.retried:
            note = Text(f"{entry.retried} retried", style="dim")
        table.add_row(
            entry.name,
            entry.kind,
            number(entry.records),
            number(kept),
            number(sum(entry.made.values())),
            number(sum(entry.least.values())),
            note,
        )
    return table


def findings(connections: Iterable[ConnectionReport], extra: MatchReport | None = None) -> Table:
    """Oddities in the data, each with its count and examples."""
    table = grid("in", "what", "where", ">rows", "*examples")
    rows = [(entry.name, found) for entry in connections for found in entry.findings]
    rows += [("", found) for found in (extra.parked if extra else ())]
    for name, found in rows[:LISTED]:
        table.add_row(
            name,
            found.kind.replace("_", " "),
            found.where,
            number(found.count),
            escape(", ".join(found.examples)),
        )
    if len(rows) > LISTED:
        table.add_row("", f"and {len(rows) - LISTED} more: --json lists all", "", "", "")
    return table


def matching(report: MatchReport) -> Table:
    """How records became accounts."""
    table = grid("", ">")
    table.show_header = False
    table.add_row("account records", _counts(report.records))
    table.add_row("customers", number(report.accounts))
    systems = {f"in {n} system{'s'[: n != 1]}": count for n, count in report.joined.items()}
    table.add_row("", _counts(systems))
    table.add_row("joined by", _counts({k.replace("_", " "): v for k, v in report.rules.items()}))
    table.add_row("no partner", _counts(report.unmatched))
    table.add_row("to be decided", f"{len(report.review)} pairs (pulsefield match)")
    for column in table.columns:
        column.justify = "left"
    return table


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "-"


def distribution(score: ScoreReport) -> Table:
    """One score's bands as bars."""
    table = grid("", "", ">", ">")
    table.show_header = False
    total = sum(score.bands.values())
    longest = max(score.bands.values(), default=0) or 1
    names = list(score.bands)
    for band, count in score.bands.items():
        style = band_style(band, names)
        bar = Text("█" * max(round(BAR * count / longest), int(count > 0)), style=style)
        table.add_row(f"  {band}", bar, number(count), share(count, total))
    return table


def scores(report: RunReport) -> list[RenderableType]:
    """The portfolio: headline scores with their bands, and the parts below them."""
    shown: list[RenderableType] = []
    for score in report.scores:
        if score.score not in HEADLINES:
            continue
        title = Text(score.score, style="bold")
        title.append(
            f"   mean {number(score.mean, 1)}   coverage {100 * score.coverage:.0f} %", style="dim"
        )
        shown += [title, distribution(score)]
    parts = [score for score in report.scores if score.score not in HEADLINES]
    if parts:
        text = "   ".join(f"{part.score} {number(part.mean, 0)}" for part in parts)
        shown.append(Text(f"parts of health, mean   {text}", style="dim"))
    return shown


def accounts(rows: Iterable[AccountScore], bands: Sequence[str] = COLOURS) -> Table:
    """Accounts with their score, band, change and reasons."""
    table = grid("*account", ">health", "band", ">change", "*why")
    for row in rows:
        table.add_row(
            escape(row.name),
            number(row.value),
            Text(row.band, style=band_style(row.band, bands)),
            moved(row.value, row.change),
            escape(row.reasons),
        )
    return table


def plans(reports: Iterable[PlanReport]) -> Table:
    """What each plan would write."""
    shown = list(reports)
    renewed = any(plan.renewed for plan in shown)
    table = grid(
        "target", ">accounts", ">to write", *([">only dated"] if renewed else []), ">filled",
        ">replaced", ">cleared", ">by hand", ">held back",
    )  # fmt: skip
    for plan in shown:
        counts = (
            plan.records, plan.updates, *([plan.renewed] if renewed else []), plan.filled,
            plan.replaced, plan.cleared, plan.by_hand, plan.held_back,
        )  # fmt: skip
        table.add_row(plan.connection, *map(number, counts))
    return table


def fields(creates: Mapping[str, Sequence[str]]) -> Table:
    """Fields by target."""
    table = grid("target", ">fields", "*names")
    for name, names in creates.items():
        table.add_row(name, number(len(names)), ", ".join(names))
    return table


def edited(rows: Iterable[Edited]) -> Table:
    """Values that someone edited since they were written."""
    table = grid("*account", "record", "field", "we wrote", "it holds", "so it is")
    for row in rows:
        held, fate = row.held or "(empty)", "kept" if row.kept else "overwritten"
        table.add_row(escape(row.name), row.ref, row.field, escape(row.written), escape(held), fate)
    return table


def changes(rows: Sequence[Change], width: int) -> Table:
    """Changes, field by field; a narrow terminal has no room for record and reasons."""
    ids = ("record",) if width >= NARROW else ()
    why = ("*why",) if width >= WIDE and any(change.why for change in rows) else ()
    table = grid("*account", *ids, "field", "now", "", "*then", *why)
    for change in rows:
        table.add_row(
            escape(change.name),
            *([change.ref] if ids else ()),
            change.field,
            escape(change.old or "(empty)"),
            "→",
            escape(change.new or "(empty)"),
            *([escape(change.why)] if why else ()),
        )
    return table


def unsafe(report: RunReport) -> Text:
    """Why nothing was written."""
    text = Text("Unsafe, so nothing was written:", style="bold red")
    for plan in report.plans:
        for reason in plan.unsafe:
            text.append(f"\n  {plan.connection}: {reason}", style="not bold")
    text.append(
        "\nLook at the plan; if it is right, run again with --force and the reason, or change "
        "[limits].",
        style="not bold",
    )
    return text


def applied(reports: Iterable[ApplyReport]) -> Table:
    """What was written, and what was refused."""
    table = grid("target", ">written", ">refused", ">seconds", "")
    for entry in reports:
        table.add_row(
            entry.connection,
            number(entry.ok),
            number(len(entry.refused)),
            number(entry.seconds, 1),
            Text(entry.error or "", style="red"),
        )
    return table


def refused(reports: Iterable[ApplyReport]) -> Table | None:
    """Refused rows with their reasons, or None."""
    rows = [(entry.connection, row) for entry in reports for row in entry.refused]
    if not rows:
        return None
    table = grid("target", "record", "code", "*reason")
    for name, row in rows[:LISTED]:
        table.add_row(name, row.ref, row.code, escape(row.message))
    if len(rows) > LISTED:
        table.add_row("", f"and {len(rows) - LISTED} more", "", "")
    return table
