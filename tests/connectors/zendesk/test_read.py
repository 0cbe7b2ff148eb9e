from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from connectors.base import SilentLog
from connectors.errors import SetupError, TransientError
from tests.connectors.zendesk.account import (
    FIELDS,
    account,
    connection,
    metric,
    organization,
    read,
    ticket,
    updates,
    user,
)

DAY = datetime(2026, 11, 10, 12, tzinfo=UTC)


def filled(resource, *rows, **options):
    app = account(**options)
    app.state.tables[resource].load(rows)
    return app


def test_organizations_become_accounts():
    row = organization(
        1, DAY, name="Møller A/S", external_id="K-7", domain_names=["moller.dk", "moller.com"]
    )
    found = read(connection(filled("organizations", row)).to, "organizations")

    [one] = found.tables["accounts"]
    assert (one["id"], one["name"], one["external_id"]) == ("1", "Møller A/S", "K-7")
    assert one["domains"] == ["moller.dk", "moller.com"]
    assert not one["deleted"]


def test_border_rows_of_time_pages_come_once_and_a_full_second_ends_no_export():
    same = [organization(number, DAY) for number in range(1, 2301)]
    later = [organization(number, DAY + timedelta(seconds=1)) for number in range(2301, 2311)]
    to = connection(filled("organizations", *same, *later))

    found = read(to.to, "organizations")

    assert sorted(int(row["id"]) for row in found.tables["accounts"]) == list(range(1, 2311))


def test_an_export_that_starts_within_a_crowded_second_loses_nothing():
    same = [organization(number, DAY) for number in range(1, 2301)]
    later = [organization(2301, DAY + timedelta(hours=1))]
    mark = f'{{"start": {int(DAY.timestamp())}, "seen": []}}'

    found = read(connection(filled("organizations", *same, *later)).to, "organizations", mark)

    assert sorted(int(row["id"]) for row in found.tables["accounts"]) == list(range(1, 2302))


def test_second_read_brings_only_what_changed():
    app = filled("organizations", *(organization(n, DAY) for n in (1, 2, 3)))
    first = read(connection(app).to, "organizations")
    assert read(connection(app).to, "organizations", first.mark).records == 0

    app.edit(2, "name", "Renamed")
    app.state.clock.advance(120)
    second = read(connection(app).to, "organizations", first.mark)

    assert [row["name"] for row in second.tables["accounts"]] == ["Renamed"]
    assert read(connection(app).to, "organizations", second.mark).records == 0


def test_too_recent_a_start_is_never_asked_for():
    app = filled("organizations", organization(1, DAY))
    app.edit(1, "name", "Just now")
    app.state.clock.advance(61)
    first = read(connection(app).to, "organizations")
    assert first.records == 1
    assert read(connection(app).to, "organizations", first.mark).records == 0


