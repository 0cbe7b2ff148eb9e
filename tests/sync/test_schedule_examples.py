"""The ready examples of running by a clock: commands exist, units are what systemd takes."""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, cast

import pytest
import typer

from sync import logs
from sync.cli.app import app
from sync.config import load
from sync.service.settings import Schedule
from tests.needs import program

FOLDER = Path(__file__).parents[2] / "examples" / "schedule"
FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file())
REMEDY = "install Debian's package systemd"


def commands(text: str) -> list[list[str]]:
    """The command lines of pulsefield in a crontab, a unit or a manifest."""
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    body = "\n".join(lines).replace('["pulsefield", "sync", "--apply"]', "pulsefield sync --apply")
    body = body.replace('CMD ["schedule", "--log-json"]', "pulsefield schedule --log-json")
    return [
        shlex.split(found)
        for found in re.findall(r"\bpulsefield ((?:sync|pull|schedule).*)$", body, re.MULTILINE)
    ]


@pytest.mark.parametrize(
    "file", [f for f in FILES if f.suffix not in {".timer", ".toml"}], ids=lambda f: f.name
)
def test_its_commands_are_there_with_their_options(file: Path) -> None:
    found = commands(file.read_text(encoding="utf-8"))
    assert found
    known = cast("Any", typer.main.get_command(app))
    above = typer.Context(known)
    for name, *options in found:
        context = known.get_command(above, name).make_context(name, options)
        logs.end()
        assert name != "sync" or context.params["apply"]


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    verify = program("systemd-analyze", REMEDY)
    for unit in (FOLDER / "systemd").iterdir():
        text = unit.read_text(encoding="utf-8")
        text = text.replace("/opt/pulsefield/bin/pulsefield", "/bin/true")
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    units = [str(tmp_path / name) for name in ("pulsefield.timer", "pulsefield-schedule.service")]
    done = subprocess.run(
        [verify, "verify", "--man=no", *units],
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert (done.returncode, told) == (0, []), done.stderr


def test_the_settings_are_what_a_deployment_takes(tmp_path: Path) -> None:
    file = tmp_path / "pulsefield.toml"
    text = (FOLDER / "schedule.toml").read_text(encoding="utf-8")
    file.write_text(f'{text}\n[connections.own]\nkind = "tables"\n', encoding="utf-8")
    assert set(load(file).schedule) == {"scores", "tickets"}


def test_every_cron_expression_is_one() -> None:
    texts = [file.read_text(encoding="utf-8") for file in FILES]
    found = [
        " ".join(each)
        for text in texts
        for each in re.findall(r"(?<![\d-])([\d*/]+) ([\d*/-]+) (\*) (\*) ([\d*-]+)(?![\d-])", text)
    ]
    assert len(found) >= 5
    assert all(Schedule(cron=each) for each in found)


def test_hadolint_takes_the_dockerfile() -> None:
    linter = shutil.which("hadolint", path=Path(sys.executable).parent)
    assert linter
    done = subprocess.run([linter, str(FOLDER / "Dockerfile")], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"")


def test_the_image_gets_all_that_the_wheel_is_made_of() -> None:
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    copied = {
        word for line in re.findall("^COPY (.*) /src", text, re.MULTILINE) for word in line.split()
    }
    project = tomllib.loads((FOLDER.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert copied == {"pyproject.toml", project["project"]["readme"], *packages}


def test_containers_run_as_nobody_in_particular() -> None:
    lines = (FOLDER / "Dockerfile").read_text(encoding="utf-8").splitlines()
    (user,) = [line.split()[1] for line in lines if line.startswith("USER")]
    job = (FOLDER / "cronjob.yaml").read_text(encoding="utf-8")
    assert int(user) > 0
    assert "runAsNonRoot: true" in job


def test_systemd_takes_the_time_of_the_timer() -> None:
    text = (FOLDER / "systemd" / "pulsefield.timer").read_text(encoding="utf-8")
    (when,) = re.findall(r"^OnCalendar=(.*)$", text, re.MULTILINE)
    analyze = program("systemd-analyze", REMEDY)
    subprocess.run([analyze, "calendar", when], check=True, capture_output=True)
