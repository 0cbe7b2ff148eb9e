"""What each source offers for mapping."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.base import Context
from connectors.extras import NOT_THERE, Catalogue, Offer
from connectors.tables import Settings as TablesSettings
from connectors.tables import connect as connect_tables
from sync.guessing import things
from tests.connectors.contract import world
from tests.connectors.hubspot import account as hubspot
from tests.connectors.zendesk.account import FIELDS, account, connection


def found(source: Any) -> dict[tuple[str, str], Offer]:
    assert isinstance(source, Catalogue)
    return {(offer.object, offer.field): offer for offer in source.catalogue()}


def test_salesforce_fields_that_are_seen_and_objects_that_feed_nothing_yet() -> None:
    with world("salesforce", customers=3) as here:
        here.connect().create_fields(here.specs())
        here.app.org.hide("Account", "Plan__c")
        offers = found(here.connect())
    assert offers["Account", "Name"].column == "name"
    assert (offers["Account", "Seats__c"].table, offers["Account", "Seats__c"].type) == (
        "accounts",
        "double",
    )
    assert ("Account", "Plan__c") not in offers
    assert not [field for _, field in offers if "Pulsefield" in field]
    unused = {name for name, field in offers if not field}
    assert unused == {"Product_Usage__c", "Milestone__c", "CSM_Pulse__c"}


def test_hubspot_properties() -> None:
    with world("hubspot", customers=3) as here:
        here.connect().create_fields(here.specs())
        offers = found(here.connect())
    assert offers["companies", "name"].column == "name"
    assert offers["tickets", "hs_ticket_priority"].table == "tickets"
    assert offers["companies", "industry"].label
    assert not [field for _, field in offers if field.startswith("pulsefield_")]


def test_hubspot_custom_objects_that_feed_nothing_yet() -> None:
    app = hubspot.account()
    usage = app.add_object("product_usage", feature="string/text", uses="number/number")
    app.add_object("site_visit")
    objects = {"product_usage": {"table": "usage", "map": {"feature": "feature"}}}
    offers = found(hubspot.connection(app, objects=objects, streams=["companies"]).to)
    assert [name for name, field in offers if not field] == ["p24601307_site_visit"]
    assert offers["p24601307_site_visit", ""].label == "Site visit"
    assert offers["product_usage", "feature"].column == "feature"
    assert offers["product_usage", "uses"].column == ""
    hubspot.load(app, usage, {"id": "7", "feature": "export"})
    hubspot.companies(app, 1)
    hubspot.link(app, usage, "companies", (7, 1000))
    to = hubspot.connection(app, objects=objects, streams=["companies"], api="v3").to
    (row,) = [row for page in to.read("product_usage", None) for row in rows_of(page, "usage")]
    assert (row["account_ref"], row["feature"]) == ("1000", "export")
    app.revoke_scope("crm.schemas.custom.read")
    offers = found(hubspot.connection(app, streams=["companies"]).to)
    assert ("companies", "name") in offers
    assert [(one.object, one.label) for one in offers.values() if not one.field] == [
        ("(custom objects)", "the token lacks crm.schemas.custom.read")
    ]
    assert not things(offers.values())


def rows_of(page: Any, table: str) -> list[dict[str, Any]]:
    return page.tables[table].to_pylist() if table in page.tables else []


def test_zendesk_attributes_and_custom_fields() -> None:
    app = account()
    app.add_field({"type": "decimal", "key": "seat_count", "title": "Seats"})
    app.add_field({"type": "text", "key": "team", "title": "Team"}, "user_fields")
    made = app.add_field({"type": "text", "title": "Area"}, "ticket_fields")
    given = {"accounts": {"seats": "seat_count"}, "tickets": {"type": str(made["id"])}}
    to = connection(app, map=given).to
    to.create_fields(FIELDS)

    offers = found(to)

    seats = offers["organizations", "seat_count"]
    assert (seats.column, seats.label, seats.type) == ("seats", "Seats", "decimal")
    assert offers["users", "team"].column == ""
    assert offers["tickets", str(made["id"])].column == "type"
    assert offers["organizations", "domain_names"].column == "domains"
    assert not [field for _, field in offers if field.startswith("pulsefield_")]


def test_a_mapping_of_what_is_not_there_is_listed_as_such_not_refused() -> None:
    given = {"accounts": {"seats": "gone"}}
    offers = found(connection(account(), map=given).to)
    assert offers["organizations", "gone"].column == "seats"
    assert (offers["organizations", "gone"].type, offers["organizations", "gone"].filled) == (
        NOT_THERE,
        0,
    )
    assert offers["tickets", "via.channel"].type == ""  # a path, which nothing describes


@pytest.fixture
def tables(tmp_path: Path) -> Callable[..., Any]:
    def make(**objects: Any) -> Any:
        settings = TablesSettings(folder=str(tmp_path), objects=objects)
        return connect_tables("files", settings, Context(str, datetime(2026, 11, 1, tzinfo=UTC)))

    return make


def test_columns_of_files_and_how_far_they_are_filled(
    tables: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("id,name,plan\n1,Acme,\n2,Brio,Gold\n")
    pq.write_table(pa.table({"who": ["1"], "tags": [["x"]], "n": [None]}), tmp_path / "u.parquet")
    offers = found(
        tables(
            a={
                "table": "accounts",
                "file": "a.csv",
                "id": "id",
                "map": {"name": "name", "seats": "seat_count"},
            },
            u={"table": "usage", "file": "u.parquet", "account": "who"},
        )
    )
    assert offers["a", "plan"].filled == 0.5
    assert offers["a", "plan"].column == ""
    assert offers["a", "name"].column == "name"
    assert (offers["a", "seat_count"].type, offers["a", "seat_count"].filled) == (NOT_THERE, 0)
    assert offers["u", "tags"].filled == 1
    assert offers["u", "n"].filled == 0
    assert offers["u", "who"].column == "account_ref"
