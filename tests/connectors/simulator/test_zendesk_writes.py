"""Zendesk's stand-in: jobs, single updates, custom fields."""

import pytest

from tests.connectors.simulator.zendesk_account import START, account, finish, ticket

MANY = "PUT /api/v2/organizations/update_many.json"
FIELDS = "/api/v2/organization_fields"


def with_field(**more):
    app, call = account(organizations=3, tickets=2)
    body = {"type": "decimal", "key": "health", "title": "Health", **more}
    made = app.add_field(body)
    return app, call, made


def rows(*ids, value=87.5):
    return {"organizations": [{"id": n, "organization_fields": {"health": value}} for n in ids]}


def test_a_job_goes_from_queued_to_completed_and_then_reads_back():
    app, call, _ = with_field()
    answer = call(MANY, rows(1, 2))
    status = answer.json["job_status"]
    assert (answer.status_code, status["status"], status["total"]) == (200, "queued", 2)
    assert status["results"] is None
    path = f"GET /api/v2/job_statuses/{status['id']}.json"
    app.clock.advance(6)
    assert call(path).json["job_status"]["status"] == "working"
    assert call("GET /api/v2/organizations/1").json["organization"]["organization_fields"] == {
        "health": None
    }
    app.clock.advance(4)
    done = call(path).json["job_status"]
    assert (done["status"], done["progress"]) == ("completed", 2)
    assert done["results"][0] == {
        "action": "update",
        "id": 1,
        "status": "Updated",
        "success": True,
    }
    shown = call("GET /api/v2/organizations/1").json["organization"]
    assert shown["organization_fields"] == {"health": 87.5}
    assert shown["updated_at"] == "2026-11-18T11:06:50Z"


def test_completed_hides_failed_rows_without_success():
    app, call, _ = with_field()
    app.fail_row(2, "OrganizationUpdateFailed", "Name: Acme has already been taken")
    results = finish(app, call, call(MANY, rows(1, 2, 99)))
    assert results[0]["success"] is True
    assert results[1] == {
        "index": 1,
        "error": "OrganizationUpdateFailed",
        "id": 2,
        "details": "Name: Acme has already been taken",
    }
    assert (results[2]["index"], "success" in results[2]) == (2, False)
    app.heal_row(2)
    assert finish(app, call, call(MANY, rows(2)))[0]["success"] is True


def test_one_body_for_many_ids_and_external_ids():
    app, call, _ = with_field()
    body = {"organization": {"organization_fields": {"health": 1}}}
    finish(app, call, call(f"{MANY}?ids=1,2", body))
    finish(app, call, call(f"{MANY}?external_ids=c-3", body))
    assert [app.record(n)["organization_fields"]["health"] for n in (1, 2, 3)] == [1, 1, 1]


def test_more_than_100_rows_are_too_many_values():
    _, call, _ = with_field()
    answer = call(MANY, rows(*range(101)))
    assert answer.status_code == 400
    assert answer.json == {
        "error": "TooManyValues",
        "description": "Parameter  cannot specify more than 100 values",
        "max_count": 100,
    }
    assert call(MANY, {"rows": []}).json["error"] == "ParameterMissing"


def test_thirty_jobs_at_a_time_and_kept_for_a_day():
    app, call, _ = with_field()
    answers = [call(MANY, rows(1)) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert answers[30].json["error"] == "TooManyJobs"
    ids = [answer.json["job_status"]["id"] for answer in answers[:30]]
    app.clock.advance(10)
    shown = call(f"GET /api/v2/job_statuses/show_many.json?ids={','.join(ids)}").json
    assert {status["status"] for status in shown["job_statuses"]} == {"completed"}
    assert len(call("GET /api/v2/job_statuses").json["job_statuses"]) == 30
    app.clock.advance(86_400)
    assert call(f"GET /api/v2/job_statuses/{ids[0]}").status_code == 404


def test_a_job_may_fail_as_a_whole():
    app, call, _ = with_field()
    app.state.jobs.fail_next = 1
    job = call(MANY, rows(1)).json["job_status"]["id"]
    app.clock.advance(10)
    status = call(f"GET /api/v2/job_statuses/{job}").json["job_status"]
    assert (status["status"], status["results"]) == ("failed", None)
    assert app.record(1)["organization_fields"]["health"] is None


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("decimal", "87.5", 87.5),
        ("decimal", None, None),
        ("integer", 7, 7),
        ("text", 12, "12"),
        ("textarea", "line\nline", "line\nline"),
        ("checkbox", "true", True),
        ("date", "2026-11-04", "2026-11-04T00:00:00+00:00"),
    ],
)
def test_values_as_fields_keep_them(kind, value, kept):
    app, call, _ = with_field(type=kind)
    assert "success" in finish(app, call, call(MANY, rows(1, value=value)))[0]
    assert app.record(1)["organization_fields"]["health"] == kept


