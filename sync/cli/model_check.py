"""``model check`` and ``model sql``."""

import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from scoring import Problem
from scoring.drawing import Drawing
from scoring.remarks import Remark
from sync.config import Config, load
from sync.modelling import ModelCheck, check_model, find_model, printed
from sync.modelling.check import Segments, Weights
from sync.modelling.feeding import FED, Feed

from .main import SETUP
from .model import deployment
from .output import Output, grid
from .views import number, share

BLOCKS = "▁▂▃▄▅▆▇█"
"""Heights of a plot one line high, 0 to 100."""
WIDE = 100
"""Columns of a terminal that a whole plot fits in."""
BAR = 20
"""Columns of the longest bar of weight."""


def check(wanted: str | None, config: Path, *, as_json: bool) -> None:
    """Show a model from all sides.

    Raises:
        typer.Exit: 2 where the model cannot be used.
    """
    out = Output(as_json=as_json)
    loaded = _loaded(config)
    found = check_model(find_model(wanted, loaded), loaded)
    out.data(found)
    if not found.ok:
        out.show(problems(found.file, found.problems))
        raise typer.Exit(SETUP)
    out.show(Text(f"{found.file}: {found.name}", style="bold"))
    _show(out, found, deployed=loaded is not None)
    out.show("", Text("The model can be used.", style="green"))


def sql(wanted: str | None, config: Path, dialect: str, as_of: datetime | None) -> None:
    """Print a model as SQL."""
    loaded = _loaded(config)
    for line in printed(find_model(wanted, loaded), loaded, dialect, as_of):
        sys.stdout.write(line + "\n")


def _loaded(config: Path) -> Config | None:
    file = deployment(config)
    return None if file is None else load(file)


def problems(file: str, found: Iterable[Problem]) -> Table:
    """Every error: where, what stands there, what may stand there, what looks like it."""
    table = grid("file", "key", "*value", "*allowed", "did you mean")
    for problem in found:
        table.add_row(
            Text(file, style="red"),
            escape(problem.key),
            escape(problem.value),
            escape(problem.allowed),
            escape(" or ".join(problem.near)),
        )
    return table


def _show(out: Output, found: ModelCheck, *, deployed: bool) -> None:
    for score in dict.fromkeys(one.score for one in found.weights):
        out.title(f"{score}: weights down to the metrics, in percent")
        out.show(_weights([one for one in found.weights if one.score == score]))
    out.title("Curves: goodness 0 to 100 over the signal's value")
    feeds = {feed.metric: feed for feed in found.feeds}
    out.show(_curves(found.curves, feeds, every=1 if out.console.width >= WIDE else 2))
    if found.segments is not None:
        out.title(f"Segments of {found.segments.accounts:,} accounts")
        out.show(*_segments(found.segments))
    if deployed:
        lost = [feed for feed in found.feeds if feed.state != FED]
        out.title("Metrics that nothing feeds")
        out.show(_feeds(lost) if lost else "None: every metric is fed.")
        for name, reason in (found.silent or {}).items():
            out.show(Text(f"{name} could not say what it reads: {reason}", style="yellow"))
    out.title("To look at")
    out.show(_remarks(found.remarks) if found.remarks else "Nothing.")


def _weights(found: list[Weights]) -> Table:
    """One row per metric and way, one column per segment whose weights differ."""
    names = [one.segment or "all" for one in found]
    table = grid("metric", "in", *(f">{name}" for name in names), "", ">alone, points")
    columns = [{(each.via, each.metric): each.share for each in one.shares} for one in found]
    keys = list(dict.fromkeys(key for column in columns for key in column))
    keys.sort(key=lambda key: -max(column.get(key, 0.0) for column in columns))
    top = max((column.get(key, 0.0) for column in columns for key in keys), default=0) or 1
    for via, metric in keys:
        each = [column.get((via, metric), 0.0) for column in columns]
        table.add_row(
            metric,
            " / ".join(via),
            *(f"{100 * one:.1f}" if one else "-" for one in each),
            Text("█" * round(BAR * each[0] / top), style="blue"),
            number(max(one.reach.get(metric, 0.0) for one in found), 1),
        )
    table.add_row("", "", *(f"{100 * sum(column.values()):.1f}" for column in columns), "", "")
    return table


def plot(drawing: Drawing, every: int = 1) -> str:
    """Return a curve, or every second point of it, as one line of blocks."""
    top = len(BLOCKS) - 1
    return "".join(BLOCKS[max(0, min(top, int(y * len(BLOCKS) / 100)))] for y in drawing.y[::every])


def _curves(drawings: Iterable[Drawing], feeds: Mapping[str, Feed], *, every: int) -> Table:
    """One row per curve: a segment's below that of all."""
    table = grid("*metric", "*curve", ">from", "", "to", "*unit", ">known", ">median")
    for drawing in drawings:
        feed = None if drawing.segment else feeds.get(drawing.metric)
        known = feed.observed if feed else None
        table.add_row(
            escape(f"· {drawing.segment}") if drawing.segment else drawing.metric,
            drawing.curve,
            f"{drawing.x[0]:.3g}",
            plot(drawing, every),
            f"{drawing.x[-1]:.3g}",
            escape(drawing.unit),
            "" if known is None else f"{100 * known:.0f} %",
            f"{feed.median:.3g}" if feed and feed.median is not None else "",
        )
    return table


def _segments(found: Segments) -> Iterable[Table | Text | str]:
    table = grid("segment", ">accounts", ">", ">its condition holds for")
    for name, count in found.members.items():
        held = number(found.matches[name])
        table.add_row(escape(name), number(count), share(count, found.accounts), held)
    table.add_row("in none", number(found.none), share(found.none, found.accounts), "")
    yield table
    for first, other, count in found.overlaps:
        yield f"{count:,} in both {first} and {other}: {first} gets them, as it comes first"


def _feeds(lost: Iterable[Feed]) -> Table:
    table = grid("metric", ">weight", "why", "*detail")
    for feed in lost:
        weight = f"{100 * feed.share:.1f} %" if feed.share else "-"
        table.add_row(feed.metric, weight, feed.state, escape(feed.detail))
    return table


def _remarks(found: Iterable[Remark]) -> Table:
    table = grid("", "what", "in", "of", "*why")
    for remark in found:
        mark = Text("!", style="yellow")
        where = remark.score + (f" ({remark.segment})" if remark.segment else "")
        table.add_row(mark, remark.kind, escape(where), escape(remark.name), escape(remark.text))
    return table
