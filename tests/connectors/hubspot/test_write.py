"""Writing: batches, what a 207 says and does not say, a bad row among good ones."""

import json
from math import ceil

import pytest

from connectors.base import FieldUpdate, SilentLog
from connectors.errors import QuotaError, SetupError, TransientError
from tests.connectors.zendesk.account import WsgiAdapter, updates

from .account import FIELDS, account, bodies, companies, connection

UPDATE = "POST /crm/objects/2026-03/companies/batch/update"


def crm_with(count, **settings):
    app = account()
    ids = companies(app, count)
    connection(app).to.create_fields(FIELDS)
    return app, ids, connection(app, **settings)


def write(crm, changes):
    return list(crm.to.write(changes, SilentLog()))


def value(app, one, name="pulsefield_health"):
    return app.record(one).properties.get(name)


def batches(crm):
    return crm.wire.paths().count(UPDATE)


class Anonymous(WsgiAdapter):
    """A HubSpot that refuses a batch without saying which row it means."""

    def send(self, request, **options):
        response = super().send(request, **options)
        if response.status_code == 400:
            body = response.json()
            body.pop("context", None)
            response._content = json.dumps(body).encode()
        return response


def anonymous(app, crm):
    crm.wire = Anonymous(app)
    crm.to._http.mount("http://", crm.wire)


class Log(SilentLog):
    def __init__(self, wire):
        self.wire = wire
        self.told = []

    def sending(self, refs):
        self.told.append((len(refs), len(self.wire.sent)))


def test_batches_of_100_come_back_in_order():
    app, ids, crm = crm_with(250)
    found = write(crm, updates(ids, pulsefield_health="87.5"))
    assert [(result.ref, result.ok) for result in found] == [(one, True) for one in ids]
    assert sorted(len(body["inputs"]) for body in bodies(crm.wire, "batch/update")) == [
        50,
        100,
        100,
    ]
    assert {value(app, one) for one in ids} == {"87.5"}
    assert crm.to.stats.made == crm.to.stats.least


def test_nothing_to_write_makes_no_request():
    _, _, crm = crm_with(1)
    assert write(crm, []) == []
    assert crm.wire.sent == []


def test_values_are_texts_and_an_empty_text_clears():
    app, ids, crm = crm_with(1)
    app.edit(ids[0], "pulsefield_health_band", "red")
    change = {"pulsefield_health": "0.0", "pulsefield_health_band": None}
    write(crm, [FieldUpdate(ids[0], change)])
    row = bodies(crm.wire, "batch/update")[0]["inputs"][0]
    assert row == {
        "id": ids[0],
        "objectWriteTraceId": ids[0],
        "properties": {"pulsefield_health": "0.0", "pulsefield_health_band": ""},
    }
    assert (value(app, ids[0]), value(app, ids[0], "pulsefield_health_band")) == ("0.0", None)


def test_log_is_told_before_a_batch_is_sent():
    _, ids, crm = crm_with(250, workers=1)
    log = Log(crm.wire)
    list(crm.to.write(updates(ids, pulsefield_health="1.0"), log))
    assert log.told == [(100, 0), (100, 1), (50, 2)]


def test_id_that_comes_twice_goes_into_two_batches_in_order():
    app, ids, crm = crm_with(2)
    twice = updates(ids, pulsefield_health="1.0") + updates(ids[:1], pulsefield_health="2.0")
    assert [result.ok for result in write(crm, twice)] == [True] * 3
    assert (value(app, ids[0]), batches(crm)) == ("2.0", 2)


def test_row_that_fails_inside_a_207_fails_alone():
    app, ids, crm = crm_with(100)
    app.fail_row(ids[7], "VALIDATION_ERROR")
    found = write(crm, updates(ids, pulsefield_health="1.0"))
    assert [result.ref for result in found if not result.ok] == [ids[7]]
    assert (found[7].code, found[7].retryable) == ("VALIDATION_ERROR", False)
    assert batches(crm) == 1


@pytest.mark.parametrize("bad_ids", ["errors", "silent"])
def test_company_that_is_gone_is_found_out_even_if_a_207_says_nothing(bad_ids):
    app, ids, crm = crm_with(3)
    app.state.bad_ids = bad_ids
    app.archive(ids[1])
    found = write(crm, updates(ids, pulsefield_health="1.0"))
    assert [(result.ok, result.code) for result in found] == [
        (True, ""),
        (False, "OBJECT_NOT_FOUND"),
        (True, ""),
    ]
    assert batches(crm) == 1


