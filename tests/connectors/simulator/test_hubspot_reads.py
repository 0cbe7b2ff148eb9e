"""HubSpot's stand-in: lists, batch reads, associations, search."""

import pytest

from connectors.simulator.hubspot_store import Record
from tests.connectors.simulator.hubspot_account import COMPANIES, account, company


def walk(call, path):
    """Follow ``after`` to the end; return all rows and the number of pages."""
    rows, pages, after = [], 0, ""
    while True:
        body = call(f"GET {path}{after}").json
        rows += body["results"]
        pages += 1
        if "paging" not in body:
            return rows, pages
        after = f"&after={body['paging']['next']['after']}"


@pytest.mark.parametrize(
    "path", [COMPANIES, "/crm/v3/objects/companies", "/crm/objects/2026-03/0-2"]
)
def test_list_pages_through_everything_once_and_in_order(path):
    _, call = account(250)
    rows, pages = walk(call, f"{path}?limit=100&properties=name")
    assert [row["id"] for row in rows] == [str(1_000 + n) for n in range(250)]
    assert pages == 3


def test_after_may_come_back_as_it_is_or_encoded_once_more():
    _, call = account(120)
    after = call(f"GET {COMPANIES}?limit=100").json["paging"]["next"]["after"]
    assert "%3D" in after
    for sent in (after, after.replace("%", "%25")):
        assert len(call(f"GET {COMPANIES}?limit=100&after={sent}").json["results"]) == 20
    assert call(f"GET {COMPANIES}?after=nonsense!").status_code == 400


def test_only_known_properties_come_and_values_are_text_or_null():
    app, call = account(1)
    app.edit(1_000, "plan", None)
    shown = call(f"GET {COMPANIES}?properties=seats,plan,no_such_thing").json["results"][0]
    assert shown["properties"] == {
        "seats": "0",
        "plan": None,
        "hs_object_id": "1000",
        "createdate": "2025-01-01T00:00:00.000Z",
        "hs_lastmodifieddate": shown["updatedAt"],
    }
    default = call(f"GET {COMPANIES}").json["results"][0]["properties"]
    assert {"name", "domain"} <= default.keys()
    assert "seats" not in default


@pytest.mark.parametrize("query", ["limit=101", "limit=0", "limit=51&propertiesWithHistory=name"])
def test_page_limits_are_kept(query):
    _, call = account(1)
    answer = call(f"GET {COMPANIES}?{query}")
    assert (answer.status_code, answer.json["category"]) == (400, "VALIDATION_ERROR")


def test_a_long_address_is_414_without_json():
    _, call = account(1)
    answer = call(f"GET {COMPANIES}?properties={'x' * 9_000}")
    assert (answer.status_code, answer.mimetype) == (414, "text/html")


def test_history_shows_writes_newest_first():
    app, call = account(1)
    app.edit(1_000, "seats", "7")
    app.clock.advance(5)
    app.edit(1_000, "seats", "8")
    row = call(f"GET {COMPANIES}?propertiesWithHistory=seats,name").json["results"][0]
    assert [entry["value"] for entry in row["propertiesWithHistory"]["seats"]] == ["8", "7"]
    assert [entry["value"] for entry in row["propertiesWithHistory"]["name"]] == ["Customer 1000"]


def test_archived_records_are_listed_apart_and_gone_from_the_rest():
    app, call = account(3)
    app.archive(1_001)
    assert [row["id"] for row in call(f"GET {COMPANIES}").json["results"]] == ["1000", "1002"]
    archived = call(f"GET {COMPANIES}?archived=true").json["results"]
    assert [(row["id"], row["archived"]) for row in archived] == [("1001", True)]
    assert call(f"POST {COMPANIES}/search", {}).json["total"] == 2
    assert call(f"GET {COMPANIES}/1001").status_code == 404


def test_a_merged_id_answers_with_the_record_that_has_its_data():
    app, call = account(3)
    app.merge(1_001, 1_000)
    app.merge(1_000, 1_002)
    row = call(f"GET {COMPANIES}/1001?properties=hs_merged_object_ids").json
    assert (row["id"], row["properties"]["hs_merged_object_ids"]) == ("1002", "1000")
    assert [row["id"] for row in call(f"GET {COMPANIES}").json["results"]] == ["1002"]


def test_batch_read_tells_missing_ids_in_a_207():
    _, call = account(3)
    body = {"inputs": [{"id": "1000"}, {"id": "77"}], "properties": ["name"]}
    answer = call(f"POST {COMPANIES}/batch/read", body)
    assert answer.status_code == 207
    assert [row["id"] for row in answer.json["results"]] == ["1000"]
    error = answer.json["errors"][0]
    assert (error["category"], error["context"]["ids"]) == ("OBJECT_NOT_FOUND", ["77"])


