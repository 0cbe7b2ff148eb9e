"""What can be done with what the journal has: apply a saved plan, roll back, retry."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from connectors.errors import TransientError
from sync import letters, redo, run, schema
from sync.errors import BusyError, PlanError
from sync.history import PLANNED, TABLE
from sync.journal import Journal
from sync.lease import lease
from sync.store import Store
from tests.sync.fakes import NOW, SYSTEMS, customers, dump
from tests.sync.test_run import NAMES, hand_edit

LATER = NOW + timedelta(minutes=5)


def changed(ref: str = "1", days: int = 9) -> None:
    """One more day of usage: the scores of a customer change."""
    day = (NOW - timedelta(days=days)).date()
    row = {"day": day, "feature": "x", "user_ref": "u", "count": 1}
    SYSTEMS["crm"].put("usage", f"new-{ref}-{days}", account_ref=ref, **row)


def test_a_saved_plan_is_applied_exactly(deploy) -> None:
    config = deploy(crm=customers(NAMES), desk=customers(NAMES[:3]))
    made = run.make_plan(config, now=NOW)
    changed()  # a plan made now would be another
    done = redo.apply_plan(config, str(made.run), now=LATER)
    assert done.exit_code == 0
    assert [entry.ok for entry in done.applied] == [7, 3]
    again = run.sync(config, now=LATER)
    assert [plan.updates for plan in again.plans] == [1, 1]


def test_the_snapshot_of_a_saved_plan_is_kept_once_it_is_applied(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    made = run.make_plan(config, now=NOW)
    store = Store(config.data)
    assert store.scan(TABLE) is None
    done = redo.apply_plan(config, str(made.run), now=LATER)
    kept, planned = (set(store.columns(t)) for t in (TABLE, PLANNED))
    assert kept == planned
    journal = Journal(config.journal)
    last = journal.last_run(before=99)
    journal.close()
    assert (last["run"], last["accounts"]) == (done.run, 7)


@pytest.mark.parametrize("again", [False, True])
def test_a_plan_is_applied_once_only(deploy, again: bool) -> None:
    config = deploy(crm=customers(NAMES))
    made = run.make_plan(config, now=NOW) if again else run.sync(config, now=NOW)
    if again:
        redo.apply_plan(config, str(made.run), now=NOW)
    writes = len(SYSTEMS["crm"].writes)
    with pytest.raises(PlanError, match="applied already"):
        redo.apply_plan(config, str(made.run), now=NOW)
    assert len(SYSTEMS["crm"].writes) == writes


def test_a_plan_is_refused_when_the_target_moved(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    run.sync(config, now=NOW)
    changed()
    made = run.make_plan(config, now=LATER)
    hand_edit(SYSTEMS["crm"], "1", pulsefield_health="77.0")
    writes = len(SYSTEMS["crm"].writes)
    with pytest.raises(PlanError, match=r"crm has moved.*1 holds '77.0' in pulsefield_health"):
        redo.apply_plan(config, str(made.run), now=LATER)
    assert len(SYSTEMS["crm"].writes) == writes


def test_a_plan_is_refused_when_it_was_edited(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    made = run.make_plan(config, now=NOW)
    journal = Journal(config.journal)
    table = schema.writes
    with journal.begin() as db:
        text = db.execute(sa.select(table.c.change).where(table.c.ref == "3")).scalar_one()
        change = json.loads(text) | {"pulsefield_health": [None, "100.0"]}
        db.execute(table.update().where(table.c.ref == "3").values(change=json.dumps(change)))
    journal.close()
    redone = run.make_plan(config, now=NOW)
    with pytest.raises(PlanError, match="was edited after it was made"):
        redo.apply_plan(config, str(made.run), now=NOW)
    assert SYSTEMS["crm"].writes == []
    assert redo.apply_plan(config, str(redone.run), now=NOW).applied[0].ok == 7


def test_a_plan_is_known_by_number_and_checksum(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    made = run.make_plan(config, now=NOW)
    with pytest.raises(PlanError, match=f"no plan 99; plans that wait: {made.run}"):
        redo.apply_plan(config, "99", now=NOW)
    with pytest.raises(PlanError, match="not the plan that was reviewed"):
        redo.apply_plan(config, f"{made.run}@{'0' * 12}", now=NOW)
    with pytest.raises(PlanError, match="not the plan that was reviewed"):
        redo.apply_plan(config, f"{made.run}@a", now=NOW)
    assert SYSTEMS["crm"].writes == []


def test_a_plan_with_a_field_that_is_not_owned_any_more_is_refused(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    made = run.make_plan(config, now=NOW)
    extra = "[connections.crm.fields]\nhealth = false\n"
    config = deploy(crm=SYSTEMS["crm"], extra=extra)
    with pytest.raises(PlanError, match="pulsefield_health of crm, which the configuration"):
        redo.apply_plan(config, str(made.run), now=NOW)


def test_an_unsafe_plan_waits_for_a_reason(deploy) -> None:
    crm = customers([f"C{i}" for i in range(12)])
    crm.held = {str(i + 1): {"pulsefield_health": "1200"} for i in range(12)}
    config = deploy(crm=crm)
    made = run.make_plan(config, now=NOW)
    assert redo.apply_plan(config, str(made.run), now=NOW).exit_code == 3
    assert crm.writes == []
    done = redo.apply_plan(config, str(made.run), force="moved from the old tool", now=NOW)
    assert (done.exit_code, done.forced, len(crm.writes)) == (0, "moved from the old tool", 12)


def test_a_rollback_puts_values_back_and_can_itself_be_rolled_back(deploy) -> None:
    config = deploy(crm=customers(NAMES), desk=customers(NAMES[:3]))
    run.sync(config, now=NOW)
    before = dump(SYSTEMS["crm"])
    changed("1")
    changed("2")
    second = run.sync(config, now=LATER)
    after = dump(SYSTEMS["crm"])
    assert before != after
    dry = redo.undo(config, second.run, now=LATER)
    assert (dump(SYSTEMS["crm"]), dry.plans[0].updates, dry.applied) == (after, 2, ())
    back = redo.undo(config, second.run, apply=True, now=LATER)
    assert (back.exit_code, dump(SYSTEMS["crm"])) == (0, before)
    assert run.make_plan(config, now=LATER).plans[0].by_hand == 0  # it was ourselves
    redo.undo(config, back.run, apply=True, now=LATER)
    assert dump(SYSTEMS["crm"]) == after


def test_a_rollback_leaves_alone_what_changed_since(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    run.sync(config, now=NOW)
    old = dict(SYSTEMS["crm"].held["2"])
    changed("1")
    changed("2")
    second = run.sync(config, now=LATER)
    hand_edit(SYSTEMS["crm"], "1", pulsefield_health="99.0")
    report = redo.undo(config, second.run, apply=True, now=LATER)
    assert report.plans[0].changed_since == 1
    assert SYSTEMS["crm"].held["1"]["pulsefield_health"] == "99.0"
    assert SYSTEMS["crm"].held["2"] == old


def test_a_rollback_has_limits(deploy) -> None:
    config = deploy(crm=customers([f"C{i}" for i in range(12)]))
    first = run.sync(config, now=NOW)
    report = redo.undo(config, first.run, apply=True, now=NOW)
    assert report.exit_code == 3
    assert "12 of 12 records (100%) would have values cleared" in report.unsafe[0]
    assert SYSTEMS["crm"].held["1"]["pulsefield_health"] is not None
    forced = redo.undo(config, first.run, apply=True, force="wrong org", now=NOW)
    assert (forced.exit_code, forced.forced) == (0, "wrong org")
    assert set(SYSTEMS["crm"].held["1"].values()) == {None}


def test_what_cannot_be_rolled_back_is_told(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    planned = run.make_plan(config, now=NOW)
    with pytest.raises(PlanError, match="there is no run 42"):
        redo.undo(config, 42, now=NOW)
    with pytest.raises(PlanError, match=r"run 1 \(plan\) wrote nothing"):
        redo.undo(config, planned.run, now=NOW)
    done = redo.apply_plan(config, str(planned.run), now=NOW)
    with pytest.raises(PlanError, match=f"run {done.run} applied its plan"):
        redo.undo(config, planned.run, now=NOW)


def test_a_running_run_is_not_rolled_back_and_an_interrupted_one_is(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    done = run.sync(config, now=NOW)
    journal = Journal(config.journal)
    with journal.begin() as db:
        db.execute(schema.runs.update().values(state="running"))
    with lease(journal), pytest.raises(BusyError, match="wait for it to end"):
        redo.undo(config, done.run, now=NOW)
    journal.close()
    assert redo.undo(config, done.run, now=NOW).plans[0].updates == 7


def test_a_run_that_has_written_nothing_yet_is_waited_for(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    journal = Journal(config.journal)
    with lease(journal):
        begun = journal.start_run("sync", NOW)
        with pytest.raises(BusyError, match="wait for it to end"):
            redo.undo(config, begun, now=NOW)
    journal.close()
    with pytest.raises(PlanError, match="wrote nothing"):
        redo.undo(config, begun, now=NOW)


def test_a_retry_sends_what_may_pass_and_with_every_what_was_refused_for_good(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    SYSTEMS["crm"].refuse.update({"3": ("LOCKED", True), "4": ("VALIDATION", False)})
    run.sync(config, now=NOW)
    SYSTEMS["crm"].refuse.clear()
    assert redo.retry(config, now=NOW).applied == ()
    journal = Journal(config.journal)
    assert [(d.ref, d.code) for d in letters.dead_letters(journal)] == [
        ("3", "LOCKED"),
        ("4", "VALIDATION"),
    ]
    assert redo.retry(config, apply=True, now=NOW).applied[0].ok == 1
    assert [d.ref for d in letters.dead_letters(journal)] == ["4"]
    assert redo.retry(config, apply=True, every=True, now=NOW).applied[0].ok == 1
    assert letters.dead_letters(journal) == []
    journal.close()
    assert run.make_plan(config, now=NOW).plans[0].updates == 0


def test_a_retry_without_dead_letters_reads_and_writes_nothing(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    run.sync(config, now=NOW)
    reads = len(SYSTEMS["crm"].reads)
    report = redo.retry(config, apply=True, now=NOW)
    assert (report.exit_code, report.plans, len(SYSTEMS["crm"].reads)) == (0, (), reads)


def test_nothing_is_put_back_where_the_target_cannot_be_read(deploy) -> None:
    config = deploy(crm=customers(NAMES))
    done = run.sync(config, now=NOW)
    hand_edit(SYSTEMS["crm"], "1", pulsefield_health="99.0")
    SYSTEMS["crm"].fail_read["accounts"] = TransientError("crm is down")
    with pytest.raises(PlanError, match="crm could not be read"):
        redo.undo(config, done.run, apply=True, now=NOW)
