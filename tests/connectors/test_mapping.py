from datetime import UTC, datetime, timedelta

import pytest
from pydantic import BaseModel, ValidationError

from connectors.errors import SetupError
from connectors.findings import Findings
from connectors.mapping import Batch, FieldMap, Maps, ObjectMap, TableMap
from connectors.records import TABLES

NOW = datetime(2026, 11, 21, tzinfo=UTC)
DAY = timedelta(days=1)


class Holder(BaseModel):
    map: Maps


def build(table, columns, rows, **options):
    """Return rows of a canonical table, and findings by kind."""
    batch = Batch("crm", NOW, findings=Findings(), **options)
    made = TableMap(table, {"id": "id", "account_ref": "account"}, columns).build(rows, batch)
    kinds = {finding.kind: finding for finding in batch.findings}
    return made.to_pylist(), kinds


def row(number, **values):
    return {"id": number, "account": "A"} | values


def test_canonical_columns_in_order_with_what_holds_for_all_rows():
    columns = {"name": "Name", "seats": "Seats__c", "mrr": FieldMap(field="MRR__c", scale=0.01)}
    table = TableMap("accounts", {"id": "Id"}, columns)
    made = table.build(
        [{"Id": 1, "Name": " Acme ", "Seats__c": "5", "MRR__c": 999}], Batch("crm", NOW)
    )
    assert made.schema == TABLES["accounts"].schema == table.schema
    [one] = made.to_pylist()
    assert (one["source"], one["id"], one["name"], one["seats"]) == ("crm", "1", "Acme", 5)
    assert (one["known_at"], one["deleted"], one["mrr"]) == (NOW, False, 9.99)
    assert table.fields == ("Id", "Name", "Seats__c", "MRR__c")


def test_no_rows_give_an_empty_table():
    assert build("usage", {"day": "Day"}, []) == ([], {})


def test_columns_of_the_users_own_come_after_the_canonical_ones():
    columns = {"tenure": FieldMap(field="tenure", type="number", unit="months")}
    [one], _ = build("accounts", columns, [row(1, tenure="12")])
    assert list(one)[-1] == "tenure"
    assert one["tenure"] == 12.0


def test_paths_constants_joined_fields_and_later_maps():
    first = {"owner": "Owner.Name", "name": "Name", "plan": "Plan"}
    later = {"name": FieldMap(field=("First", "Last")), "plan": FieldMap(field="")}
    table = TableMap("accounts", {"id": "id"}, first, later, {"currency": FieldMap(value="USD")})
    nested = {"id": 1, "Owner": {"Name": "Ann"}, "First": "A", "Last": "B", "Plan": "x"}
    flat = {"id": 2, "Owner.Name": "Bob", "First": "A", "Last": None}
    one = table.build([nested], Batch("crm", NOW)).to_pylist()[0]
    two = table.build([flat], Batch("crm", NOW)).to_pylist()[0]
    assert (one["owner"], one["name"], one["plan"], one["currency"]) == ("Ann", "A|B", None, "USD")
    assert (two["owner"], two["name"]) == ("Bob", None)
    assert table.fields == ("id", "Owner.Name", "First", "Last")


def test_derived_values_win_and_are_checked_like_mapped_ones():
    table = TableMap("tickets", {"id": "id", "status": "status"})
    batch = Batch("crm", NOW)
    rows = [{"id": 1, "status": "open"}]
    made = table.build(rows, batch, {"status": ["Gone fishing"], "account_ref": ["7"]})
    assert made.to_pylist()[0]["status"] == "other"
    assert [finding.kind for finding in batch.findings] == ["unknown_value"]


def test_oddities_are_counted_with_three_examples():
    _, found = build("accounts", {"seats": "s"}, [row(n, s="many") for n in range(5)])
    assert (found["not_a_number"].count, found["not_a_number"].where) == (5, "accounts.seats")
    assert found["not_a_number"].examples == ("0", "1", "2")


@pytest.mark.parametrize(
    ("maps", "words"),
    [
        ({"acounts": {"name": "Name"}}, "no table 'acounts'"),
        ({"tickets": {"opend_at": "x"}}, "did you mean 'opened_at'"),
        ({"accounts": {"arr": "ARR__c"}}, "needs a type"),
        ({"accounts": {"arr": {"field": "ARR__c", "type": "money"}}}, "type"),
        ({"accounts": {"seats": {"field": "x", "zone": "Mars/Olympus"}}}, "Mars"),
        ({"accounts": {"seats": {"field": "x", "colour": "red"}}}, "colour"),
        ({"accounts": {"source": "x"}}, "source"),
    ],
)
def test_wrong_maps_are_refused(maps, words):
    with pytest.raises(ValidationError, match=words):
        Holder(map=maps)