@pytest.mark.parametrize(
    ("kind", "value"),
    [("decimal", "high"), ("decimal", True), ("integer", 1.5), ("date", "soon"), ("checkbox", "x")],
)
def test_values_that_do_not_fit_fail_their_row(kind, value):
    app, call, _ = with_field(type=kind)
    failed = finish(app, call, call(MANY, rows(1, value=value)))[0]
    assert (failed["error"], "success" in failed) == ("OrganizationUpdateFailed", False)


def test_an_unknown_key_is_ignored_without_a_word():
    app, call, _ = with_field()
    body = {"organizations": [{"id": 1, "organization_fields": {"helth": 5}}]}
    assert finish(app, call, call(MANY, body))[0]["success"] is True
    assert app.record(1)["organization_fields"] == {"health": None}


def test_lists_are_replaced_and_names_stay_unique():
    app, call, _ = with_field()
    body = {"organizations": [{"id": 1, "tags": ["new"]}, {"id": 2, "name": "Customer 1"}]}
    results = finish(app, call, call(MANY, body))
    assert app.record(1)["tags"] == ["new"]
    assert results[1]["details"] == "Name: Customer 1 has already been taken"


def test_one_organization_takes_five_updates_a_minute():
    app, call, _ = with_field()
    body = {"organization": {"organization_fields": {"health": 3}}}
    answers = [call("PUT /api/v2/organizations/1.json", body) for _ in range(6)]
    assert answers[0].json["organization"]["organization_fields"]["health"] == 3
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[5].json["errors"][0]["code"] == "TooManyRequests"
    assert "Retry-After" in answers[5].headers
    assert call("PUT /api/v2/organizations/2.json", body).status_code == 200
    app.clock.advance(60)
    assert call("PUT /api/v2/organizations/1.json", body).status_code == 200
    assert call("PUT /api/v2/organizations/9.json", body).status_code == 404
    bad = {"organization": {"organization_fields": {"health": "x"}}}
    refused = call("PUT /api/v2/organizations/1.json", bad)
    assert (refused.status_code, refused.json["error"]) == (422, "RecordInvalid")


def test_closed_tickets_refuse_and_tags_can_be_added_and_removed():
    app, call, _ = with_field()
    app.state.tables["tickets"].load([ticket(9, START, "closed")])
    body = {"tickets": [{"id": 9, "tags": ["x"]}, {"id": 1, "additional_tags": ["red"]}]}
    results = finish(app, call, call("PUT /api/v2/tickets/update_many.json", body))
    assert results[0]["details"] == "Status: closed prevents ticket update"
    assert app.record(1, "tickets")["tags"] == ["bug", "red"]
    single = call("PUT /api/v2/tickets/1", {"ticket": {"remove_tags": ["bug"]}})
    assert single.json["ticket"]["tags"] == ["red"]
    assert call("PUT /api/v2/tickets/9", {"ticket": {"tags": []}}).status_code == 422


@pytest.mark.parametrize(("add_on", "limit"), [(False, 100), (True, 300)])
def test_ticket_updates_have_a_limit_of_their_own(add_on, limit):
    app, call = account(tickets=1, high_volume=add_on)
    app.state.jobs.seconds = 0
    path, body = "PUT /api/v2/tickets/update_many", {"tickets": [{"id": 1}]}
    codes = [call(path, body).status_code for _ in range(limit + 1)]
    assert codes == [200] * limit + [429]


def test_one_ticket_takes_thirty_changes_in_ten_minutes():
    app, call = account(tickets=2)
    answers = [call("PUT /api/v2/tickets/1", {"ticket": {"priority": "low"}}) for _ in range(31)]
    assert answers[0].headers["zendesk-ratelimit-per-ticket-updates"].startswith("total=30; rem")
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert call("PUT /api/v2/tickets/2", {"ticket": {"priority": "low"}}).status_code == 200
    assert "zendesk-ratelimit-tickets-index" in call("GET /api/v2/tickets").headers
    app.clock.advance(600)
    assert call("PUT /api/v2/tickets/1", {"ticket": {"priority": "low"}}).status_code == 200


