"""Where a command's words go: tables for people, JSON for programs, progress on the side."""

import dataclasses
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date, datetime
from typing import Any, Self

import pyarrow as pa
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from sync.logs import TELLING, Logged
from sync.progress import Progress, Stage, Tally
from sync.service.stopping import Stop, Stoppable, on_signals

PIPED_WIDTH = 160
"""Columns when nobody's terminal sets them: wide enough that no table is folded."""


def console(*, stderr: bool = False) -> Console:
    """Return a console; colours follow ``NO_COLOR`` and whether a terminal is there."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPED_WIDTH
    return Console(stderr=stderr, highlight=False, width=width)


def plain(value: Any) -> Any:
    """Return a value that JSON can hold: dataclasses and rows as objects, times as ISO 8601."""
    if isinstance(value, pa.Table):
        value = value.to_pylist()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [plain(entry) for entry in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


class Output:
    """What one command shows.

    Args:
        as_json: One JSON document on standard output instead of tables.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.console = console()

    def show(self, *parts: RenderableType) -> None:
        """Show something to a person; nothing under ``--json``."""
        if not self.as_json:
            for part in parts:
                self.console.print(part)

    def data(self, value: Any) -> None:
        """Show something to a program; nothing without ``--json``."""
        if self.as_json:
            sys.stdout.write(json.dumps(plain(value), ensure_ascii=False, indent=2) + "\n")

    def title(self, text: str) -> None:
        """Show the title of a part."""
        self.show("", Text(text, style="bold"))

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Show progress: bars on a terminal, quiet lines elsewhere; under ``--log-json`` log it.

        SIGTERM or Ctrl-C ends the work at the next safe point, a second one at once.
        """
        stop = Stop(grace=0)
        with on_signals(stop), self._shown() as shown:
            yield Stoppable(shown, stop)

    def _shown(self) -> AbstractContextManager[Progress]:
        if TELLING.as_json:
            return nullcontext(Logged())
        return Bars() if sys.stderr.isatty() and not self.as_json else Lines()


class Lines(Tally):
    """A Progress of one line for each thing that is over, on standard error."""

    def __init__(self) -> None:
        super().__init__(_line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def _line(stage: Stage, what: str, count: int) -> None:
    amount = f" {count:,}" if count else ""
    sys.stderr.write(f"{stage} {what}{amount}\n")


class Bars:
    """A Progress of bars on standard error, gone when the work is over."""

    def __init__(self) -> None:
        from rich import progress as rich_progress

        self._progress = rich_progress.Progress(
            rich_progress.SpinnerColumn(),
            rich_progress.TextColumn("{task.fields[stage]:<6}{task.description}"),
            rich_progress.BarColumn(bar_width=30),
            rich_progress.MofNCompleteColumn(),
            console=console(stderr=True),
            transient=True,
        )
        self._tasks: dict[tuple[Stage, str], Any] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def start(self, stage: Stage, what: str, total: int | None) -> None:
        """Add a bar."""
        self._tasks[stage, what] = self._progress.add_task(what, total=total, stage=stage)

    def advance(self, stage: Stage, what: str, count: int) -> None:
        """Move a bar."""
        if (stage, what) in self._tasks:
            self._progress.advance(self._tasks[stage, what], count)

    def finish(self, stage: Stage, what: str) -> None:
        """Take a bar away."""
        task = self._tasks.pop((stage, what), None)
        if task is not None:
            self._progress.remove_task(task)


def grid(*columns: str, title: str | None = None) -> Table:
    """Return an empty table; a column named ``>name`` is right-aligned, ``*name`` may fold.

    Long words fold, too: the end of a model's key tells it from the next one.
    """
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        name = column.lstrip(">*")
        table.add_column(
            name,
            justify="right" if column.startswith(">") else "left",
            no_wrap=not column.startswith("*"),
            overflow="fold" if column.startswith("*") else "ellipsis",
            header_style="dim",
        )
    return table
