"""Failed payments, counted on the invoices that they were for.

HubSpot keeps an attempt to pay as an object of its own; the canonical tables have no such table,
and what matters, how often a customer's payment failed, belongs to the invoice. Payments without
an invoice (payment links) are not read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from connectors.moments import Moments, Oddity

from .client import Body, Client
from .fields import FAILED, LAST_FAILED, MODIFIED, PAYMENT_FAILED, PAYMENT_FIELDS, PAYMENTS
from .links import by_batch
from .walk import Walk
from .watermark import Watermark

_MOMENTS = Moments()


def walk(client: Client) -> Walk:
    """Return the walk over payments."""
    return Walk(client, PAYMENTS, PAYMENT_FIELDS)


def count(client: Client, invoices: Sequence[Body], links: Mapping[str, Sequence[str]]) -> None:
    """Add to each invoice how many of its payments failed, and when the last one did."""
    ids = dict.fromkeys(one for invoice in invoices for one in links.get(invoice["id"], ()))
    failed = {
        payment["id"]: payment["properties"].get("hs_initiated_date")
        for payment in walk(client).by_id(list(ids))
        if (payment["properties"].get("hs_latest_status") or "").casefold() == PAYMENT_FAILED
    }
    for invoice in invoices:
        own = [failed[one] for one in links.get(invoice["id"], ()) if one in failed]
        invoice["properties"] |= {FAILED: str(len(own)), LAST_FAILED: _latest(own)}


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
    for payments, after in walk(client).changed(MODIFIED, mark.since, mark.until, mark.after):
        ids = [payment["id"] for payment in payments]
        linked = by_batch(client, PAYMENTS, "invoices", ids) if ids else {}
        yield list(dict.fromkeys(one for found in linked.values() for one in found)), after
