"""Fields that are missing: who may make them, when, and what is left of it in the journal."""

from datetime import timedelta

import pytest

from connectors.errors import SetupError
from sync import notes, own_fields, past, redo, run
from sync.journal import Journal
from tests.sync.fakes import NOW, SYSTEMS, customers
from tests.sync.test_run import NAMES

LATER = NOW + timedelta(minutes=5)


def noted(config) -> list[dict[str, object]]:
    journal = Journal(config.journal)
    try:
        return list(notes.read(journal, own_fields.MADE).values())
    finally:
        journal.close()


def test_a_plan_names_what_the_first_apply_of_a_person_makes(deploy) -> None:
    config = deploy(crm=customers(NAMES), fields=False)
    dry = run.make_plan(config, now=NOW)
    (plan,) = dry.plans
    assert (dry.exit_code, plan.updates, "pulsefield_health" in plan.creates) == (0, 7, True)
    assert SYSTEMS["crm"].fields == set()
    assert noted(config) == []
    assert past.plan_shown(config, str(dry.run)).creates == {"crm": plan.creates}
    done = run.sync(config, create=True, now=NOW)
    assert (done.exit_code, done.applied[0].ok) == (0, 7)
    assert SYSTEMS["crm"].fields == set(done.plans[0].creates) == set(plan.creates)
    (note,) = noted(config)
    assert (note["target"], note["run"], note["made"]) == ("crm", done.run, True)
    assert set(note["fields"]) == set(plan.creates)
    again = run.sync(config, create=True, now=LATER)
    assert [(p.updates, p.creates) for p in again.plans] == [(0, ())]


def test_a_run_that_nobody_started_makes_nothing(deploy) -> None:
    config = deploy(crm=customers(NAMES), fields=False)
    report = run.sync(config, now=NOW)
    assert report.exit_code == 2
    assert "is missing; `pulsefield fields --create` creates it" in report.connections[0].error
    assert (SYSTEMS["crm"].fields, SYSTEMS["crm"].writes, noted(config)) == (set(), [], [])


def test_a_saved_plan_makes_what_it_named(deploy) -> None:
    config = deploy(crm=customers(NAMES), fields=False)
    made = run.make_plan(config, now=NOW)
    done = redo.apply_plan(config, str(made.run), now=LATER)
    assert (done.exit_code, done.applied[0].ok) == (0, 7)
    assert SYSTEMS["crm"].fields == set(made.plans[0].creates)


def test_a_saved_plan_that_named_no_field_makes_none(deploy) -> None:
    crm = customers(NAMES)
    config = deploy(crm=crm, fields=False)
    run.make_plan(config, now=NOW)
    crm.fields |= {field for plan in run.make_plan(config, now=NOW).plans for field in plan.creates}
    made = run.make_plan(config, now=NOW)
    crm.fields.clear()
    done = redo.apply_plan(config, str(made.run), now=LATER)
    assert done.exit_code == 2
    assert "is missing" in done.connections[0].error
    assert (crm.fields, crm.writes) == (set(), [])


@pytest.mark.parametrize("gone", ["all", "one"])
def test_a_field_that_is_gone_after_it_was_made_is_an_error(deploy, gone: str) -> None:
    crm = customers(NAMES)
    config = deploy(crm=crm, fields=False)
    run.sync(config, create=True, now=NOW)
    crm.fields -= {"pulsefield_health"} if gone == "one" else set(crm.fields)
    left = set(crm.fields)
    crm.put("usage", "new", account_ref="1", day=(NOW - timedelta(9)).date(), user_ref="u", count=1)
    report = run.sync(config, create=True, now=LATER)
    assert report.exit_code == 2
    assert "the field pulsefield_health is missing" in report.connections[0].error
    assert crm.fields == left
    assert [problem.fatal for problem in run.check(config)][:1] == [True]


def test_one_that_may_not_be_made_keeps_only_its_target_from_being_written(deploy) -> None:
    crm, desk = customers(NAMES), customers(NAMES)
    config = deploy(crm=crm, desk=desk, fields=False)
    crm.create_error = SetupError("the running user needs Customize Application")
    report = run.sync(config, create=True, now=NOW)
    assert report.exit_code == 2
    assert "needs Customize Application" in report.connections[0].error
    assert (crm.writes, len(desk.writes)) == ([], 7)
    crm.create_error = None
    again = run.sync(config, create=True, now=LATER)
    assert (again.exit_code, [done.ok for done in again.applied]) == (0, [7])


def test_values_of_a_field_that_was_hidden_are_read_before_it_is_written(deploy) -> None:
    crm = customers([f"C{i}" for i in range(12)])
    crm.hidden = {"pulsefield_health"}
    crm.held = {str(i + 1): {"pulsefield_health": "1200"} for i in range(12)}
    config = deploy(crm=crm, fields=False)
    report = run.sync(config, create=True, now=NOW)
    assert report.exit_code == 2
    assert "pulsefield_health was there already, hidden from this user" in str(report.problems)
    assert crm.writes == []
    again = run.sync(config, create=True, now=LATER)
    assert again.exit_code == 3
    assert "pulsefield_health hold values that Pulsefield never wrote" in again.unsafe[0]
    assert crm.writes == []


def test_a_field_that_cannot_be_used_keeps_the_others_from_being_made(deploy, monkeypatch) -> None:
    config = deploy(crm=customers(NAMES), fields=False)
    states = run.field_states(config)["crm"]
    odd = [states[0].__class__("a", "text", True, True, False), *states[1:]]
    monkeypatch.setattr("tests.sync.fakes.Memory.field_states", lambda *_: odd)
    report = run.sync(config, create=True, now=NOW)
    assert "a cannot be written by this user" in report.connections[0].error
    assert SYSTEMS["crm"].fields == set()


def test_check_tells_of_missing_fields_without_stopping_before_the_first_apply(deploy) -> None:
    config = deploy(crm=customers(NAMES), fields=False)
    (problem,) = [one for one in run.check(config) if "fields are missing" in one.what]
    assert (problem.fatal, "sync --apply" in problem.todo) == (False, True)
