"""``--log-json``: what any command does, as lines for programs."""

import json
from typing import Any

import pytest

from sync import logs, pulling
from tests.sync.cli.shell import Shell
from tests.sync.sheet import deployed


@pytest.fixture
def shell(monkeypatch, capsys, tmp_path) -> Shell:
    return Shell(monkeypatch, capsys, deployed(tmp_path))


def lines(told: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in told.splitlines()]


@pytest.mark.parametrize("command", [("pull",), ("score",), ("plan",), ("sync", "--apply")])
def test_every_line_of_a_run_has_its_number(shell: Shell, command: tuple[str, ...]) -> None:
    assert not shell("pull").code
    ran = shell(*command, "--log-json")
    told = lines(ran.err)
    assert {line["run"] for line in told} == {2}
    assert [told[0]["message"], told[-1]["message"]] == ["run begins", "run ended"]


def test_the_environment_asks_for_it_and_lines_are_for_people_else(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "pull customers 2" in shell("pull").err.replace("own ", "")
    monkeypatch.setenv("PULSEFIELD_LOG_JSON", "1")
    assert lines(shell("pull").err)[-1]["exit_code"] == 0


def test_what_goes_wrong_is_a_line_too(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs.RUN, "number", None)
    (told,) = lines(shell("runs", "show", "7", "--log-json").err)
    assert (told["level"], told["run"]) == ("error", None)
    assert "7" in told["message"]

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by ann.lee@example.com")

    monkeypatch.setattr(pulling, "pull_all", broken)
    ran = shell("pull", "--log-json")
    assert ran.code == 4
    last = lines(ran.err)[-1]
    assert last["run"] == 1
    assert "ZeroDivisionError" in last["trace"]
    assert "ann.lee" not in ran.err