def test_an_object_maps_its_id_and_account():
    entry = ObjectMap(table="usage", id="Id", account="Account__c", map={"day": "Day__c"})
    assert {name: column.fields for name, column in entry.columns.items()} == {
        "id": ("Id",),
        "account_ref": ("Account__c",),
        "day": ("Day__c",),
    }
    with pytest.raises(ValidationError, match="usge"):
        ObjectMap(table="usge")


def test_a_duration_of_time_stamps_names_table_column_and_field():
    rows = [row(1, ttr="2023-06-01 01:57")]
    with pytest.raises(SetupError, match=r"tickets\.resolution_hours: ttr holds time stamps"):
        build("tickets", {"resolution_hours": "ttr"}, rows)


TICKET = {
    "opened_at": "opened",
    "first_reply_at": "replied",
    "resolved_at": "resolved",
    "resolution_hours": "hours",
}


def test_durations_are_filled_from_their_times():
    [one], found = build(
        "tickets",
        TICKET,
        [row(1, opened="2026-11-01", replied="2026-11-01T01:00Z", resolved="2026-11-02")],
    )
    assert (one["first_reply_minutes"], one["resolution_hours"]) == (60.0, 24.0)
    assert found == {}


def test_closed_before_opened_stays_a_ticket_without_duration():
    [one], found = build(
        "tickets", TICKET, [row(1, opened="2021-02-16", resolved="2020-11-10", hours=5)]
    )
    assert one["resolution_hours"] is None
    assert one["resolved_at"] == datetime(2020, 11, 10, tzinfo=UTC)
    assert found["closed_before_opened"].examples == ("1",)


def test_reply_after_resolution_has_no_reply_time():
    times = {"opened": "2026-11-01", "resolved": "2026-11-02", "replied": "2026-11-03"}
    [one], found = build("tickets", TICKET, [row(1, **times)])
    assert (one["first_reply_minutes"], one["resolution_hours"]) == (None, 24.0)
    assert found["reply_after_resolution"].count == 1


def test_negative_durations_are_null():
    [one], found = build("tickets", TICKET, [row(1, hours=-3)])
    assert one["resolution_hours"] is None
    assert found["negative_duration"].where == "tickets.resolution_hours"


def test_odd_subscriptions_are_kept_and_counted():
    columns = {"started_at": "s", "ended_at": "e"}
    rows = [
        row(1, s="2026-01-01", e="2026-01-01"),
        row(2, s="2026-01-02", e="2026-01-01"),
        row(3, s="2026-01-01"),
    ]
    made, found = build("subscriptions", columns, rows)
    assert len(made) == 3
    assert made[2]["ended_at"] is None
    assert found["zero_length"].examples == ("1",)
    assert found["ended_before_started"].examples == ("2",)


def test_a_negative_invoice_is_a_credit_note_and_keeps_its_sign():
    columns = {"amount": "a", "status": "st"}
    made, found = build(
        "invoices",
        columns,
        [row(1, a=-5, st="paid"), row(2, a=-5, st="void"), row(3, a=5, st="paid")],
    )
    assert [one["status"] for one in made] == ["credit_note", "void", "paid"]
    assert made[0]["amount"] == -5
    assert found["negative_as_credit_note"].count == 1


def test_negative_usage_is_kept_and_counted():
    made, found = build("usage", {"count": "n"}, [row(1, n=-2)])
    assert made[0]["count"] == -2
    assert found["negative_usage"].count == 1


def test_rows_without_account_are_kept_and_counted():
    made, found = build("invoices", {}, [row(1) | {"account": None}])
    assert made[0]["account_ref"] is None
    assert found["no_account"].where == "invoices"


def test_facts_of_the_future_are_counted_and_keep_their_time():
    days = [NOW + DAY / 2, NOW + 3 * DAY]
    made, found = build(
        "interactions", {"at": "at"}, [row(n, at=day) for n, day in enumerate(days)]
    )
    assert [one["at"] for one in made] == days
    assert found["in_the_future"].examples == ("1",)
    _, found = build("usage", {"day": "d"}, [row(1, d="2027-01-01")])
    assert found["in_the_future"].where == "usage.day"


@pytest.mark.parametrize(
    ("kind", "score", "kept"),
    [("nps", 10, True), ("nps", 11, False), ("csat", 0, False), (None, 99, True)],
)
def test_answers_off_their_scale_are_null(kind, score, kept):
    made, found = build("surveys", {"kind": "k", "score": "s"}, [row(1, k=kind, s=score)])
    assert (made[0]["score"] == score) == kept
    assert ("off_the_scale" in found) != kept


def test_addresses_are_dropped_unless_asked_for():
    rows = [row(1, e="Ann.Lee@Example.COM"), row(2, e="nonsense"), row(3, e=None)]
    made, _ = build("contacts", {"email": "e"}, rows)
    assert [one["email"] for one in made] == [None] * 3
    assert [one["email_domain"] for one in made] == ["example.com", None, None]
    made, _ = build("contacts", {"email": "e"}, rows, personal=True)
    assert made[0]["email"] == "ann.lee@example.com"
