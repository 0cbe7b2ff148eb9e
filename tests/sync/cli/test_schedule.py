"""``pulsefield schedule`` as a person, or an orchestrator, runs it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.sync.cli.shell import Shell
from tests.sync.sheet import deployed

ROOT = Path(__file__).parents[3]
TWO = """
[schedule.scores]
cron = "0 2 * * *"
zone = "Europe/Amsterdam"
[schedule.reads]
every = "1h"
run = "pull"
"""


@pytest.fixture
def file(tmp_path) -> Path:
    return deployed(tmp_path, TWO)


@pytest.fixture
def shell(monkeypatch, capsys, file) -> Shell:
    return Shell(monkeypatch, capsys, file)


def test_once_does_the_work_and_logs_it_as_json(shell: Shell) -> None:
    ran = shell("schedule", "--once", "reads", "--log-json")
    assert ran.code == 0
    lines = [json.loads(line) for line in ran.err.splitlines()]
    assert lines[-1]["message"] == "run ended"
    assert lines[-1]["records"] == 2
    assert {line["run"] for line in lines} == {1}
    assert {line["schedule"] for line in lines} == {"reads"}


def test_the_next_times_are_shown(shell: Shell) -> None:
    ran = shell("schedule", "--list", "--json")
    found = {row["schedule"]: row["next"] for row in ran.data}
    assert set(found) == {"scores", "reads"}
    assert {len(times) for times in found.values()} == {3}
    assert all(time[11:16] in {"00:00", "01:00"} for time in found["scores"])


def test_an_unknown_schedule_is_named(shell: Shell) -> None:
    ran = shell("schedule", "--once", "nightly")
    assert ran.code == 2
    assert "scores, reads" in ran.out


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(file: Path, number: signal.Signals) -> None:
    with file.open("a") as text:
        text.write('[metrics]\nlisten = "127.0.0.1:0"\n')
    command = "from sync.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", command, "schedule", "--config", str(file), "--log-json"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    port = None
    for line in process.stderr:
        told = json.loads(line)
        port = told.get("port") or port
        if told["message"] == "run ended":
            break
    metrics = f"http://127.0.0.1:{port}/metrics"
    answers = (requests.get(metrics, timeout=10).content for _ in range(1_000))  # told soon after
    assert any(b'pulsefield_records_total{connection="own"} 2.0' in answer for answer in answers)
    process.send_signal(number)
    _, rest = process.communicate(timeout=30)
    assert process.returncode == 0
    assert json.loads(rest.splitlines()[-1])["message"] == "scheduler ends"
