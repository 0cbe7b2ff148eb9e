"""Turns a generated portfolio into HubSpot's objects and links."""

from datetime import UTC, datetime

from .customers import Listing
from .facts import Contact, Facts, Outcome, Survey
from .hubspot import HubSpotAccount
from .hubspot_activity import activity, invoice, payments, subscription, ticket
from .hubspot_schema import iso
from .hubspot_store import Record, Values
from .limits import Clock
from .portfolio import Portfolio

ROLES = {"champion": "CHAMPION", "buyer": "BUDGET_HOLDER", "user": "END_USER", "admin": "OTHER"}
SURVEYS = {"nps": "NPS", "csat": "CSAT", "ces": "CES"}
DEALS = {"renewal": "renewal", "churn": "renewal", "trial_converted": "newbusiness"}
LOST = {"churn", "churn_notice", "downgrade"}
OWNER_IDS = 81_000_001
CONTACT_IDS = 20_000_000_000
FACT_IDS = 30_000_000_000
MILLIS_EVERY = 7
"""Each seventh company holds a time as epoch milliseconds, as some integration wrote it."""


def build(portfolio: Portfolio, clock: Clock, *, facts: bool = True) -> HubSpotAccount:
    """Return a HubSpot account that knows its share of a portfolio.

    Args:
        portfolio: The book of customers.
        clock: The vendor's time.
        facts: False: companies alone, for large portfolios.
    """
    account = HubSpotAccount(clock)
    _Loader(account).load(portfolio, facts=facts)
    return account


class _Loader:
    """Collects records and links by type, then stores them at once."""

    def __init__(self, account: HubSpotAccount) -> None:
        self.state = account.state
        self.records: dict[str, list[Record]] = {name: [] for name in self.state.stores}
        self.links: dict[tuple[str, str], list[tuple[int, int]]] = {}
        self.owners: dict[str, int] = {}
        self.people: set[int] = set()

    def load(self, portfolio: Portfolio, *, facts: bool) -> None:
        """Take every listing and, where wanted, the facts of every customer that is known."""
        for number, listing in enumerate(portfolio.listings("hubspot")):
            self.company(listing, millis=number % MILLIS_EVERY == 0)
        if facts:
            for customer in portfolio.customers:
                home = customer.listings.get("hubspot")
                if home is not None:
                    self.facts(int(home.id), portfolio.facts(customer.index))
        for name, records in self.records.items():
            self.state.stores[name].load(records)
        self._name_merged()
        for (from_, to), pairs in self.links.items():
            self.state.associations.add(from_, to, pairs, primary=to == "companies")
        self.state.owners = [
            {"id": str(id_), "firstName": name.split()[0], "lastName": name.split()[-1],
             "email": f"{name.split()[0].lower()}@example.com", "archived": False}
            for name, id_ in self.owners.items()
        ]  # fmt: skip

    def company(self, listing: Listing, *, millis: bool) -> None:
        """Add a listing: live, archived, or merged into another."""
        store = self.state.stores["companies"]
        if listing.merged_into is not None:
            store.merged[int(listing.id)] = int(listing.merged_into)
            return
        archived = None if listing.deleted_at is None else iso(listing.deleted_at)
        values = self._company_values(listing, millis=millis)
        self.records["companies"].append(Record(int(listing.id), values, archived))

    def _name_merged(self) -> None:
        companies = self.state.stores["companies"]
        for gone, into in companies.merged.items():
            values = companies.records[into].properties
            before = values.get("hs_merged_object_ids")
            values["hs_merged_object_ids"] = f"{before};{gone}" if before else str(gone)

    def _company_values(self, listing: Listing, *, millis: bool) -> Values:
        since = listing.started_at
        first, *others = listing.domains or (None,)
        per_seat = listing.mrr / listing.seats if listing.mrr and listing.seats else None
        return _filled(
            {
                "hs_object_id": listing.id,
                "name": listing.name,
                "domain": first,
                "hs_additional_domains": ";".join(filter(None, others)) or None,
                "website": listing.website,
                "city": listing.city,
                "country": listing.country,
                "industry": listing.industry,
                "type": listing.segment,
                "lifecyclestage": listing.lifecycle,
                "hs_date_entered_customer": _millis(since) if millis else _time(since),
                "hubspot_owner_id": self._owner(listing.owner),
                "hs_parent_company_id": listing.parent_id,
                "external_id": listing.external_id,
                "plan": listing.plan,
                "product": listing.product,
                "seats": _text(listing.seats),
                "mrr": _text(listing.mrr),
                "mrr_per_seat": _text(None if per_seat is None else round(per_seat, 2)),
                "billing_currency": listing.currency,
                "createdate": iso(listing.created_at),
                "hs_lastmodifieddate": iso(listing.updated_at),
            }
        )

    def _owner(self, name: str | None) -> str | None:
        if name is None:
            return None
        return str(self.owners.setdefault(name, OWNER_IDS + len(self.owners)))

    def facts(self, company: int, facts: Facts) -> None:
        """Add one customer's facts that HubSpot holds, linked to its company."""
        for person in facts.contacts:
            if "hubspot" in person.systems:
                self._contact(company, person)
        for row in facts.tickets:
            if row.system == "hubspot":
                self._add("tickets", row.key, company, ticket(row), row.requester)
        self._answers(company, facts)
        self._activities(company, facts)
        self._money(company, facts)

    def _answers(self, company: int, facts: Facts) -> None:
        for survey in facts.surveys:
            if survey.system == "hubspot" and survey.at is not None:
                values = _submission(survey)
                self._add("feedback_submissions", survey.key, company, values, survey.contact)
        for outcome in facts.outcomes:
            if outcome.system == "hubspot":
                self._add("deals", outcome.key, company, _deal(outcome))

    def _activities(self, company: int, facts: Facts) -> None:
        for row in facts.interactions:
            if row.system == "hubspot":
                kind, values = activity(row)
                self._add(kind, row.key, company, values, row.contact)

    def _contact(self, company: int, row: Contact) -> None:
        seen = row.last_seen_at
        values = _filled(
            {
                "hs_object_id": str(CONTACT_IDS + row.key),
                "firstname": row.first_name,
                "lastname": row.last_name,
                "email": row.email,
                "jobtitle": row.title,
                "hs_buying_role": ROLES.get(row.role),
                "associatedcompanyid": str(company),
                "hs_last_sales_activity_timestamp": _time(seen),
                "left_company": None if row.active else "true",
                "createdate": iso(row.created_at),
                "lastmodifieddate": iso(max(seen or row.created_at, row.created_at)),
            }
        )
        self.people.add(row.key)
        self.records["contacts"].append(Record(CONTACT_IDS + row.key, values))
        self._link("contacts", CONTACT_IDS + row.key, "companies", company)

    def _money(self, company: int, facts: Facts) -> None:
        for row in facts.invoices:
            owner = company if row.linked else None
            self._add("invoices", row.key, owner, invoice(row))
            for number, values in enumerate(payments(row)):
                payment = row.key * 4 + number
                self._add("commerce_payments", payment, owner, values)
                self._link("commerce_payments", FACT_IDS + payment, "invoices", FACT_IDS + row.key)
        for contract in facts.subscriptions:
            self._add("subscriptions", contract.key, company, subscription(contract))

    def _add(
        self, kind: str, key: int, company: int | None, values: Values, contact: int | None = None
    ) -> None:
        record_id = FACT_IDS + key
        values["hs_object_id"] = str(record_id)
        self.records[kind].append(Record(record_id, values))
        if company is not None:
            self._link(kind, record_id, "companies", company)
        if contact is not None and contact in self.people:
            self._link(kind, record_id, "contacts", CONTACT_IDS + contact)

    def _link(self, from_: str, left: int, to: str, right: int) -> None:
        self.links.setdefault((from_, to), []).append((left, right))


