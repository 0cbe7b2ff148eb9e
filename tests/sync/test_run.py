"""The whole way from sources to targets, over systems in memory."""

import dataclasses
from datetime import timedelta

import pytest

from connectors.errors import SetupError, TransientError
from sync import run
from sync.errors import BusyError
from sync.journal import Journal
from sync.lease import lease
from tests.sync.fakes import NOW, SYSTEMS, KilledError, System, Trap, customers, dump

NAMES = ["Abel", "Bruno", "Cilia", "Dorn", "Emil", "Fenna", "Gerd"]


def hand_edit(system: System, ref: str, **values) -> None:
    system.held[ref].update(values)
    system.put("accounts", ref)


def test_a_sync_writes_every_field_and_a_second_one_nothing(deploy) -> None:
    config = deploy(crm=customers(NAMES), desk=customers(NAMES[:5], tickets=2))
    first = run.sync(config, now=NOW)
    assert first.exit_code == 0
    assert [done.ok for done in first.applied] == [7, 5]
    assert SYSTEMS["desk"].held["1"]["pulsefield_health"] is not None
    assert SYSTEMS["desk"].held["5"]["pulsefield_health_band"] in {"red", "yellow", "green"}
    writes = len(SYSTEMS["crm"].writes)
    second = run.sync(config, now=NOW + timedelta(minutes=5))
    assert [plan.updates for plan in second.plans] == [0, 0]
    assert second.applied == ()
    assert len(SYSTEMS["crm"].writes) == writes


