"""Reading in full and by increments: pages, windows, deletes, merges, links, payments."""

from datetime import UTC, datetime

import pytest

from connectors.errors import SetupError, TransientError
from tests.connectors.zendesk.account import read

from .account import OLD, account, bodies, companies, connection, link, load


def rows(result, table):
    return {row["id"]: row for row in result.tables.get(table, [])}


def test_full_read_lists_whole_pages_and_then_what_was_archived():
    app = account()
    companies(app, 250)
    app.archive(1003)
    crm = connection(app)
    result = read(crm.to, "companies")
    found = rows(result, "accounts")
    assert len(found) == 250
    assert found["1000"]["name"] == "Customer 1000"
    assert [one for one, row in found.items() if row["deleted"]] == ["1003"]
    assert crm.wire.paths().count("GET /crm/objects/2026-03/companies") == 3 + 1
    assert crm.to.stats.made == crm.to.stats.least


def test_increment_searches_whole_pages_for_what_changed():
    app = account()
    companies(app, 600)
    crm = connection(app)
    first = read(crm.to, "companies")
    app.clock.advance(3600)
    for number in range(1000, 1450):
        app.edit(number, "name", "New")
    app.clock.advance(3600)
    crm = connection(app)
    second = read(crm.to, "companies", first.mark)
    assert {row["name"] for row in second.tables["accounts"]} == {"New"}
    assert second.records == 450
    assert crm.wire.paths() == [
        "GET /crm/properties/2026-03/companies",
        *["POST /crm/objects/2026-03/companies/search"] * 3,
        "GET /crm/objects/2026-03/companies",
    ]
    assert crm.to.stats.made == crm.to.stats.least
    assert read(connection(app).to, "companies", second.mark).records == 0


def test_search_passes_the_wall_of_10_000_results_without_a_gap_or_a_double():
    app = account()
    companies(app, 10_450)
    crm = connection(app)
    since = '{"until":"2026-09-30T00:00:00+00:00"}'
    result = read(crm.to, "companies", since)
    ids = [row["id"] for row in result.tables["accounts"]]
    assert len(ids) == len(set(ids)) == 10_450
    sent = bodies(crm.wire, "/search")
    assert len({str(body) for body in sent}) == 53  # on a slow machine some are sent twice
    assert all("after" not in body and body["limit"] == 200 for body in sent)
    windows = {str(body["filterGroups"][0]["filters"][:2]) for body in sent}
    assert len(windows) == 1


def test_contacts_are_searched_by_their_own_name_of_the_stamp():
    app = account()
    companies(app, 1)
    load(app, "contacts", {"id": "7", "email": "Ann@Acme.example", "associatedcompanyid": "1000"})
    crm = connection(app)
    mark = read(crm.to, "contacts").mark
    app.clock.advance(60)
    app.edit(7, "jobtitle", "CTO", kind="contacts")
    app.clock.advance(60)
    result = read(connection(app).to, "contacts", mark)
    assert result.tables["contacts"][0]["account_ref"] == "1000"
    assert result.tables["contacts"][0]["email_domain"] == "acme.example"
    assert result.tables["contacts"][0]["email"] is None


def test_change_that_the_search_index_learns_late_is_not_lost():
    app = account()
    companies(app, 3)
    mark = read(connection(app).to, "companies").mark
    app.clock.advance(3600)
    app.lag(300)
    app.edit(1001, "name", "Late")
    app.clock.advance(5)
    second = read(connection(app).to, "companies", mark)
    assert second.records == 0
    app.clock.advance(400)
    third = read(connection(app).to, "companies", second.mark)
    assert [row["name"] for row in third.tables["accounts"]] == ["Late"]


def test_increment_reports_deletes_since_the_last_one_only():
    app = account()
    companies(app, 5)
    app.archive(1000)
    app.clock.advance(3600)
    mark = read(connection(app).to, "companies").mark
    app.clock.advance(3600)
    app.archive(1001)
    result = read(connection(app).to, "companies", mark)
    assert [(row["id"], row["deleted"]) for row in result.tables["accounts"]] == [("1001", True)]


