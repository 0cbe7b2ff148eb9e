"""Values of HubSpot's tickets, activities, invoices, payments and subscriptions."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from .facts import Interaction, Invoice, Subscription, Ticket
from .hubspot_schema import iso
from .hubspot_store import Values

STAGES = {"new": "1", "pending": "2", "open": "3", "hold": "3", "solved": "4", "closed": "4"}
PRIORITIES = {"low": "LOW", "normal": "MEDIUM", "high": "HIGH", "urgent": "URGENT"}
CATEGORIES = {
    "defect": "PRODUCT_ISSUE",
    "billing": "BILLING_ISSUE",
    "feature_request": "FEATURE_REQUEST",
}
SOURCES = {"web": "FORM", "email": "EMAIL", "chat": "CHAT", "phone": "PHONE"}
DIRECTIONS = {"in": "INBOUND", "out": "OUTBOUND", "both": "OUTBOUND"}
EMAILS = {"in": "INCOMING_EMAIL", "out": "EMAIL", "both": "EMAIL"}
STATUSES = {"ended": "expired", "cancelled": "canceled"}
INVOICES = {"paid": "paid", "void": "voided", "credit_note": "paid"}
"""What HubSpot's own status can say; disputes and bad debt stay open there."""


def ticket(row: Ticket) -> Values:
    """Return the values of a ticket."""
    values: Values = {
        "subject": row.subject,
        "hs_pipeline": "0",
        "hs_pipeline_stage": STAGES[row.status],
        "hs_ticket_priority": PRIORITIES.get(row.priority or ""),
        "hs_ticket_category": CATEGORIES.get(row.topic, "GENERAL_INQUIRY"),
        "source_type": SOURCES.get(row.channel),
        "hs_num_times_reopened": str(row.reopens),
        "createdate": iso(row.opened_at),
        "hs_lastmodifieddate": iso(row.updated_at),
    }
    if row.first_reply_at is not None:
        values["first_agent_reply_date"] = iso(row.first_reply_at)
        values["time_to_first_agent_reply"] = _millis(row.first_reply_at - row.opened_at)
    if row.resolved_at is not None:
        values["closed_date"] = iso(row.resolved_at)
        values["time_to_close"] = _millis(row.resolved_at - row.opened_at)
    return values


def activity(row: Interaction) -> tuple[str, Values]:
    """Return the object type of an interaction and its values; the rest counts as meetings."""
    at = iso(row.at)
    values: Values = {"hs_timestamp": at, "hs_createdate": at, "hs_lastmodifieddate": at}
    if row.sentiment is not None:
        values["sentiment"] = row.sentiment
    if row.channel == "call":
        values |= {
            "hs_call_title": row.subject,
            "hs_call_direction": DIRECTIONS[row.direction],
            "hs_call_status": "COMPLETED",
            "hs_call_duration": _millis(timedelta(minutes=row.minutes or 0)),
        }
        return "calls", values
    if row.channel == "email":
        values |= {
            "hs_email_subject": row.subject,
            "hs_email_direction": EMAILS[row.direction],
            "hs_email_status": "SENT",
        }
        return "emails", values
    values |= {
        "hs_meeting_title": row.subject,
        "hs_meeting_start_time": at,
        "hs_meeting_end_time": iso(row.at + timedelta(minutes=row.minutes or 30)),
        "hs_meeting_outcome": "COMPLETED",
    }
    return "meetings", values


def invoice(row: Invoice) -> Values:
    """Return the values of an invoice; ``invoice_state`` says what HubSpot's status cannot."""
    return {
        "hs_number": row.number,
        "hs_invoice_date": iso(row.issued_at),
        "hs_due_date": iso(row.due_at),
        "hs_payment_date": _time(row.paid_at),
        "hs_amount_billed": f"{row.amount:.2f}",
        "hs_balance_due": f"{row.amount_open:.2f}",
        "hs_currency": row.currency,
        "hs_invoice_status": INVOICES.get(row.status, "open"),
        "invoice_state": row.status,
        "reminders_sent": str(row.reminders),
        "hs_createdate": iso(row.issued_at),
        "hs_lastmodifieddate": iso(max(row.updated_at, row.issued_at)),
    }


def payments(row: Invoice) -> Iterator[Values]:
    """Yield the failed attempts, at most three, and the payment in full."""
    failed = row.last_failed_at
    for number in range(min(row.failed_payments, 3)):
        at = (failed or row.issued_at) - timedelta(days=2 * number)
        yield _payment(row, at, "failed")
    if row.paid_at is not None and row.amount > 0:
        yield _payment(row, row.paid_at, "succeeded")


def _payment(row: Invoice, at: datetime, status: str) -> Values:
    return {
        "hs_initial_amount": f"{row.amount:.2f}",
        "hs_latest_status": status,
        "hs_initiated_date": iso(at),
        "hs_currency_code": row.currency,
        "hs_createdate": iso(at),
        "hs_lastmodifieddate": iso(at),
    }


def subscription(row: Subscription) -> Values:
    """Return the values of a subscription."""
    return {
        "hs_name": row.plan,
        "product": row.product,
        "hs_status": STATUSES.get(row.status, row.status),
        "hs_recurring_billing_start_date": iso(row.started_at),
        "hs_recurring_billing_end_date": _time(row.ended_at),
        "hs_cancelled_date": _time(row.cancelled_at),
        "hs_next_payment_due_date": _time(row.renews_at),
        "hs_quantity": str(row.quantity),
        "hs_mrr": f"{row.mrr:.2f}",
        "hs_currency_code": row.currency,
        "term_months": str(row.term_months),
        "auto_renew": "true" if row.auto_renew else "false",
        "hs_createdate": iso(row.started_at),
        "hs_lastmodifieddate": iso(max(row.updated_at, row.started_at)),
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else iso(at)


def _millis(span: timedelta) -> str:
    return str(round(span.total_seconds() * 1000))