def test_batch_read_by_a_unique_property_only():
    app, call = account(1)
    app.add_property("crm_key", "string", unique=True)
    app.edit(1_000, "crm_key", "K1")
    body = {"inputs": [{"id": "K1"}], "idProperty": "crm_key"}
    assert call(f"POST {COMPANIES}/batch/read", body).json["results"][0]["id"] == "1000"
    assert call(f"POST {COMPANIES}/batch/read", {**body, "idProperty": "name"}).status_code == 400


@pytest.mark.parametrize(("count", "history"), [(101, []), (51, ["name"]), (0, [])])
def test_batch_read_sizes(count, history):
    _, call = account(1)
    body = {"inputs": [{"id": str(n)} for n in range(count)], "propertiesWithHistory": history}
    assert call(f"POST {COMPANIES}/batch/read", body).status_code == 400


def linked(count):
    app, call = account(2)
    people = [
        Record(
            n,
            {
                "createdate": "2025-01-01T00:00:00.000Z",
                "lastmodifieddate": "2025-01-01T00:00:00.000Z",
            },
        )
        for n in range(1, count + 1)
    ]
    app.state.stores["contacts"].load(people)
    pairs = [(n, 1_000) for n in range(1, count + 1)]
    app.state.associations.add("contacts", "companies", pairs, primary=True)
    return app, call


def test_inline_associations_are_cut_and_go_on_by_themselves():
    _, call = linked(130)
    first, second = call(f"GET {COMPANIES}?associations=contacts").json["results"]
    assert "associations" not in second
    inline = first["associations"]["contacts"]
    kinds = {(item["id"], item["type"]) for item in inline["results"]}
    assert ("1", "company_to_contact") in kinds
    assert ("1", "company_to_contact_unlabeled") in kinds
    path = inline["paging"]["next"]["link"].removeprefix("http://localhost")
    rest = call(f"GET {path}").json
    ids = {item["id"] for item in inline["results"]} | {
        row["toObjectId"] for row in rest["results"]
    }
    assert len(ids) == 130
    assert "paging" not in rest


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/crm/associations/2026-09/companies/contacts", {"toObjectId": "1"}),
        ("/crm/v4/associations/companies/contacts", {"toObjectId": 1}),
        ("/crm/v3/associations/companies/contacts", {"id": "1", "type": "company_to_contact"}),
    ],
)
def test_batch_associations_in_each_version_s_shape(path, shown):
    _, call = linked(1)
    answer = call(f"POST {path}/batch/read", {"inputs": [{"id": "1000"}, {"id": "1001"}]})
    assert answer.status_code == 200
    (row,) = answer.json["results"]  # the one without links is absent
    assert row["from"] == {"id": "1000"}
    assert shown.items() <= row["to"][0].items()


def test_batch_associations_page_by_row_and_may_tell_what_is_missing():
    app, call = linked(7)
    app.state.associations.page = 5
    app.state.associations.missing = "207"
    path = "POST /crm/associations/2026-09/companies/contacts/batch/read"
    answer = call(path, {"inputs": [{"id": "1000"}, {"id": "1001"}]})
    assert answer.status_code == 207
    assert answer.json["errors"][0]["context"]["fromObjectId"] == ["1001"]
    (row,) = answer.json["results"]
    after = row["paging"]["next"]["after"]
    rest = call(path, {"inputs": [{"id": "1000", "after": after}]}).json["results"][0]
    assert len(row["to"]) + len(rest["to"]) == 7
    too_many = {"inputs": [{"id": str(n)} for n in range(1_001)]}
    assert call(path, too_many).status_code == 400


def test_links_follow_deletes_and_merges():
    app, call = linked(2)
    app.archive(1, "contacts")
    app.merge(1_000, 1_001)
    rows = call("GET /crm/objects/2026-09/companies/1001/associations/contacts").json["results"]
    assert [row["toObjectId"] for row in rows] == ["2"]


def test_unknown_types_and_paths():
    _, call = account(1)
    assert "infer object type" in call("GET /crm/objects/2026-09/cats").json["message"]
    answer = call("GET /crm/objects/2031-09/companies")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")


def test_records_of_every_shipped_type_can_be_asked_for():
    app, call = account(1)
    app.state.stores["invoices"].load([company(5)])
    for kind in app.state.stores:
        assert call(f"GET /crm/objects/2026-09/{kind}?limit=10").status_code == 200