@pytest.mark.parametrize("minutes", [1, 90])
def test_deletes_are_looked_for_every_six_hours_and_none_is_missed(minutes):
    app = account()
    load(app, "tickets", *({"id": str(number), "subject": "x"} for number in range(1, 21)))
    mark = read(connection(app).to, "tickets").mark
    deleted, seen, listed = {}, {}, 0
    start = app.clock()
    for number in range(1, 21):
        app.clock.advance(minutes * 30)
        app.archive(number, "tickets")
        deleted[str(number)] = app.clock()
        app.clock.advance(minutes * 30)
        crm = connection(app)
        result = read(crm.to, "tickets", mark)
        mark = result.mark
        listed += crm.wire.paths().count("GET /crm/objects/2026-03/tickets")
        for row in result.tables.get("tickets", ()):
            seen.setdefault(row["id"], app.clock())
    assert listed == (app.clock() - start) // (6 * 3600)
    assert all(seen[one] - deleted[one] <= 6 * 3600 for one in seen)
    late = [at for one, at in deleted.items() if one not in seen]
    assert all(app.clock() - at < 6 * 3600 for at in late)


def test_unchanged_account_is_asked_once_for_each_type_and_for_deleted_companies():
    app = account()
    companies(app, 3)
    first = connection(app)
    marks = {s.name: read(first.to, s.name).mark for s in first.to.streams()}
    app.clock.advance(60)
    second = connection(app)
    for stream, mark in marks.items():
        assert not read(second.to, stream, mark).tables
    asked = [path.split("/")[-1] for path in second.wire.paths()]
    assert asked.count("companies") == 2  # properties, and the archived list
    assert len(asked) == len(marks) * 2 + 1 + 1  # and the payments of invoices


def test_merged_company_is_gone_and_names_its_master():
    app = account()
    companies(app, 3)
    mark = read(connection(app).to, "companies").mark
    app.clock.advance(60)
    app.merge(1001, into=1000)
    app.clock.advance(60)
    result = read(connection(app).to, "companies", mark)
    found = rows(result, "accounts")
    assert found["1001"]["deleted"]
    assert found["1001"]["master_ref"] == "1000"
    assert not found["1000"]["deleted"]


def test_interrupted_reading_goes_on_where_it_stopped():
    app = account()
    companies(app, 2_500)
    first = connection(app)
    pages = first.to.read("companies", None)
    some = next(pages)
    pages.close()
    second = connection(app)
    rest = read(second.to, "companies", some.watermark)
    ids = some.tables["accounts"]["id"].to_pylist() + [row["id"] for row in rest.tables["accounts"]]
    assert len(ids) == len(set(ids)) == 2_500
    assert len(second.wire.paths()) == 1 + 15 + 1


def test_watermark_of_another_kind_is_refused_with_what_to_do():
    with pytest.raises(SetupError, match="pull this connection in full"):
        read(connection(account()).to, "companies", "2026-01-01")


def test_own_fields_are_held_and_never_read_as_data():
    app = account()
    companies(app, 2)
    crm = connection(app)
    before = read(crm.to, "companies")
    assert before.tables["held"][0] == {
        "id": "1000",
        "pulsefield_health": None,
        "pulsefield_health_band": None,
        "pulsefield_health_reasons": None,
        "pulsefield_scored_at": None,
    }
    crm.to.create_fields(crm.context.own_fields)
    app.edit(1000, "pulsefield_health", "87.50")
    app.edit(1000, "pulsefield_scored_at", "1795000000000")
    result = read(connection(app).to, "companies")
    assert result.tables["held"][0]["pulsefield_health"] == "87.5"
    assert result.tables["held"][0]["pulsefield_scored_at"] == "2026-11-18T11:06:40Z"
    assert "pulsefield_health" not in result.tables["accounts"][0]


def test_texts_of_hubspot_become_values():
    app = account()
    load(
        app,
        "companies",
        {
            "id": "1",
            "name": "Acme",
            "domain": "acme.example",
            "hs_additional_domains": "acme.test;acme.invalid",
            "website": "https://www.acme.example",
            "lifecyclestage": "opportunity",
            "hs_date_entered_customer": "1700000000000",
            "seats": "12",
            "mrr": "1200.50",
            "auto_renew": "true",
            "hs_parent_company_id": "77",
        },
    )
    maps = {
        "seats": "seats",
        "mrr": "mrr",
        "auto_renew": "auto_renew",
        "nps_goal": {"field": "core_features", "type": "number"},
    }
    app.edit(1, "core_features", "7")
    crm = connection(app, map={"accounts": maps})
    row = read(crm.to, "companies").tables["accounts"][0]
    assert row["domains"] == [
        "acme.example",
        "acme.test",
        "acme.invalid",
        "https://www.acme.example",
    ]
    assert (row["seats"], row["mrr"], row["auto_renew"]) == (12, 1200.5, True)
    assert (row["lifecycle"], row["parent_ref"], row["nps_goal"]) == ("prospect", "77", 7.0)
    assert row["started_at"] == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert row["updated_at"].isoformat() == "2026-11-18T11:06:40+00:00"


