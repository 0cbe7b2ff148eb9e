"""Zendesk's stand-in: exports, lists, side-loads, counts."""

import pytest

from tests.connectors.simulator.zendesk_account import START, account, organization, ticket

TICKETS = "/api/v2/incremental/tickets/cursor"
ORGANIZATIONS = "/api/v2/incremental/organizations"


def export(call, query, size=1_000):
    """Follow a cursor export to its end; return ids, the last cursor and the pages."""
    ids, pages = [], 0
    while True:
        body = call(f"GET {TICKETS}.json?{query}&per_page={size}").json
        ids += [row["id"] for row in body["tickets"]]
        pages += 1
        assert "count" not in body
        if body["end_of_stream"]:
            return ids, body["after_cursor"], pages
        query = f"cursor={body['after_cursor']}"


def test_a_cursor_export_brings_each_row_once_and_goes_on_from_its_cursor():
    app, call = account(tickets=25)
    ids, cursor, pages = export(call, "start_time=0", size=10)
    assert (ids, pages) == ([1 + n for n in range(25)], 3)
    assert export(call, f"cursor={cursor}")[0] == []
    app.edit(3, "priority", "high", "tickets")
    app.clock.advance(61)
    assert export(call, f"cursor={cursor}")[0] == [3]


def test_the_last_minute_is_withheld_and_cannot_be_asked_for():
    app, call = account(tickets=2)
    app.edit(1, "priority", "high", "tickets")
    assert export(call, "start_time=0")[0] == [2]
    now = int(app.clock())
    answer = call(f"GET {TICKETS}?start_time={now - 59}")
    assert (answer.status_code, answer.json["error"]) == (400, "StartTimeTooRecent")
    app.clock.advance(61)
    assert export(call, "start_time=0")[0] == [2, 1]


def test_an_export_goes_by_generated_timestamp():
    app, call = account(tickets=2)
    seen = export(call, "start_time=0")[1]
    before = app.record(1, "tickets")["updated_at"]
    app.regenerate(1)
    app.clock.advance(61)
    assert export(call, f"cursor={seen}")[0] == [1]
    row = app.record(1, "tickets")
    assert row["updated_at"] == before
    assert row["generated_timestamp"] > START + 1


def test_deleted_tickets_are_marked_unless_excluded_and_gone_from_lists():
    app, call = account(tickets=2)
    app.delete(1, "tickets")
    app.clock.advance(61)
    rows = call(f"GET {TICKETS}?start_time=0").json["tickets"]
    assert {row["id"]: row["status"] for row in rows} == {2: "open", 1: "deleted"}
    assert export(call, "start_time=0&exclude_deleted=true")[0] == [2]
    assert [row["id"] for row in call("GET /api/v2/tickets").json["tickets"]] == [2]
    assert call("GET /api/v2/tickets/1").status_code == 404


def test_metric_sets_come_beside_the_tickets_or_inside_them():
    app, call = account(tickets=2)
    body = call(f"GET {TICKETS}?start_time=0&include=metric_sets,organizations").json
    assert [row["ticket_id"] for row in body["metric_sets"]] == [1, 2]
    assert {row["id"] for row in body["organizations"]} == {1, 2}
    assert "metric_set" not in body["tickets"][0]
    assert "include=metric_sets" in body["after_url"]
    app.state.metrics_inside = True
    body = call(f"GET {TICKETS}?start_time=0&include=metric_sets").json
    assert body["tickets"][0]["metric_set"]["ticket_id"] == 1


@pytest.mark.parametrize(
    "query", ["", "start_time=x", "cursor=!!!", "cursor=aGVsbG8=", "start_time=0&per_page=1001"]
)
def test_what_exports_refuse(query):
    _, call = account(tickets=1)
    assert call(f"GET {TICKETS}?{query}").status_code == 400


def test_a_time_export_repeats_its_border_and_ends_by_itself():
    _, call = account(organizations=5)
    first = call(f"GET {ORGANIZATIONS}?start_time=0&per_page=2").json
    assert [row["id"] for row in first["organizations"]] == [1, 2]
    assert (first["count"], first["end_time"]) == (2, START + 1)
    assert first["end_of_stream"] is False
    path = first["next_page"].removeprefix("http://localhost")
    second = call(f"GET {path}").json
    assert [row["id"] for row in second["organizations"]] == [2, 3]
    last = call(f"GET {ORGANIZATIONS}?start_time={START + 3}&per_page=2").json
    assert last["end_of_stream"] is True
    none = call(f"GET {ORGANIZATIONS}?start_time={START + 50}").json
    assert (none["count"], none["next_page"], none["end_of_stream"]) == (0, None, True)


