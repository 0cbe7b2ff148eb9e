"""`show` and `report`, as a person or a pipe runs them, on what is stored."""

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from sync import run
from sync.cli import show as showing
from tests.sync.book.stored import NOW, deployment
from tests.sync.cli.shell import Shell

ESCAPE = re.compile(r"\x1b\[")


@pytest.fixture
def stored(bare: Shell) -> Shell:
    """A shell whose store has 30 accounts."""
    now = datetime.now(UTC)
    deployment(bare.config.parent, 30, snapshots=3, now=now, small=True)
    return bare


@pytest.mark.parametrize("view", ["portfolio", "segments", "movers"])
def test_piped_it_is_plain_text_and_json_has_the_same_numbers(stored: Shell, view: str) -> None:
    told = stored("show", view)
    assert told.code == 0
    assert not ESCAPE.search(told.out)
    assert "30 accounts" in told.out
    data = stored("show", view, "--json").data
    if view == "portfolio":
        health = {row["band"]: row["accounts"] for row in data["bands"] if row["score"] == "Health"}
        assert sum(health.values()) == 30
        block = told.out.split("Health")[1].split("Adoption")[0]
        for band, count in health.items():
            assert re.search(rf"^{band} .*\b{count}\s+\d+ %", block, re.MULTILINE)
    elif view == "segments":
        assert sum(row["accounts"] for row in data["groups"] if row["by"] == "plan") == 30
    else:
        parts: dict[str, float] = {}
        for row in data["changes"]:
            parts[row["account_id"]] = parts.get(row["account_id"], 0.0) + row["points"]
        assert data["movers"]
        for row in data["movers"]:
            assert parts[row["account_id"]] == pytest.approx(row["change"])


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_no_view_is_wider_than_the_terminal_and_numbers_stay_whole(
    tmp_path: Path, width: int
) -> None:
    book = run.book(deployment(tmp_path, 30, snapshots=3, small=True), now=NOW)
    for view in (showing.portfolio, showing.segments, showing.movers):
        text = io.StringIO()
        screen = Console(file=text, width=width, force_terminal=False, highlight=False)
        screen.print(*view(book, width, 15), sep="\n")
        lines = text.getvalue().splitlines()
        assert max(map(len, lines)) <= width
        assert not any(re.search(r"\d…", line) for line in lines)


def test_report_writes_each_file_that_is_asked_for_and_no_other(stored: Shell) -> None:
    home = stored.config.parent
    before = {path.name for path in home.iterdir()}
    told = stored(
        "report", "--output", str(home / "r.html"), "--csv", str(home / "csv"), "--xlsx", str(home / "r.xlsx")
    )  # fmt: skip
    assert told.code == 0
    assert {path.name for path in home.iterdir()} - before == {"r.html", "csv", "r.xlsx"}
    assert (home / "r.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (home / "csv" / "accounts.csv").read_text(encoding="utf-8").count("\n") >= 30
    assert "30 accounts" in told.out


def test_report_without_options_writes_html_here(
    stored: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = stored.config.parent / "here"
    home.mkdir()
    monkeypatch.chdir(home)
    assert stored("report").code == 0
    assert [path.name for path in home.iterdir()] == ["pulsefield-report.html"]


@pytest.mark.parametrize("command", [("show",), ("report",)])
def test_with_nothing_stored_it_says_what_to_do_and_writes_nothing(
    bare: Shell, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment(bare.config.parent, 0, snapshots=0, small=True)
    here = bare.config.parent / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    told = bare(*command)
    assert told.code == 2
    assert "pulsefield pull" in told.out
    assert list(here.iterdir()) == []


def test_a_file_that_cannot_be_written_is_named(stored: Shell) -> None:
    told = stored("report", "--output", str(stored.config.parent / "absent" / "r.html"))
    assert told.code == 2
    assert "absent" in told.err
    assert "Traceback" not in told.err


def test_an_unknown_view_lists_those_there_are(stored: Shell) -> None:
    told = stored("show", "weather")
    assert told.code == 2
    assert "segments" in told.err