def test_mapped_property_that_vanished_is_an_error_that_names_it():
    app = account()
    companies(app, 1)
    app.drop_property("seats")
    crm = connection(app, map={"accounts": {"seats": "seats"}})
    with pytest.raises(SetupError, match="'seats'"):
        read(crm.to, "companies")
    assert crm.wire.paths() == ["GET /crm/properties/2026-03/companies"]


def test_usual_property_that_an_account_lacks_stays_empty():
    app = account()
    companies(app, 1)
    app.drop_property("industry")
    assert read(connection(app).to, "companies").tables["accounts"][0]["industry"] is None


@pytest.mark.parametrize("since", [None, '{"until":"2026-09-30T00:00:00+00:00"}'])
def test_ticket_belongs_to_its_primary_company_and_requester(since):
    app = account()
    companies(app, 3)
    load(
        app,
        "tickets",
        {
            "id": "5",
            "createdate": "2026-09-01T08:00:00.000Z",
            "hs_pipeline_stage": "4",
            "closed_date": "2026-09-02T08:00:00.000Z",
            "time_to_close": "86400000",
            "time_to_first_agent_reply": "1800000",
            "hs_ticket_priority": "URGENT",
            "hs_ticket_category": "BILLING_ISSUE;PRODUCT_ISSUE",
            "source_type": "FORM",
        },
        {"id": "6", "hs_pipeline_stage": "99881", "closed_date": "2026-09-02T08:00:00.000Z"},
    )
    load(app, "contacts", {"id": "7"})
    link(app, "tickets", "companies", (5, 1001), primary=False)
    link(app, "tickets", "companies", (5, 1002))
    link(app, "tickets", "contacts", (5, 7), primary=False)
    result = read(connection(app).to, "tickets", since)
    ticket = rows(result, "tickets")["5"]
    assert (ticket["account_ref"], ticket["requester_ref"]) == ("1002", "7")
    assert (ticket["status"], ticket["priority"]) == ("closed", "urgent")
    assert (ticket["topic"], ticket["channel"]) == ("billing", "web")
    assert (ticket["resolution_hours"], ticket["first_reply_minutes"]) == (pytest.approx(24), 30)
    assert rows(result, "tickets")["6"]["status"] == "closed"
    assert result.findings["several_companies"].count == 1


def test_links_that_a_list_cuts_off_are_read_on():
    app = account()
    companies(app, 5)
    app.state.associations.inline = 1
    app.state.associations.page = 2
    load(app, "tickets", {"id": "5"})
    link(app, "tickets", "companies", *((5, 1004 - n) for n in range(4)), primary=False)
    crm = connection(app)
    result = read(crm.to, "tickets")
    assert result.tables["tickets"][0]["account_ref"] == "1001"
    assert len(bodies(crm.wire, "/associations/")) == 2


@pytest.mark.parametrize("missing", ["absent", "207"])
@pytest.mark.parametrize("api", ["2026-03", "v3"])
def test_increment_reads_links_of_many_records_by_one_request(missing, api):
    app = account()
    companies(app, 2)
    app.state.associations.missing = missing
    load(app, "tickets", *({"id": str(n)} for n in range(1, 402)))
    link(app, "tickets", "companies", *((n, 1001) for n in range(1, 401)))
    crm = connection(app, api=api)
    result = read(crm.to, "tickets", '{"until":"2026-09-30T00:00:00+00:00"}')
    refs = [row["account_ref"] for row in result.tables["tickets"]]
    assert refs == ["1001"] * 400 + [None]
    # 401 in three searches; companies and contacts by one request each
    assert sum("/associations/" in path for path in crm.wire.paths()) == 2


