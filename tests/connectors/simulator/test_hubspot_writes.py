"""HubSpot's stand-in: batch updates, properties and groups."""

import pytest

from tests.connectors.simulator.hubspot_account import COMPANIES, account

UPDATE = f"POST {COMPANIES}/batch/update"
PROPERTIES = "/crm/properties/2026-09/companies"


def rows(*pairs, **more):
    return {"inputs": [{"id": str(id_), "properties": values, **more} for id_, values in pairs]}


def test_a_write_is_kept_and_moves_the_stamp():
    app, call = account(2)
    app.clock.advance(60)
    answer = call(UPDATE, rows((1_000, {"seats": "41", "plan": "Team"})))
    assert (answer.status_code, answer.json["status"]) == (200, "COMPLETE")
    shown = call(f"GET {COMPANIES}/1000?properties=seats,plan").json
    assert (shown["properties"]["seats"], shown["properties"]["plan"]) == ("41", "Team")
    assert shown["updatedAt"] == app.state.now()
    assert call(f"GET {COMPANIES}/1001").json["updatedAt"] < app.state.now()


def test_empty_text_clears_and_null_does_not():
    app, call = account(1)
    assert call(UPDATE, rows((1_000, {"seats": None}))).status_code == 200
    assert app.record(1_000).properties["seats"] == "0"
    assert call(UPDATE, rows((1_000, {"seats": ""}))).status_code == 200
    assert app.record(1_000).properties["seats"] is None


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"no_such": "1"}, "PROPERTY_DOESNT_EXIST"),
        ({"type": "HUGE"}, "INVALID_OPTION"),
        ({"seats": "1,000"}, "INVALID_NUMBER"),
        ({"auto_renew": "yes"}, "INVALID_BOOLEAN"),
        ({"renewal_date": "2026-13-01"}, "INVALID_DATE"),
        ({"renewal_date": "1795000000001"}, "INVALID_DATE"),
        ({"mrr_per_seat": "3"}, "READ_ONLY_VALUE"),
        ({"hs_lastmodifieddate": "2026-11-21"}, "READ_ONLY_VALUE"),
    ],
)
def test_one_bad_value_refuses_the_whole_batch(values, code):
    app, call = account(2)
    answer = call(UPDATE, rows((1_000, {"seats": "41"}), (1_001, values)))
    assert (answer.status_code, answer.json["category"]) == (400, "VALIDATION_ERROR")
    assert answer.json["errors"][0]["code"] == code
    assert app.record(1_000).properties["seats"] == "0"


@pytest.mark.parametrize("value", [5, 87.5, True, ["a"], {"value": "1"}])
def test_values_that_are_no_text_are_refused(value):
    _, call = account(1)
    assert call(UPDATE, rows((1_000, {"seats": value}))).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"inputs": []},
        {"inputs": [{"id": "1000"}]},
        rows(*[(n, {"seats": "1"}) for n in range(101)]),
        rows((1_000, {"seats": "1"}), (1_000, {"seats": "2"})),
    ],
)
def test_batches_of_a_wrong_shape_are_refused(body):
    _, call = account(1)
    assert call(UPDATE, body).status_code == 400


def test_missing_ids_are_told_in_a_207_or_not_at_all():
    app, call = account(1)
    body = rows((1_000, {"seats": "9"}), (5, {"seats": "9"}))
    told = call(UPDATE, body)
    assert (told.status_code, told.json["numErrors"]) == (207, 1)
    assert told.json["errors"][0]["category"] == "OBJECT_NOT_FOUND"
    app.state.bad_ids = "silent"
    silent = call(UPDATE, body)
    assert (silent.status_code, silent.json["numErrors"]) == (207, 0)
    assert [row["id"] for row in silent.json["results"]] == ["1000"]


def test_a_failing_row_leaves_the_others_alone():
    app, call = account(2)
    app.fail_row(1_000, "CONFLICT")
    body = rows((1_000, {"seats": "9"}), (1_001, {"seats": "9"}))
    body["inputs"][0]["objectWriteTraceId"] = "row-1"
    answer = call(UPDATE, body)
    assert answer.status_code == 207
    context = answer.json["errors"][0]["context"]
    assert context == {"ids": ["1000"], "objectWriteTraceId": ["row-1"]}
    assert app.record(1_001).properties["seats"] == "9"
    app.heal_row(1_000)
    assert call(UPDATE, body).json["results"][0]["objectWriteTraceId"] == "row-1"


