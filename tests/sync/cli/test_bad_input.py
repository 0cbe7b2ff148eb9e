"""Every bad input gets a clear answer, the right exit code, and leaves nothing half-written."""

from pathlib import Path

import pytest

from connectors import simulator as simulated
from tests.sync.cli.shell import Shell
from tests.sync.cli.test_main_job import writes


def test_a_missing_secret_is_named(shell: Shell) -> None:
    shell.edit("file:secrets/hubspot_token", "env:PULSEFIELD_TEST_NOT_SET")
    told = shell("check")
    assert told.code == 2
    assert "PULSEFIELD_TEST_NOT_SET" in told.out


def test_a_wrong_secret_says_what_to_do_and_does_not_show_itself(
    systems: simulated.Simulator, shell: Shell
) -> None:
    secret = shell.config.parent / "secrets" / "salesforce_client_secret"
    secret.write_text("not-the-secret", encoding="utf-8")
    told = shell("check")
    assert told.code == 2
    assert "salesforce" in told.out
    assert "not-the-secret" not in told.out + told.err
    synced = shell("sync", "--apply")
    assert synced.code != 0
    assert "not-the-secret" not in synced.out + synced.err
    assert writes(systems) == 0


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('model = "default"', 'modle = "default"', ("pulsefield.modle", "'model'")),
        ('model = "default"', 'model = "defualt"', ("defualt", "default")),
        ('data = "data"', "data = 5", ("pulsefield.data", "5")),
        ('kind = "hubspot"', 'kind = "hubsport"', ("hubsport", "'hubspot'")),
        ('seats = "Seats__c"', 'seatz = "Seats__c"', ("seatz", "'seats'")),
        ('table = "usage"', 'table = "usages"', ("usages", "usage")),
        ('kind = "token"', 'kind = "tokken"', ("tokken", "token")),
        ("[rates]", "[rates", ("not TOML",)),
        ('base_url = "http://127', 'base_url = "http://10.1.1.1/127', ("https",)),
    ],
)
def test_a_wrong_configuration_names_file_key_value_and_what_is_allowed(
    shell: Shell, old: str, new: str, told: tuple[str, ...]
) -> None:
    shell.edit(old, new)
    ran = shell("check")
    assert ran.code == 2
    said = ran.out + ran.err
    for part in told:
        assert part in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '[signals.a]\ntable = "ticket"\naggregate = "count"\n',
            ("signals.a", "ticket", "tickets"),
        ),
        (
            '[signals.a]\ntable = "tickets"\naggregate = "sum"\nof = "reopen"\n',
            ("signals.a", "reopen", "reopens"),
        ),
        ('[signals.a]\nfield = "seats"\nwindw = "3d"\n', ("signals.a", "windw", "window")),
    ],
)
def test_a_wrong_model_names_file_key_value_and_the_near_miss(
    shell: Shell, text: str, told: tuple[str, ...]
) -> None:
    rest = '[metrics.m]\nsignal = "a"\nworst = 0\nbest = 1\n[scores.health]\nweights = { m = 1 }\n'
    model = shell.config.parent / "mine.toml"
    model.write_text(f'name = "mine"\n{text}{rest}', encoding="utf-8")
    shell.edit('model = "default"', 'model = "mine.toml"')
    ran = shell("check")
    assert ran.code == 2
    for part in ("mine.toml", *told):
        assert part in ran.out + ran.err


def test_a_target_field_of_another_type_is_refused_before_anything_is_written(
    systems: simulated.Simulator, shell: Shell
) -> None:
    systems.apps["zendesk"].add_field(  # type: ignore[attr-defined]
        {"type": "checkbox", "key": "pulsefield_health", "title": "Health"}
    )
    shown = shell("fields")
    assert shown.code == 2
    assert "pulsefield_health" in shown.out
    ran = shell("sync", "--apply", "--json")
    assert ran.code == 2
    assert [one["connection"] for one in ran.data["applied"]] == ["salesforce", "hubspot"]
    log = systems.apps["zendesk"].log
    assert [
        path for method, path, _ in log.entries if method != "GET" and "oauth" not in path
    ] == []