@pytest.mark.parametrize("wrong", [timedelta(hours=-3), timedelta(hours=3)])
def test_a_clock_that_is_wrong_loses_no_page(wrong):
    app = filled("organizations")
    recent = datetime.fromtimestamp(app.state.clock(), UTC) - timedelta(hours=1)
    rows = [organization(n, recent + timedelta(seconds=n // 2)) for n in range(1, 2301)]
    app.state.tables["organizations"].load(rows)
    mark = f'{{"start": {int((recent - timedelta(days=1)).timestamp())}, "seen": []}}'

    found = read(connection(app, wrong_by=wrong).to, "organizations", mark)

    assert len(found.tables["accounts"]) == 2300


def test_an_export_that_goes_backwards_stops():
    to = connection(filled("organizations", organization(1, DAY)))
    page = b'{"organizations": [], "end_time": 5, "end_of_stream": false}'
    to.wire.answers.append(("incremental", 200, page, {}))
    mark = f'{{"start": {int(DAY.timestamp())}, "seen": []}}'

    with pytest.raises(TransientError, match="backwards"):
        read(to.to, "organizations", mark)


def test_our_fields_are_held_in_canonical_text():
    fields = {
        "pulsefield_health": 87.46,
        "pulsefield_health_band": "pulsefield_health_band_green",
        "pulsefield_health_reasons": "2 invoices late",
        "pulsefield_scored_at": "2026-11-21T06:00:00Z",
    }
    app = filled("organizations", organization(1, DAY, organization_fields=fields))

    [held] = read(connection(app, fields=FIELDS).to, "organizations").tables["held"]

    assert held == {
        "id": "1",
        "pulsefield_health": "87.5",
        "pulsefield_health_band": "green",
        "pulsefield_health_reasons": "2 invoices late",
        "pulsefield_scored_at": "2026-11-21T06:00:00Z",
    }


def test_organization_fields_are_mapped_by_key():
    fields = {"seats": 40, "plan": "gold_tag", "renewal": "2027-01-04T00:00:00+00:00"}
    app = filled("organizations", organization(1, DAY, organization_fields=fields))
    mapped = {"seats": "seats", "plan": "plan", "renewal_at": "renewal"}

    [one] = read(connection(app, map={"accounts": mapped}).to, "organizations").tables["accounts"]

    assert (one["seats"], one["plan"]) == (40, "gold_tag")
    assert one["renewal_at"] == datetime(2027, 1, 4, tzinfo=UTC)


def test_a_mapped_field_that_vanished_is_named():
    app = filled("organizations", organization(1, DAY, organization_fields={"seats": 40}))
    to = connection(app, map={"accounts": {"seats": "seat"}})

    with pytest.raises(SetupError, match=r"'seat'.*map\.accounts.*did you mean 'seats'"):
        read(to.to, "organizations")


def test_users_become_contacts_without_agents_and_addresses():
    rows = [
        user(11, DAY, last_login_at="2026-11-09T08:00:00Z"),
        user(12, DAY, role="agent"),
        user(13, DAY, active=False),
        user(14, DAY, suspended=True),
    ]
    contacts = read(connection(filled("users", *rows)).to, "users").tables["contacts"]

    by_id = {row["id"]: row for row in contacts}
    assert set(by_id) == {"11", "13", "14"}
    assert by_id["11"]["account_ref"] == "1"
    assert (by_id["11"]["email"], by_id["11"]["email_domain"]) == (None, "example.com")
    assert [by_id[n]["active"] for n in ("11", "13", "14")] == [True, False, False]
    assert [by_id[n]["deleted"] for n in ("11", "13", "14")] == [False, True, False]


def test_addresses_are_kept_where_asked_for():
    app = filled("users", user(11, DAY, email="Ann@Example.com"))
    [one] = read(connection(app, personal_data=True).to, "users").tables["contacts"]
    assert one["email"] == "ann@example.com"


def solved(app, number=5, **values):
    """Put a ticket into an account: opened at 9, answered after 30 minutes, solved after 5 hours."""
    times = {
        "solved_at": "2026-11-01T14:00:00Z",
        "reply_time_in_minutes": {"calendar": 30, "business": 10},
        "full_resolution_time_in_minutes": {"calendar": 300, "business": 200},
        "reopens": 1,
        "replies": 3,
    }
    app.state.tables["tickets"].load([ticket(number, DAY, **{"status": "solved"} | values)])
    app.state.tables["ticket_metrics"].load([metric(number, **times)])
    return app


@pytest.mark.parametrize("inside", [True, False])
def test_tickets_with_their_metric_sets(inside):
    app = solved(account(), priority="urgent", type="problem", tags=["vip", "Invoice"])
    app.state.metrics_inside = inside

    [one] = read(connection(app).to, "tickets").tables["tickets"]

    assert one["opened_at"] == datetime(2026, 11, 1, 9, tzinfo=UTC)
    assert one["first_reply_at"] == datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
    assert one["resolved_at"] == datetime(2026, 11, 1, 14, tzinfo=UTC)
    assert (one["first_reply_minutes"], one["resolution_hours"]) == (30.0, 5.0)
    assert (one["reopens"], one["replies"]) == (1, 3)
    assert (one["status"], one["priority"], one["type"]) == ("solved", "urgent", "problem")
    assert (one["topic"], one["channel"]) == ("billing", "email")


def test_a_reopened_ticket_is_not_resolved():
    [one] = read(connection(solved(account(), status="open")).to, "tickets").tables["tickets"]
    assert (one["resolved_at"], one["resolution_hours"]) == (None, None)


def test_a_closed_ticket_without_metrics_counts_as_resolved_at_its_last_change():
    app = filled("tickets", ticket(5, DAY, status="closed"))
    found = read(connection(app).to, "tickets")
    assert found.tables["tickets"][0]["resolved_at"] == DAY
    assert found.findings["resolution_time_unknown"].examples == ("5",)


@pytest.mark.parametrize(
    ("values", "topic"),
    [
        ({"tags": ["bug"]}, "defect"),
        ({"tags": ["Rechnung"]}, "billing"),
        ({"type": "question"}, "how_to"),
        ({"type": "problem", "tags": ["cancellation"]}, "cancellation"),
        ({}, None),
    ],
)
def test_topic_comes_from_tags_then_type(values, topic):
    app = filled("tickets", ticket(5, DAY, **values))
    [one] = read(connection(app, topics={"rechnung": "billing"}).to, "tickets").tables["tickets"]
    assert one["topic"] == topic


def test_topic_from_a_ticket_field_by_number():
    fields = [{"id": 27642, "value": "Abrechnung"}]
    app = filled("tickets", ticket(5, DAY, tags=["bug"], custom_fields=fields))
    mapped = {"topic": {"field": "27642", "values": {"Abrechnung": "billing"}}}
    [one] = read(connection(app, map={"tickets": mapped}).to, "tickets").tables["tickets"]
    assert one["topic"] == "billing"


def test_unknown_words_are_kept_as_other_and_counted():
    app = filled("tickets", ticket(5, DAY, status="parked", via={"channel": "fax"}))
    found = read(connection(app).to, "tickets")
    assert (found.tables["tickets"][0]["status"], found.tables["tickets"][0]["channel"]) == (
        "other",
        "other",
    )
    assert found.findings["unknown_value"].examples == ("5",)


def test_deleted_tickets_are_marked():
    app = filled("tickets", ticket(5, DAY), ticket(6, DAY))
    first = read(connection(app).to, "tickets")
    app.delete(5, "tickets")
    app.state.clock.advance(120)
    [one] = read(connection(app).to, "tickets", first.mark).tables["tickets"]
    assert (one["id"], one["deleted"], one["status"]) == ("5", True, None)


def test_the_tickets_organization_wins_over_the_requesters():
    app = filled("tickets", ticket(5, DAY, organization_id=2), ticket(6, DAY, organization_id=None))
    app.state.tables["users"].load([user(11, DAY, organization_id=1)])
    rows = read(connection(app).to, "tickets").tables["tickets"]
    assert [row["account_ref"] for row in rows] == ["2", "1"]


@pytest.mark.parametrize(
    ("score", "good"),
    [("good", True), ("good_with_comment", True), ("bad", False), ("offered", None)],
)
def test_satisfaction_becomes_a_survey(score, good):
    app = solved(account(), satisfaction_rating={"score": score})
    [one] = read(connection(app).to, "tickets").tables["surveys"]
    assert (one["kind"], one["good"], one["ticket_ref"]) == ("csat", good, "5")
    assert one["asked_at"] == datetime(2026, 11, 1, 14, tzinfo=UTC)
    assert (one["at"] is not None) == (good is not None)
    assert one["score"] is None


def test_no_survey_where_none_was_offered():
    app = filled("tickets", ticket(5, DAY), ticket(6, DAY, satisfaction_rating=None))
    assert read(connection(app).to, "tickets").tables["surveys"] == []


def test_cursor_pages_go_on_where_they_were_left():
    app = filled("tickets", *(ticket(n, DAY + timedelta(seconds=n)) for n in range(1, 2501)))
    pages = connection(app).to.read("tickets", None)
    first = next(pages)
    pages.close()

    rest = read(connection(app).to, "tickets", first.watermark)

    assert first.records == 1000
    assert rest.records == 1500
    assert read(connection(app).to, "tickets", rest.mark).records == 0


def test_a_repeated_cursor_stops_the_export():
    to = connection(account())
    page = b'{"tickets": [], "after_cursor": "abc", "end_of_stream": false}'
    to.wire.answers += [("cursor", 200, page, {})] * 3
    with pytest.raises(TransientError, match="repeats a cursor"):
        read(to.to, "tickets")


def test_links_to_other_hosts_are_never_followed():
    app = filled("tickets", *(ticket(n, DAY) for n in range(1, 1502)))
    app.state.link_host = "https://elsewhere.zendesk.com"
    to = connection(app)
    assert read(to.to, "tickets").records == 1501
    assert {path.partition("?")[0] for _, path, _ in to.wire.sent} == {
        "/oauth/tokens",
        "/api/v2/incremental/tickets/cursor",
    }


def test_only_the_history_asked_for_is_read():
    old = datetime(2024, 1, 1, tzinfo=UTC)
    app = filled("tickets", ticket(5, old), ticket(6, DAY))
    found = read(connection(app, history_days=365).to, "tickets")
    assert [row["id"] for row in found.tables["tickets"]] == ["6"]


@pytest.mark.parametrize(("add_on", "pace"), [(False, 10), (True, 30)])
def test_exports_share_one_limit_and_never_pass_it(add_on, pace, monkeypatch):
    # Only waiting moves either clock: on a slow machine ours would run ahead of the stand-in's.
    monkeypatch.setattr("connectors.pacing.time", SimpleNamespace(monotonic=lambda: 0.0))
    rows = [ticket(n, DAY + timedelta(seconds=n)) for n in range(1, 12_001)]
    app = filled("tickets", *rows, high_volume=add_on)
    to = connection(app, incremental_per_minute=pace)
    started = app.state.clock()

    for stream in ("organizations", "users", "tickets"):
        read(to.to, stream)

    assert to.to.stats.retried == 0
    assert (app.state.clock() - started >= 60) == (not add_on)


def test_requests_are_the_fewest_possible():
    app = filled("tickets", *(ticket(n, DAY + timedelta(seconds=n)) for n in range(1, 2501)))
    to = connection(app)
    read(to.to, "tickets")
    assert to.to.stats.made["read tickets"] == to.to.stats.least["read tickets"] == 3


def test_own_writes_read_back_equal():
    app = filled("organizations", organization(1, DAY))
    to = connection(app)
    to.to.create_fields(FIELDS)
    values = {"pulsefield_health": "61.5", "pulsefield_health_band": "red"}
    results = list(to.to.write(updates([1], **values), SilentLog()))
    app.state.clock.advance(120)
    [held] = read(to.to, "organizations").tables["held"]

    assert [result.ok for result in results] == [True]
    assert {name: held[name] for name in values} == values


def test_the_text_of_a_ticket_comes_only_where_it_is_mapped() -> None:
    app = filled("tickets", ticket(1, DAY, subject="Hello", description="Where is my order?"))
    [plain] = read(connection(app).to, "tickets").tables["tickets"]
    assert not {"subject", "description"} & set(plain)
    words = {name: {"field": name, "type": "string"} for name in ("subject", "description")}
    [asked] = read(connection(app, map={"tickets": words}).to, "tickets").tables["tickets"]
    assert (asked["subject"], asked["description"]) == ("Hello", "Where is my order?")
