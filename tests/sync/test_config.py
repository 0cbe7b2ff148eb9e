"""What a deployment's file may say, and what a wrong one gets."""

from pathlib import Path

import pytest

from connectors import registry
from connectors.errors import SetupError
from scoring import load_model
from sync.config import ConfigError, load
from sync.fields import default_name, target_fields
from sync.secrets import is_open, resolve
from sync.settings import Connection
from tests.sync.conftest import MODEL


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(registry.CONNECTORS, "memory", "tests.sync.fakes")

    def put(text: str) -> Path:
        file = tmp_path / "pulsefield.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return put


GOOD = """
[pulsefield]
model = "default"
[rates]
EUR = 1.0
[connections.crm]
kind = "memory"
page = 3
[connections.crm.fields]
health = "My_Health__c"
health_band = false
risk = { name = "Risk__c", value = "health.spread" }
[connections.crm.limits]
replaced = 0.9
"""


def test_a_good_file(write) -> None:
    config = load(write(GOOD))
    crm = config.connections["crm"]
    assert crm.settings.page == 3
    assert crm.fields["health"].name == "My_Health__c"
    assert crm.fields["health_band"].write is False
    assert config.data == str(config.folder / "pulsefield-data")
    assert config.journal.endswith("pulsefield-data/journal.sqlite")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('model = "default"', "modle = 1", ["pulsefield.modle", "'model'", ":3:"]),
        ("EUR = 1.0", "euro = 1.0", ["rates.euro"]),
        ("EUR = 1.0", "EUR = -1", ["rates.EUR = -1", "greater than 0"]),
        ('kind = "memory"', 'kind = "memry"', ["connections.crm.kind = 'memry'", "'memory'"]),
        ("page = 3", 'page = "x"', ["connections.crm.page = 'x'", ":8:"]),
        ("page = 3", "pag = 3", ["connections.crm.pag", "'page'"]),
        ("replaced = 0.9", "replaced = 9", ["connections.crm.limits.replaced = 9"]),
        ("health_band = false", "health_band = 3", ["connections.crm.fields.health_band"]),
        ("[rates]", "[rates", ["not TOML"]),
        ("[connections.crm]", "[connections.CRM]", ["connections"]),
    ],
)
def test_a_wrong_file_names_key_value_line_and_near_miss(write, old, new, told) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(GOOD.replace(old, new, 1)))
    for part in told:
        assert part in str(caught.value)


def test_every_issue_is_told_at_once(write) -> None:
    text = GOOD.replace("EUR = 1.0", "EUR = 0").replace("page = 3", "pag = 3\nbatch = []")
    with pytest.raises(ConfigError) as caught:
        load(write(text))
    assert len(caught.value.issues) == 3


def test_secrets_in_the_wrong_place_are_not_shown(write) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(GOOD.replace("page = 3", "token = [1]\ntokens = 'hunter2'")))
    assert "hunter2" not in str(caught.value)


def test_a_missing_file_says_how_to_get_one(tmp_path) -> None:
    with pytest.raises(ConfigError, match="pulsefield init"):
        load(tmp_path / "no.toml")


def test_secrets_are_read_at_use(tmp_path, monkeypatch) -> None:
    (tmp_path / "key").write_text(" s3cret\n")
    assert resolve("file:key", tmp_path) == "s3cret"
    monkeypatch.setenv("A_KEY", "other")
    assert resolve("env:A_KEY", tmp_path) == "other"


@pytest.mark.parametrize("reference", ["env:NOT_SET_AT_ALL", "file:nowhere", "hunter2", "env:"])
def test_secrets_that_cannot_be_read(tmp_path, reference) -> None:
    with pytest.raises(SetupError) as caught:
        resolve(reference, tmp_path)
    assert "hunter2" not in str(caught.value)


def test_open_secret_files_are_noticed(tmp_path) -> None:
    (tmp_path / "key").write_text("x")
    (tmp_path / "key").chmod(0o644)
    assert is_open("file:key", tmp_path)
    (tmp_path / "key").chmod(0o600)
    assert not is_open("file:key", tmp_path)


@pytest.mark.parametrize(
    ("kind", "prefix", "name"),
    [
        ("salesforce", "", "Pulsefield_Health_Band__c"),
        ("hubspot", "", "pulsefield_health_band"),
        ("zendesk", "acme_", "acme_health_band"),
        ("salesforce", "acme_", "Acme_Health_Band__c"),
    ],
)
def test_default_names_follow_the_vendor(kind: str, prefix: str, name: str) -> None:
    assert default_name("health_band", Connection(kind=kind, prefix=prefix)) == name


def test_fields_of_a_score_that_the_model_lacks_are_left_out(write) -> None:
    config = load(write(GOOD))
    fields = target_fields("crm", config.connections["crm"], load_model(MODEL))
    keys = [field.key for field in fields]
    assert "engagement" not in keys  # the small model has no such score
    assert "health_band" not in keys
    assert keys[-1] == "risk"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('x = { name = "X", value = "helth.value" }', "value must be SCORE.PART"),
        ('x = { name = "X", value = "health.size" }', "parts: value"),
        ('x = { name = "my_health__c", value = "health.value" }', "already used by health"),
    ],
)
def test_fields_that_cannot_be(write, line: str, told: str) -> None:
    config = load(write(GOOD.replace('risk = { name = "Risk__c", value = "health.spread" }', line)))
    with pytest.raises(ValueError, match=told):
        target_fields("crm", config.connections["crm"], load_model(MODEL))
