"""``check`` warns of every file that others than its owner can read, and of no other."""

import os
from pathlib import Path

import pytest

from sync import run
from sync.config import Config, load
from tests.sync import fakes

SECRETS = """
[alerts]
slack = "file:slack_url"
webhook = "file:webhook_url"
key = "file:webhook_key"
[metrics]
listen = "127.0.0.1:0"
token = "file:metrics_token"
"""
FILES = ("token", "slack_url", "webhook_url", "webhook_key", "metrics_token")


@pytest.fixture
def config(deploy, tmp_path: Path) -> Config:
    """A deployment that is its owner's only, its journal in a folder of its own."""
    for name in FILES:
        (tmp_path / name).write_text("https://example.com/x", encoding="utf-8")
    made = deploy(
        crm=fakes.customers(["Ada"]),
        general=f'journal = "sqlite:///{tmp_path}/journal/journal.sqlite"',
        extra=f'token = "file:token"\n{SECRETS}',
    )
    run.pull(made, now=fakes.NOW)
    for file in (made.file, *(tmp_path / name for name in FILES)):
        file.chmod(0o600)
    return load(made.file)


def warned(config: Config) -> list[str]:
    return [
        found.where.rpartition(":")[2] if "file:" in found.where else Path(found.where).name
        for found in run.check(config)
        if found.what == "others can read it"
    ]


def test_what_pulsefield_made_is_for_its_owner_only(config: Config) -> None:
    made = [Path(config.data), *Path(config.data).rglob("*"), config.folder / "journal"]
    made += (config.folder / "journal").iterdir()
    assert len(made) > 10
    assert [file for file in made if file.stat().st_mode & 0o077] == []
    assert warned(config) == []


@pytest.mark.parametrize(
    "name", ["pulsefield.toml", "pulsefield-data", "journal/journal.sqlite", *FILES]
)
@pytest.mark.parametrize("mode", [0o640, 0o602])
def test_an_open_one_is_named(config: Config, name: str, mode: int) -> None:
    place = config.folder / name
    place.chmod(mode | (0o100 if place.is_dir() else 0))
    assert warned(config) == [os.path.basename(name)]  # noqa: PTH119 - the name in a reference
