"""Walking over all records of an object type, or over those changed in a time.

Both walks yield ``(records, after)``: some records, and where to go on after them (None at the
end). Properties that do not fit into the request are read by id.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeAlias

from connectors.errors import TransientError
from connectors.pages import ahead, pages

from .client import (
    BATCH_LIMIT,
    LIST_LIMIT,
    SEARCH_LIMIT,
    Body,
    Client,
    counted_as,
    next_after,
    results,
)
from .errors import RefusedError
from .fields import ID
from .links import batched

Part: TypeAlias = tuple[list[Body], str | None]
CHUNK = 1_000  # records handed on at a time: one request for their associations
_LONGEST_QUERY = 6_000  # characters; beyond, HubSpot's front answers 414  # unconfirmed
_LONGEST_SEARCH = 3_000  # characters of a search body  # unconfirmed
_TOO_LONG = 414


class Walk:
    """The records of one object type.

    Args:
        client: HubSpot.
        kind: Object type.
        names: Properties to read.
        links: Object types whose associations come with a listed record.
    """

    def __init__(
        self, client: Client, kind: str, names: Sequence[str], links: Sequence[str] = ()
    ) -> None:
        self._client = client
        self._kind = kind
        self._names = list(names)
        self._links = links
        self._wide = len(",".join(names)) > _LONGEST_QUERY

    def every(self, after: str | None = None, *, archived: bool = False) -> Iterator[Part]:
        """Walk over all records in the order of their ids; archived ones in place of live ones."""

        def fetch(cursor: str | None) -> tuple[Part, str | None]:
            body = self._page(cursor, archived=archived)
            self._count("list")
            following = next_after(body)
            return (self._filled(results(body), wide=self._wide), following), following

        return ahead(_chunks(pages(fetch, after)))

    def _page(self, cursor: str | None, *, archived: bool) -> Body:
        links = () if archived else self._links
        names = [ID] if self._wide else self._names
        try:
            return self._client.page(
                self._kind, names=names, after=cursor, links=links, archived=archived
            )
        except RefusedError as error:
            if error.status != _TOO_LONG or self._wide:
                raise
        self._wide = True
        return self._page(cursor, archived=archived)

    def changed(
        self, modified: str, low: datetime, high: datetime, after: str | None = None
    ) -> Iterator[Part]:
        """Walk over the records changed from ``low`` to before ``high``; see ``found``."""
        window = [filtered(modified, "GTE", _millis(low)), filtered(modified, "LT", _millis(high))]
        return self.found(window, after)

    def found(self, filters: Sequence[Body], after: str | None = None) -> Iterator[Part]:
        """Walk over the live records that pass all filters, in the order of their ids.

        A search stops at 10,000 results; each request therefore begins above the last id and
        never pages.
        """
        names = self._names
        wide = len(json.dumps(_query(filters, names, "9" * 19))) > _LONGEST_SEARCH

        def fetch(last: str | None) -> tuple[Part, str | None]:
            body = self._client.search(self._kind, _query(filters, [ID] if wide else names, last))
            self._count("search")
            found = results(body)
            ids = [int(record["id"]) for record in found]
            if ids != sorted(set(ids)) or (ids and last and ids[0] <= int(last)):
                raise TransientError(
                    "HubSpot's search did not keep to the order of ids; what came before is "
                    "kept. Run again"
                )
            total = int(body.get("total") or 0)
            more = len(found) == SEARCH_LIMIT and total != SEARCH_LIMIT
            following = found[-1]["id"] if more else None
            return (self._filled(found, wide=wide), following), following

        return ahead(_chunks(pages(fetch, after)))

    def by_id(self, ids: Sequence[str]) -> list[Body]:
        """Read records by id; those that are gone are left out."""
        found: list[Body] = []
        for some in batched(ids, BATCH_LIMIT):
            found += results(self._client.read(self._kind, some, self._names))
            self._count("batch_read")
        return found

    def _filled(self, records: list[Body], *, wide: bool) -> list[Body]:
        """Return records with their properties, read by id where they did not come along."""
        if not wide:
            return records
        live = {record["id"]: record for record in self.by_id([one["id"] for one in records])}
        return [
            record | {"properties": live[record["id"]]["properties"]}
            for record in records
            if record["id"] in live
        ]

    def _count(self, operation: str) -> None:
        self._client.http.stats.count(counted_as(operation, self._kind), least=1)


def _chunks(parts: Iterable[Part]) -> Iterator[Part]:
    """Join parts, so that the thread that reads ahead seldom hands over."""
    chunk: list[Body] = []
    for records, following in parts:
        chunk += records
        if following is None or len(chunk) + LIST_LIMIT > CHUNK:
            yield chunk, following
            chunk = []


def _query(filters: Sequence[Body], names: Sequence[str], last: str | None) -> Body:
    above = [filtered(ID, "GT", last)] if last else []
    return {
        "filterGroups": [{"filters": [*filters, *above]}],
        "sorts": [{"propertyName": ID, "direction": "ASCENDING"}],
        "properties": list(names),
        "limit": SEARCH_LIMIT,
    }


def filtered(name: str, operator: str, value: str) -> Body:
    """Return a search filter."""
    return {"propertyName": name, "operator": operator, "value": value}


def _millis(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000))
