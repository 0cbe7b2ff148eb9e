"""Turns a portfolio into Salesforce rows, object by object, when first asked for."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from .customers import Customer, Listing
from .facts import Facts
from .names import OWNERS, salesforce_id
from .portfolio import Portfolio
from .salesforce_schema import PREFIXES
from .salesforce_table import Table, day, stamp

BOT = salesforce_id("005", 1)
"""The integration user's id."""

OWNER_IDS = {name: salesforce_id("005", 10 + place) for place, name in enumerate(OWNERS)}
LOADER = salesforce_id("005", 2)
"""Whoever made and last changed the portfolio's rows: not the integration user."""

CASE_STATUS = {"new": "New", "open": "Working", "pending": "Waiting on Customer", "hold": "On Hold",
               "solved": "Closed", "closed": "Closed"}  # fmt: skip
REASONS = {
    "defect": "Defect", "billing": "Billing", "how_to": "How-to", "account": "Account",
    "feature_request": "Feature Request", "cancellation": "Cancellation",
}  # fmt: skip
OPPORTUNITY = {
    "renewal": ("Renewal", "Closed Won"), "upgrade": ("Upgrade", "Closed Won"),
    "downgrade": ("Downgrade", "Closed Won"), "trial_converted": ("New Business", "Closed Won"),
    "churn": ("Churn", "Closed Lost"), "churn_notice": ("Churn Notice", "Closed Lost"),
}  # fmt: skip
"""Outcome -> type and stage of the Opportunity that records it."""


def row_id(entity: str, key: int) -> str:
    """Return the id of a row made from a fact."""
    return salesforce_id(PREFIXES[entity], key)