def test_ticket_fields_are_kept_by_id():
    _, call = account(tickets=1)
    body = {"ticket_field": {"type": "text", "title": "Health"}}
    field = call("POST /api/v2/ticket_fields", body).json["ticket_field"]["id"]
    sent = {"ticket": {"custom_fields": [{"id": field, "value": "62"}, {"id": 5, "value": "x"}]}}
    shown = call("PUT /api/v2/tickets/1", sent).json["ticket"]
    assert shown["custom_fields"] == shown["fields"] == [{"id": field, "value": "62"}]


def choice(*values):
    return [{"name": value.capitalize(), "value": f"health_{value}"} for value in values]


def test_a_field_is_created_listed_and_its_key_taken():
    _, call = account()
    body = {"organization_field": {"type": "decimal", "key": "health", "title": "Health"}}
    made = call(f"POST {FIELDS}", body)
    assert (made.status_code, made.json["organization_field"]["position"]) == (201, 9_999)
    again = call(f"POST {FIELDS}.json", body)
    assert (again.status_code, again.json["error"]) == (422, "RecordInvalid")
    assert again.json["details"]["key"][0]["error"] == "DuplicateValue"
    listed = call(f"GET {FIELDS}.json").json
    assert [row["key"] for row in listed["organization_fields"]] == ["health"]
    path = f"{FIELDS}/{made.json['organization_field']['id']}"
    for fixed in ({"type": "text"}, {"key": "other"}):
        assert call(f"PUT {path}", {"organization_field": fixed}).status_code == 422
    assert call(f"DELETE {path}").status_code == 204
    assert call("GET /api/v2/organizations/1").json["organization"]["organization_fields"] == {}
    assert call(f"GET {path}").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"key": "12", "title": "T"},
        {"key": "a-b", "title": "T"},
        {"key": "", "title": "T"},
        {"key": "ok", "title": ""},
        {"key": "ok", "title": "T", "type": "score"},
        {"key": "ok", "title": "T", "type": "dropdown"},
        {
            "key": "ok",
            "title": "T",
            "type": "dropdown",
            "custom_field_options": choice("red", "red"),
        },
    ],
)
def test_field_definitions_that_are_refused(body):
    _, call = account()
    answer = call(f"POST {FIELDS}", {"organization_field": body})
    assert (answer.status_code, answer.json["error"]) == (422, "RecordInvalid")


def test_an_option_value_is_cleared_only_where_it_was_deleted():
    app, call, made = with_field(type="dropdown", custom_field_options=choice("red", "green"))
    finish(app, call, call(MANY, rows(1, value="health_red")))
    same = {"organization_field": {"custom_field_options": made["custom_field_options"]}}
    assert call(f"PUT {FIELDS}/{made['id']}", same).status_code == 200
    assert app.record(1)["organization_fields"]["health"] == "health_red"
    again = {"organization_field": {"custom_field_options": choice("red", "green")}}  # no ids
    assert call(f"PUT {FIELDS}/{made['id']}", again).status_code == 200
    assert app.record(1)["organization_fields"]["health"] is None


def test_a_dropdown_sets_tags_and_loses_options_that_are_not_sent_again():
    app, call, made = with_field(type="dropdown", custom_field_options=choice("red", "green"))
    finish(app, call, call(MANY, rows(1, value="health_red")))
    finish(app, call, call(MANY, rows(2, value="health_green")))
    assert app.record(1)["tags"] == ["vip", "health_red"]
    finish(app, call, call(MANY, rows(1, value="health_green")))
    assert app.record(1)["tags"] == ["vip", "health_green"]
    assert finish(app, call, call(MANY, rows(1, value="red")))[0]["error"]
    red = made["custom_field_options"][0]
    options = {"organization_field": {"custom_field_options": [red, *choice("amber")]}}
    changed = call(f"PUT {FIELDS}/{made['id']}", options).json["organization_field"]
    assert [option["value"] for option in changed["custom_field_options"]] == [
        "health_red",
        "health_amber",
    ]
    assert app.record(2)["organization_fields"]["health"] is None
    assert app.record(2)["tags"] == ["vip"]


def test_an_edit_by_hand_is_read_back():
    app, call, _ = with_field()
    app.edit(1, "health", 12)
    shown = call("GET /api/v2/organizations/1").json["organization"]
    assert shown["organization_fields"]["health"] == 12
    app.delete(1)
    assert call("GET /api/v2/organizations/1").status_code == 404
    app.drop_field("health")
    assert app.record(2)["organization_fields"] == {}
