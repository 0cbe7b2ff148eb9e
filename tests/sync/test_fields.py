"""What people read on the fields in their CRM: in each language, the same fields and values."""

from collections.abc import Callable

import pytest

from scoring import load_model, shipped_model
from scoring.language import language, languages
from sync import run
from sync.config import Config, ConfigError
from sync.fields import DEFAULTS, TYPES, target_fields
from sync.settings import Connection
from sync.workspace import opened
from tests.sync import fakes

MODEL = load_model(shipped_model("default"))


def by_key(code: str, **fields) -> dict:
    connection = Connection.model_validate({"kind": "hubspot", "fields": fields})
    return {f.key: f.spec for f in target_fields("crm", connection, MODEL, code)}


@pytest.mark.parametrize("code", languages())
def test_every_field_has_label_and_help_in_every_language(code: str) -> None:
    texts = language(code).texts["fields"]
    assert texts["labels"].keys() == texts["help"].keys() == DEFAULTS.keys()
    assert texts["parts"].keys() == TYPES.keys()
    specs, english = by_key(code), by_key("en")
    for key, spec in specs.items():
        assert spec.label.startswith("Pulsefield ")
        assert len(spec.label) <= 40, "Salesforce's longest label"
        assert len(spec.help) <= 510, "Salesforce's longest help text"
        assert (spec.help != english[key].help) == (code != "en")
        assert spec.name == english[key].name
    assert len({spec.label for spec in specs.values()}) == len(specs)


@pytest.mark.parametrize("code", languages())
def test_band_values_are_the_same_in_every_language(code: str) -> None:
    english, own = (dict(by_key(c)["health_band"].options) for c in ("en", code))
    assert own.keys() == english.keys() == {"red", "yellow", "green", "no data"}
    assert (list(own.values()) != list(english.values())) == (code != "en")
    word = language(code).texts["bands"]["red"]
    assert own["red"] == word[:1].upper() + word[1:]


def test_a_field_of_ones_own_is_told_in_the_language() -> None:
    spec = by_key("nl", doubt={"value": "adoption.spread"})["doubt"]
    assert (spec.label, spec.help) == ("doubt", "Adoptie: spreiding")
    named = by_key("nl", health={"label": "Score"})["health"]
    assert (named.label, named.help) == ("Score", by_key("nl")["health"].help)


def test_fields_are_made_in_the_configured_language(deploy: Callable[..., Config]) -> None:
    config = deploy(general='language = "pl"', crm=fakes.System())
    with opened(config) as work:
        labels = {field.spec.label for field in work.fields["crm"]}
    assert "Pulsefield kondycja" in labels


def test_an_unknown_language_is_refused_with_those_there_are(
    deploy: Callable[..., Config],
) -> None:
    with pytest.raises(ConfigError, match=rf"language.*'qq'.*{', '.join(languages())}"):
        deploy(general='language = "qq"', crm=fakes.System())


def test_reasons_are_written_in_a_second_language_where_a_field_asks_for_it(
    deploy: Callable[..., Config],
) -> None:
    own = "[connections.crm.fields]\nreasons_pl = {value = 'health.reasons', language = 'pl'}"
    config = deploy(extra=own, crm=fakes.customers(["Abel", "Bruno"]))
    run.sync(config, now=fakes.NOW)
    held = fakes.SYSTEMS["crm"].held["1"]
    assert held["pulsefield_health_reasons"].startswith("Health")
    assert held["pulsefield_reasons_pl"].startswith("Kondycja")
    later = run.sync(config, now=fakes.NOW)
    assert later.plans[0].updates == 0
    with pytest.raises(ConfigError, match=r"language.*'qq'"):
        deploy(extra=own.replace("'pl'", "'qq'"), crm=fakes.System())
