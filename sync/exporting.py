"""Sheets as CSV and XLSX files that no spreadsheet takes for formulas."""

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from .book.sheet import Column, Kind, Sheet
from .errors import SyncError
from .files import replace_bytes, replace_text

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may read as the beginning of a formula, full-width forms included."""
MOST_ROWS = 1_048_575
"""Rows of a worksheet below its header; Excel's limit is 1,048,576 in all."""
MOST_UNITS = 32_767
"""Characters of a cell; Excel's limit."""
FIRST_YEAR = 1900
"""Of a spreadsheet's calendar."""
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
    from rustpy_xlsxwriter import write_worksheets  # noqa: PLC0415 - only exports need it

    pages: list[tuple[str, pa.Table]] = []
    widths: dict[str, Any] = {}
    formats: dict[str, Any] = {}
    for sheet in sheets:
        styles = [_style(column) for column in sheet.columns]
        for title, table in _pages(sheet):
            pages.append((title, table))
            widths[title] = [_width(column) for column in sheet.columns]
            formats[title] = styles
    held = io.BytesIO()
    write_worksheets(
        pages,
        held,
        freeze_panes={"general": {"row": 1, "col": 0}},
        column_widths=widths,
        column_formats=formats,
        header_format=dict.fromkeys(widths, _header()),
    )
    replace_bytes(path, held.getvalue())


def _pages(sheet: Sheet) -> Iterator[tuple[str, pa.Table]]:
    """Yield each worksheet's title and its rows, column by column."""
    title = sheet.name.replace("_", " ").capitalize()
    rows = iter(sheet.rows)
    for count in itertools.count(1):
        part = list(itertools.islice(rows, MOST_ROWS))
        if not part and count > 1:
            return
        columns = zip(*part, strict=True) if part else [()] * len(sheet.columns)
        cells = [_cells(c.kind, v) for c, v in zip(sheet.columns, columns, strict=True)]
        names = [column.title for column in sheet.columns]
        yield title if count == 1 else f"{title} {count}", pa.Table.from_arrays(cells, names)


def _cells(kind: Kind, values: Sequence[Any]) -> pa.Array:
    """Return a worksheet's column; days that a spreadsheet does not have become text."""
    if kind == "text":
        return pa.array([None if v is None else _text(v)[:MOST_UNITS] for v in values], pa.string())
    if kind != "date":
        return pa.array(values, pa.float64())
    if any(value is not None and value.year < FIRST_YEAR for value in values):
        return pa.array([None if v is None else v.isoformat() for v in values], pa.string())
    bare = [v.replace(tzinfo=None) if isinstance(v, datetime) else v for v in values]
    timed = any(isinstance(value, datetime) for value in bare)
    return pa.array(bare, pa.timestamp("us") if timed else pa.date32())


def _style(column: Column) -> Any:
    from rustpy_xlsxwriter import Format  # noqa: PLC0415 - only exports need it

    shape = FORMATS.get(column.kind)
    return Format().set_num_format(shape) if shape else Format()


def _header() -> Any:
    from rustpy_xlsxwriter import Format  # noqa: PLC0415 - only exports need it

    return Format().set_bold().set_text_wrap().set_align("top")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _width(column: Column) -> float:
    if column.kind != "text":
        return 12
    return {"name": 32, "reasons": 80, "part": 40, "account_id": 30}.get(column.name, 16)
