"""Reading one object type: in full, or what changed since a watermark.

A full read lists live records, then archived ones, which are deletes. An increment searches for
what changed, then reads the archived list, which cannot be filtered by time and is therefore not
read each time, but for companies. HubSpot's search index lags behind writes, so an increment
begins some minutes before the end of the last one.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from connectors.base import Page
from connectors.collecting import uncollected
from connectors.findings import Findings
from connectors.mapping import Batch

from . import payments, rows
from .client import Body, Client
from .fields import PAYMENTS
from .links import Links, by_batch, count_several, inline
from .plan import Plan
from .properties import COMPANIES
from .walk import Walk
from .watermark import Phase, Watermark

# The index is "eventually consistent"; 5 minutes are known, twice that costs little.
OVERLAP = timedelta(minutes=10)
# A deleted record is seen this much later at most; a deleted company, which nothing can be
# written to any more, by the next read.
DELETES_EVERY = timedelta(hours=6)


class Reader:
    """One reading of one object type.

    Args:
        client: HubSpot.
        plan: Verified.
        batch: Source, time and privacy; findings are made anew for each page.
    """

    def __init__(self, client: Client, plan: Plan, batch: Batch) -> None:
        self._client = client
        self._plan = plan
        self._batch = batch
        self._paid = PAYMENTS in plan.links
        self._inline = tuple(to for to in plan.links if to != PAYMENTS)
        self._walk = Walk(client, plan.name, plan.names, self._inline)
        self._seen: set[str] = set()

    def pages(self, since: str | None) -> Iterator[Page]:
        """Yield pages from a watermark, each with the next one."""
        mark = self._start(since)
        phases = self._phases(mark)
        for phase in phases[phases.index(mark.phase or phases[0]) :]:
            mark = mark if mark.phase == phase else mark.at(phase)
            following = phases[phases.index(phase) + 1] if phase != phases[-1] else None
            gone = mark.until if "archived" in phases else mark.gone
            done = mark.at(following) if following else Watermark(mark.until, gone=gone)
            for page, after in self._phase(mark):
                text = (done if after is None else mark.at(phase, after)).text()
                yield Page(page.tables, text, page.records, page.findings)

    def _start(self, since: str | None) -> Watermark:
        now = self._client.http.server_time()
        if since is None:
            return Watermark(now, phase="list")
        last = Watermark.parse(since)
        if last.phase is not None:
            return last
        return Watermark(max(now, last.until), last.until - OVERLAP, "search", gone=last.gone)

    def _phases(self, mark: Watermark) -> tuple[Phase, ...]:
        if mark.since is None:
            return ("list", "archived")
        payments_: tuple[Phase, ...] = ("payments",) if self._paid else ()
        due = mark.gone is None or mark.until - mark.gone >= DELETES_EVERY
        deletes: tuple[Phase, ...] = ("archived",) if due or self._plan.name == COMPANIES else ()
        return ("search", *payments_, *deletes)

    def _phase(self, mark: Watermark) -> Iterator[tuple[Page, str | None]]:
        match mark.phase:
            case "search":
                yield from self._changed(mark)
            case "payments":
                yield from self._repaid(mark)
            case "archived":
                since = mark.gone - OVERLAP if mark.gone else mark.since
                yield from self._archived(mark.after, since)
            case _:
                yield from self._listed(mark.after)

    def _listed(self, after: str | None) -> Iterator[tuple[Page, str | None]]:
        failures = payments.every_failure(self._client) if self._paid else None
        for records, following in self._walk.every(after):
            links = inline(self._client, self._plan.name, self._inline, records)
            yield self._page(records, links, failures), following

    def _changed(self, mark: Watermark) -> Iterator[tuple[Page, str | None]]:
        assert mark.since is not None  # noqa: S101 - only increments have this phase
        modified = self._plan.spec.modified
        for records, after in self._walk.changed(modified, mark.since, mark.until, mark.after):
            yield self._page(records, self._links(records)), after

    def _repaid(self, mark: Watermark) -> Iterator[tuple[Page, str | None]]:
        """Read invoices again that did not change themselves, but whose payments did."""
        for ids, after in payments.touched(self._client, mark):
            records = self._walk.by_id([one for one in ids if one not in self._seen])
            yield self._page(records, self._links(records)), after

    def _links(self, records: Sequence[Body]) -> Links:
        ids = [record["id"] for record in records]
        if not ids:
            return {}
        return {to: by_batch(self._client, self._plan.name, to, ids) for to in self._plan.links}

    def _archived(
        self, after: str | None, since: datetime | None
    ) -> Iterator[tuple[Page, str | None]]:
        names = ("hs_object_id", *self._plan.id_names)
        walk = Walk(self._client, self._plan.name, names)
        for records, following in walk.every(after, archived=True):
            gone = [record for record in records if since is None or _archived_at(record) >= since]
            tables = {self._plan.spec.table: rows.gone(self._plan, gone, self._batch)}
            yield Page(tables if gone else {}, None, len(gone)), following

    def _page(
        self,
        records: Sequence[Body],
        links: Links,
        failures: payments.Failures | None = None,
    ) -> Page:
        findings = Findings()
        if not records:
            return Page({}, None, 0, findings)
        plan = self._plan
        if self._paid:
            if failures is None:
                failures = payments.failures_of(self._client, links.get(PAYMENTS, {}))
            payments.count(records, failures)
            self._seen.update(record["id"] for record in records)
        count_several(links, plan.spec.table, findings)
        batch = Batch(self._batch.source, self._batch.known_at, self._batch.personal, findings)
        with uncollected:
            tables = {plan.spec.table: rows.table(plan, records, links, batch)}
            if plan.own:
                tables["held"] = rows.held(plan, records)
        return Page(tables, None, len(records), findings)


def _archived_at(record: Body) -> datetime:
    """Return when a record was archived; without a time it counts as just now."""
    text = record.get("archivedAt")
    return datetime.fromisoformat(text) if text else datetime.max.replace(tzinfo=UTC)