def _submission(row: Survey) -> Values:
    at = iso(row.at or row.asked_at)
    name = SURVEYS.get(row.kind, "CUSTOM")
    return {
        "hs_survey_name": f"{name} survey",
        "hs_survey_type": name,
        "hs_value": _text(row.score),
        "hs_sentiment": None if row.good is None else ("POSITIVE" if row.good else "NEGATIVE"),
        "hs_survey_channel": "EMAIL",
        "hs_submission_timestamp": at,
        "hs_createdate": at,
        "hs_lastmodifieddate": at,
    }


def _deal(row: Outcome) -> Values:
    won = row.kind not in LOST
    at = iso(row.at)
    return {
        "dealname": f"{row.kind.replace('_', ' ').capitalize()} {row.at:%Y-%m}",
        "amount": _text(round(abs(row.mrr_change) * 12, 2)),
        "hs_mrr": _text(row.mrr_change),
        "deal_currency_code": row.currency,
        "closedate": at,
        "pipeline": "default",
        "dealstage": "closedwon" if won else "closedlost",
        "dealtype": DEALS.get(row.kind, "existingbusiness"),
        "deal_motion": row.kind,
        "hs_is_closed_won": "true" if won else "false",
        "hs_is_closed": "true",
        "createdate": at,
        "hs_lastmodifieddate": at,
    }


def _filled(values: Values) -> Values:
    return {name: value for name, value in values.items() if value is not None}


def _time(at: datetime | None) -> str | None:
    return None if at is None else iso(at)


def _millis(at: datetime | None) -> str | None:
    return None if at is None else str(int(at.astimezone(UTC).timestamp() * 1000))


def _text(number: float | None) -> str | None:
    """Return a number as HubSpot writes it: ``5``, not ``5.0``."""
    if number is None:
        return None
    return str(int(number)) if number == int(number) else str(number)
