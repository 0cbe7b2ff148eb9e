"""The ready examples of running by a clock: commands exist, units are what systemd takes."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import typer

from sync.cli.app import app
from tests.needs import program

FOLDER = Path(__file__).parents[2] / "examples" / "schedule"
FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file())
REMEDY = "install Debian's package systemd"


def commands(text: str) -> list[list[str]]:
    """The command lines of pulsefield in a crontab, a unit or a manifest."""
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    body = "\n".join(lines).replace('["pulsefield", "sync", "--apply"]', "pulsefield sync --apply")
    return [
        shlex.split(found)
        for found in re.findall(r"\bpulsefield ((?:sync|pull).*)$", body, re.MULTILINE)
    ]


@pytest.mark.parametrize("file", [f for f in FILES if f.suffix != ".timer"], ids=lambda f: f.name)
def test_its_commands_are_there_with_their_options(file: Path) -> None:
    found = commands(file.read_text(encoding="utf-8"))
    assert found
    known = typer.main.get_command(app)
    for name, *options in found:
        context = known.commands[name].make_context(name, options)  # type: ignore[attr-defined]
        assert name == "pull" or context.params["apply"]


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    verify = program("systemd-analyze", REMEDY)
    for unit in (FOLDER / "systemd").iterdir():
        text = unit.read_text(encoding="utf-8")
        text = text.replace("/opt/pulsefield/bin/pulsefield", "/bin/true")
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [verify, "verify", "--man=no", str(tmp_path / "pulsefield.timer")],
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert (done.returncode, told) == (0, []), done.stderr


def test_systemd_takes_the_time_of_the_timer() -> None:
    text = (FOLDER / "systemd" / "pulsefield.timer").read_text(encoding="utf-8")
    (when,) = re.findall(r"^OnCalendar=(.*)$", text, re.MULTILINE)
    analyze = program("systemd-analyze", REMEDY)
    subprocess.run([analyze, "calendar", when], check=True, capture_output=True)