def test_many_properties_are_read_by_id_as_no_uri_holds_them():
    app = account()
    companies(app, 150)
    names = [f"usage_of_a_feature_with_a_long_name_{number}" for number in range(200)]
    for name in names:
        app.add_property(name, "number")
    app.edit(1149, names[-1], "5")
    maps = {f"x{n}": {"field": name, "type": "number"} for n, name in enumerate(names)}
    crm = connection(app, map={"accounts": maps})
    result = read(crm.to, "companies")
    assert rows(result, "accounts")["1149"]["x199"] == 5.0
    assert all(len(path) < 1_000 for _, path, _ in crm.wire.sent)
    app.clock.advance(60)
    second = read(crm.to, "companies", '{"until":"2026-09-30T00:00:00+00:00"}')
    assert rows(second, "accounts")["1149"]["x199"] == 5.0
    assert all(len(body) < 3_000 for _, path, body in crm.wire.sent if "/search" in path)


def test_uri_that_hubspot_finds_too_long_is_parted():
    app = account()
    companies(app, 2)
    crm = connection(app)
    crm.wire.answers.append(("/companies?", 414, b"<html>414</html>", {}))
    result = read(crm.to, "companies")
    assert [row["name"] for row in result.tables["accounts"]] == ["Customer 1000", "Customer 1001"]


def invoices(app):
    companies(app, 1)
    load(
        app,
        "invoices",
        {
            "id": "1",
            "hs_amount_billed": "100.00",
            "hs_invoice_status": "open",
            "hs_currency": "EUR",
        },
        {"id": "2", "hs_amount_billed": "50.00", "hs_invoice_status": "paid"},
    )
    link(app, "invoices", "companies", (1, 1000), (2, 1000))
    load(
        app,
        "commerce_payments",
        {"id": "10", "hs_latest_status": "failed", "hs_initiated_date": "2026-10-02T00:00:00Z"},
        {"id": "11", "hs_latest_status": "failed", "hs_initiated_date": "1790800000000"},
        {"id": "12", "hs_latest_status": "succeeded", "hs_initiated_date": "2026-10-03T00:00:00Z"},
    )
    link(app, "commerce_payments", "invoices", (10, 1), (11, 1), (12, 2), primary=False)


def test_failed_payments_are_counted_on_their_invoice():
    app = account()
    invoices(app)
    found = rows(read(connection(app).to, "invoices"), "invoices")
    assert (found["1"]["failed_payments"], found["2"]["failed_payments"]) == (2, 0)
    assert found["1"]["last_failed_at"] == datetime(2026, 10, 2, tzinfo=UTC)
    assert (found["1"]["status"], found["1"]["amount"], found["1"]["account_ref"]) == (
        "open",
        100.0,
        "1000",
    )


def test_payment_that_fails_later_brings_its_invoice_back():
    app = account()
    invoices(app)
    mark = read(connection(app).to, "invoices").mark
    app.clock.advance(3600)
    app.edit(12, "hs_latest_status", "failed", kind="commerce_payments")
    app.clock.advance(3600)
    result = read(connection(app).to, "invoices", mark)
    assert [(row["id"], row["failed_payments"]) for row in result.tables["invoices"]] == [("2", 1)]


def test_without_the_stream_no_payment_is_read():
    app = account()
    invoices(app)
    crm = connection(app, streams=["companies", "invoices"])
    assert rows(read(crm.to, "invoices"), "invoices")["1"]["failed_payments"] is None
    assert not any("payments" in path for path in crm.wire.paths())


def test_closed_deals_are_outcomes_and_open_ones_none():
    app = account()
    companies(app, 1)
    won = {"hs_is_closed": "true", "hs_is_closed_won": "true", "closedate": OLD, "hs_mrr": "100"}
    lost = won | {"hs_is_closed_won": "false"}
    load(
        app,
        "deals",
        {"id": "1", "deal_motion": "renewal"} | won,
        {"id": "2", "deal_motion": "renewal"} | lost,
        {"id": "3", "deal_motion": "upsell"} | won,
        {"id": "4", "deal_motion": "upsell", "hs_is_closed": "false", "closedate": OLD},
        {"id": "5", "deal_motion": "odd"} | won,
    )
    deals = {
        "property": "deal_motion",
        "kinds": {"renewal": ["renewal", "churn"], "upsell": ["upgrade", "other"]},
    }
    found = rows(read(connection(app, deals=deals).to, "deals"), "outcomes")
    assert [(row["kind"], row["mrr_change"]) for row in found.values() if not row["deleted"]] == [
        ("renewal", None),
        ("churn", -100.0),
        ("upgrade", 100.0),
        ("other", None),
    ]
    assert found["4"]["deleted"]


