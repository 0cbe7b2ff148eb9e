"""The command that makes files for people: report."""

import time
from pathlib import Path

import typer

from sync import run
from sync.book import sheets
from sync.config import load
from sync.exporting import write_csv, write_xlsx
from sync.files import replace_text
from sync.webreport import page

from .main import SETUP
from .output import Output

DEFAULT = Path("pulsefield-report.html")


def report(config: Path, output: Path | None, folder: Path | None, workbook: Path | None) -> None:
    """Write the HTML report, the CSV files and the workbook that were asked for.

    Without any of them the HTML report goes to ``DEFAULT``.

    Raises:
        typer.Exit: nothing is stored yet.
    """
    out = Output()
    began = time.monotonic()
    with out.progress() as progress:
        book = run.book(load(config), progress=progress)
    if not len(book.accounts):
        out.show("Nothing is stored yet; run `pulsefield pull` first.")
        raise typer.Exit(SETUP)
    wanted = output or (None if folder or workbook else DEFAULT)
    if wanted is not None:
        replace_text(wanted, page(book))
        out.show(f"Wrote {wanted} ({_size(wanted)}): open it in any browser.")
    if folder is not None:
        written = write_csv(folder, sheets(book))
        out.show(f"Wrote {len(written)} CSV files to {folder}.")
    if workbook is not None:
        write_xlsx(workbook, sheets(book))
        out.show(f"Wrote {workbook} ({_size(workbook)}).")
    out.show(f"{len(book.accounts):,} accounts, {time.monotonic() - began:.1f} s.")


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.0f} kB"  # noqa: PLR2004
