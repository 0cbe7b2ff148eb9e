"""Empty sheets that are filled and read back with the settings that come with them."""

import csv
import io
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.base import Context
from connectors.records import TABLES
from connectors.tables import Settings, connect
from connectors.tables.template import CONNECTION, MEANINGS, SETTINGS, template

FILLED = {
    "string": "x",
    "strings": "a.com; b.com",
    "integer": "3",
    "number": "2.5",
    "boolean": "yes",
    "time": "2026-10-05T08:00:00+02:00",
    "date": "2026-10-05",
}
READ = {
    "string": "x",
    "strings": ["a.com", "b.com"],
    "integer": 3,
    "number": 2.5,
    "boolean": True,
    "time": datetime(2026, 10, 5, 6, tzinfo=UTC),
    "date": datetime(2026, 10, 5, tzinfo=UTC).date(),
}
WORDS = {  # columns whose words are given, and what a check would change
    "status": "open", "kind": "other", "lifecycle": "customer", "priority": "high",
    "type": "question", "topic": "billing", "channel": "email", "direction": "in",
    "sentiment": "neutral", "role": "buyer", "email": "", "email_domain": "x.com", "score": "3",
}  # fmt: skip
KINDS = {"surveys": "csat", "milestones": "goal", "outcomes": "renewal"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in template().items():
        (tmp_path / name).write_text(text)
    return tmp_path


def source(folder: Path):
    given = tomllib.loads((folder / SETTINGS).read_text())["connections"][CONNECTION]
    settings = Settings(**given | {"folder": str(folder)})
    return connect("files", settings, Context(str, datetime(2026, 11, 1, tzinfo=UTC)))


def rows(folder: Path, stream: str):
    pages = list(source(folder).read(stream, None))
    found = [row for page in pages for row in page.tables[stream].to_pylist()]
    return found, [finding.kind for page in pages for finding in page.findings]


def word(table: str, name: str) -> str | None:
    if table == "subscriptions" and name == "status":
        return "active"
    return KINDS.get(table) if name == "kind" else WORDS.get(name)


def test_empty_sheets_are_read_as_no_rows(folder: Path) -> None:
    assert source(folder).check() == []
    for name in TABLES:
        assert rows(folder, name) == ([], [])


@pytest.mark.parametrize("name", TABLES)
def test_every_column_of_a_filled_sheet_comes_back(folder: Path, name: str) -> None:
    table = TABLES[name]
    file = folder / f"{name}.csv"
    header = next(csv.reader([file.read_text()]))
    own = {c.name: word(name, c.name) or FILLED[c.type] for c in table.columns}
    if name == "contacts":
        own["email"] = ""
    with file.open("a") as stream:
        csv.DictWriter(stream, header).writerow(
            {key: "7" for key in ("id", "account") if key in header} | own
        )

    (row,), odd = rows(folder, name)

    assert set(odd) <= {"zero_length"}  # a subscription that starts and ends at once
    wanted = {c.name: word(name, c.name) or READ[c.type] for c in table.columns}
    if name == "contacts":
        wanted["email"] = None
    if name == "surveys":
        wanted["score"] = 3.0
    assert {column: row[column] for column in wanted} == wanted
    if name != "accounts":
        assert row["account_ref"] == "7"


def test_every_column_has_its_meaning(folder: Path) -> None:
    told = list(csv.DictReader(io.StringIO((folder / MEANINGS).read_text())))
    listed = {(line["sheet"], line["column"]) for line in told}
    for name in TABLES:
        header = next(csv.reader([(folder / f"{name}.csv").read_text()]))
        assert {(f"{name}.csv", column) for column in header} <= listed
    assert all(line["type"] and line["meaning and unit"] for line in told)
