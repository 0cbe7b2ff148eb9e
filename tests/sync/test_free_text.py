"""The text of tickets: not stored unless a mapping asks for it, and then covered like all else."""

from pathlib import Path

import pytest

from sync import run
from sync.config import Config, load
from sync.disclosing import kept
from sync.forgetting import forget
from tests.sync.cli.shell import Shell
from tests.sync.sheet import deployed

TEXT = "My invoice is wrong, says Ann Lee"
TICKETS = """
[connections.own.objects.tickets]
table = "tickets"
file = "tickets.csv"
id = "id"
account = "customer"
map = { opened_at = "opened" }
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    rows = f'a,1,2026-11-01,"{TEXT}"\nb,2,2026-11-02,Other words\n'
    (tmp_path / "tickets.csv").write_text("id,customer,opened,text\n" + rows)
    return load(deployed(tmp_path, TICKETS))


def asking(config: Config) -> Config:
    text = config.file.read_text()
    new = text.replace(
        '{ opened_at = "opened" }',
        '{ opened_at = "opened", words = { field = "text", type = "string" } }',
    )
    config.file.write_text(new)
    return load(config.file)


def stored(config: Config) -> bytes:
    folder = config.folder / "pulsefield-data"
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_it_is_not_stored_unless_asked_for(config: Config) -> None:
    assert run.score_now(config).report.exit_code == run.pull(config).exit_code == 0
    assert b"invoice" not in stored(config)
    assert not [one for one in run.check(config) if "text of tickets" in one.what]
    asked = asking(config)
    run.pull(asked)
    assert b"invoice" in stored(config)
    (warned,) = [one for one in run.check(asked) if "text of tickets" in one.what]
    assert (warned.what, warned.fatal) == ("the text of tickets is stored: words", False)


def test_it_is_handed_out_forgotten_and_never_logged(
    config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = asking(config)
    shell = Shell(monkeypatch, capsys, asked.file)
    for command in ("pull", "score", "sync"):
        ran = shell(command, "--log-json")
        assert "invoice" not in ran.out + ran.err
    assert [row["words"] for row in kept(asked, "Ada").store["tickets"]] == [TEXT]
    forget(asked, "Ada", apply=True)
    assert b"invoice" not in stored(asked)
    assert b"Other words" in stored(asked)