def test_bad_values_fail_row_by_row_only_with_the_switch_and_traces():
    app, call = account(2)
    body = rows((1_000, {"seats": "x"}), (1_001, {"seats": "9"}))
    for number, item in enumerate(body["inputs"]):
        item["objectWriteTraceId"] = str(number)
    assert call(UPDATE, body).status_code == 400
    app.state.partial = True
    answer = call(UPDATE, body)
    assert (answer.status_code, answer.json["errors"][0]["context"]["ids"]) == (207, ["1000"])


def test_required_properties_count_from_2026_09_on():
    app, call = account(1)
    app.require("industry")
    body = rows((1_000, {"seats": "9"}))
    refused = call(UPDATE, body)
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (400, "REQUIRED_FIELD")
    for path in ("/crm/objects/2026-03/companies", "/crm/v3/objects/companies"):
        assert call(f"POST {path}/batch/update", body).status_code == 200
    both = rows((1_000, {"seats": "9", "industry": "Energy"}))
    assert call(UPDATE, both).status_code == 200


def test_a_merged_id_is_written_to_the_other_record_which_answers():
    app, call = account(2)
    app.merge(1_001, 1_000)
    answer = call(UPDATE, rows((1_001, {"seats": "9"})))
    assert answer.json["results"][0]["id"] == "1000"


def test_feedback_cannot_be_written():
    _, call = account(1)
    path = "/crm/objects/2026-09/feedback_submissions/batch/update"
    assert call(f"POST {path}", rows((1, {"hs_value": "1"}))).status_code == 405


def definition(**more):
    return {
        "name": "pulsefield_health",
        "label": "Health",
        "groupName": "customer_health",
        "type": "number",
        "fieldType": "number",
        **more,
    }


def group(call):
    body = {"name": "customer_health", "label": "Customer health", "displayOrder": -1}
    return call(f"POST {PROPERTIES}/groups", body)


def test_a_property_is_created_once_and_can_then_be_written():
    app, call = account(1)
    assert call(f"POST {PROPERTIES}", definition()).status_code == 404  # the group comes first
    assert [group(call).status_code for _ in range(2)] == [201, 409]
    assert [call(f"POST {PROPERTIES}", definition()).status_code for _ in range(2)] == [201, 409]
    assert call(UPDATE, rows((1_000, {"pulsefield_health": "87.5"}))).status_code == 200
    shown = call(f"GET {PROPERTIES}/pulsefield_health").json
    assert (shown["type"], shown["hubspotDefined"]) == ("number", False)
    names = [item["name"] for item in call(f"GET {PROPERTIES}").json["results"]]
    assert "pulsefield_health" in names
    app.drop_property("pulsefield_health")
    assert call(f"GET {PROPERTIES}/pulsefield_health").status_code == 404


@pytest.mark.parametrize(
    "more",
    [
        {"label": ""},
        {"name": "Health"},
        {"name": "1health"},
        {"name": "h" * 101},
        {"type": "score"},
        {"fieldType": "text"},
        {"fieldType": "score"},
        {"type": "enumeration", "fieldType": "select"},
        {"type": "enumeration", "fieldType": "select", "options": [{"label": "Red", "value": "r"}]},
        {"options": [{"label": "Red", "value": "red", "hidden": False}]},
        {"type": "number", "fieldType": "calculation_equation"},
    ],
)
def test_property_definitions_that_are_refused(more):
    _, call = account(1)
    group(call)
    assert call(f"POST {PROPERTIES}", definition(**more)).status_code == 400


def test_options_can_be_added_later_but_not_names_changed():
    _, call = account(1)
    group(call)
    red = {"label": "Red", "value": "red", "hidden": False}
    kind = {"type": "enumeration", "fieldType": "select"}
    call(f"POST {PROPERTIES}", definition(**kind, options=[red]))
    path = f"{PROPERTIES}/pulsefield_health"
    assert call(UPDATE, rows((1_000, {"pulsefield_health": "green"}))).status_code == 400
    green = {"label": "Green", "value": "green", "hidden": False}
    assert call(f"PATCH {path}", {"options": [red, green]}).status_code == 200
    assert call(UPDATE, rows((1_000, {"pulsefield_health": "green"}))).status_code == 200
    assert call(f"PATCH {path}", {"name": "other"}).status_code == 400
    assert call(f"PATCH {PROPERTIES}/domain", {"label": "Web"}).status_code == 400
