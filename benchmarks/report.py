"""What a report costs: from the store to the files, and how long a filter takes in Chromium.

Run ``python benchmarks/report.py [ACCOUNTS]``; 10,000 by default. The store is filled directly.
Beside each time stands a plain ``json.dumps`` or ``csv.writer`` of the same values, as the least
that a file of them can cost.
"""

import csv
import io
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from sync import run
from sync.book import Book, sheets
from sync.exporting import write_csv, write_xlsx
from sync.webreport import page, payload
from tests.sync.book.stored import NOW, deployment

FILTERS = (("search", "c"), ("search", "ra 99"), ("look", "risk"), ("search", ""), ("band", "1"))


def timed(name: str, call: Callable[[], Any]) -> tuple[Any, float]:
    """Call, print the seconds, and return both."""
    began = perf_counter()
    found = call()
    seconds = perf_counter() - began
    print(f"{name:<34}{seconds:>8.2f} s")
    return found, seconds


def plain_csv(book: Book) -> None:
    """The same rows as CSV, made by hand."""
    for sheet in sheets(book):
        csv.writer(io.StringIO()).writerows(sheet.rows)


def filters(file: Path) -> None:
    """Print the time of some filters in Chromium, if it is there."""
    try:
        from tests.sync.webreport import browser  # noqa: PLC0415 - selenium may be missing
    except ImportError:
        return
    with browser.opened() as report:
        report.open(file)
        for name, value in FILTERS:
            print(f"filter {name}={value!r:<26}{report.set(name, value):>8.0f} ms")


def main(accounts: int) -> None:
    """Print everything."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        config = deployment(home, accounts)
        book, _ = timed("match, score, gather", lambda: run.book(config, now=NOW))
        text, ours = timed("HTML", lambda: page(book))
        values = [payload.portfolio(book), payload.details(book)]
        _, least = timed("  its values as plain JSON", lambda: json.dumps(values))
        print(f"  {ours / least:.1f} x the plain one, {len(text.encode()) / 1e6:.1f} MB")
        _, ours = timed("CSV", lambda: write_csv(home / "csv", sheets(book)))
        _, least = timed("  its rows as plain CSV", lambda: plain_csv(book))
        print(f"  {ours / least:.1f} x the plain one")
        timed("XLSX", lambda: write_xlsx(home / "book.xlsx", sheets(book)))
        (home / "report.html").write_text(text, encoding="utf-8")
        filters(home / "report.html")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
