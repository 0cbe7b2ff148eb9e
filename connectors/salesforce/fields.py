"""Which Salesforce field fills which canonical column, and what Salesforce's words mean.

Fields as in the Object Reference. A default field that the organisation does not have, or that
the running user cannot see, is left out; one that a setting names must be there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.mapping import FieldMap

COMMON: Mapping[str, FieldMap | str] = {"id": "Id", "deleted": "IsDeleted"}


@dataclass(frozen=True, slots=True)
class ObjectFields:
    """A standard object.

    Attributes:
        table: Canonical table that it feeds.
        columns: Canonical column -> field.
        extra: Fields that derived columns need (``derived.py``).
    """

    table: str
    columns: Mapping[str, FieldMap | str]
    extra: tuple[str, ...] = field(default=())


_CASE_STATUS = {
    "working": "open",
    "escalated": "open",
    "in progress": "open",
    "waiting on customer": "pending",
    "awaiting customer": "pending",
    "merged": "closed",
}
_CASE_TYPES = {"feature request": "task", "mechanical": "problem", "electrical": "problem"}
_TOPICS = {
    "how-to": "how_to",
    "bug": "defect",
    "breakdown": "defect",
    "equipment design": "feature_request",
    "user didn't attend training": "how_to",
    "complex functionality": "how_to",
    "instructions not clear": "how_to",
    "invoice": "billing",
    "payment": "billing",
}
_CASE_CHANNELS = {"web-to-case": "web", "community": "web", "portal": "web", "messaging": "chat"}
_ACTIVITY_CHANNELS = {"listemail": "email", "linkedin": "chat", "demo": "meeting", "other": "other"}

OBJECTS: Mapping[str, ObjectFields] = {
    "Account": ObjectFields(
        "accounts",
        {
            "name": "Name",
            "domains": "Website",
            "external_id": "AccountNumber",
            "parent_ref": "ParentId",
            "master_ref": "MasterRecordId",
            "owner": "Owner.Name",
            "segment": "Type",
            "country": "BillingCountry",
            "industry": "Industry",
            "currency": "CurrencyIsoCode",
            "updated_at": "SystemModstamp",
        },
    ),
    "Contact": ObjectFields(
        "contacts",
        {
            "account_ref": "AccountId",
            "email": "Email",
            "created_at": "CreatedDate",
            "last_seen_at": "LastActivityDate",
        },
    ),
    "Case": ObjectFields(
        "tickets",
        {
            "account_ref": "AccountId",
            "opened_at": "CreatedDate",
            "resolved_at": "ClosedDate",
            "updated_at": "SystemModstamp",
            "status": FieldMap(field="Status", values=_CASE_STATUS),
            "priority": "Priority",
            "type": FieldMap(field="Type", values=_CASE_TYPES),
            "topic": FieldMap(field="Reason", values=_TOPICS),
            "channel": FieldMap(field="Origin", values=_CASE_CHANNELS),
            "requester_ref": "ContactId",
        },
    ),
    "Task": ObjectFields(
        "interactions",
        {
            "account_ref": "AccountId",
            "channel": FieldMap(field="TaskSubtype", values=_ACTIVITY_CHANNELS | {"task": "other"}),
            "direction": FieldMap(field="CallType", values={"internal": "out"}),
            "contact_ref": "WhoId",
            "minutes": FieldMap(field="CallDurationInSeconds", scale=1 / 60),
        },
        ("IsClosed", "CompletedDateTime", "ActivityDate"),
    ),
    "Event": ObjectFields(
        "interactions",
        {
            "account_ref": "AccountId",
            "channel": FieldMap(field="Type", values=_ACTIVITY_CHANNELS),
            "direction": FieldMap(value="both"),
            "contact_ref": "WhoId",
            "minutes": "DurationInMinutes",
        },
        ("StartDateTime", "ActivityDate"),
    ),
    "Opportunity": ObjectFields(
        "outcomes",
        {"account_ref": "AccountId", "at": "CloseDate", "currency": "CurrencyIsoCode"},
        ("Type", "IsClosed", "IsWon"),
    ),
    "Contract": ObjectFields(
        "subscriptions",
        {
            "account_ref": "AccountId",
            "started_at": "StartDate",
            "ended_at": "EndDate",
            "renews_at": "EndDate",
            "term_months": "ContractTerm",
            "currency": "CurrencyIsoCode",
            "status": FieldMap(
                field="Status",
                values={"activated": "active", "draft": "other", "in approval process": "other"},
            ),
        },
    ),
    "Asset": ObjectFields(
        "subscriptions",
        {
            "account_ref": "AccountId",
            "product": "Product2.Name",
            "started_at": "InstallDate",
            "ended_at": "UsageEndDate",
            "quantity": "Quantity",
            "currency": "CurrencyIsoCode",
            "status": FieldMap(
                field="Status",
                values={
                    "installed": "active",
                    "registered": "active",
                    "purchased": "other",
                    "shipped": "other",
                    "obsolete": "ended",
                },
            ),
        },
    ),
}

# Parts of an Opportunity's Type -> kind of outcome when it is won; the first that fits holds.
WON_KINDS = (
    ("renew", "renewal"),
    ("downgrade", "downgrade"),
    ("contraction", "downgrade"),
    ("upgrade", "upgrade"),
    ("upsell", "upgrade"),
    ("expansion", "upgrade"),
    ("cross", "upgrade"),
    ("add-on", "upgrade"),
    ("trial", "trial_converted"),
    ("new", "trial_converted"),
)
# The same when it is lost; the loss of anything else ends nothing.
LOST_KINDS = (("notice", "churn_notice"), ("churn", "churn"), ("renew", "churn"))