def test_row_that_an_answer_passes_over_is_sent_once_more():
    app, ids, crm = crm_with(2)
    nothing = b'{"status": "COMPLETE", "results": [], "numErrors": 0, "errors": []}'
    crm.wire.answers.append(("batch/update", 207, nothing, {}))
    assert [result.ok for result in write(crm, updates(ids, pulsefield_health="1.0"))] == [True] * 2
    assert batches(crm) == 2
    assert value(app, ids[0]) == "1.0"


def test_row_that_is_passed_over_twice_may_be_sent_another_time():
    _, ids, crm = crm_with(1)
    crm.wire.answers += [("batch/update", 207, b'{"results": []}', {})] * 2
    found = write(crm, updates(ids, pulsefield_health="1.0"))
    assert [(result.ok, result.code, result.retryable) for result in found] == [
        (False, "NOT_ACKNOWLEDGED", True)
    ]


def test_company_that_was_merged_away_is_no_success():
    app, ids, crm = crm_with(2)
    app.merge(ids[1], into=ids[0])
    found = write(crm, updates(ids[1:], pulsefield_health="1.0"))
    assert (found[0].ok, found[0].code) == (False, "MERGED")
    assert ids[0] in found[0].message


def test_one_bad_value_is_named_and_the_others_are_written():
    app, ids, crm = crm_with(100)
    changes = updates(ids, pulsefield_health_band="red")
    changes[41] = FieldUpdate(ids[41], {"pulsefield_health_band": "purple"})
    found = write(crm, changes)
    assert [(result.ref, result.code) for result in found if not result.ok] == [
        (ids[41], "INVALID_OPTION")
    ]
    assert "purple" in found[41].message
    assert batches(crm) == 2
    assert value(app, ids[99], "pulsefield_health_band") == "red"


@pytest.mark.parametrize("bad", [[0], [41], [99], [3, 77], [10, 11, 12]])
def test_bad_rows_that_hubspot_does_not_name_are_halved_out(bad):
    app, ids, crm = crm_with(100)
    anonymous(app, crm)
    changes = updates(ids, pulsefield_health="1.0")
    for number in bad:
        changes[number] = FieldUpdate(ids[number], {"pulsefield_health": "many"})
    found = write(crm, changes)
    assert [number for number, result in enumerate(found) if not result.ok] == bad
    assert {found[number].code for number in bad} == {"INVALID_NUMBER"}
    assert sum(value(app, one) == "1.0" for one in ids) == 100 - len(bad)
    assert batches(crm) <= 1 + 2 * ceil(7 * len(bad))


def test_several_named_rows_are_each_told_their_own_reason():
    app, ids, crm = crm_with(50)
    changes = updates(ids, pulsefield_health="1.0")
    changes[5] = FieldUpdate(ids[5], {"pulsefield_health": "many"})
    changes[9] = FieldUpdate(ids[9], {"pulsefield_health_band": "purple"})
    found = write(crm, changes)
    assert (found[5].code, found[9].code) == ("INVALID_NUMBER", "INVALID_OPTION")
    assert sum(result.ok for result in found) == 48
    assert value(app, ids[0]) == "1.0"


def test_partial_success_by_trace_ids_needs_no_second_request():
    app, ids, crm = crm_with(100)
    app.state.partial = True
    changes = updates(ids, pulsefield_health="1.0")
    changes[5] = FieldUpdate(ids[5], {"pulsefield_health": "many"})
    assert [result.ref for result in write(crm, changes) if not result.ok] == [ids[5]]
    assert batches(crm) == 1


def test_field_that_vanished_stops_the_writing():
    app, ids, crm = crm_with(300, workers=1)
    app.drop_property("pulsefield_health")
    with pytest.raises(SetupError, match="pulsefield_health"):
        write(crm, updates(ids, pulsefield_health="1.0"))
    assert batches(crm) == 1


def test_refusal_of_every_row_stops_the_writing():
    _, ids, crm = crm_with(300, workers=1)
    results = []
    with pytest.raises(SetupError, match="every company alike"):
        results.extend(crm.to.write(updates(ids, pulsefield_health="many"), SilentLog()))
    assert batches(crm) < 250