class Loader:
    """Fills tables from a portfolio; without ``facts`` only Accounts."""

    def __init__(self, portfolio: Portfolio, *, facts: bool = True) -> None:
        self._portfolio = portfolio
        self._with_facts = facts

    def fill(self, entity: str) -> Callable[[Table], None] | None:
        """Return what fills an object's table; None: it starts empty."""
        makers = {
            "Account": self._accounts, "Contact": self._contacts, "Case": self._cases,
            "Task": self._tasks, "Event": self._events, "Opportunity": self._opportunities,
            "Milestone__c": self._milestones, "CSM_Pulse__c": self._pulses,
        }  # fmt: skip
        if not self._with_facts and entity != "Account":
            return None
        if entity == "Product_Usage__c":
            return self._usage
        make = makers.get(entity)
        if make is None:
            return None

        def fill(table: Table) -> None:
            for values in make():
                table.put(values)

        return fill

    def _customers(self) -> Iterator[tuple[Customer, str, Facts]]:
        """Yield customers that Salesforce knows, with the id of their Account and their facts."""
        for customer in self._portfolio.customers:
            if "salesforce" in customer.listings:
                account = customer.listings["salesforce"].id
                yield customer, account, self._portfolio.facts(customer.index)

    def _accounts(self) -> Iterator[dict[str, Any]]:
        return (_account(listing) for listing in self._portfolio.listings("salesforce"))

    def _contacts(self) -> Iterator[dict[str, Any]]:
        for _, account, facts in self._customers():
            for fact in facts.contacts:
                if "salesforce" not in fact.systems:
                    continue
                seen = fact.last_seen_at or fact.created_at
                yield {
                    **_common("Contact", fact.key, fact.created_at, seen),
                    "AccountId": account,
                    "FirstName": fact.first_name,
                    "LastName": fact.last_name,
                    "Name": f"{fact.first_name} {fact.last_name}",
                    "Email": fact.email,
                    "Title": fact.title,
                    "Role__c": fact.role.capitalize(),
                    "Active__c": fact.active,
                    "Last_Seen__c": stamp(fact.last_seen_at),
                    "LastActivityDate": day(fact.last_seen_at),
                }

    def _cases(self) -> Iterator[dict[str, Any]]:
        for _, account, facts in self._customers():
            for fact in (fact for fact in facts.tickets if fact.system == "salesforce"):
                yield {
                    **_common("Case", fact.key, fact.opened_at, fact.updated_at),
                    "CaseNumber": f"{fact.key % 10**8:08d}",
                    "AccountId": account,
                    "ContactId": _contact(facts, fact.requester),
                    "Subject": fact.subject,
                    "Status": CASE_STATUS[fact.status],
                    "Priority": fact.priority.capitalize() if fact.priority else None,
                    "Type": fact.type.capitalize() if fact.type else None,
                    "Reason": REASONS[fact.topic],
                    "Origin": fact.channel.capitalize(),
                    "IsClosed": fact.resolved_at is not None,
                    "ClosedDate": stamp(fact.resolved_at),
                    "First_Reply_At__c": stamp(fact.first_reply_at),
                    "Reopens__c": fact.reopens,
                    "Replies__c": fact.replies,
                }

    def _tasks(self) -> Iterator[dict[str, Any]]:
        for _, account, facts in self._customers():
            for fact in facts.interactions:
                if fact.system != "salesforce" or fact.channel not in {"email", "call"}:
                    continue
                call = fact.channel == "call"
                yield {
                    **_activity("Task", fact, account, facts),
                    "TaskSubtype": fact.channel.capitalize(),
                    "Type": fact.channel.capitalize(),
                    "Status": "Completed",
                    "Priority": "Normal",
                    "ActivityDate": day(fact.at),
                    "CompletedDateTime": stamp(fact.at),
                    "CallType": ("Inbound" if fact.key % 2 else "Outbound") if call else None,
                    "CallDurationInSeconds": round((fact.minutes or 0) * 60) if call else None,
                    "IsClosed": True,
                }

    def _events(self) -> Iterator[dict[str, Any]]:
        for _, account, facts in self._customers():
            for fact in facts.interactions:
                if fact.system != "salesforce" or fact.channel in {"email", "call"}:
                    continue
                minutes = int(fact.minutes or 30)
                yield {
                    **_activity("Event", fact, account, facts),
                    "Type": fact.channel.capitalize(),
                    "StartDateTime": stamp(fact.at),
                    "EndDateTime": stamp(fact.at + timedelta(minutes=minutes)),
                    "ActivityDate": day(fact.at),
                    "DurationInMinutes": minutes,
                }

    def _opportunities(self) -> Iterator[dict[str, Any]]:
        for customer, account, facts in self._customers():
            for fact in (fact for fact in facts.outcomes if fact.system == "salesforce"):
                kind, stage = OPPORTUNITY[fact.kind]
                yield {
                    **_common("Opportunity", fact.key, fact.at - timedelta(days=20), fact.at),
                    "AccountId": account,
                    "Name": f"{customer.name} {kind} {fact.at:%Y-%m}",
                    "StageName": stage,
                    "Type": kind,
                    "Amount": round(abs(fact.mrr_change or customer.mrr) * 12, 2),
                    "CloseDate": day(fact.at),
                    "IsClosed": True,
                    "IsWon": stage == "Closed Won",
                    "CurrencyIsoCode": fact.currency,
                    "MRR_Change__c": fact.mrr_change,
                }

    def _milestones(self) -> Iterator[dict[str, Any]]:
        for _, account, facts in self._customers():
            for fact in facts.milestones:
                reached = fact.reached_at or fact.agreed_at
                yield {
                    **_common("Milestone__c", fact.key, min(fact.agreed_at, reached), reached),
                    "Name": fact.name,
                    "Account__c": account,
                    "Kind__c": fact.kind,
                    "Agreed__c": stamp(fact.agreed_at),
                    "Due__c": stamp(fact.due_at),
                    "Reached__c": stamp(fact.reached_at),
                    "Value__c": fact.value,
                    "CurrencyIsoCode": fact.currency,
                }

    def _pulses(self) -> Iterator[dict[str, Any]]:
        for _, account, facts in self._customers():
            for fact in (fact for fact in facts.surveys if fact.system == "salesforce"):
                yield {
                    **_common("CSM_Pulse__c", fact.key, fact.asked_at, fact.at or fact.asked_at),
                    "Name": f"CP-{fact.key % 10**8:08d}",
                    "Account__c": account,
                    "Asked__c": stamp(fact.asked_at),
                    "Answered__c": stamp(fact.at),
                    "Score__c": fact.score,
                    "Contact__c": _contact(facts, fact.contact),
                }

    def _usage(self, table: Table) -> None:
        """Fill usage row by row: there are hundreds for each customer."""
        prefix, rows = PREFIXES["Product_Usage__c"], table.rows
        stamps: dict[date, tuple[str, str]] = {}
        for customer in self._portfolio.customers:
            listing = customer.listings.get("salesforce")
            for fact in self._portfolio.usage(customer.index) if listing else ():
                if fact.day not in stamps:  # counted in the night after the day
                    stamps[fact.day] = (f"{fact.day}", f"{fact.day + timedelta(1)}T01:00:00.000")
                on, at = stamps[fact.day]
                ref = salesforce_id(prefix, fact.key)
                rows[ref] = [
                    ref, False, at, LOADER, at, LOADER, at, f"PU-{fact.key}",
                    listing.id if listing else None, on, fact.feature, fact.user, fact.uses,
                    fact.days_since_release,
                ]  # fmt: skip


