"""The main job over the wire: fields, plan, write, read back, and nothing left to do."""

from connectors import simulator as simulated
from connectors.simulator.readback import read_back
from tests.sync.cli.shell import Shell


def writes(systems: simulated.Simulator) -> int:
    """Requests that any stand-in took and that change records."""
    changing = ("/composite/sobjects", "/batch/update", "/update_many")
    return sum(
        app.log.count(part, status)
        for app in systems.apps.values()
        for part in changing
        for status in (200, 207)
    )


def test_scores_reach_every_system_and_nothing_is_left_to_do(
    systems: simulated.Simulator, shell: Shell
) -> None:
    assert shell("fields", "--create").code == 0

    dry = shell("sync", "--json")
    assert dry.code == 0
    assert {plan["connection"]: plan["updates"] > 0 for plan in dry.data["plans"]} == {
        "salesforce": True,
        "hubspot": True,
        "zendesk": True,
    }
    assert writes(systems) == 0, "a dry run writes nothing"

    applied = shell("sync", "--apply", "--json").data
    assert [(a["connection"], len(a["refused"])) for a in applied["applied"]] == [
        ("salesforce", 0),
        ("hubspot", 0),
        ("zendesk", 0),
    ]
    for entry in applied["applied"]:
        plan = next(p for p in applied["plans"] if p["connection"] == entry["connection"])
        assert entry["ok"] == plan["updates"] > 0

    before = writes(systems)
    again = shell("sync", "--apply", "--json").data
    assert [plan["updates"] for plan in again["plans"]] == [0, 0, 0]
    assert writes(systems) == before, "an unchanged portfolio is not written again"
    assert sum(sum(c["rows"].values()) for c in again["connections"]) == 0


def test_what_is_odd_in_the_data_is_counted_with_examples(shell: Shell) -> None:
    pulled = shell("pull")
    found = shell("score", "--json").data["report"]["matching"]["parked"]
    scored = shell("score")
    assert "Odd in the data" in pulled.out
    assert found
    for one in found[:3]:
        assert one["kind"].replace("_", " ") in scored.out
        assert one["examples"][0] in scored.out


def test_requests_are_near_the_least_possible(shell: Shell) -> None:
    shell("fields", "--create")
    for connection in shell("sync", "--apply", "--json").data["connections"]:
        made, least = sum(connection["made"].values()), sum(connection["least"].values())
        assert least <= made <= least * 1.1 + 5


def test_each_system_holds_what_explain_says(systems: simulated.Simulator, shell: Shell) -> None:
    shell("fields", "--create")
    report = shell("sync", "--apply", "--json").data
    worst = next(a for a in report["worst"] if a["value"] is not None)
    told = shell("explain", worst["account_id"], "--json").data
    health = next(row for row in told["scores"] if row["score"] == "health")
    assert abs(50 + sum(row["points"] for row in told["ledger"]) - health["value"]) < 1e-9
    for system, (ref, *_) in told["records"].items():
        held = {
            name.lower().removesuffix("__c"): value
            for name, value in read_back(systems, system, ref).values.items()
        }
        assert float(held["pulsefield_health"]) == round(health["value"], 1)
        assert held["pulsefield_health_band"].endswith(health["band"])
        assert held["pulsefield_health_reasons"] == worst["reasons"]


def test_people_can_read_what_happened(shell: Shell) -> None:
    shell("fields", "--create")
    told = shell("sync", "--apply").out
    for part in ("Read", "Matched", "health   mean", "Lowest health", "Plan", "Written"):
        assert part in told
    assert "\x1b[" not in told, "no colours when nobody's terminal is there"


def test_a_person_reads_scores_and_ledger_of_a_customer(shell: Shell) -> None:
    shell("pull")
    worst = shell("score", "--json").data["scores"][0]
    told = shell("explain", worst["account_id"])
    assert told.code == 0, told.err
    for part in (worst["name"], "spread", "limited by", "goodness"):
        assert part in told.out


def test_explain_lists_near_names_for_an_unknown_account(shell: Shell) -> None:
    shell("pull")
    told = shell("explain", "No Such Customer Anywhere")
    assert told.code == 2
    assert "No Such Customer Anywhere" in told.out


def test_match_lists_what_waits_for_a_decision(shell: Shell) -> None:
    shell("pull")
    report = shell("match", "--json").data
    assert sum(report["records"].values()) > report["accounts"] > 0
    for entry in report["review"]:
        assert entry["reason"]
        assert len(entry["sides"]) >= 2