def test_required_property_of_the_account_is_enforced_from_2026_09_on():
    app, ids, crm = crm_with(2)
    app.require("industry")
    app.edit(ids[1], "industry", "Retail")
    assert [result.ok for result in write(crm, updates(ids, pulsefield_health="1.0"))] == [True] * 2
    later = connection(app, api="2026-09")
    found = write(later, updates(ids, pulsefield_health="2.0"))
    assert [(result.ok, result.code) for result in found] == [
        (False, "REQUIRED_FIELD"),
        (True, ""),
    ]
    assert "industry" in found[0].message


@pytest.mark.parametrize(
    ("status", "headers", "waits"),
    [(423, {}, 2), (429, {}, 10), (429, {"Retry-After": "3"}, 3), (502, {}, 0.5), (521, {}, 0.5)],
)
def test_passing_fault_is_waited_out_and_sent_again(status, headers, waits):
    app, ids, crm = crm_with(1)
    body = b'{"policyName": "TEN_SECONDLY_ROLLING"}' if status == 429 else b""
    crm.wire.answers.append(("batch/update", status, body, headers))
    before = app.clock()
    assert write(crm, updates(ids, pulsefield_health="1.0"))[0].ok
    assert app.clock() - before >= waits
    assert crm.to.stats.retried == 1


def test_daily_limit_stops_until_midnight_in_the_account():
    _, ids, crm = crm_with(1, time_zone="Europe/Amsterdam")
    body = b'{"policyName": "DAILY", "message": "You have reached your daily limit."}'
    date = {"Date": "Sat, 21 Nov 2026 10:00:00 GMT"}
    crm.wire.answers.append(("batch/update", 429, body, date))
    with pytest.raises(QuotaError, match="daily limit") as stop:
        write(crm, updates(ids, pulsefield_health="1.0"))
    assert stop.value.resumes_at.isoformat() == "2026-11-21T23:00:00+00:00"
    assert str(stop.value).count("again from 2026-11-21 23:00 UTC") == 1


def test_daily_limit_of_an_account_without_time_zone_says_what_to_set():
    _, ids, crm = crm_with(1)
    crm.wire.answers.append(("batch/update", 429, b'{"policyName": "DAILY"}', {}))
    with pytest.raises(QuotaError, match="set time_zone"):
        write(crm, updates(ids, pulsefield_health="1.0"))


def test_account_that_is_being_moved_ends_the_run_politely():
    _, ids, crm = crm_with(1)
    crm.wire.answers.append(("batch/update", 477, b"", {"Retry-After": "36000"}))
    with pytest.raises(QuotaError, match="data centre"):
        write(crm, updates(ids, pulsefield_health="1.0"))


def test_results_before_an_outage_hold():
    app, ids, crm = crm_with(150, workers=1)
    crm.to._http.rules.attempts = 2
    results = []

    class Down(WsgiAdapter):
        def send(self, request, **options):
            if len(self.sent) >= 1:
                self.answers.append(("/", 503, b"<html>", {}))
            return super().send(request, **options)

    crm.to._http.mount("http://", Down(app))
    with pytest.raises(TransientError, match="503"):
        results.extend(crm.to.write(updates(ids, pulsefield_health="1.0"), SilentLog()))
    assert [result.ok for result in results] == [True] * 100


def test_budget_stops_before_the_whole_quota_is_used():
    app, ids, crm = crm_with(300, workers=1, budget=0.00001)  # ten of a million
    for _ in range(3):
        write(crm, updates(ids, pulsefield_health="1.0"))
    with pytest.raises(QuotaError, match="budget"):
        write(crm, updates(ids, pulsefield_health="1.0"))
    assert batches(crm) == 10
    assert value(app, ids[0]) == "1.0"


def test_job_of_another_system_is_not_adopted():
    with pytest.raises(ValueError, match="no job"):
        list(connection(account()).to.adopt("7", []))


def test_written_values_are_held_afterwards():
    app, ids, crm = crm_with(1)
    change = {"pulsefield_scored_at": "2026-11-21T10:00:00Z", "pulsefield_health": "61.5"}
    write(crm, [FieldUpdate(ids[0], change)])
    page = next(iter(connection(app).to.read("companies", None)))
    held = page.tables["held"].to_pylist()[0]
    assert {name: held[name] for name in change} == change
