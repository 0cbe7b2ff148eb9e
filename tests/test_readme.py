"""What README tells people to do works: its recipes run, its links and commands are there."""

import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from connectors import registry
from connectors import simulator as simulated
from scoring import curve_checks, curves, load_model, shipped_model
from sync import rehearsal, run
from sync.cli.app import app
from sync.config import load
from tests.scoring.small import accounts, model
from tests.scoring.small import run as scored
from tests.sync.cli.shell import Shell

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def recipe(name: str) -> str:
    found = re.search(rf"<!-- recipe: {name} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    assert found, f"README has no recipe {name!r}"
    return found[1]


def test_model_recipe_loads_beside_the_shipped_model() -> None:
    extended = load_model(shipped_model("default") + "\n" + recipe("model"))
    assert "exporting" in extended.scores
    assert "enterprise" in extended.segments


def test_field_recipe_reaches_the_target(tmp_path: Path) -> None:
    with simulated.start(20, systems=("salesforce", "hubspot", "zendesk")) as systems:
        file = rehearsal.write(systems, tmp_path)
        text = file.read_text(encoding="utf-8") + recipe("field")
        file.write_text(text, encoding="utf-8")
        states = run.create_fields(load(file))["salesforce"]
    assert "Support_Score__c" in {state.name for state in states if state.exists}


def test_curve_recipe_draws_a_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "CURVES", dict(curves.CURVES))
    monkeypatch.setattr(curve_checks, "NUMBERS", dict(curve_checks.NUMBERS))
    names = vars(curves) | {"NUMBERS": curve_checks.NUMBERS}
    exec(recipe("curve"), names)  # noqa: S102 - README's own text
    small = model(
        '[signals.a]\nfield = "seats"\n',
        '[metrics.m]\nsignal = "a"\ncurve = "root"\nworst = 0\nbest = 100\n',
    )
    with scored(small, {"accounts": accounts({"seats": 25})}) as snapshot:
        (row,) = [r for r in snapshot.scores.to_pylist() if r["score"] == "health"]
    assert row["value"] == pytest.approx(50)


def test_connector_recipe_feeds_a_score(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = ModuleType("lines")
    exec(recipe("connector"), vars(module))  # noqa: S102 - README's own text
    monkeypatch.setitem(sys.modules, "lines", module)
    monkeypatch.setitem(registry.CONNECTORS, "lines", "lines")
    (tmp_path / "in.jsonl").write_text('{"id": "1", "name": "Ada", "seats": 8}\n', encoding="utf-8")
    (tmp_path / "model.toml").write_text(
        'name = "m"\n[signals.s]\nfield = "seats"\n[metrics.m]\nsignal = "s"\nworst = 0\nbest = 10\n'
        "[scores.health]\nweights = { m = 1 }\n",
        encoding="utf-8",
    )
    config = tmp_path / "pulsefield.toml"
    config.write_text(
        '[pulsefield]\nmodel = "model.toml"\n[connections.own]\nkind = "lines"\n'
        f'file = "{tmp_path / "in.jsonl"}"\n',
        encoding="utf-8",
    )
    shell = Shell(monkeypatch, capsys, config)
    assert shell("pull").code == 0
    (row,) = [r for r in shell("score", "--json").data["scores"] if r["score"] == "health"]
    assert (row["name"], row["value"]) == ("Ada", 80)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!http)([^)#]+)", README))))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def test_every_command_is_listed() -> None:
    names = {command.name or command.callback.__name__ for command in app.registered_commands}  # type: ignore[union-attr]
    groups = {group.name for group in app.registered_groups}
    for name in names | {group for group in groups if group}:
        assert f"`{name}" in README, f"README's table of commands lacks {name}"


@pytest.mark.parametrize("example", ["telco", "social"])
def test_examples_load(example: str) -> None:
    folder = ROOT / "examples" / example
    assert tomllib.loads((folder / "pulsefield.toml").read_text(encoding="utf-8"))
    config = load(folder / "pulsefield.toml")
    file = folder / config.general.model
    assert load_model(file.read_text(encoding="utf-8"), file=str(file)).scores
