"""The commands that do the work: pull, score, plan, sync."""

from datetime import datetime
from pathlib import Path

import typer

from sync import run
from sync.config import load
from sync.files import replace_text
from sync.summary import RunReport

from . import views
from .output import Output


def pull(config: Path, *, full: bool, as_json: bool) -> None:
    """Read what changed, and show what was read."""
    out = Output(as_json=as_json)
    with out.progress() as progress:
        report = run.pull(load(config), progress=progress, full=full)
    out.data(report)
    _show_reading(out, report)
    raise typer.Exit(report.exit_code)


def score(
    config: Path,
    when: tuple[datetime | None, datetime | None],
    output: Path | None,
    *,
    as_json: bool,
) -> None:
    """Score what is stored, and show the portfolio."""
    out = Output(as_json=as_json)
    as_of, known_at = when
    with out.progress() as progress:
        scored = run.score_now(load(config), progress=progress, as_of=as_of, known_at=known_at)
    if output is not None:
        write_csv(output, scored.scores.to_pylist())
    out.data({"report": scored.report, "scores": scored.scores})
    _show_odd(out, scored.report)
    show_portfolio(out, scored.report)
    raise typer.Exit(scored.report.exit_code)


def write_csv(path: Path, rows: list[dict[str, object]]) -> None:
    """Write rows to a CSV file, whole or not at all, with no text that reads as a formula."""
    from sync.exporting import csv_text

    header = list(rows[0]) if rows else []
    replace_text(path, csv_text(header, (list(row.values()) for row in rows)))


def sync(config: Path, *, apply: bool, force: str | None, as_json: bool) -> None:
    """Run everything; write only with ``apply``."""
    out = Output(as_json=as_json)
    with out.progress() as progress:
        report = run.sync(load(config), apply=apply, force=force, create=True, progress=progress)
    out.data(report)
    _show_reading(out, report)
    show_portfolio(out, report)
    show_plans(out, report)
    if report.applied or report.resumed:
        show_applied(out, report)
    elif not apply and any(plan.updates for plan in report.plans):
        out.show("", "Nothing was written: this was a dry run.", _kept(report))
    raise typer.Exit(report.exit_code)


def _kept(report: RunReport) -> str:
    from sync.saved import combined

    known = combined([plan.checksum for plan in report.plans])
    return (
        f"The plan is kept: `pulsefield plan show {report.run}` shows it field by field,"
        f" `pulsefield sync --plan {report.run}@{known}` writes exactly this."
    )


def show_redone(out: Output, report: RunReport, *, apply: bool) -> None:
    """Show what a saved plan, a rollback or a retry wrote, or would write."""
    out.data(report)
    show_plans(out, report)
    left = sum(plan.changed_since for plan in report.plans)
    if left:
        out.show("", f"{left:,} values are left alone: they changed since.")
    for connection in report.connections:
        if connection.error:
            out.show(f"{connection.name}: {connection.error}")
    if report.applied or report.resumed:
        show_applied(out, report)
    elif not any(plan.updates for plan in report.plans):
        out.show("", "There is nothing to write.")
    elif not apply:
        out.show("", "Nothing was written: this was a dry run; --apply writes.")
    if report.kind == "rollback" and report.applied:
        out.show(
            "",
            f"`pulsefield rollback {report.run}` undoes it. The next sync writes scores again:"
            " before it, put right what was wrong.",
        )


def _show_reading(out: Output, report: RunReport) -> None:
    out.title("Read")
    out.show(views.reading(report.connections))
    _show_odd(out, report)


def _show_odd(out: Output, report: RunReport) -> None:
    odd = views.findings(report.connections, report.matching)
    if odd.row_count:
        out.title("Odd in the data")
        out.show(odd)


def show_portfolio(out: Output, report: RunReport) -> None:
    """Show matching, distribution and the worst accounts."""
    if report.matching is not None:
        out.title("Matched")
        out.show(views.matching(report.matching))
    if report.scores:
        name, version = report.model
        out.title(f"Scores   model {name} {version}")
        out.show(*views.scores(report))
    if report.worst:
        out.title("Lowest health")
        out.show(views.accounts(report.worst[:10]))


def show_plans(out: Output, report: RunReport, shown: int = 10) -> None:
    """Show what would be written, the largest changes, and what is unsafe."""
    out.title("Plan")
    out.show(views.plans(report.plans))
    creates = {plan.connection: plan.creates for plan in report.plans if plan.creates}
    if creates:
        out.title("Fields that are missing, and made first")
        out.show(views.fields(creates))
    for plan in report.plans:
        if plan.examples:
            out.title(f"{plan.connection}: the largest changes")
            out.show(views.changes(plan.examples[:shown], out.console.width))
        if plan.edited:
            more = f", the first {len(plan.edited)}" if plan.by_hand > len(plan.edited) else ""
            out.title(f"{plan.connection}: {plan.by_hand:,} values edited by hand{more}")
            out.show(views.edited(plan.edited))
        if plan.stale:
            out.show("", f"{plan.connection}: {plan.stale:,} values kept without a score now.")
    if report.unsafe and report.forced is None:
        out.show("", views.unsafe(report))


def show_applied(out: Output, report: RunReport) -> None:
    """Show what was written and what was refused."""
    out.title("Written")
    out.show(views.applied((*report.resumed, *report.applied)))
    refused = views.refused((*report.resumed, *report.applied))
    if refused is not None:
        out.title("Refused")
        out.show(refused)