def test_a_second_is_never_cut_and_a_full_one_goes_nowhere():
    app, call = account(organizations=1)
    app.state.tables["organizations"].load(organization(n, START + 9) for n in range(10, 17))
    page = call(f"GET {ORGANIZATIONS}?start_time=0&per_page=2").json
    assert (page["count"], page["end_time"]) == (8, START + 9)
    app.state.tables["organizations"].load([organization(20, START + 20)])
    stuck = call(f"GET {ORGANIZATIONS}?start_time={START + 9}&per_page=2").json
    assert (stuck["end_time"], stuck["end_of_stream"]) == (START + 9, False)


def test_links_may_name_another_host():
    app, call = account(organizations=3)
    app.state.link_host = "https://other.zendesk.com"
    page = call(f"GET {ORGANIZATIONS}?start_time=0&per_page=2").json
    assert page["next_page"].startswith("https://other.zendesk.com/api/v2/incremental")


@pytest.mark.parametrize(("add_on", "limit"), [(False, 10), (True, 30)])
def test_exports_share_one_limit(add_on, limit):
    app, call = account(tickets=1, high_volume=add_on)
    paths = [f"{TICKETS}?start_time=0", f"{ORGANIZATIONS}?start_time=0"]
    answers = [call(f"GET {paths[n % 2]}") for n in range(limit)]
    assert {answer.status_code for answer in answers} == {200}
    refused = call(f"GET {paths[0]}")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "61")
    assert "X-Rate-Limit-Remaining" in refused.headers
    assert call("GET /api/v2/organizations").status_code == 200
    app.clock.advance(60)
    assert call(f"GET {paths[0]}").status_code == 200


def test_metric_events_have_no_end_of_stream():
    _, call = account(tickets=2)
    body = call("GET /api/v2/incremental/ticket_metric_events?start_time=0").json
    kinds = [(row["ticket_id"], row["metric"], row["type"]) for row in body["ticket_metric_events"]]
    assert (1, "reply_time", "fulfill") in kinds
    assert (1, "resolution_time", "fulfill") not in kinds
    assert "end_of_stream" not in body
    assert body["count"] == len(kinds) == 6


def test_cursor_lists_follow_links_while_there_is_more():
    _, call = account(organizations=250)
    ids, path = [], "/api/v2/organizations?page[size]=100"
    while path:
        body = call(f"GET {path}").json
        ids += [row["id"] for row in body["organizations"]]
        path = (body["links"]["next"] or "").removeprefix("http://localhost")
        assert bool(path) is body["meta"]["has_more"]
    assert ids == [1 + n for n in range(250)]
    assert call("GET /api/v2/organizations?page[size]=101").status_code == 400


def test_offset_lists_stop_at_page_100():
    _, call = account(organizations=102)
    body = call("GET /api/v2/organizations?per_page=1&page=100").json
    assert (body["count"], body["organizations"][0]["id"]) == (102, 100)
    answer = call("GET /api/v2/organizations?per_page=1&page=101")
    assert (answer.status_code, answer.json["error"]["title"]) == (400, "Invalid attribute")


def test_show_many_by_ids_and_by_external_ids_whatever_their_case():
    _, call = account(organizations=3)
    body = call("GET /api/v2/organizations/show_many?ids=1,3,99").json
    assert [row["id"] for row in body["organizations"]] == [1, 3]
    body = call("GET /api/v2/organizations/show_many.json?external_ids=c-2").json
    assert [row["id"] for row in body["organizations"]] == [2]
    many = ",".join(str(n) for n in range(101))
    answer = call(f"GET /api/v2/organizations/show_many?ids={many}")
    assert (answer.status_code, answer.json["error"]) == (400, "TooManyValues")


def test_counts_tickets_of_an_organization_and_metrics():
    app, call = account(organizations=3, tickets=4)
    counted = call("GET /api/v2/organizations/count").json["count"]
    assert (counted["value"], counted["refreshed_at"]) == (3, "2026-11-18T11:06:40Z")
    rows = call("GET /api/v2/organizations/1/tickets").json["tickets"]
    assert [row["id"] for row in rows] == [2, 4]
    assert call("GET /api/v2/tickets/2/metrics").json["ticket_metric"]["ticket_id"] == 2
    app.state.tables["organizations"].load(organization(n, START) for n in range(1_000, 101_001))
    assert call("GET /api/v2/organizations/count").json["count"]["refreshed_at"] is None


def test_404_with_a_body_or_without():
    app, call = account()
    assert call("GET /api/v2/organizations/99").json["error"] == "RecordNotFound"
    app.state.empty_404 = True
    answer = call("GET /api/v2/organizations/99")
    assert (answer.status_code, answer.data) == (404, b"")
    assert call("GET /api/v2/nowhere").data == b""


def test_a_closed_ticket_exports_like_any_other():
    app, call = account()
    app.state.tables["tickets"].load([ticket(9, START, "closed")])
    assert export(call, "start_time=0")[0] == [9]