def test_answers_to_surveys_are_brought_to_our_scales():
    app = account()
    at = "2026-09-01T00:00:00.000Z"
    kinds = (("1", "NPS", "9"), ("2", "CSAT", "3"), ("3", "CES", "7"), ("4", "CES", "4"))
    load(
        app,
        "feedback_submissions",
        *(
            {"id": one, "hs_survey_type": kind, "hs_value": value, "hs_submission_timestamp": at}
            for one, kind, value in kinds
        ),
    )
    found = read(connection(app).to, "feedback_submissions").tables["surveys"]
    assert [(row["kind"], row["score"], row["good"]) for row in found] == [
        ("nps", 9.0, True),
        ("csat", 3.0, False),
        ("ces", 5.0, True),
        ("ces", 3.0, False),
    ]


def test_activities_of_three_objects_share_a_table_without_sharing_ids():
    app = account()
    load(
        app,
        "calls",
        {
            "id": "1",
            "hs_timestamp": OLD,
            "hs_call_direction": "INBOUND",
            "hs_call_duration": "90000",
        },
    )
    load(app, "emails", {"id": "1", "hs_timestamp": OLD, "hs_email_direction": "INCOMING_EMAIL"})
    start, end = "2026-09-01T10:00:00.000Z", "2026-09-01T10:45:00.000Z"
    load(
        app,
        "meetings",
        {"id": "1", "hs_meeting_start_time": start, "hs_meeting_end_time": end},
        {"id": "2", "hs_timestamp": OLD, "hs_meeting_outcome": "NO_SHOW"},
    )
    crm = connection(app)
    every = [
        row
        for one in ("calls", "emails", "meetings")
        for row in read(crm.to, one).tables["interactions"]
    ]
    assert [(row["id"], row["channel"], row["direction"], row["minutes"]) for row in every] == [
        ("calls:1", "call", "in", 1.5),
        ("emails:1", "email", "in", None),
        ("meetings:1", "meeting", "both", 45.0),
        ("meetings:2", "meeting", "both", None),
    ]
    assert [row["deleted"] for row in every] == [False, False, False, True]


def test_custom_object_feeds_a_canonical_table():
    """0-69 is the type id of subscriptions: an object that we do not know by that name."""
    app = account()
    companies(app, 1)
    load(app, "subscriptions", {"id": "8", "hs_name": "Go live", "hs_next_payment_due_date": OLD})
    link(app, "subscriptions", "companies", (8, 1000))
    objects = {
        "0-69": {
            "table": "milestones",
            "map": {
                "name": "hs_name",
                "due_at": "hs_next_payment_due_date",
                "kind": {"value": "goal"},
            },
        }
    }
    crm = connection(app, objects=objects, streams=["companies"])
    assert [stream.name for stream in crm.to.streams()] == ["companies", "0-69"]
    row = read(crm.to, "0-69").tables["milestones"][0]
    assert (row["id"], row["account_ref"], row["name"]) == ("0-69:8", "1000", "Go live")
    objects["0-69"]["map"]["name"] = "gone"
    with pytest.raises(SetupError, match="'gone'"):
        read(connection(app, objects=objects).to, "0-69")


def test_object_type_that_is_not_there_is_a_setup_error():
    objects = {"p1_usage": {"table": "usage", "map": {"feature": "feature"}}}
    with pytest.raises(SetupError, match="p1_usage"):
        read(connection(account(), objects=objects).to, "p1_usage")


def test_search_out_of_order_is_an_error_and_no_lost_row():
    app = account()
    companies(app, 1)
    crm = connection(app)
    body = (
        b'{"total": 2, "results": [{"id": "2", "properties": {}}, {"id": "1", "properties": {}}]}'
    )
    crm.wire.answers.append(("/search", 200, body, {}))
    with pytest.raises(TransientError, match="order"):
        read(crm.to, "companies", '{"until":"2026-09-30T00:00:00+00:00"}')


def test_list_that_names_its_own_page_again_is_an_error():
    app = account()
    crm = connection(app)
    body = b'{"results": [], "paging": {"next": {"after": "MQ%3D%3D"}}}'
    crm.wire.answers += [("/companies?", 200, body, {})] * 2
    with pytest.raises(TransientError, match="same page twice"):
        read(crm.to, "companies")


def test_empty_account_reads_as_nothing():
    result = read(connection(account()).to, "companies")
    assert (result.tables, result.records) == ({}, 0)
    assert result.mark