def _common(entity: str, key: int, created: Any, changed: Any) -> dict[str, Any]:
    return {**_stamps(created, changed), "Id": row_id(entity, key)}


def _stamps(created: Any, changed: Any) -> dict[str, Any]:
    at = stamp(max(created, changed))
    return {
        "CreatedDate": stamp(created),
        "CreatedById": LOADER,
        "LastModifiedDate": at,
        "LastModifiedById": LOADER,
        "SystemModstamp": at,
    }


def _activity(entity: str, fact: Any, account: str, facts: Facts) -> dict[str, Any]:
    return {
        **_common(entity, fact.key, fact.at, fact.at),
        "AccountId": account,
        "WhatId": account,
        "WhoId": _contact(facts, fact.contact),
        "Subject": fact.subject,
        "Sentiment__c": fact.sentiment.capitalize() if fact.sentiment else None,
    }


def _contact(facts: Facts, key: int | None) -> str | None:
    """Return a contact's id; None for one that Salesforce does not hold."""
    if key is None:
        return None
    known = any(c.key == key and "salesforce" in c.systems for c in facts.contacts)
    return row_id("Contact", key) if known else None


def _account(listing: Listing) -> dict[str, Any]:
    return {
        **_stamps(listing.created_at, listing.updated_at),
        "Id": listing.id,
        "IsDeleted": listing.deleted_at is not None,
        "MasterRecordId": listing.merged_into,
        "Name": listing.name,
        "Type": "Customer",
        "ParentId": listing.parent_id,
        "BillingCity": listing.city,
        "BillingCountry": listing.country,
        "Website": listing.website,
        "Industry": listing.industry,
        "OwnerId": OWNER_IDS.get(listing.owner or "", BOT),
        "AccountNumber": listing.external_id,
        "CurrencyIsoCode": listing.currency,
        "Seats__c": listing.seats,
        "Plan__c": listing.plan,
        "Product__c": listing.product,
        "MRR__c": listing.mrr,
        "ARR__c": None if listing.mrr is None else round(listing.mrr * 12, 2),
        "Customer_Since__c": day(listing.started_at),
        "Trial_Start__c": day(listing.trial_started_at),
        "Trial_End__c": day(listing.trial_ends_at),
        "Renewal_Date__c": day(listing.renewal_at),
        "Term_Months__c": listing.term_months,
        "Auto_Renew__c": bool(listing.auto_renew),
        "Segment__c": listing.segment,
        "Lifecycle__c": listing.lifecycle and listing.lifecycle.capitalize(),
        "Core_Features__c": listing.core_features,
        "New_Features__c": listing.new_features,
        "External_Id__c": listing.external_id,
    }
