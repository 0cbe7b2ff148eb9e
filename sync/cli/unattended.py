"""Schedules: served, run once, or shown."""

from datetime import timedelta
from pathlib import Path

import typer
from rich.markup import escape

from sync import logs
from sync.clock import SystemClock
from sync.config import load
from sync.service import listener, stopping
from sync.service.rhythm import due
from sync.service.scheduler import Scheduler, Site

from .main import SETUP
from .output import Output, grid

AHEAD = 3


def serve(config: Path, once: str) -> None:
    """Run schedules until told to end, or one of them once."""
    site = Site()
    scheduler = Scheduler(config, site)
    known = scheduler.config.schedule
    if not known or (once and once not in known):
        out = Output()
        wanted = f"there is no schedule {once}" if once else "there are no schedules"
        out.console.print(escape(f"{wanted}; {config} has: {', '.join(known) or 'none'}"))
        raise typer.Exit(SETUP)
    settings = scheduler.config.logs
    as_json = logs.TELLING.as_json or settings.format == "json"
    logs.configure(as_json=as_json, level=settings.level)
    with stopping.on_signals(site.stop):
        if once:
            raise typer.Exit(scheduler.once(once).exit_code)
        _listen_and_serve(scheduler, site)


def _listen_and_serve(scheduler: Scheduler, site: Site) -> None:
    heard = listener.listen(scheduler.config, site.metrics, scheduler.health, site.clock)
    data = {"schedules": list(scheduler.config.schedule), "port": heard.port if heard else None}
    logs.LOGGER.info("scheduler begins", extra={"data": data})
    try:
        scheduler.serve()
    finally:
        if heard:
            heard.stop()
    logs.LOGGER.info("scheduler ends")


def upcoming(config: Path, *, as_json: bool) -> None:
    """Show when each schedule is due next, were it done until now."""
    out, now = Output(as_json=as_json), SystemClock().now()
    rows = []
    for name, schedule in load(config).schedule.items():
        times, last = [], now
        for _ in range(AHEAD):
            last = due(schedule, last, last)
            times.append(last)
        rows.append({"schedule": name, "run": schedule.run, "next": times})
    out.data(rows)
    table = grid("schedule", "run", "jitter", "next (UTC)")
    for row, schedule in zip(rows, load(config).schedule.values(), strict=True):
        jitter = "" if schedule.jitter == timedelta(0) else f"up to {schedule.jitter}"
        told = ", ".join(f"{time:%a %d %b %H:%M}" for time in row["next"])
        table.add_row(str(row["schedule"]), schedule.run, jitter, told)
    out.show(table)
