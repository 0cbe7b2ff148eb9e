"""A generated portfolio as HubSpot and Zendesk show it."""

import time

import pytest

from connectors.simulator import hubspot_loader, zendesk_loader
from connectors.simulator.hubspot import SERVICE_KEY
from connectors.simulator.limits import ManualClock
from connectors.simulator.portfolio import generate
from connectors.simulator.zendesk import READY_TOKEN
from tests.connectors.simulator.hubspot_account import Caller

CUSTOMERS = 200


@pytest.fixture(scope="module")
def portfolio():
    return generate(CUSTOMERS)


@pytest.fixture(scope="module")
def hubspot(portfolio):
    return hubspot_loader.build(portfolio, ManualClock(portfolio.as_of.timestamp() + 3_600))


@pytest.fixture(scope="module")
def zendesk(portfolio):
    return zendesk_loader.build(portfolio, ManualClock(portfolio.as_of.timestamp() + 3_600))


def test_every_hubspot_value_is_one_that_its_property_accepts(hubspot):
    for store in hubspot.state.stores.values():
        assert store.records, store.kind.name
        for record in store.records.values():
            for name, value in record.properties.items():
                found = store.schema.properties[name]
                found.read_only, kept = False, found.read_only
                assert value is None or found.problem(value) is None, (store.kind.name, name, value)
                found.read_only = kept


def test_live_listings_are_companies_merged_and_deleted_ones_are_not(portfolio, hubspot):
    listings = list(portfolio.listings("hubspot"))
    live = [row for row in listings if row.deleted_at is None]
    store = hubspot.state.stores["companies"]
    assert list(store.ids()) == sorted(int(row.id) for row in live)
    merged = {int(row.id): int(row.merged_into) for row in listings if row.merged_into}
    assert merged
    assert store.merged == merged
    assert len(store.ids(archived=True)) == len(listings) - len(live) - len(merged)


def test_facts_are_linked_to_their_company(portfolio, hubspot):
    customer = next(c for c in portfolio.customers if len(c.listings) == 3 and not c.traps)
    company, facts = int(customer.listings["hubspot"].id), portfolio.facts(customer.index)
    links = hubspot.state.associations
    assert len(links.of("companies", "invoices", company)) == len(facts.invoices)
    people = [row for row in facts.contacts if "hubspot" in row.systems]
    assert len(links.of("companies", "contacts", company)) == len(people)
    for link in links.of("companies", "contacts", company):
        record = hubspot.record(link.id, "contacts")
        assert record.properties["associatedcompanyid"] == str(company)


def test_rare_oddities_survive(portfolio, hubspot, zendesk):
    invoices = hubspot.state.stores["invoices"]
    states = {row.properties["invoice_state"] for row in invoices.records.values()}
    assert {"disputed", "credit_note", "paid", "open"} <= states
    links = hubspot.state.associations
    orphans = [n for n in invoices.ids() if not links.of("invoices", "companies", n)]
    known = portfolio.traps["unlinked_invoice"]
    assert len(orphans) == len(known)
    tickets = zendesk.state.tables["tickets"].rows.values()
    metrics = zendesk.state.tables["ticket_metrics"].rows.values()
    assert {row["ticket_id"] for row in metrics} == {row["id"] for row in tickets}
    early = [row for row in metrics if row["solved_at"] and row["solved_at"] < row["created_at"]]
    assert len(early) <= len(portfolio.traps["closed_before_opened"])


def test_merged_companies_are_named_by_the_one_that_stays(portfolio, hubspot):
    for gone, into in hubspot.state.stores["companies"].merged.items():
        values = hubspot.record(into).properties
        assert str(gone) in (values["hs_merged_object_ids"] or "").split(";")


def test_both_serve_what_they_hold(hubspot, zendesk):
    call = Caller(hubspot, SERVICE_KEY)
    listed = call("GET /crm/objects/2026-09/tickets?limit=100&associations=companies").json
    assert all("companies" in row["associations"] for row in listed["results"])
    call = Caller(zendesk, READY_TOKEN)
    body = call("GET /api/v2/incremental/tickets/cursor?start_time=0&include=metric_sets").json
    assert len(body["tickets"]) == len(body["metric_sets"]) > 500
    fields = call("GET /api/v2/organization_fields").json["organization_fields"]
    assert {row["key"] for row in fields} == {"plan", "segment"}


def test_loading_costs_little_beside_generating(portfolio):
    begun = time.process_time()
    for customer in portfolio.customers:
        portfolio.facts(customer.index)
    generating = time.process_time() - begun
    begun = time.process_time()
    hubspot_loader.build(portfolio, ManualClock())
    zendesk_loader.build(portfolio, ManualClock())
    assert time.process_time() - begun < 2 * generating + 1


def test_listings_alone_can_be_loaded(portfolio):
    account = hubspot_loader.build(portfolio, ManualClock(), facts=False)
    assert account.state.stores["companies"].records
    assert not account.state.stores["invoices"].records
    other = zendesk_loader.build(portfolio, ManualClock(), facts=False, high_volume=False)
    assert other.state.tables["organizations"].rows
    assert not other.state.tables["tickets"].rows
