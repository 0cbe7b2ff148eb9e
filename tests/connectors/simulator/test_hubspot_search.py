"""HubSpot's stand-in: search, its limits and its late index."""

import pytest

from tests.connectors.simulator.hubspot_account import COMPANIES, account

SEARCH = f"POST {COMPANIES}/search"


def where(name, operator, value=None, **more):
    item = {"propertyName": name, "operator": operator, **more}
    return item if value is None else {**item, "value": value}


def ids(call, *filters, **body):
    answer = call(SEARCH, {"filterGroups": [{"filters": list(filters)}], "limit": 200, **body})
    assert answer.status_code == 200, answer.text
    return [int(row["id"]) for row in answer.json["results"]]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (where("seats", "GT", "7"), [1_008, 1_009]),
        (where("seats", "GTE", "9"), [1_009]),
        (where("seats", "LT", "1"), [1_000]),
        (where("seats", "LTE", "1"), [1_000, 1_001]),
        (where("seats", "EQ", "3"), [1_003]),
        (where("seats", "NEQ", "3"), [1_000, 1_001, 1_002, *range(1_004, 1_010)]),
        (where("seats", "BETWEEN", "2", highValue="3"), [1_002, 1_003]),
        (where("name", "IN", values=["customer 1004", "CUSTOMER 1005"]), [1_004, 1_005]),
        (where("name", "CONTAINS_TOKEN", "*1006"), [1_006]),
        (where("plan", "HAS_PROPERTY"), [1_002]),
        (where("hs_lastmodifieddate", "GTE", "2026-10-09T00:00:00Z"), [1_002, 1_008, 1_009]),
        (where("hs_lastmodifieddate", "GTE", "1791504000000"), [1_002, 1_008, 1_009]),
        (where("hs_lastmodifieddate", "LT", "2026-10-02T00:00:00.000Z"), [1_000]),
    ],
)
def test_operators(condition, expected):
    app, call = account(10)
    app.edit(1_002, "plan", "Team")
    assert ids(call, condition) == expected


def test_groups_are_alternatives_and_filters_in_a_group_add_up():
    _, call = account(10)
    low = {"filters": [where("seats", "LT", "2"), where("name", "EQ", "Customer 1001")]}
    high = {"filters": [where("seats", "EQ", "9")]}
    assert ids(call, filterGroups=[low, high]) == [1_001, 1_009]


def test_keyset_walk_by_id_inside_a_window():
    app, call = account(450)
    window = where("hs_lastmodifieddate", "GTE", "2026-10-02T00:00:00Z")
    order = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
    seen, last = [], 0
    while page := ids(call, window, where("hs_object_id", "GT", str(last)), sorts=order):
        seen += page
        last = page[-1]
        app.clock.advance(1)
    assert seen == [1_000 + n for n in range(450) if n % 30 != 0]


def test_total_is_full_and_after_counts_rows():
    _, call = account(25)
    first = call(SEARCH, {"limit": 10}).json
    assert (first["total"], first["paging"]["next"]["after"]) == (25, "10")
    last = call(SEARCH, {"limit": 10, "after": "20"}).json
    assert len(last["results"]) == 5
    assert "paging" not in last


def test_sort_descending_by_number_puts_nulls_last():
    app, call = account(3)
    app.edit(1_000, "mrr", "90")
    app.edit(1_002, "mrr", "100")
    order = [{"propertyName": "mrr", "direction": "DESCENDING"}]
    assert ids(call, sorts=order) == [1_002, 1_000, 1_001]


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"limit": 200, "after": "9900"},
        {"after": "10000"},
        {"filterGroups": [{"filters": []}] * 6},
        {"filterGroups": [{"filters": [where("seats", "EQ", "1")] * 7}]},
        {"filterGroups": [{"filters": [where("nope", "EQ", "1")]}]},
        {"filterGroups": [{"filters": [where("seats", "LIKE", "1")]}]},
        {"filterGroups": [{"filters": [where("seats", "EQ")]}]},
        {"filterGroups": [{"filters": [where("seats", "EQ", "many")]}]},
        {"sorts": [{"propertyName": "nope"}]},
        {"query": "x" * 3_001},
    ],
)
def test_what_search_refuses(body):
    _, call = account(1)
    answer = call(SEARCH, body)
    assert (answer.status_code, answer.json["category"]) == (400, "VALIDATION_ERROR")


def test_the_wall_stands_at_10_000_whatever_the_total():
    _, call = account(10_300)
    last = call(SEARCH, {"limit": 200, "after": "9800"})
    assert last.json["total"] == 10_300
    assert last.json["paging"]["next"]["after"] == "10000"
    assert call(SEARCH, {"limit": 200, "after": "10000"}).status_code == 400


def test_the_index_is_late_by_the_clock():
    app, call = account(3)
    app.lag(300)
    stamp = app.record(1_001).properties["hs_lastmodifieddate"]
    app.edit(1_001, "seats", "99")
    new, old = where("seats", "EQ", "99"), where("hs_lastmodifieddate", "EQ", stamp)
    assert ids(call, new) == []
    assert ids(call, old) == [1_001]
    app.clock.advance(300)
    assert ids(call, new) == [1_001]
    assert ids(call, old) == []


def test_five_a_second_and_no_rate_headers():
    app, call = account(1)
    answers = [call(SEARCH, {}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[5].json["policyName"] == "SECONDLY"
    assert "X-HubSpot-RateLimit-Max" not in answers[0].headers
    app.clock.advance(1)
    assert call(SEARCH, {}).status_code == 200


def test_contacts_are_searched_by_their_own_stamp():
    app, call = account(1)
    assert app.state.stores["contacts"].kind.modified == "lastmodifieddate"
    body = {"filterGroups": [{"filters": [where("lastmodifieddate", "GTE", "0")]}]}
    assert call("POST /crm/objects/2026-09/contacts/search", body).status_code == 200
    body = {"filterGroups": [{"filters": [where("hs_lastmodifieddate", "GTE", "0")]}]}
    assert call("POST /crm/objects/2026-09/contacts/search", body).status_code == 400
