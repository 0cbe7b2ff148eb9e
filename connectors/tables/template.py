"""Empty sheets for every canonical table, and the settings that read them back."""

import csv
import io
from collections.abc import Iterable, Sequence

from connectors.records import TABLES, Table

CONNECTION = "files"
SETTINGS = "connection.toml"
MEANINGS = "columns.csv"
_ACCOUNT = "account"
_TYPES = {
    "string": "text",
    "strings": "texts, separated by semicolons",
    "integer": "whole number",
    "number": "number",
    "boolean": "yes or no",
    "time": "date, or date and time with zone; UTC without one",
    "date": "date",
}


def template() -> dict[str, str]:
    """Return file name -> text: a sheet per table, the meaning of its columns, the settings.

    A sheet has a line of names and nothing else, so that it is read as it stands; units and
    meanings are in a file of their own.
    """
    sheets = {f"{name}.csv": _lines([_names(table)]) for name, table in TABLES.items()}
    return {**sheets, MEANINGS: _meanings(), SETTINGS: _settings()}


def _keys(table: Table) -> list[tuple[str, str, str]]:
    """Return name, type and meaning of the columns that tell rows and accounts apart."""
    if table.name == "accounts":
        return [("id", "text", "needed; other sheets refer to it, and scores are told by it")]
    account = (_ACCOUNT, "text", "needed; the id of its row in accounts.csv")
    if table.name == "usage":  # rows are told apart by what they say
        return [account]
    return [("id", "text", "tells rows apart; empty: made of the row's content"), account]


def _names(table: Table) -> list[str]:
    return [name for name, _, _ in _keys(table)] + [column.name for column in table.columns]


def _meanings() -> str:
    rows: list[Sequence[str]] = [("sheet", "column", "type", "meaning and unit")]
    for table in TABLES.values():
        sheet = f"{table.name}.csv"
        rows += [(sheet, *key) for key in _keys(table)]
        rows += [(sheet, c.name, _TYPES[c.type], c.about) for c in table.columns]
    return _lines(rows)


def _settings() -> str:
    parts = [
        "# Reads the sheets of this folder. Put it into pulsefield.toml; folder is where they are.",
        f'[connections.{CONNECTION}]\nkind = "tables"\nfolder = "."\n',
    ]
    for table in TABLES.values():
        where = f"connections.{CONNECTION}.objects.{table.name}"
        lines = [f"[{where}]", f'table = "{table.name}"', f'file = "{table.name}.csv"']
        keys = [name for name, _, _ in _keys(table)]
        lines += ['id = "id"'] if "id" in keys else []
        lines += [f'account = "{_ACCOUNT}"'] if _ACCOUNT in keys else []
        lines += ["complete = true   # a row taken out of the sheet is deleted", ""]
        lines += [f"[{where}.map]", *(f'{c.name} = "{c.name}"' for c in table.columns), ""]
        parts.append("\n".join(lines))
    return "\n".join(parts)


def _lines(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
