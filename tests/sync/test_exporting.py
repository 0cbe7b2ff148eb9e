"""What a spreadsheet gets: every value, and no formula whatever a name begins with."""

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest

from sync import exporting
from sync.book import sheets
from sync.book.sheet import Sheet, columns
from sync.errors import SyncError
from tests.sync.book.stored import NASTY
from tests.sync.webreport import made

COUNT = 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """CSV files and a workbook of a book with names of every dangerous kind."""
    home = tmp_path_factory.mktemp("export")
    book = made.book(COUNT)
    exporting.write_csv(home, sheets(book))
    exporting.write_xlsx(home / "book.xlsx", sheets(book))
    return home


def read(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.reader(text))


def test_no_text_cell_of_any_csv_file_begins_like_a_formula(folder: Path) -> None:
    files = list(folder.glob("*.csv"))
    assert len(files) == len(sheets(made.book(COUNT)))
    for file in files:
        for row in read(file):
            for cell in row:
                if cell.startswith(("=", "+", "-", "@", "\t", "\r")):
                    float(cell)


def test_names_come_back_whole_with_a_mark_only_where_one_is_needed(folder: Path) -> None:
    names = [row[1] for row in read(folder / "accounts.csv")[1:]]
    assert len(names) == COUNT
    for name, told in zip(NASTY, names, strict=False):
        assert told in {name, f"'{name}"}
        assert (told != name) == name.startswith(("=", "+", "-", "@", "\t"))


def test_the_workbook_has_every_sheet_and_no_formula(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "book.xlsx")
    assert len(book.sheetnames) == len(sheets(made.book(COUNT)))
    kinds = {cell.data_type for page in book for row in page.iter_rows() for cell in row}
    assert "f" not in kinds
    names = [row[1].value for row in book["Accounts"].iter_rows(min_row=2)]
    assert names[: len(NASTY)] == list(NASTY)


def test_numbers_dates_and_negatives_stay_numbers_and_dates(folder: Path) -> None:
    page = openpyxl.load_workbook(folder / "book.xlsx")["Movers"]
    titles = [cell.value for cell in page[1]]
    changes = [page.cell(row, titles.index("Change") + 1) for row in range(2, page.max_row + 1)]
    assert all(cell.data_type == "n" for cell in changes)
    assert min(cell.value for cell in changes) < 0
    listed = openpyxl.load_workbook(folder / "book.xlsx")["Accounts"]
    renewal = [cell.value for cell in listed[1]].index("Renewal") + 1
    assert listed.cell(2, renewal).value.date() == made.book(COUNT).accounts.facts["renewal_at"][0]


def test_csv_and_workbook_say_the_same(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "book.xlsx")
    for file in folder.glob("*.csv"):
        page = book[file.stem.replace("_", " ").capitalize()]
        assert page.max_row == len(read(file))


def test_a_sheet_too_long_for_one_worksheet_goes_on_in_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST_ROWS", 10)
    long = Sheet(
        "long_one",
        "Long",
        columns("name", "day:date"),
        [(f"n{at}", date(2026, 1, 1)) for at in range(25)],
    )
    exporting.write_xlsx(tmp_path / "long.xlsx", [long])
    book = openpyxl.load_workbook(tmp_path / "long.xlsx")
    assert book.sheetnames == ["Long one", "Long one 2", "Long one 3"]
    assert [page.max_row for page in book] == [11, 11, 6]
    assert all(page.cell(1, 1).value == "Name" for page in book)
    assert book["Long one 3"].cell(6, 1).value == "n24"


def test_what_a_spreadsheet_has_no_cell_for_is_shown_all_the_same(tmp_path: Path) -> None:
    kinds = columns("name", "day:date", "value:number", "share:share")
    rows = [
        ("bell \x07", date(1066, 10, 14), 0.1 + 0.2, 1),
        ("x" * 40_000, None, float("nan"), None),
        ("", date(2026, 1, 1), -1e300, 0.5),
    ]
    sheets_ = [Sheet("odd", "Odd", kinds, rows), Sheet("none", "None", kinds, [])]
    exporting.write_xlsx(tmp_path / "odd.xlsx", sheets_)
    book = openpyxl.load_workbook(tmp_path / "odd.xlsx")
    page = book["Odd"]
    assert [cell.value for cell in page["B"]] == ["Day", "1066-10-14", None, "2026-01-01"]
    assert [cell.value for cell in page["C"]] == ["Value", 0.1 + 0.2, None, -1e300]
    assert len(page["A3"].value) == exporting.MOST_UNITS
    assert [cell.value for cell in book["None"][1]] == ["Name", "Day", "Value", "Share"]


def test_times_keep_their_hour(tmp_path: Path) -> None:
    at = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    exporting.write_xlsx(tmp_path / "t.xlsx", [Sheet("t", "T", columns("at:date"), [(at,)])])
    told = openpyxl.load_workbook(tmp_path / "t.xlsx")["T"]["A2"]
    assert told.value == at.replace(tzinfo=None)
    assert told.number_format == "yyyy-mm-dd"


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x")
    with pytest.raises(SyncError, match="taken"):
        exporting.write_csv(tmp_path / "taken", [])
    with pytest.raises(SyncError, match="absent"):
        exporting.write_xlsx(tmp_path / "absent" / "x.xlsx", [])


@pytest.mark.parametrize(
    "text", ["=1+1", "  =1+1", "\uff1dSUM(A1)", "\tx", "\nx", "+1", "-1", "@x"]
)
def test_what_looks_like_a_formula_is_marked(text: str) -> None:
    assert exporting.safe(text) == "'" + text


@pytest.mark.parametrize("text", ["", "Acme", "3 = 3", "Ålborg", "'quoted"])
def test_other_text_is_left_alone(text: str) -> None:
    assert exporting.safe(text) == text
