"""Sheets as CSV and XLSX files that no spreadsheet takes for formulas."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from .book.sheet import Column, Kind, Sheet
from .errors import SyncError
from .files import replace_bytes, replace_text

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may read as the beginning of a formula, full-width forms included."""
MOST_ROWS = 1_048_575
"""Rows of a worksheet below its header; Excel's limit is 1,048,576 in all."""
MOST_UNITS = 32_767
"""Characters of a cell; Excel's limit."""
FORMATS: dict[Kind, str] = {
    "integer": "#,##0",
    "score": "0.0",
    "points": "+0.0;-0.0;0.0",
    "number": "0.###",
    "share": "0 %",
    "money": "#,##0",
    "date": "yyyy-mm-dd",
}


def safe(text: str) -> str:
    """Return text that stays text in a spreadsheet: an apostrophe before what looks else."""
    return "'" + text if text.lstrip(" ").startswith(FORMULA) else text


def cell(value: Any) -> Any:
    """Return a CSV cell: numbers and dates as such, text made safe, lists joined."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, list | tuple):
        return safe("; ".join(map(str, value)))
    return value


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return CSV with a header; a number that is not known is an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def write_csv(folder: Path, sheets: Iterable[Sheet]) -> list[Path]:
    """Write each sheet to ``NAME.csv`` in a folder, which is made if it is not there.

    Raises:
        SyncError: the folder cannot be made, or a file not written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SyncError(f"{folder}: cannot be made ({error.strerror})") from error
    written = []
    for sheet in sheets:
        path = folder / f"{sheet.name}.csv"
        header = [column.name for column in sheet.columns]
        # The mark lets Excel read the file as UTF-8.
        replace_text(path, "\ufeff" + csv_text(header, sheet.rows))
        written.append(path)
    return written


def write_xlsx(path: Path, sheets: Iterable[Sheet]) -> None:
    """Write one workbook with a worksheet for each sheet.

    Text is written as text: there is no formula in the file, whatever a name begins with. A
    sheet longer than a worksheet goes on in the next one.

    Raises:
        SyncError: it cannot be written; what was there is untouched.
    """
    import xlsxwriter  # noqa: PLC0415 - only exports need it

    held = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(held, options) as book:
        for sheet in sheets:
            _Worksheets(book, sheet).fill()
    replace_bytes(path, held.getvalue())


class _Worksheets:
    """One sheet's worksheets, begun as they are needed."""

    def __init__(self, book: Any, sheet: Sheet) -> None:
        self._book = book
        self._sheet = sheet
        self._count = 0
        self._bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._writers = [self._writer(column) for column in sheet.columns]
        self._page = self._begun()

    def fill(self) -> None:
        """Write all rows."""
        for place, row in enumerate(self._sheet.rows):
            at = place % MOST_ROWS
            if place and at == 0:
                self._page = self._begun()
            for column, (value, write) in enumerate(zip(row, self._writers, strict=True)):
                if value is not None:
                    write(self._page, at + 1, column, value)

    def _begun(self) -> Any:
        self._count += 1
        title = self._sheet.name.replace("_", " ").capitalize()
        page = self._book.add_worksheet(title if self._count == 1 else f"{title} {self._count}")
        page.freeze_panes(1, 0)
        for place, column in enumerate(self._sheet.columns):
            page.set_column(place, place, _width(column))
        for place, column in enumerate(self._sheet.columns):
            page.write_string(0, place, column.title, self._bold)
        return page

    def _writer(self, column: Column) -> Callable[[Any, int, int, Any], None]:
        shape = FORMATS.get(column.kind)
        style = self._book.add_format({"num_format": shape}) if shape else None

        def text(page: Any, row: int, place: int, value: Any) -> None:
            page.write_string(row, place, _text(value)[:MOST_UNITS])

        def day(page: Any, row: int, place: int, value: date) -> None:
            bare = value.replace(tzinfo=None) if isinstance(value, datetime) else value
            page.write_datetime(row, place, bare, style)

        def number(page: Any, row: int, place: int, value: float) -> None:
            page.write_number(row, place, value, style)

        return {"text": text, "date": day}.get(column.kind, number)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _width(column: Column) -> int:
    if column.kind != "text":
        return 12
    return {"name": 32, "reasons": 80, "part": 40, "account_id": 30}.get(column.name, 16)
