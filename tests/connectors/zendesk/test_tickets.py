import json
from datetime import UTC, datetime

import pytest

from connectors.base import FieldSpec, SilentLog, Target
from connectors.errors import SetupError
from connectors.extras import TicketContext
from tests.connectors.zendesk.account import account, connection, read, ticket, updates

DAY = datetime(2026, 11, 1, tzinfo=UTC)
BAND = FieldSpec(
    "pulsefield",
    "Pulsefield health band",
    "choice",
    options=(("red", "Red"), ("green", "Green"), ("no data", "No data")),
)


def helpdesk(rows, how="tags"):
    app = account()
    app.state.tables["tickets"].load(rows)
    to = connection(app, ticket_fields=(BAND,), ticket_context=how)
    return app, to


def write(target, rows):
    return list(target.write(rows, SilentLog()))


def bulk_bodies(wire):
    return [json.loads(body) for _, path, body in wire.sent if "update_many" in path]


def test_tags_change_and_all_others_stay_and_nobody_is_mailed():
    app, to = helpdesk([ticket(1, DAY, tags=["billing", "pulsefield_green"]), ticket(2, DAY)])

    results = write(to.to.tickets(), updates([1, 2], pulsefield="red"))

    assert [result.ok for result in results] == [True, True]
    assert app.record(1, "tickets")["tags"] == ["billing", "pulsefield_red"]
    assert app.record(2, "tickets")["tags"] == ["pulsefield_red"]
    (body,) = bulk_bodies(to.wire)
    assert {key for row in body["tickets"] for key in row} == {
        "id",
        "additional_tags",
        "remove_tags",
    }

    assert [r.ok for r in write(to.to.tickets(), updates([1], pulsefield=None))] == [True]
    assert app.record(1, "tickets")["tags"] == ["billing"]


def test_a_ticket_field_is_made_once_and_written_by_its_id():
    app, to = helpdesk([ticket(1, DAY), ticket(2, DAY)], "field")
    tickets = to.to.tickets()
    assert not tickets.field_states([BAND])[0].exists
    with pytest.raises(SetupError, match="fields --create"):
        write(tickets, updates([1], pulsefield="red"))

    assert to.to.tickets().create_fields([BAND])[0].problem is None
    to.to.tickets().create_fields([BAND])

    (field,) = app.state.fields["ticket_fields"].by_id.values()
    assert (field["type"], field["title"]) == ("tagger", "Pulsefield health band")
    results = write(to.to.tickets(), updates([1, 2], pulsefield="no data"))
    assert [result.ok for result in results] == [True, True]
    row = app.record(1, "tickets")
    assert row["custom_fields"] == [{"id": field["id"], "value": "pulsefield_no_data"}]
    assert row["tags"] == ["pulsefield_no_data"]


def test_a_field_of_another_type_is_refused_by_its_title():
    app, to = helpdesk([], "field")
    app.add_field({"type": "text", "title": "Pulsefield health band"}, "ticket_fields")
    with pytest.raises(SetupError, match=r"Pulsefield health band.*tagger"):
        to.to.tickets().create_fields([BAND])


@pytest.mark.parametrize("how", ["tags", "field"])
def test_what_open_tickets_carry_is_read_with_them(how):
    rows = [ticket(n, DAY) for n in range(1, 5)]
    rows.append(ticket(5, DAY, status="solved", tags=["pulsefield_red"]))
    app, to = helpdesk(rows, how)
    tickets = to.to.tickets()
    tickets.create_fields([BAND])
    write(tickets, updates([1, 2], pulsefield="green"))
    app.edit(2, "tags", ["pulsefield_green", "pulsefield_red"], "tickets")
    app.delete(3, "tickets")
    to.context.wait(120)

    held = read(to.to, "tickets").tables["held.tickets"]
    assert {row["id"]: row["pulsefield"] for row in held} == {
        "1": "green",
        "2": "green, red",
        "4": None,
    }


def test_tickets_closed_meanwhile_are_left_alone_and_failed_rows_told():
    app, to = helpdesk(
        [ticket(1, DAY, status="closed", tags=["a"]), ticket(2, DAY), ticket(3, DAY)]
    )
    app.fail_row(2, "TicketUpdateFailed", "Assignee is suspended", "tickets")
    results = write(to.to.tickets(), updates([1, 2, 3], pulsefield="red"))
    assert [(result.ok, result.code) for result in results] == [
        (False, "Closed"),
        (False, "TicketUpdateFailed"),
        (True, ""),
    ]
    assert app.record(1, "tickets")["tags"] == ["a"]


@pytest.mark.parametrize(("per_minute", "minutes"), [(100, 0), (2, 1)])
def test_batches_of_100_within_the_limit_of_ticket_updates(per_minute, minutes):
    app = account()
    app.state.tables["tickets"].load([ticket(n, DAY) for n in range(1, 251)])
    how = {"ticket_context": "tags", "ticket_updates_per_minute": per_minute}
    to = connection(app, ticket_fields=(BAND,), **how)
    before = to.to._http.clock.elapsed()

    results = write(to.to.tickets(), updates(range(1, 251), pulsefield="red"))

    assert all(result.ok for result in results)
    assert to.to.stats.made["write tickets"] == to.to.stats.least["write tickets"] == 3
    assert (to.to._http.clock.elapsed() - before) // 60 == minutes


def test_off_by_default():
    to = connection(account(), ticket_fields=(BAND,)).to
    assert isinstance(to, TicketContext)
    assert to.tickets() is None
    on = connection(account(), ticket_fields=(BAND,), ticket_context="tags").to.tickets()
    assert isinstance(on, Target)
    assert on.name == "helpdesk.tickets"
