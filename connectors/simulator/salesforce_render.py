"""Rows as Salesforce sends them: JSON records for REST, CSV for Bulk 2.0."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from .salesforce_query import Column, Result
from .salesforce_table import Row

Convert: TypeAlias = Callable[[Any], Any]

_LINES = {"LF": "\n", "CRLF": "\r\n"}
DELIMITERS = {
    "COMMA": ",", "TAB": "\t", "SEMICOLON": ";", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`",
}  # fmt: skip


def _json_time(value: str | None) -> str | None:
    return value and f"{value}+0000"


def _csv_time(value: str | None) -> str | None:
    return value and f"{value}Z"


def _csv_boolean(value: bool) -> str:  # noqa: FBT001 - a value, not a switch
    return "true" if value else "false"


def records(result: Result, rows: Iterable[Row], version: str) -> list[dict[str, Any]]:
    """Return REST records; a parent's fields are nested under the relationship's name."""
    plain = [
        (c.name, c.read, c.field.type == "datetime") for c in result.columns if "." not in c.name
    ]
    nested = [c for c in result.columns if "." in c.name]
    base = f"/services/data/v{version}/sobjects/{result.entity}/"
    made = []
    for row in rows:
        record: dict[str, Any] = {"attributes": {"type": result.entity, "url": base + row[0]}}
        for name, read, time in plain:
            value = read(row)
            record[name] = _json_time(value) if time else value
        for column in nested:
            _nest(record, column, row)
        made.append(record)
    return made


def _nest(record: dict[str, Any], column: Column, row: Row) -> None:
    head, _, tail = column.name.partition(".")
    value = column.read(row)
    inner = record.setdefault(head, None)
    if value is None:
        return
    if inner is None:
        inner = record[head] = {"attributes": {"type": column.entity}}
    inner[tail] = _json_time(value) if column.field.type == "datetime" else value


def bulk_csv(result: Result, rows: Sequence[Row], line: str, delimiter: str) -> bytes:
    """Return a page of Bulk 2.0 results: quoted CSV in UTF-8, header first, null empty."""
    special: dict[str, Convert] = {"datetime": _csv_time, "boolean": _csv_boolean}
    columns = []
    for column in result.columns:
        read, convert = column.read, special.get(column.field.type)
        if convert:
            columns.append([convert(read(row)) for row in rows])
        else:
            columns.append([read(row) for row in rows])
    lines = zip(*columns, strict=True)
    return write_csv([column.name for column in result.columns], lines, line, delimiter)


def write_csv(
    header: Sequence[str],
    lines: Iterable[Sequence[Any]],
    line: str = "LF",
    delimiter: str = "COMMA",
) -> bytes:
    """Return CSV with every value quoted."""
    text = io.StringIO(newline="")
    writer = csv.writer(
        text, quoting=csv.QUOTE_ALL, delimiter=DELIMITERS[delimiter], lineterminator=_LINES[line]
    )
    writer.writerow(header)
    writer.writerows(lines)
    return text.getvalue().encode()
