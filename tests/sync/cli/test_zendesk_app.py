"""``pulsefield zendesk-app build``."""

import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connectors.zendesk.package import app_files, build
from sync.cli.app import app
from sync.errors import SyncError
from sync.sidebar import texts


def test_app_is_written_and_the_next_step_named(tmp_path: Path) -> None:
    file = tmp_path / "app.zip"
    result = CliRunner().invoke(app, ["zendesk-app", "build", "--output", str(file)])
    assert result.exit_code == 0
    assert "Upload private app" in result.output
    assert file.read_bytes() == build(app_files(texts()))
    assert zipfile.ZipFile(file).testzip() is None


def test_file_is_named_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["zendesk-app", "build"]).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["pulsefield-zendesk-app.zip"]


def test_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = tmp_path / "gone" / "app.zip"
    result = CliRunner().invoke(app, ["zendesk-app", "build", "-o", str(file)])
    assert isinstance(result.exception, SyncError)
    assert f"{file}: cannot be written" in str(result.exception)
