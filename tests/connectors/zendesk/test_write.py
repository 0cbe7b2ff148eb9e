import pytest

from connectors.base import SilentLog
from connectors.errors import SetupError, TransientError
from tests.connectors.zendesk.account import FIELDS, account, connection, organization, updates
from tests.connectors.zendesk.test_read import DAY


class Log:
    """Keeps what a write told."""

    def __init__(self):
        self.events = []

    def sending(self, refs):
        self.events.append(("sending", len(refs)))

    def job(self, refs, job):
        self.events.append(("job", len(refs), job))


def ready(count, **settings):
    app = account()
    app.state.tables["organizations"].load([organization(n, DAY) for n in range(1, count + 1)])
    to = connection(app, **settings)
    to.to.create_fields(FIELDS)
    to.wire.sent.clear()
    return app, to


def health(app, number):
    return app.record(number)["organization_fields"]["pulsefield_health"]


def write(to, rows, log=None):
    return list(to.to.write(rows, log or SilentLog()))


def test_batches_of_100_followed_to_each_row_in_order():
    app, to = ready(250)
    log = Log()
    rows = updates(range(250, 0, -1), pulsefield_health="50.5")

    results = write(to, rows, log)

    assert [result.ref for result in results] == [row.ref for row in rows]
    assert all(result.ok for result in results)
    assert {health(app, n) for n in range(1, 251)} == {50.5}
    assert [event[1] for event in log.events if event[0] == "sending"] == [100, 100, 50]
    assert [event[1] for event in log.events if event[0] == "job"] == [100, 100, 50]
    assert to.to.stats.made["write"] == to.to.stats.least["write"] == 3


def test_no_update_makes_no_request():
    _, to = ready(1)
    assert write(to, []) == []
    assert to.wire.sent == []


def test_types_on_the_wire():
    app, to = ready(1)
    values = {
        "pulsefield_health": "61.5",
        "pulsefield_health_band": "green",
        "pulsefield_health_reasons": "Line one",
        "pulsefield_scored_at": "2026-11-21T06:00:12Z",
    }
    assert [result.ok for result in write(to, updates([1], **values))] == [True]
    fields = app.record(1)["organization_fields"]
    assert fields["pulsefield_health"] == 61.5
    assert fields["pulsefield_health_band"] == "pulsefield_health_band_green"
    assert fields["pulsefield_scored_at"] == "2026-11-21T06:00:12Z"

    assert [result.ok for result in write(to, updates([1], **dict.fromkeys(values)))] == [True]
    assert set(app.record(1)["organization_fields"].values()) == {None}


def test_a_completed_job_is_no_success_for_its_failed_rows():
    app, to = ready(3)
    app.fail_row(2, details="Name: Acme has already been taken")
    results = write(to, updates([1, 2, 3], pulsefield_health="50"))
    assert [result.ok for result in results] == [True, False, True]
    assert results[1].code == "OrganizationUpdateFailed"
    assert "already been taken" in results[1].message
    assert health(app, 2) is None


def test_a_row_that_does_not_exist_is_refused_alone():
    _, to = ready(2)
    results = write(to, updates([1, 77], pulsefield_health="50"))
    assert [result.ok for result in results] == [True, False]


def test_a_failed_job_gives_no_row_as_written():
    app, to = ready(2)
    app.state.jobs.fail_next = 1
    results = write(to, updates([1, 2], pulsefield_health="50"))
    assert [(result.ok, result.retryable) for result in results] == [(False, True)] * 2


@pytest.mark.parametrize("how", ["dropped", "inactive"])
def test_a_field_that_zendesk_ignores_is_found_out_before_anything_is_sent(how):
    app, _ = ready(250)
    if how == "dropped":
        app.drop_field("pulsefield_health")
    else:
        app.state.fields["organization_fields"].by_key()["pulsefield_health"]["active"] = False
    to = connection(app)
    with pytest.raises(SetupError, match=r"ignore pulsefield_health:.*pulsefield fields"):
        write(to, updates(range(1, 251), pulsefield_health="50"))
    assert "PUT /api/v2/organizations/update_many.json" not in to.wire.paths()


def test_a_thousand_take_ten_batches_a_look_at_the_fields_and_one_at_the_jobs():
    app, to = ready(1000)
    to.to.field_states(FIELDS)
    to.wire.sent.clear()
    assert all(result.ok for result in write(to, updates(range(1, 1001), pulsefield_health="50")))
    asked = to.wire.paths()
    assert asked.count("PUT /api/v2/organizations/update_many.json") == 10
    assert asked[10:] == ["GET /api/v2/job_statuses/show_many"]
    fresh = connection(app)
    write(fresh, updates(range(1, 1001), pulsefield_health="51"))
    assert len(fresh.wire.sent) == 13  # with the log-in


