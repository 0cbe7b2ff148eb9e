"""HubSpot's search: limits, filters, sorting, and an index that lags behind writes."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from .hubspot_errors import bad_json, invalid
from .hubspot_schema import Property, iso, millis
from .hubspot_store import ObjectStore, Record, Values
from .limits import Clock
from .standin import Body

PAGE = 200
WALL = 10_000
BODY = 3_000  # unconfirmed: characters
GROUPS = 5  # unconfirmed
FILTERS = 6  # unconfirmed
CACHED = 8

OPERATORS = {
    "EQ", "NEQ", "LT", "LTE", "GT", "GTE", "BETWEEN", "IN", "NOT_IN",
    "HAS_PROPERTY", "NOT_HAS_PROPERTY", "CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN",
}  # fmt: skip

Test: TypeAlias = Callable[[Values], bool]
Key: TypeAlias = "float | int | str"

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda a, b: a == b,
    "NEQ": lambda a, b: a != b,
    "LT": lambda a, b: a < b,
    "LTE": lambda a, b: a <= b,
    "GT": lambda a, b: a > b,
    "GTE": lambda a, b: a >= b,
}


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search.

    Attributes:
        total: Matches in all, also past the wall.
        rows: (record, its values as the index has them).
        after: Where the next page begins; None on the last one.
    """

    total: int
    rows: Sequence[tuple[Record, Values]]
    after: str | None


@dataclass(slots=True)
class SearchIndex:
    """The search index over one store.

    Attributes:
        store: What it indexes.
        clock: The vendor's time.
        lag: Seconds until a write is seen.
    """

    store: ObjectStore
    clock: Clock
    lag: float = 0.0
    _stale: dict[int, tuple[float, Values]] = field(default_factory=dict)
    _cache: dict[str, list[int]] = field(default_factory=dict)
    _version: int = -1

    def before_write(self, record: Record) -> None:
        """Keep what the index knows of a record that is about to change."""
        if self.lag and record.id not in self._stale:
            self._stale[record.id] = (self.clock() + self.lag, dict(record.properties))

    def search(self, body: Body) -> Found:
        """Run a search.

        Raises:
            Refusal: 400 for whatever is over a limit or not understood.
        """
        limit, after = _paging(body)
        groups = _groups(body)
        now = self.clock()
        due = [key for key, (at, _) in self._stale.items() if at <= now]
        for key in due:
            del self._stale[key]
        if due or self._version != self.store.version:
            self._cache.clear()
            self._version = self.store.version
        ids = self._matches(groups, body)
        page = ids[after : after + limit]
        following = str(after + limit) if after + limit < len(ids) else None
        return Found(len(ids), [self._row(record_id) for record_id in page], following)

    def _row(self, record_id: int) -> tuple[Record, Values]:
        record = self.store.records[record_id]
        stale = self._stale.get(record_id)
        return record, stale[1] if stale else record.properties

    def _matches(self, groups: list[list[Body]], body: Body) -> list[int]:
        """Return matching ids in the asked order; the id's own lower bound is applied last.

        A keyset walk changes nothing but that bound, so the rest is worth keeping.
        """
        bound = _id_bound(groups)
        if bound is not None:
            groups = [[item for item in groups[0] if item["propertyName"] != "hs_object_id"]]
        key = json.dumps([groups, body.get("sorts"), body.get("query")], sort_keys=True)
        if key not in self._cache:
            if len(self._cache) >= CACHED:
                self._cache.clear()
            self._cache[key] = self._sorted(self._select(groups, body.get("query")), body)
        ids = self._cache[key]
        return ids if bound is None else [found for found in ids if found > bound]

    def _select(self, groups: list[list[Body]], query: str | None) -> list[int]:
        tests = [[self._test(item) for item in group] for group in groups]
        chosen = []
        for record_id in self._candidates(groups):
            _, values = self._row(record_id)
            if any(all(test(values) for test in group) for group in tests) and (
                not query or self._mentions(values, query)
            ):
                chosen.append(record_id)
        return chosen

    def _candidates(self, groups: list[list[Body]]) -> Sequence[int]:
        """Narrow by time of change where one group asks for it; the tests still decide."""
        stamp = self.store.kind.modified
        if len(groups) != 1 or self._stale:
            return self.store.ids()
        times = [item for item in groups[0] if item["propertyName"] == stamp]
        lows = [
            _iso(item["value"]) for item in times if item["operator"] in {"GT", "GTE", "BETWEEN"}
        ]
        return self.store.changed(max(lows), "9") if lows else self.store.ids()

    def _mentions(self, values: Values, query: str) -> bool:
        names = self.store.kind.defaults
        return any(query.lower() in (values.get(name) or "").lower() for name in names)

    def _sorted(self, ids: list[int], body: Body) -> list[int]:
        sorts = body.get("sorts") or []
        if not sorts:
            return ids
        order = sorts[0] if isinstance(sorts[0], dict) else {"propertyName": sorts[0]}
        name = order["propertyName"]
        if len(sorts) > 1 or name not in self.store.schema.properties:
            raise invalid(f"Cannot sort by {sorts}: one known property is allowed.")
        down = order.get("direction", "ASCENDING") == "DESCENDING"
        convert = _converter(self.store.schema.properties[name])
        filled = [found for found in ids if self._row(found)[1].get(name)]
        filled.sort(key=lambda found: convert(self._row(found)[1][name] or ""), reverse=down)
        empty = set(ids) - set(filled) if len(filled) < len(ids) else set()
        return filled + sorted(empty)

    def _test(self, item: Body) -> Test:
        name, operator = item["propertyName"], item["operator"]
        found = self.store.schema.properties.get(name)
        if found is None:
            raise invalid(f"There was a problem with the request: no property {name}.")
        if operator in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
            wanted = operator == "HAS_PROPERTY"
            return lambda values: bool(values.get(name)) is wanted
        try:
            holds = _holds(item, _converter(found))
        except (KeyError, ValueError, TypeError):
            raise invalid(f"Filter on {name} has no fitting value for {operator}.") from None
        return lambda values: bool(values.get(name)) and holds(values[name] or "")


