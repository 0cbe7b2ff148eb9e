"""A damaged or foreign file of the store, as the commands tell of it."""

from pathlib import Path

import pytest

from sync import run
from sync.config import Config
from tests.sync import fakes
from tests.sync.cli.shell import Shell

COMMANDS = [["score"], ["show"], ["explain", "Ada"], ["export", "Ada"], ["forget", "Ada"]]


@pytest.fixture
def config(deploy) -> Config:
    made = deploy(crm=fakes.customers(["Ada", "Bo", "Cy"], tickets=1))
    run.sync(made)
    return made


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_the_file_is_named_and_what_is_whole_can_be_used(
    config: Config, command: list[str], monkeypatch, capsys
) -> None:
    shell = Shell(monkeypatch, capsys, config.file)
    (file, *_) = Path(config.data, "usage").glob("*.parquet")
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    ran = shell(*command)
    assert ran.code == 2
    assert str(file) in ran.err
    assert "pull again" in ran.err
    assert "Traceback" not in ran.err
    assert shell("runs").code == 0
    file.write_bytes(whole)
    assert shell(*command).code == 0


def test_what_it_says_to_do_puts_it_right(config: Config, monkeypatch, capsys) -> None:
    shell = Shell(monkeypatch, capsys, config.file)
    before = shell("score", "--json").data["scores"]
    folder = Path(config.data, "usage")
    for file in folder.glob("*.parquet"):
        file.write_bytes(b"hello")
    assert shell("pull").code in {0, 2}
    folder.rename(folder.with_name("usage-damaged"))
    assert shell("pull", "--full").code == 0
    after = shell("score", "--json").data["scores"]
    assert [(r["name"], r["value"]) for r in after] == [(r["name"], r["value"]) for r in before]
