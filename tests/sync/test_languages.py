"""A language is one file: what people read in a CRM and the sidebar comes out of it."""

import io
import shutil
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import scoring.language
from connectors.errors import SetupError
from connectors.zendesk.package import WORDS, app_files, build
from scoring import load_model, shipped_model
from scoring.explain import Explainer, Headline
from scoring.phrases import Part
from sync.fields import band_options, target_fields
from sync.settings import Connection, General
from sync.sidebar import texts

SHIPPED = Path(scoring.__file__).parent / "languages"
SWEDISH = {
    'health = "Sundhed"': 'health = "Hälsa"',
    'red = "rød"': 'red = "röd"',
    'health = "sundhed"': 'health = "hälsa"',
    'text = "{value} af pladserne aktive"': 'text = "{value} av platserna aktiva"',
    'adoption = "Ibrugtagning"': 'adoption = "Användning"',
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The languages' folder, of a copy of the package."""
    shutil.copytree(SHIPPED, tmp_path / "languages")
    monkeypatch.setattr(scoring.language, "files", lambda _: tmp_path)
    scoring.language.language.cache_clear()
    yield tmp_path / "languages"
    scoring.language.language.cache_clear()


@pytest.fixture
def swedish(folder: Path) -> None:
    told = (folder / "da.toml").read_text()
    for danish, own in SWEDISH.items():
        assert danish in told, danish
        told = told.replace(danish, own)
    (folder / "sv.toml").write_text(told)


def test_fields_reasons_and_sidebar_come_out_of_one_new_file(swedish: None) -> None:
    model = load_model(shipped_model("default"))
    assert General(language="sv").language == "sv"
    labels = {f.key: f.spec.label for f in target_fields("crm", Connection(kind="x"), model, "sv")}
    assert labels["health"] == "Pulsefield hälsa"
    assert ("red", "Röd") in band_options(model, "health", "sv")
    head = Headline("health", 40.0, "red", 0.9, date(2026, 11, 20))
    parts = [Part("metric", "active_users", -6.0, 0.25)]
    told = Explainer(model, "sv").sentence(head, parts)
    assert told.startswith("Hälsa 40")
    assert "25 % av platserna aktiva (-6)" in told
    with zipfile.ZipFile(io.BytesIO(build(app_files(texts())))) as packed:
        assert "translations/sv.json" in packed.namelist()
        words = packed.read(WORDS).decode()
    assert '"sv": {' in words
    assert '"Röd"' in words
    assert '"Användning"' in words


def test_a_language_without_all_words_of_the_sidebar_is_not_packed(folder: Path) -> None:
    told = (folder / "da.toml").read_text()
    line = next(line for line in told.splitlines() if line.startswith("loading = "))
    (folder / "sv.toml").write_text(told.replace(line, ""))
    with pytest.raises(SetupError, match=r"translations/sv\.json: sidebar\.loading is missing"):
        build(app_files(texts()))
