"""plan, edit by hand, sync, rollback, from the command line over real HTTP."""

import json

from connectors import simulator as simulated
from tests.sync.cli.shell import Shell


def test_a_plan_is_shown_applied_listed_and_rolled_back(
    systems: simulated.Simulator, shell: Shell
) -> None:
    assert shell("fields", "--create").code == 0
    told = shell("plan").out
    assert "This was" not in told
    (wanted,) = {word.strip("`,") for word in told.split() if "@" in word and word[0].isdigit()}
    number = wanted.partition("@")[0]
    shown = shell("plan", "show", wanted).out
    assert f"Plan {wanted}" in shown
    assert "Pulsefield_Health__c" in shown
    data = shell("plan", "show", number, "--json").data
    changes = [change for part in data["parts"] for change in part["changes"]]
    assert {"account_id", "ref", "field", "old", "new"} <= set(changes[0])
    assert shell("plan", "show", "77").code == 2

    org = systems.apps["salesforce"].org  # type: ignore[attr-defined]
    done = shell("sync", "--plan", wanted)
    assert done.code == 0, done.out + done.err
    refs = {
        c["ref"] for p in data["parts"] if p["connection"] == "salesforce" for c in p["changes"]
    }
    for ref in refs:
        held = org.record(ref)
        new = {c["field"]: c["new"] for c in changes if c["ref"] == ref}
        assert str(held["Pulsefield_Health_Band__c"]) == new["Pulsefield_Health_Band__c"]
    again = shell("sync", "--plan", wanted)
    assert (again.code, "applied already" in again.err) == (2, True)

    runs = shell("runs", "--json").data
    assert [(run["kind"], run["state"]) for run in runs[:2]] == [("sync", "done"), ("plan", "done")]
    run = runs[0]
    assert run["written"] > 0
    detail = shell("runs", "show", str(run["run"]), "--json").data
    assert {plan["state"] for plan in detail["plans"]} == {"applied"}
    assert shell("runs").code == shell("runs", "show", str(run["run"])).code == 0
    assert shell("runs", "show", "77").code == 2

    dry = shell("rollback", str(run["run"]))
    assert (dry.code, "would have values cleared" in dry.out) == (3, True)
    ref = min(refs)
    assert org.record(ref)["Pulsefield_Health_Band__c"]
    forced = shell("rollback", str(run["run"]), "--apply", "--force", "a rehearsal")
    assert forced.code == 0, forced.out
    assert org.record(ref)["Pulsefield_Health_Band__c"] is None
    assert shell("rollback", "77").code == 2


def test_dead_letters_are_listed_and_sent_again(systems: simulated.Simulator, shell: Shell) -> None:
    shell("fields", "--create")
    org = systems.apps["salesforce"].org  # type: ignore[attr-defined]
    ref = json.loads(shell("plan", "--json").out)["plans"][0]["examples"][0]["ref"]
    org.fail_row(ref, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Ask finance first")
    assert shell("sync", "--apply").code == 1
    (letter,) = shell("dead-letters", "--json").data
    assert (letter["ref"], letter["retryable"]) == (ref, False)
    assert "Ask finance first" in shell("dead-letters").out
    org.heal_row(ref)
    assert "nothing to write" in shell("retry", "--apply").out
    assert shell("retry", "--all", "--apply").code == 0
    assert org.record(ref)["Pulsefield_Health_Band__c"]
    assert "No dead letters" in shell("dead-letters").out
