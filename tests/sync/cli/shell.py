"""Runs the command line in this process, as a person would from a shell."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sync.cli import command


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


class Shell:
    """A shell whose working folder and configuration are given."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], config: Path
    ) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.config = config

    def __call__(self, *arguments: str) -> Ran:
        self._monkeypatch.setattr(sys, "argv", ["pulsefield", *arguments])
        self._monkeypatch.setenv("PULSEFIELD_CONFIG", str(self.config))
        self._capsys.readouterr()
        try:
            command()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        told = self._capsys.readouterr()
        return Ran(code, told.out, told.err)

    def edit(self, old: str, new: str) -> None:
        """Change the configuration's text; the old text must be there."""
        text = self.config.read_text(encoding="utf-8")
        assert old in text
        self.config.write_text(text.replace(old, new), encoding="utf-8")

    def add(self, text: str) -> None:
        """Add to the end of the configuration."""
        before = self.config.read_text(encoding="utf-8")
        self.config.write_text(before + text, encoding="utf-8")
