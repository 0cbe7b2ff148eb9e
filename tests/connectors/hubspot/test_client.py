"""The generated classes through our Session: paths of each version, and what is sent."""

import json

import pytest
import responses

from connectors.hubspot.client import Client
from connectors.hubspot.paths import DEFAULT_API, OPERATIONS, find

from .account import URL, account, connection

CALLS = {
    "list": lambda client: client.page("companies", names=["name"], after=None),
    "search": lambda client: client.search("companies", {"limit": 1}),
    "batch_read": lambda client: client.read("companies", ["1"], ["name"]),
    "batch_update": lambda client: client.update("companies", [{"id": "1", "properties": {}}]),
    "associations": lambda client: client.linked("tickets", "companies", [{"id": "1"}]),
    "properties": lambda client: client.definitions("companies"),
    "create_property": lambda client: client.create_property("companies", {"name": "x"}),
    "update_property": lambda client: client.update_property("companies", "x", {"label": "X"}),
    "create_group": lambda client: client.create_group("companies", {"name": "g"}),
    "schemas": lambda client: client.schemas(),
    "account": lambda client: client.account(),
}
DATED = {
    "list": "GET /crm/objects/{}/companies",
    "search": "POST /crm/objects/{}/companies/search",
    "batch_read": "POST /crm/objects/{}/companies/batch/read",
    "batch_update": "POST /crm/objects/{}/companies/batch/update",
    "associations": "POST /crm/associations/{}/tickets/companies/batch/read",
    "properties": "GET /crm/properties/{}/companies",
    "create_property": "POST /crm/properties/{}/companies",
    "update_property": "PATCH /crm/properties/{}/companies/x",
    "create_group": "POST /crm/properties/{}/companies/groups",
    "schemas": "GET /crm-object-schemas/{}/schemas",
    "account": "GET /account-info/{}/details",
}
NUMBERED = {
    "list": "GET /crm/v3/objects/companies",
    "search": "POST /crm/v3/objects/companies/search",
    "batch_read": "POST /crm/v3/objects/companies/batch/read",
    "batch_update": "POST /crm/v3/objects/companies/batch/update",
    "associations": "POST /crm/v4/associations/tickets/companies/batch/read",
    "properties": "GET /crm/v3/properties/companies",
    "create_property": "POST /crm/v3/properties/companies",
    "update_property": "PATCH /crm/v3/properties/companies/x",
    "create_group": "POST /crm/v3/properties/companies/groups",
    "schemas": "GET /crm-object-schemas/v3/schemas",
    "account": "GET /account-info/v3/details",
}


def sent_by(operation, api):
    """Return method and path of an operation's request, as ``responses`` intercepts it."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for method in ("GET", "POST", "PATCH"):
            mock.add(method, responses.matchers.re.compile(".*"), json={"results": []})
        http = connection(account()).to._http
        http.mount("http://", http.get_adapter("https://"))
        CALLS[operation](Client(http, api))
        request = mock.calls[0].request
        return f"{request.method} {request.path_url.partition('?')[0]}"


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize("api", ["2026-03", "2026-09"])
def test_operation_takes_the_dated_path(operation, api):
    assert sent_by(operation, api) == DATED[operation].format(api)


@pytest.mark.parametrize("operation", CALLS)
def test_operation_takes_the_numbered_path_of_v3(operation):
    assert sent_by(operation, "v3") == NUMBERED[operation]


def test_every_operation_but_the_token_is_called_through_the_client():
    assert set(CALLS) == set(OPERATIONS) - {"token"}


def test_path_that_is_not_in_the_table_is_refused():
    with pytest.raises(ValueError, match="not in the table"):
        find("DELETE", "/crm/v3/objects/companies/1")


def test_write_validation_of_2026_09_is_not_met_by_default():
    assert DEFAULT_API == "2026-03"


def test_list_asks_for_whole_pages_with_comma_separated_names_and_lower_case_booleans():
    app = account()
    http = connection(app)
    client = Client(http.to._http, "2026-03")
    client.page(
        "tickets", names=["subject", "createdate"], after="NTI1Cg%3D%3D", links=("companies",)
    )
    client.page("tickets", names=["subject"], after=None, archived=True)
    first, second = (path for _, path, _ in http.wire.sent)
    assert "limit=100" in first
    assert "properties=subject%2Ccreatedate" in first
    assert "associations=companies" in first
    assert "archived" not in first
    assert "archived=true" in second


def test_object_type_is_escaped_in_the_path():
    http = connection(account())
    client = Client(http.to._http, "2026-03")
    http.wire.answers.append(("/crm/", 200, b'{"results": []}', {}))
    client.definitions("p1_a/b?c")
    assert http.wire.sent[0][1] == "/crm/properties/2026-03/p1_a%2Fb%3Fc"


def test_requests_are_counted_by_operation_and_object_type():
    http = connection(account())
    client = Client(http.to._http, "2026-03")
    client.definitions("companies")
    client.search("contacts", {"limit": 1})
    assert http.to.stats.made == {"properties companies": 1, "search contacts": 1}


def test_generated_classes_send_nothing_of_their_own():
    """No socket of urllib3, no header but ours, no empty body."""
    http = connection(account())
    Client(http.to._http, "2026-03").definitions("companies")
    assert [body for *_, body in http.wire.sent] == [None]
    assert http.to._http.base_url == URL


def test_json_that_is_no_object_is_a_passing_fault():
    http = connection(account())
    http.wire.answers += [("/properties/", 200, json.dumps([1]).encode(), {})]
    with pytest.raises(Exception, match="no object"):
        Client(http.to._http, "2026-03").definitions("companies")
