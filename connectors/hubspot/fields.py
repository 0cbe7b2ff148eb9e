"""HubSpot's objects: which canonical table each feeds, and from which properties.

Property names are HubSpot's own internal ones. Those that an account does not have stay empty
(``check`` lists them); those that the user mapped and that are missing are an error. Names of
commerce and feedback properties are unconfirmed; the user's ``map`` overrides any of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.mapping import FieldMap

ID = "hs_object_id"
MERGED = "hs_merged_object_ids"
MODIFIED = "hs_lastmodifieddate"
_MINUTE = 1 / 60_000  # HubSpot's durations are milliseconds
_HOUR = 1 / 3_600_000


@dataclass(frozen=True, slots=True)
class ObjectSpec:
    """One object type of HubSpot's.

    Attributes:
        table: Canonical table that its rows feed.
        columns: Canonical column -> property.
        derive: Properties that ``rows.py`` makes columns of, beside those.
        modified: The property that says when a record last changed.
        links: Object types whose associations are read, companies first; the first contact
            becomes ``contact_ref`` (``requester_ref`` of a ticket), a ticket ``ticket_ref``.
        prefix: Put before ids, where several object types feed one table.
    """

    table: str
    columns: Mapping[str, FieldMap | str]
    derive: tuple[str, ...] = ()
    modified: str = MODIFIED
    links: tuple[str, ...] = ("companies",)
    prefix: str = ""


def _words(field: str, **values: str) -> FieldMap:
    return FieldMap(field=field, values=values)


OBJECTS: dict[str, ObjectSpec] = {
    "companies": ObjectSpec(
        "accounts",
        {
            "name": "name",
            "parent_ref": "hs_parent_company_id",
            "segment": "type",
            "lifecycle": FieldMap(
                field="lifecyclestage",
                values=dict.fromkeys(
                    (
                        "subscriber",
                        "lead",
                        "marketingqualifiedlead",
                        "salesqualifiedlead",
                        "opportunity",
                    ),
                    "prospect",
                )
                | {"evangelist": "customer"},
                null=("other",),
            ),
            "country": "country",
            "industry": "industry",
            "started_at": "hs_date_entered_customer",  # unconfirmed
            "updated_at": MODIFIED,
        },
        derive=("domain", "hs_additional_domains", "website"),
        links=(),
    ),
    "contacts": ObjectSpec(
        "contacts",
        {
            "email": "email",
            "role": _words(
                "hs_buying_role",
                champion="champion",
                budget_holder="buyer",
                decision_maker="buyer",
                executive_sponsor="buyer",
                end_user="user",
                influencer="other",
                legal_and_compliance="other",
                blocker="other",
            ),
            "created_at": "createdate",
            "last_seen_at": "hs_last_sales_activity_timestamp",
            # The primary company; saves reading associations.
            "account_ref": "associatedcompanyid",
        },
        links=(),
        modified="lastmodifieddate",  # contacts alone call it so
    ),
    "tickets": ObjectSpec(
        "tickets",
        {
            "opened_at": "createdate",
            "first_reply_at": "first_agent_reply_date",
            "resolved_at": "closed_date",
            "updated_at": MODIFIED,
            # Stages of the support pipeline that every account starts with; others are "other".
            "status": FieldMap(
                field="hs_pipeline_stage",
                values={"1": "new", "2": "pending", "3": "open", "4": "closed"},
            ),
            "priority": "hs_ticket_priority",
            "topic": _words(
                "hs_ticket_category",
                product_issue="defect",
                billing_issue="billing",
                feature_request="feature_request",
                general_inquiry="how_to",
            ),
            "channel": _words("source_type", form="web"),
            "first_reply_minutes": FieldMap(
                field="time_to_first_agent_reply", scale=_MINUTE, min=0
            ),
            "resolution_hours": FieldMap(field="time_to_close", scale=_HOUR, min=0),
            "reopens": "hs_num_times_reopened",  # unconfirmed
        },
        links=("companies", "contacts"),
    ),
    "deals": ObjectSpec(
        "outcomes",
        {"at": "closedate", "currency": "deal_currency_code"},
        derive=("hs_is_closed_won", "hs_is_closed", "hs_mrr"),
    ),
    "feedback_submissions": ObjectSpec(
        "surveys",
        {
            "kind": "hs_survey_type",
            "asked_at": "hs_submission_timestamp",  # only answers are kept, not what was sent
            "at": "hs_submission_timestamp",
        },
        derive=("hs_value",),
        links=("companies", "contacts", "tickets"),
    ),
    "subscriptions": ObjectSpec(
        "subscriptions",
        {
            "plan": "hs_name",
            "status": _words("hs_status", scheduled="other", unpaid="past_due", paused="other"),
            "started_at": "hs_recurring_billing_start_date",
            "ended_at": "hs_recurring_billing_end_date",
            "cancelled_at": "hs_cancelled_date",
            "renews_at": "hs_next_payment_due_date",
            "quantity": "hs_quantity",
            "mrr": "hs_mrr",
            "currency": "hs_currency_code",
        },
    ),
    "invoices": ObjectSpec(
        "invoices",
        {
            "number": "hs_number",
            "issued_at": "hs_invoice_date",
            "due_at": "hs_due_date",
            "paid_at": "hs_payment_date",
            "amount": "hs_amount_billed",
            "amount_open": "hs_balance_due",
            "currency": "hs_currency",
            "status": "hs_invoice_status",
        },
        links=("companies", "commerce_payments"),
    ),
    "calls": ObjectSpec(
        "interactions",
        {
            "at": "hs_timestamp",
            "channel": FieldMap(value="call"),
            "direction": "hs_call_direction",
            "minutes": FieldMap(field="hs_call_duration", scale=_MINUTE, min=0),
        },
        links=("companies", "contacts"),
        prefix="calls:",
    ),
    "emails": ObjectSpec(
        "interactions",
        {
            "at": "hs_timestamp",
            "channel": FieldMap(value="email"),
            "direction": _words(
                "hs_email_direction", email="out", incoming_email="in", forwarded_email="in"
            ),
        },
        links=("companies", "contacts"),
        prefix="emails:",
    ),
    "meetings": ObjectSpec(
        "interactions",
        {
            "at": "hs_meeting_start_time",
            "channel": FieldMap(value="meeting"),
            "direction": FieldMap(value="both"),
        },
        derive=("hs_timestamp", "hs_meeting_end_time", "hs_meeting_outcome"),
        links=("companies", "contacts"),
        prefix="meetings:",
    ),
}

# Payments are read with the invoices that they are for (``payments.py``).
PAYMENTS = "commerce_payments"
PAYMENT_FIELDS = ("hs_latest_status", "hs_initiated_date")
PAYMENT_FAILED = "failed"
# What we add to an invoice's record; no name of HubSpot's begins so.
FAILED, LAST_FAILED = "_failed_payments", "_last_failed_at"

# What a deal that was won, or lost, means for the customer, by its deal type.
DEAL_TYPE = "dealtype"
DEAL_KINDS: dict[str, tuple[str, str]] = {
    "newbusiness": ("other", "other"),
    "existingbusiness": ("upgrade", "other"),
    "renewal": ("renewal", "churn"),
}
