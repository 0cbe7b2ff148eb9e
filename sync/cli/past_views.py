"""What the journal keeps, as tables: runs, dead letters, a saved plan field by field."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from sync import past
from sync.config import load
from sync.past import PastRun

from . import views
from .output import Output, grid

SHOWN = 60
"""Changes of a plan that are shown without ``--all``."""
_COLOURS = {"done": "green", "failed": "red", "interrupted": "yellow", "running": "cyan"}


def show_runs(config: Path, limit: int, *, as_json: bool) -> None:
    """List the latest runs."""
    out = Output(as_json=as_json)
    found = past.runs(load(config), limit)
    out.data(found)
    out.show(_runs(found) if found else "No run yet; `pulsefield plan` makes one.")


def show_run(config: Path, run: int, *, as_json: bool) -> None:
    """Show one run."""
    out = Output(as_json=as_json)
    found = past.run_detail(load(config), run)
    out.data(found)
    out.show(_runs([found.run]))
    if found.run.forced:
        out.show("", Text(f"Forced: {found.run.forced}", style="yellow"))
    table = grid("target", "planned by", "applied by", "state", "*rows", "*unsafe")
    for plan in found.plans:
        rows = ", ".join(f"{state} {count:,}" for state, count in sorted(plan.rows.items()))
        by = "" if plan.applied_by is None else str(plan.applied_by)
        unsafe = escape("; ".join(plan.unsafe))
        table.add_row(plan.connection, str(plan.made_by), by, plan.state, rows or "none", unsafe)
    if found.plans:
        out.title("Plans")
        out.show(table)
    written = {entry["connection"] for entry in found.report.get("applied", ())}
    for plan in found.report.get("plans", ()):
        if plan.get("creates"):
            done = "Made first" if plan["connection"] in written else "To be made first"
            out.show("", f"{done} in {plan['connection']}: {', '.join(plan['creates'])}.")
    for entry in found.report.get("connections", ()):
        if entry.get("error"):
            out.show("", Text(f"{entry['name']}: {entry['error']}", style="red"))


def show_letters(config: Path, *, as_json: bool) -> None:
    """List dead letters."""
    out = Output(as_json=as_json)
    found = past.dead_letters(load(config))
    out.data(found)
    table = grid("target", "record", "account", ">run", "may pass", "code", "*reason")
    for letter in found:
        table.add_row(
            letter.connection,
            letter.ref,
            escape(letter.account_id or "-"),
            "-" if letter.run is None else str(letter.run),
            "yes" if letter.retryable else "no",
            escape(letter.code),
            escape(letter.message),
        )
    out.show(table if found else "No dead letters.")
    if found:
        out.show("", "`pulsefield retry` sends those that may pass; with --all, the others too.")


def show_plan(config: Path, wanted: str, *, every: bool, as_json: bool) -> None:
    """Show a saved plan, field by field."""
    out = Output(as_json=as_json)
    found = past.plan_shown(load(config), wanted)
    out.data({"plan": found.plan.run, "checksum": found.plan.checksum,
              "made_at": found.plan.made_at, "parts": [
                  {"connection": part.connection, "state": part.state, "unsafe": part.unsafe,
                   "creates": found.creates.get(part.connection, ()),
                   "checksum": part.checksum, "changes": found.changes[part.connection]}
                  for part in found.plan.parts]})  # fmt: skip
    out.show(f"Plan {found.plan.run}@{found.plan.checksum}, made {_time(found.plan.made_at)}")
    for part in found.plan.parts:
        rows = found.changes[part.connection]
        out.title(f"{part.connection}: {len(part.writes):,} records, {len(rows):,} values")
        out.show(views.changes(rows if every else rows[:SHOWN], out.console.width))
        if len(rows) > SHOWN and not every:
            out.show(f"... and {len(rows) - SHOWN:,} more; --all shows them.")
        if creates := found.creates.get(part.connection):
            out.show("", f"Made first, as they are missing: {', '.join(creates)}.")
        for reason in part.unsafe:
            out.show(Text(f"unsafe: {reason}", style="bold red"))
        if part.state != "made":
            out.show(f"It was applied already ({part.state}).")


def _runs(found: Iterable[PastRun]) -> Table:
    table = grid(
        ">run", "kind", "state", "began (UTC)", ">seconds", ">accounts", ">written", ">refused"
    )
    for run in found:
        took = (run.ended_at - run.started_at).total_seconds() if run.ended_at else None
        table.add_row(
            str(run.run),
            run.kind,
            Text(run.state, style=_COLOURS.get(run.state, "")),
            _time(run.started_at),
            views.number(took, 0),
            views.number(run.accounts),
            views.number(run.written),
            views.number(run.refused),
        )
    return table


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
