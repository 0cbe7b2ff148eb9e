"""Failed payments, counted on the invoices that they were for.

HubSpot keeps an attempt to pay as an object of its own; the canonical tables have no such table,
and what matters, how often a customer's payment failed, belongs to the invoice. Payments without
an invoice (payment links) are not read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from connectors.moments import Moments, Oddity

from .client import Body, Client
from .fields import FAILED, LAST_FAILED, MODIFIED, PAYMENT_FAILED, PAYMENT_FIELDS, PAYMENTS
from .links import by_batch
from .walk import Walk, filtered
from .watermark import Watermark

# Invoice id -> times of its failed payments.
Failures: TypeAlias = dict[str, list[str | None]]
_STATUS, _AT = PAYMENT_FIELDS
_MOMENTS = Moments()


def _walk(client: Client) -> Walk:
    return Walk(client, PAYMENTS, PAYMENT_FIELDS)


def every_failure(client: Client) -> Failures:
    """Return all failed payments; a search, as few of all payments are."""
    failures: Failures = {}
    for payments, _ in _walk(client).found([filtered(_STATUS, "EQ", PAYMENT_FAILED)]):
        times = {one["id"]: one["properties"].get(_AT) for one in payments}
        linked = by_batch(client, PAYMENTS, "invoices", list(times))
        for payment, invoices in linked.items():
            for invoice in invoices:
                failures.setdefault(invoice, []).append(times[payment])
    return failures


def failures_of(client: Client, links: Mapping[str, Sequence[str]]) -> Failures:
    """Return the failed payments among those linked to some invoices."""
    ids = dict.fromkeys(one for found in links.values() for one in found)
    times = {
        one["id"]: one["properties"].get(_AT)
        for one in _walk(client).by_id(list(ids))
        if (one["properties"].get(_STATUS) or "").casefold() == PAYMENT_FAILED
    }
    return {
        invoice: [times[one] for one in found if one in times] for invoice, found in links.items()
    }


def count(invoices: Sequence[Body], failures: Failures) -> None:
    """Add to each invoice how many of its payments failed, and when the last one did."""
    for invoice in invoices:
        times = failures.get(invoice["id"], ())
        invoice["properties"] |= {FAILED: str(len(times)), LAST_FAILED: _latest(times)}


def _latest(times: Iterable[str | None]) -> str | None:
    def moment(text: str) -> float:
        try:
            return _MOMENTS.time(text).timestamp()
        except Oddity:
            return 0.0

    return max((text for text in times if text), key=moment, default=None)


def touched(client: Client, mark: Watermark) -> Iterator[tuple[list[str], str | None]]:
    """Yield ids of invoices whose payments changed in the watermark's time; see ``Walk``."""
    assert mark.since is not None  # noqa: S101 - only increments have this phase
    for payments, after in _walk(client).changed(MODIFIED, mark.since, mark.until, mark.after):
        ids = [payment["id"] for payment in payments]
        linked = by_batch(client, PAYMENTS, "invoices", ids) if ids else {}
        yield list(dict.fromkeys(one for found in linked.values() for one in found)), after
