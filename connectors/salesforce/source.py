"""The reading side of a Salesforce connection."""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors.base import Context, FieldSpec, Page, Stream
from connectors.columns import join
from connectors.errors import RequestError, SetupError
from connectors.mapping import Batch, FieldMap, TableMap
from connectors.pages import ahead
from connectors.quick import Values

from .answers import Answer
from .client import Client
from .derived import derive, flags
from .plans import Plan, make_plan, streams
from .reading import Part, Reading
from .settings import Settings
from .watermark import Watermark, literal


class Reader:
    """Reads the objects that the settings name."""

    def __init__(self, name: str, settings: Settings, context: Context, client: Client) -> None:
        self._name = name
        self._settings = settings
        self._context = context
        self._client = client
        self._counts: dict[str, int] | None = None
        self._plans: dict[str, Plan] = {}

    def streams(self) -> Sequence[Stream]:
        """Return what is read, accounts first."""
        return streams(self._settings)

    @property
    def own_fields(self) -> Sequence[FieldSpec]:
        """Fields of ours that this connection is a target of."""
        return self._context.own_fields

    def forget(self) -> None:
        """Describe objects anew: fields have been made or granted."""
        self._plans.clear()

    def plan(self, entity: str) -> Plan:
        """Return how an object is read. Errors as ``make_plan``."""
        if entity not in self._plans:
            own = self._context.own_fields
            self._plans[entity] = make_plan(entity, self._settings, self._client, own)
        return self._plans[entity]

    def read(self, entity: str, since: str | None) -> Iterator[Page]:
        """Yield the records of an object since a watermark, or all.

        Raises:
            SetupError, TransientError: as ``Source.read``.
        """
        plan = self.plan(entity)
        mark = self._start(plan, since)
        reading = Reading(self._client, plan, self._settings.bulk_above)
        expected = self._expected(entity) if mark.full else None
        for part in ahead(reading.parts(mark, expected)):
            page = self._page(plan, part, complete=since is None and part[1].over)
            del part  # up to 50,000 records, while the next are on their way
            yield page

    def _start(self, plan: Plan, since: str | None) -> Watermark:
        now = literal(self._client.http.server_time())
        if since is None:
            return Watermark(now, full=True)
        return Watermark.parse(since).next(now, formulas=bool(plan.formulas))

    def _expected(self, entity: str) -> int | None:
        """Return about how many records an object has; one request for all objects.

        None where the running user may not see the counts: then the first page tells.
        """
        if self._counts is None:
            names = ",".join(stream.name for stream in self.streams())
            self._client.http.stats.count("count records", least=1)
            try:
                found = self._client.rest(
                    "GET", "limits/recordCount", "count records", params={"sObjects": names}
                )
            except (SetupError, RequestError):
                found = {}
            listed = found.get("sObjects", []) if isinstance(found, dict) else []
            self._counts = {entry["name"]: int(entry["count"]) for entry in listed}
        return self._counts.get(entity)

    def _page(self, plan: Plan, part: Part, *, complete: bool) -> Page:
        answer, mark = part
        batch = Batch(self._name, self._context.now, self._settings.personal_data)
        raw = {**raw_columns(plan.map, answer), **derive(plan.entity, answer, plan.given)}
        tables = {plan.map.table: plan.map.build_columns(raw, answer.count, batch)}
        if plan.entity == "Account" and self._context.own_fields:
            tables["held"] = held(answer, self._context.own_fields, plan.own)
        return Page(tables, mark.text(), answer.count, batch.findings, complete)


def raw_columns(mapped: TableMap, answer: Answer) -> dict[str, Values]:
    """Return canonical column -> the vendor's values, for ``TableMap.build_columns``."""

    def values(entry: FieldMap) -> Values:
        names = entry.fields
        if not names:
            return [entry.value] * answer.count
        return answer.values(names[0]) if len(names) == 1 else join(map(answer.column, names))

    return {name: values(entry) for name, entry in mapped.columns.items()}


def held(answer: Answer, specs: Sequence[FieldSpec], there: Sequence[str]) -> pa.Table:
    """Return what our own fields hold now: id, and canonical text by field; not of deleted ones."""
    nothing = pa.nulls(answer.count, pa.string())
    columns = {"id": pa.array(answer.values("Id"), pa.string())} | {
        spec.name: pa.array(_texts(spec, answer.column(spec.name)), pa.string())
        if spec.name in there
        else nothing
        for spec in specs
    }
    table = pa.table(columns)
    return table.filter(pc.invert(flags(answer, "IsDeleted")))


def _texts(spec: FieldSpec, values: Sequence[Any]) -> list[str | None]:
    """Return canonical texts; Salesforce turns line feeds in long texts into CR LF."""
    known = {value: spec.to_text(value) for value in set(values)}
    return [text and text.replace("\r\n", "\n") for text in map(known.get, values)]