def _holds(item: Body, convert: Callable[[str], Key]) -> Callable[[str], bool]:
    operator = item["operator"]
    if operator in {"IN", "NOT_IN"}:
        wanted = {convert(value) for value in item["values"]}
        return lambda value: (convert(value) in wanted) is (operator == "IN")
    if operator == "BETWEEN":
        low, high = convert(item["value"]), convert(item["highValue"])
        return lambda value: low <= convert(value) <= high  # type: ignore[operator]
    if operator.endswith("CONTAINS_TOKEN"):
        token = str(item["value"]).strip("*").lower()
        return lambda value: (token in value.lower()) is (operator == "CONTAINS_TOKEN")
    bound, compare = convert(item["value"]), _COMPARE[operator]
    return lambda value: compare(convert(value), bound)


def _converter(found: Property) -> Callable[[str], Key]:
    if found.type == "number":
        return float
    if found.type in {"date", "datetime"}:
        return lambda value: millis(str(value))
    return lambda value: str(value).lower()


def _iso(value: object) -> str:
    """Return a lower bound that stored times can be compared with as text."""
    return iso(datetime.fromtimestamp(millis(str(value)) / 1000, UTC))


def _paging(body: Body) -> tuple[int, int]:
    if len(json.dumps(body, separators=(",", ":"))) > BODY:
        raise invalid(f"The request body is longer than {BODY} characters.")
    try:
        limit, after = int(body.get("limit") or 10), int(body.get("after") or 0)
    except (TypeError, ValueError):
        raise bad_json("limit and after must be numbers") from None
    if not 1 <= limit <= PAGE:
        raise invalid(f"limit must be between 1 and {PAGE}, was {limit}.")
    if after + limit > WALL:
        raise invalid(f"Searches cannot go past {WALL} results: after was {after}.")
    return limit, after


def _groups(body: Body) -> list[list[Body]]:
    groups = [group.get("filters", []) for group in body.get("filterGroups") or []]
    if body.get("filters"):
        groups.append(body["filters"])
    if len(groups) > GROUPS:
        raise invalid(f"Too many filterGroups: {len(groups)}, at most {GROUPS} are allowed.")
    for group in groups:
        if len(group) > FILTERS:
            raise invalid(f"Too many filters in a group: {len(group)}, at most {FILTERS}.")
        for item in group:
            if item.get("operator") not in OPERATORS or not item.get("propertyName"):
                raise bad_json(f"no filter of operator {item.get('operator')}")
    return groups or [[]]


def _id_bound(groups: list[list[Body]]) -> int | None:
    """Return N where the one group has exactly one filter on the id, ``GT N``."""
    filters = [item for item in groups[0] if item["propertyName"] == "hs_object_id"]
    if len(groups) != 1 or len(filters) != 1 or filters[0]["operator"] != "GT":
        return None
    value = str(filters[0].get("value", ""))
    return int(value) if value.isdigit() else None
