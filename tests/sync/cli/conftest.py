from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors import simulator as simulated
from sync import rehearsal
from tests.sync.cli.shell import Shell

CUSTOMERS = 40


@pytest.fixture
def systems() -> Iterator[simulated.Simulator]:
    """The three systems with a small portfolio, served on loopback."""
    with simulated.start(CUSTOMERS, 7, datetime.now(UTC)) as simulator:
        yield simulator


@pytest.fixture
def shell(
    systems: simulated.Simulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shell:
    """A shell with a configuration for these systems."""
    return Shell(monkeypatch, capsys, rehearsal.write(systems, tmp_path / "home"))


@pytest.fixture
def bare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    """A shell whose configuration is still to be written."""
    return Shell(monkeypatch, capsys, tmp_path / "pulsefield.toml")
