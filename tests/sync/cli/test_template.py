"""Sheets from the command line to scores."""

import openpyxl

from tests.sync.cli.shell import Shell


def test_sheets_are_written_filled_and_scored(bare: Shell) -> None:
    folder = bare.config.parent / "sheets"
    assert bare("template", str(folder)).code == 0
    settings = (folder / "connection.toml").read_text().replace('folder = "."', 'folder = "sheets"')
    bare.config.write_text(settings)
    with (folder / "accounts.csv").open("a") as file:
        file.write("7,Acme,acme.com\n".replace("\n", "," * (_columns(folder) - 3) + "\n"))
    told = bare("pull", "--json")
    assert told.code == 0
    assert told.data["connections"][0]["rows"] == {"accounts": 1}
    assert bare("score", "--json").code == 0
    assert "Acme" in bare("explain", "Acme").out

    book = openpyxl.load_workbook(folder / "scoring-by-hand.xlsx")
    assert book.sheetnames == ["Scoring", "Calculation", "Model"]
    assert bare("template", str(folder / "x"), "--model", "nothing").code == 2

    again = bare("template", str(folder))
    assert (again.code, "--overwrite" in again.out) == (2, True)
    assert "Acme" in (folder / "accounts.csv").read_text()


def _columns(folder) -> int:
    return len((folder / "accounts.csv").read_text().partition("\n")[0].split(","))