def test_check_tells_a_field_of_another_type_once_for_each_target(
    systems: simulated.Simulator, shell: Shell
) -> None:
    shell("fields", "--create")
    schema = systems.apps["salesforce"].org.schema("Account")  # type: ignore[attr-defined]
    schema.find("Pulsefield_Health__c").type = "string"
    app = systems.apps["hubspot"]
    app.drop_property("pulsefield_health")  # type: ignore[attr-defined]
    app.add_property("pulsefield_health", "string/text")  # type: ignore[attr-defined]
    told = shell("check", "--json")
    where = [problem["where"] for problem in told.data if "ulsefield_" in str(problem)]
    assert sorted(where) == [
        "hubspot, field pulsefield_health",
        "salesforce, field Pulsefield_Health__c",
    ]


def test_a_field_that_the_user_cannot_edit_is_named(
    systems: simulated.Simulator, shell: Shell
) -> None:
    shell("fields", "--create")
    systems.apps["salesforce"].org.read_only("Account", "Pulsefield_Health__c")  # type: ignore[attr-defined]
    told = shell("check")
    assert told.code == 2
    assert "Pulsefield_Health__c" in told.out


def test_a_source_that_answers_nothing_stops_no_other(
    systems: simulated.Simulator, shell: Shell
) -> None:
    shell.edit(systems.urls["hubspot"], "http://127.0.0.1:9")
    ran = shell("pull", "--json")
    assert ran.code == 1
    by_name = {entry["name"]: entry for entry in ran.data["connections"]}
    assert by_name["hubspot"]["error"]
    assert by_name["salesforce"]["error"] is None
    assert sum(by_name["salesforce"]["rows"].values()) > 0


def test_two_customers_that_claim_one_record_are_listed_not_joined(shell: Shell) -> None:
    shell("pull")
    report = shell("match", "--json").data
    assert report["review"], "the portfolio holds companies that share a name or a domain"
    assert {entry["kind"] for entry in report["review"]} & {
        "ambiguous",
        "names_clash",
        "domains_clash",
    }


def test_an_unsafe_plan_writes_nothing_and_exits_with_3(
    systems: simulated.Simulator, shell: Shell
) -> None:
    shell("fields", "--create")
    assert shell("sync", "--apply").code == 0
    before = writes(systems)
    model = shell.config.parent / "harsh.toml"
    model.write_text(
        'name = "harsh"\n[signals.seats]\nfield = "seats"\n[metrics.m]\nsignal = "seats"\n'
        "worst = 1e6\nbest = 2e6\n[scores.health]\nweights = { m = 1 }\n",
        encoding="utf-8",
    )
    shell.edit('model = "default"', 'model = "harsh.toml"')
    ran = shell("sync", "--apply")
    assert ran.code == 3
    assert "--force" in ran.out
    assert writes(systems) == before
    forced = shell("sync", "--apply", "--force", "new model, reviewed")
    assert forced.code == 0
    assert writes(systems) > before


def test_init_writes_a_configuration_that_check_understands(
    bare: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SALESFORCE_CLIENT_SECRET", raising=False)
    assert bare("init", str(bare.config)).code == 0
    assert bare.config.stat().st_mode & 0o077 == 0, "for its owner only"
    told = bare("check")
    assert told.code == 2
    assert "SALESFORCE_CLIENT_SECRET" in told.out
    assert bare("init", str(bare.config)).code == 2, "a file that is there is not replaced"


def test_without_a_configuration_the_way_to_one_is_told(bare: Shell) -> None:
    told = bare("sync")
    assert told.code == 2
    assert "pulsefield init" in told.err


def test_a_taken_port_is_told_with_the_way_out(
    systems: simulated.Simulator, bare: Shell, tmp_path: Path
) -> None:
    taken = systems.urls["salesforce"].rpartition(":")[2]
    told = bare("simulator", "--port", taken, "--folder", str(tmp_path / "home"))
    assert told.code == 2
    assert "--port" in told.err
