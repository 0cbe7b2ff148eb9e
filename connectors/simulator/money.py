"""The invoices and subscriptions of a customer."""

import dataclasses
from datetime import datetime, timedelta

from .facts import Invoice, Subscription
from .history import History

MONTH = timedelta(days=30.4375)


def subscriptions(history: History) -> list[Subscription]:
    """Return the subscriptions: usually the one in force."""
    customer = history.customer
    gone = customer.churn_at if customer.archetype == "churned" else None
    trial = customer.archetype == "trial"
    notice = gone - timedelta(days=history.rng.randint(20, 80)) if gone else None
    main = Subscription(
        key=history.key(),
        plan=customer.plan,
        product="Planboard",
        status="ended" if gone else "trialing" if trial else "active",
        started_at=customer.started_at,
        ended_at=gone,
        cancelled_at=notice,
        renews_at=None if gone else customer.renewal_at,
        quantity=customer.seats,
        mrr=customer.mrr,
        currency=customer.currency,
        term_months=customer.term_months,
        auto_renew=customer.auto_renew,
        updated_at=gone
        or max(history.begin, history.as_of - timedelta(days=history.rng.randint(1, 300))),
    )
    return [main, *_odd_subscriptions(history, main)]


def _odd_subscriptions(history: History, main: Subscription) -> list[Subscription]:
    traps, more = history.customer.traps, []
    if "missing_end" in traps:
        main.renews_at, main.ended_at = None, None
    if "zero_length_subscription" in traps:
        at = main.started_at + timedelta(days=30)
        more.append(_copy(history, main, "ended", at, at))
    if "many_subscriptions" in traps:
        for plan in ("Add-on Forecast", "Add-on Archive"):
            extra = _copy(history, main, "active", main.started_at + timedelta(days=60), None)
            extra.plan, extra.mrr = plan, round(main.mrr * 0.2, 2)
            more.append(extra)
    return more


def _copy(
    history: History, row: Subscription, status: str, start: datetime, end: datetime | None
) -> Subscription:
    return dataclasses.replace(
        row, key=history.key(), status=status, started_at=start, ended_at=end, cancelled_at=end
    )


def invoices(history: History) -> list[Invoice]:
    """Return the invoices, oldest first: monthly for small customers, quarterly for others."""
    customer = history.customer
    if customer.archetype == "trial":
        return []
    months = 1 if customer.segment == "smb" else 3
    step, made = MONTH * months, []
    first = (history.begin - customer.started_at) // step
    at = customer.started_at + step * first
    while at < history.end:
        if at >= history.begin:
            made.append(_invoice(history, at, customer.mrr * months))
        at += step
    _oddities(history, made)
    return made


def _invoice(history: History, at: datetime, amount: float) -> Invoice:
    rng, level = history.rng, history.level(at)
    issued = at.replace(hour=6, minute=0, second=0, microsecond=0)
    due = issued + timedelta(days=14)
    strain = history.late * (1.65 - level) ** 3
    paid = issued + timedelta(days=_days_to_pay(history, level, strain))
    failed = int(rng.random() < 0.015 * strain) + int(rng.random() < 0.008 * strain)
    overdue = ((min(paid, history.as_of)) - due).days
    invoice = Invoice(
        key=history.key(),
        number=f"INV-{issued:%Y%m}-{history.customer.index + 101}",
        issued_at=issued,
        due_at=due,
        paid_at=paid,
        amount=round(amount, 2),
        amount_open=0.0,
        currency=history.customer.currency,
        status="paid",
        reminders=max(0, min(3, (overdue - 3) // 10 + 1)) if overdue > 3 else 0,
        failed_payments=failed,
        last_failed_at=min(paid, history.as_of) - timedelta(hours=5) if failed else None,
        updated_at=paid,
    )
    if paid > history.as_of:
        invoice.paid_at, invoice.status, invoice.amount_open = None, "open", invoice.amount
        invoice.updated_at = max(issued, min(due, history.as_of - timedelta(hours=1)))
    elif history.customer.archetype == "churned" and rng.random() < 0.02:
        invoice.paid_at, invoice.status, invoice.amount_open = None, "uncollectible", invoice.amount
    return invoice


def _days_to_pay(history: History, level: float, strain: float) -> float:
    """Return days from issue to payment: in time, late, or withheld for months."""
    rng = history.rng
    if rng.random() < (0.10 if level < 0.4 else 0.006):
        return 14 + rng.uniform(35, 120)
    if rng.random() < min(0.85, 0.05 * strain):
        return 14 + rng.expovariate(1 / (6 + 3 * strain))
    return max(0.3, rng.gauss(8, 4))


def _oddities(history: History, made: list[Invoice]) -> None:
    traps = history.customer.traps
    at = history.as_of - timedelta(days=50)
    if "disputed_invoice" in traps:
        row = _plain(history, at, history.customer.mrr)
        row.status, row.paid_at, row.amount_open = "disputed", None, row.amount
        made.append(row)
    if "credit_note" in traps:
        made.append(_credit(history, made[-1], 0.25, timedelta(days=9)))
    if "cancelled_in_minutes" in traps:
        row = _plain(history, at, history.customer.mrr * 40)
        made += [row, _credit(history, row, 1.0, timedelta(minutes=10))]
    if "unlinked_invoice" in traps:
        made.append(dataclasses.replace(_plain(history, at, history.customer.mrr), linked=False))
    if "mixed_currency" in traps:
        other = "EUR" if history.customer.currency == "USD" else "USD"
        made.append(dataclasses.replace(_plain(history, at, 250.0), currency=other))
    made.sort(key=lambda row: row.issued_at)


def _plain(history: History, at: datetime, amount: float) -> Invoice:
    """Return an invoice that was paid on time, for an oddity to be put on."""
    row = _invoice(history, at, amount)
    row.number += "-X"
    row.status, row.amount_open, row.reminders, row.failed_payments = "paid", 0.0, 0, 0
    row.paid_at, row.last_failed_at = row.issued_at + timedelta(days=10), None
    row.updated_at = row.paid_at
    return row


def _credit(history: History, row: Invoice, share: float, after: timedelta) -> Invoice:
    """Return a credit note for a share of an invoice, never later than the present."""
    at = min(row.issued_at + after, history.as_of - timedelta(hours=1))
    return dataclasses.replace(
        row,
        key=history.key(),
        number=row.number + "-CN",
        issued_at=at,
        due_at=at,
        paid_at=at,
        amount=-round(row.amount * share, 2),
        amount_open=0.0,
        status="credit_note",
        reminders=0,
        failed_payments=0,
        last_failed_at=None,
        updated_at=at,
    )
