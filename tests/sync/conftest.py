from collections.abc import Callable
from pathlib import Path

import pytest

from connectors import registry
from sync import run
from sync.config import Config, load
from tests.sync import fakes

MODEL = """
name = "small"
version = "1"

[signals.active_days]
table = "usage"
aggregate = "distinct"
of = "day"
window = "14d"

[signals.open_tickets]
table = "tickets"
aggregate = "count"
window = "60d"

[metrics.active]
signal = "active_days"
worst = 0
best = 7

[metrics.calm]
signal = "open_tickets"
worst = 5
best = 0

[scores.adoption]
weights = { active = 1 }

[scores.health]
weights = { active = 3, calm = 1 }
"""
CONFIG = """
[pulsefield]
model = "model.toml"
{general}

{connections}
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a new journal on either database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/journal.sqlite"
    made: str = request.getfixturevalue("postgres").database()
    return made


@pytest.fixture
def deploy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Config]:
    """Write a deployment over systems in memory, with their fields created."""
    monkeypatch.setitem(registry.CONNECTORS, "memory", "tests.sync.fakes")
    fakes.SYSTEMS.clear()
    fakes.Trap.arm(None)

    def make(*, general: str = "", extra: str = "", fields: bool = True, **systems) -> Config:
        fakes.SYSTEMS.update(systems)
        tables = "\n".join(f'[connections.{name}]\nkind = "memory"\n' for name in systems)
        (tmp_path / "model.toml").write_text(MODEL)
        file = tmp_path / "pulsefield.toml"
        file.write_text(CONFIG.format(general=general, connections=tables + extra))
        config = load(file)
        if fields:
            run.create_fields(config)
        return config

    return make
