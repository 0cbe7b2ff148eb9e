"""Reads one object: REST for little, Bulk 2.0 for much, from where it stopped."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias
from urllib.parse import quote

from connectors.errors import RequestError, SetupError, TransientError
from connectors.pages import pages

from .answers import Answer, Rows
from .bulk import Jobs, failure
from .client import Client
from .derived import FULL_FILTERS
from .plans import Plan
from .watermark import Watermark, literal

REST_ROWS = 2_000
"""Rows in a page of a REST query; Salesforce may send fewer."""

# URI and headers together are limited to 16,384 bytes (Salesforce limits); some for headers.
_LONGEST_QUERY = 12_000
_GONE = {"INVALID_QUERY_LOCATOR", "INVALIDJOB", "INVALIDJOBSTATE", "NOT_FOUND", "InvalidJob"}

Part: TypeAlias = tuple[Answer, Watermark]
"""Some records, and how far is read with them; ``over`` with the last."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The reading of one object.

    Attributes:
        client: The organisation.
        plan: What is asked.
        bulk_above: Rows above which Bulk 2.0 is used.
    """

    client: Client
    plan: Plan
    bulk_above: int

    @property
    def operation(self) -> str:
        """Under which name requests are counted."""
        return f"read {self.plan.entity}"

    def parts(self, mark: Watermark, expected: int | None) -> Iterator[Part]:
        """Yield records from a watermark on.

        Args:
            mark: Where to go on.
            expected: Rows that there are about, if known.

        Raises:
            SetupError: the query is refused.
        """
        try:
            yield from self._parts(mark, expected)
        except RequestError as error:
            if error.code in _GONE:
                raise TransientError(f"{error}; run again to go on from the last page") from None
            raise SetupError(f"{error}; the query for {self.plan.entity} is refused") from None

    def _parts(self, mark: Watermark, expected: int | None) -> Iterator[Part]:
        if mark.job:
            try:
                yield from self._results(mark)
            except RequestError as error:
                if error.code not in _GONE:
                    raise
                mark = replace(mark, job=None, locator="")  # results are kept for seven days
            else:
                return
        many = expected is not None and expected > self.bulk_above
        if many or len(quote(self.soql(mark))) > _LONGEST_QUERY:
            yield from self._bulk(mark)
            return
        first = self._first(mark)
        if first["totalSize"] > self.bulk_above:
            yield from self._bulk(mark)
            return
        yield from self._rest(first, mark)

    def soql(self, mark: Watermark) -> str:
        """Return the statement; Bulk chunks it only without ORDER BY."""
        plan = self.plan
        conditions = []
        if mark.full and plan.entity in FULL_FILTERS:
            conditions.append(FULL_FILTERS[plan.entity])
        if mark.since:
            since = mark.since[:10] if plan.by_date else mark.since
            conditions.append(f"{plan.changed} >= {since}")
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"SELECT {', '.join(plan.fields)} FROM {plan.entity}{where}"  # noqa: S608 - names are checked against the description

    def _first(self, mark: Watermark) -> dict[str, Any]:
        soql = f"{self.soql(mark)} ORDER BY {self.plan.changed}, Id"
        page = _checked(self.client.query(soql, self.operation, deleted=True))
        self._least(page)
        return page

    def _rest(self, first: dict[str, Any], mark: Watermark) -> Iterator[Part]:
        def fetch(url: str | None) -> tuple[dict[str, Any], str | None]:
            page = first
            if url is not None:
                more = self.client.query_more(url, self.operation, deleted=True)
                page = _checked(more)
            following = None if page["done"] else str(page["nextRecordsUrl"])
            return page, following

        for page in pages(fetch):
            rows = page["records"]
            yield Rows(rows), self._after(rows, mark) if not page["done"] else mark.end

    def _after(self, rows: list[dict[str, Any]], mark: Watermark) -> Watermark:
        """Return the place after rows that came in the order of their stamps."""
        stamp = rows[-1].get(self.plan.changed) if rows else None
        if not isinstance(stamp, str):
            return mark
        at = datetime.fromisoformat(stamp)
        return replace(mark, since=literal(at if at.tzinfo else at.replace(tzinfo=UTC)))

    def _bulk(self, mark: Watermark) -> Iterator[Part]:
        """Create a job and read it; first a part without records, so that it is found again."""
        jobs = Jobs(self.client, "query", self.operation)
        job = jobs.create({"operation": "queryAll", "query": self.soql(mark)})
        begun = replace(mark, job=job, locator="")
        yield Rows([]), begun
        yield from self._results(begun)

    def _results(self, mark: Watermark) -> Iterator[Part]:
        jobs = Jobs(self.client, "query", self.operation)
        job = mark.job or ""
        if not mark.locator:
            state = jobs.wait(job)
            if state["state"] != "JobComplete":
                yield Rows([]), replace(mark, job=None)  # the next read makes another
                raise failure(state)
        for batch in jobs.pages(job, mark.locator):
            following = batch.locator
            yield batch.lines, mark.end if following is None else replace(mark, locator=following)

    def _least(self, page: dict[str, Any]) -> None:
        total = page["totalSize"]
        if total <= self.bulk_above:
            self.client.http.stats.count(self.operation, least=max(1, -(-total // REST_ROWS)))


def _checked(page: Any) -> dict[str, Any]:
    """Return a query's page.

    Raises:
        TransientError: it is none.
    """
    if not isinstance(page, dict) or not isinstance(page.get("records"), list):
        raise TransientError("Salesforce: a query was answered with something else than records")
    return page