def test_a_second_sync_asks_for_changes_only(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    run.sync(config, now=NOW)
    SYSTEMS["crm"].reads.clear()
    report = run.sync(config, now=NOW)
    assert all(since is not None for _, since in SYSTEMS["crm"].reads)
    assert report.connections[0].rows == {}


def test_plan_is_empty_right_after_apply_without_reading_back(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    run.sync(config, now=NOW)
    crm = SYSTEMS["crm"]
    crm.rows = {table: {} for table in crm.rows}  # nothing comes back from the source any more
    assert run.make_plan(config, now=NOW).plans[0].updates == 0


def test_a_plan_writes_nothing(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    report = run.make_plan(config, now=NOW)
    assert report.plans[0].updates == 7
    assert report.plans[0].unsafe == ()
    assert SYSTEMS["crm"].writes == []


def test_only_what_changed_is_written(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    run.sync(config, now=NOW)
    SYSTEMS["crm"].writes.clear()
    day = (NOW - timedelta(days=9)).date()
    SYSTEMS["crm"].put("usage", "new", account_ref="1", day=day, feature="x", user_ref="u", count=1)
    run.sync(config, now=NOW)
    (update,) = SYSTEMS["crm"].writes
    assert update.ref == "1"
    assert "pulsefield_model_version" not in update.values
    assert "pulsefield_scored_at" not in update.values  # it did not change either


def test_a_refused_row_is_reported_and_not_sent_again_until_its_value_changes(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    SYSTEMS["crm"].refuse["3"] = ("VALIDATION", False)
    report = run.sync(config, now=NOW)
    assert report.exit_code == 1
    assert [row.code for row in report.applied[0].refused] == ["VALIDATION"]
    SYSTEMS["crm"].writes.clear()
    again = run.sync(config, now=NOW)
    assert again.plans[0].held_back == 1
    assert SYSTEMS["crm"].writes == []


def test_a_refusal_that_may_pass_is_tried_again(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    SYSTEMS["crm"].refuse["3"] = ("LOCKED", True)
    run.sync(config, now=NOW)
    SYSTEMS["crm"].refuse.clear()
    assert run.sync(config, now=NOW).applied[0].ok == 1


def test_foreign_values_stop_every_target_until_forced(deploy) -> None:
    crm = customers([f"C{i}" for i in range(12)])
    crm.held = {str(i + 1): {"pulsefield_health": "1200"} for i in range(12)}
    config = deploy(crm=crm, desk=customers(NAMES))
    report = run.sync(config, now=NOW)
    assert report.exit_code == 3
    assert "crm: 12 of 12 records (100%) would have values replaced" in report.unsafe[0]
    assert "pulsefield_health hold values that Pulsefield never wrote" in report.unsafe[0]
    assert crm.writes == []
    assert SYSTEMS["desk"].writes == []
    forced = run.sync(config, force="moved from the old tool", now=NOW)
    assert forced.exit_code == 0
    assert forced.forced == "moved from the old tool"
    assert len(crm.writes) == 12


def test_fewer_accounts_than_last_time_are_unsafe(deploy) -> None:
    crm = customers([f"C{i}" for i in range(12)])
    config = deploy(crm=crm)
    run.sync(config, now=NOW)
    for ref in range(1, 6):
        crm.put("accounts", str(ref), deleted=True)
    crm.put("accounts", "12", name="Renamed", seats=3)
    crm.put("usage", "x", account_ref="12", day=NOW.date() - timedelta(9), feature="a", count=1)
    report = run.sync(config, now=NOW)
    assert any("7 accounts where there were 12" in reason for reason in report.unsafe)


def test_a_value_edited_by_hand_is_reported_and_overwritten_or_kept(deploy) -> None:
    extra = '[connections.crm.fields]\nhealth = { by_hand = "keep" }\n'
    config = deploy(crm=customers(NAMES), desk=customers(NAMES, tickets=1), extra=extra)
    run.sync(config, now=NOW)
    for system in SYSTEMS.values():
        hand_edit(system, "2", pulsefield_health="99.0")
    report = run.sync(config, now=NOW + timedelta(minutes=1))
    assert [(p.by_hand, p.kept_by_hand, p.updates) for p in report.plans] == [(1, 1, 0), (1, 0, 1)]
    (kept,), (overwritten,) = (plan.edited for plan in report.plans)
    assert (kept.name, kept.field, kept.held, kept.kept) == (
        "Bruno",
        "pulsefield_health",
        "99.0",
        True,
    )
    assert (overwritten.written, overwritten.kept) == (kept.written, False)
    assert SYSTEMS["crm"].held["2"]["pulsefield_health"] == "99.0"
    assert SYSTEMS["desk"].held["2"]["pulsefield_health"] != "99.0"


def test_missing_fields_stop_one_target_only(deploy) -> None:
    config = deploy(crm=customers(NAMES), desk=customers(NAMES))
    SYSTEMS["crm"].fields.clear()
    report = run.sync(config, now=NOW)
    assert report.exit_code == 2
    assert "pulsefield fields --create" in report.connections[0].error
    assert SYSTEMS["crm"].writes == []
    assert len(SYSTEMS["desk"].writes) == 7


def test_a_source_that_fails_does_not_stop_the_others(deploy) -> None:
    crm, desk = customers(NAMES), customers(NAMES)
    config = deploy(crm=crm, desk=desk)
    run.sync(config, now=NOW)
    desk.fail_read["usage"] = TransientError("desk is down")
    for system in (crm, desk):
        system.put("usage", "new", account_ref="1", day=NOW.date() - timedelta(9), count=1)
    report = run.sync(config, now=NOW)
    assert report.connections[1].error == "desk is down"
    assert report.exit_code == 1
    assert [done.ok for done in report.applied] == [1, 1]


def test_nothing_is_written_while_a_source_was_never_read_to_its_end(deploy) -> None:
    crm, desk = customers(NAMES), customers(NAMES)
    config = deploy(crm=crm, desk=desk)
    desk.fail_read["accounts"] = TransientError("desk is down")
    report = run.sync(config, now=NOW)
    assert "desk never was read to the end" in report.stopped
    assert (report.exit_code, crm.writes) == (1, [])
    desk.fail_read.clear()
    desk.reads.clear()
    assert run.sync(config, now=NOW).exit_code == 0
    assert ("accounts", "2") in desk.reads or desk.reads[0][1] is not None
    assert len(crm.writes) == 7


def test_a_missing_secret_is_a_set_up_problem(deploy, monkeypatch) -> None:
    monkeypatch.delenv("NO_SUCH_TOKEN", raising=False)
    extra = 'token = "env:NO_SUCH_TOKEN"\n'
    config = deploy(crm=customers(NAMES), extra=extra, fields=False)
    report = run.sync(config, now=NOW)
    assert report.exit_code == 2
    assert "NO_SUCH_TOKEN is not set" in report.connections[0].error


def test_a_target_that_stops_answering_is_finished_by_the_next_run(deploy) -> None:
    crm = customers(NAMES)
    config = deploy(crm=crm)
    crm.write_error = TransientError("gone")
    report = run.sync(config, now=NOW)
    assert report.applied[0].error == "gone"
    crm.write_error = None
    again = run.sync(config, now=NOW)
    assert again.resumed[0].ok == 2  # the batch that was in flight, sent again
    assert again.applied[0].ok == 5
    assert len(crm.held) == 7


def test_a_new_field_makes_the_held_values_be_read_again(deploy) -> None:
    crm = customers(NAMES)
    config = deploy(crm=crm)
    run.sync(config, now=NOW)
    crm.held["1"]["Risk__c"] = "42"
    crm.fields.add("Risk__c")
    extra = '[connections.crm.fields]\nrisk = { name = "Risk__c", value = "health.spread" }\n'
    config = deploy(crm=crm, extra=extra, fields=False)
    crm.reads.clear()
    run.make_plan(config, now=NOW)
    assert ("accounts", None) in crm.reads


def test_one_run_at_a_time(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    journal = Journal(config.journal)
    with lease(journal), pytest.raises(BusyError, match="wait for it to end"):
        run.sync(config, now=NOW)
    journal.close()
    assert run.sync(config, now=NOW).exit_code == 0


def test_scores_can_be_had_without_writing(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    run.pull(config, now=NOW)
    scored = run.score_now(config, now=NOW)
    assert scored.scores.num_rows == 14
    assert SYSTEMS["crm"].writes == []
    health = [row for row in scored.scores.to_pylist() if row["score"] == "health"]
    assert health[0]["reasons"].startswith("Health")


@pytest.mark.parametrize("wanted", ["crm:3", "3", "Cilia", "cil", "CILIA"])
def test_an_account_is_found_by_what_people_have(deploy, wanted: str) -> None:
    config = deploy(crm=customers(NAMES))
    run.pull(config, now=NOW)
    found = run.explain(config, wanted, now=NOW)
    assert found.account_id == "crm:3"
    assert found.records == {"crm": ("3",)}
    value = next(row["value"] for row in found.scores if row["score"] == "health")
    assert sum(row["points"] for row in found.ledger) + 50 == pytest.approx(value, abs=1e-9)


def test_an_unknown_account_gets_the_nearest(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    run.pull(config, now=NOW)
    with pytest.raises(LookupError, match="did you mean Bruno"):
        run.explain(config, "Brunno", now=NOW)


def end_state(deploy, folder: str, by_jobs: bool, fatal: int | None) -> tuple[list[str], int, int]:
    """Sync, killed at a point or not; sync again; return what is held, writes and points."""
    systems = {"crm": customers(NAMES[:5]), "desk": customers(NAMES[:3], tickets=1)}
    for system in systems.values():
        system.by_jobs = by_jobs
    config = deploy(general=f'data = "{folder}"', **systems)
    Trap.arm(fatal)
    if fatal is not None:
        with pytest.raises(KilledError):
            run.sync(config, now=NOW)
        Trap.arm(None)
    run.sync(config, now=NOW)
    points, writes = Trap.passed, sum(len(system.writes) for system in systems.values())
    if fatal is not None:
        quiet = run.make_plan(config, now=NOW)
        assert [plan.updates for plan in quiet.plans] == [0, 0]
    return [dump(system) for system in systems.values()], writes, points


@pytest.mark.parametrize(("by_jobs", "first"), [(False, 2), (True, 3)])
def test_killed_anywhere_the_next_run_ends_in_the_same_state(deploy, by_jobs, first) -> None:
    undisturbed, writes, points = end_state(deploy, "undisturbed", by_jobs, None)
    assert points > 15
    for fatal in range(first, points + 1, 4):
        state, made, _ = end_state(deploy, f"killed{fatal}", by_jobs, fatal)
        assert state == undisturbed, f"killed at point {fatal}"
        assert made <= writes + 2, f"killed at point {fatal}: more than what was in flight"


def test_a_report_can_be_kept_as_plain_data(deploy) -> None:
    report = run.sync(deploy(crm=customers(NAMES)), now=NOW)
    assert dataclasses.asdict(report)["matching"]["accounts"] == 7


def test_files_are_for_their_owner_only(deploy, tmp_path) -> None:
    config = deploy(crm=customers(NAMES))
    run.sync(config, now=NOW)
    places = [*(tmp_path / "pulsefield-data").rglob("*"), tmp_path / "pulsefield-data"]
    assert len(places) > 10
    assert [place for place in places if place.stat().st_mode & 0o077] == []


def test_setup_errors_name_the_exit_code(deploy) -> None:
    crm = customers(NAMES)
    crm.fail_read["accounts"] = SetupError("no permission")
    report = run.sync(deploy(crm=crm), now=NOW)
    assert (report.exit_code, report.connections[0].error) == (2, "no permission")