@pytest.mark.parametrize(("seconds", "polls"), [(0.05, 15), (0.2, 15), (2, 50), (20, 100)])
def test_jobs_of_any_length_are_asked_for_seldom_and_in_time(seconds, polls):
    app, to = ready(6000)
    app.state.jobs.seconds = seconds
    began = app.state.clock()
    assert all(result.ok for result in write(to, updates(range(1, 6001), pulsefield_health="50")))
    assert app.state.clock() - began <= 1.3 * seconds * 60 / 11 + 1  # 11 jobs at a time
    assert to.to.stats.made["jobs"] <= polls


def test_several_jobs_at_a_time_but_never_more_than_set():
    app, to = ready(1000, max_jobs=4)
    app.state.jobs.seconds = 20
    most = []

    class Counting(Log):
        def job(self, refs, job):
            most.append(sum(not job.done for job in app.state.jobs.by_id.values()))

    results = write(to, updates(range(1, 1001), pulsefield_health="50"), Counting())
    assert all(result.ok for result in results)
    assert 1 < max(most) <= 4


def test_too_many_jobs_of_others_are_waited_for():
    app, to = ready(150)
    app.state.jobs.seconds = 30
    for _ in range(30):
        app.state.jobs.start(1, list)
    results = write(to, updates(range(1, 151), pulsefield_health="50"))
    assert all(result.ok for result in results)
    assert {health(app, n) for n in range(1, 151)} == {50.0}


@pytest.mark.parametrize("status", [400, 422])
def test_a_refused_batch_is_halved_until_the_bad_row_is_alone(status):
    app, to = ready(8)
    body = b'{"error":"RecordInvalid","description":"Record validation errors"}'

    send = to.wire.send

    def refusing(request, **options):
        if "update_many" in request.path_url and b'"id": 5,' in request.body:
            return to.wire._response(request, status, body, {})
        return send(request, **options)

    to.wire.send = refusing
    results = write(to, updates(range(1, 9), pulsefield_health="50"))
    assert [result.ref for result in results if not result.ok] == ["5"]
    assert results[4].code == "RecordInvalid"
    assert [health(app, n) for n in range(1, 9)] == [50.0] * 4 + [None] + [50.0] * 3


def test_an_account_without_bulk_updates_is_not_asked_row_by_row():
    _, to = ready(8)
    to.wire.answers += [("update_many", 404, b"", {})] * 9
    with pytest.raises(SetupError, match="base_url"):
        write(to, updates(range(1, 9), pulsefield_health="50"))
    assert to.wire.paths() == ["PUT /api/v2/organizations/update_many.json"]


def test_a_job_left_by_a_killed_process_is_adopted():
    app, to = ready(3)
    app.fail_row(2)
    log = Log()
    rows = updates([1, 2, 3], pulsefield_health="50")
    stream = to.to.write(rows, log)
    next(stream)
    stream.close()
    job = log.events[-1][2]

    later = connection(app)
    results = list(later.to.adopt(job, rows))
    assert [(result.ref, result.ok) for result in results] == [
        ("1", True),
        ("2", False),
        ("3", True),
    ]
    assert "PUT /api/v2/organizations/update_many.json" not in later.wire.paths()


def test_a_job_that_is_no_longer_kept_tells_to_try_again():
    app, to = ready(1)
    rows = updates([1], pulsefield_health="50")
    log = Log()
    write(to, rows, log)
    app.state.clock.advance(86_401)
    [result] = connection(app).to.adopt(log.events[-1][2], rows)
    assert (result.ok, result.code, result.retryable) == (False, "JobGone", True)


def test_jobs_that_vanish_in_mid_run_leave_their_rows_to_be_retried():
    app, to = ready(300)
    app.state.jobs.seconds = 20

    class Forgetful(Log):
        def job(self, refs, job):
            if refs[0] != "1":  # older than a day: no longer kept
                app.state.jobs.by_id[job].made_at -= 2 * 86_400

    results = write(to, updates(range(1, 301), pulsefield_health="50"), Forgetful())
    assert all(result.ok for result in results[:100])
    assert {(result.code, result.retryable) for result in results[100:]} == {("JobGone", True)}
    assert len(results) == 300


def test_an_answer_without_a_job_is_never_taken_for_done():
    _, to = ready(1)
    to.wire.answers.append(("update_many", 200, b"{}", {}))
    with pytest.raises(TransientError, match="no job"):
        write(to, updates([1], pulsefield_health="50"))


def test_an_unchanged_rewrite_gives_the_same_state():
    app, to = ready(2)
    rows = updates([1, 2], pulsefield_health="50")
    assert write(to, rows) == write(to, rows)
    assert health(app, 1) == 50.0
