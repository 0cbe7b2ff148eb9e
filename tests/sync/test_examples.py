"""Every example deployment is one that Pulsefield takes."""

from pathlib import Path

import pytest

from scoring import load_model
from sync.config import load

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/pulsefield.toml"))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.parent.name)
def test_an_example_is_valid(file: Path) -> None:
    config = load(file)
    assert config.connections
    if config.general.model.endswith(".toml"):
        path = config.folder / config.general.model
        assert load_model(path.read_text(), file=str(path)).scores
