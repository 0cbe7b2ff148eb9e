"""REST resources of the Salesforce stand-in: queries, records, describe, limits, composites."""

from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.wrappers import Response

from .names import full_id
from .salesforce_bulk import DAILY_QUERY_JOBS
from .salesforce_errors import json_object, not_found, refuse
from .salesforce_load import BOT
from .salesforce_org import Org
from .salesforce_query import Result, run
from .salesforce_render import records
from .salesforce_schema import PREFIXES
from .salesforce_soql import Comparison, Literal, Select, parse
from .salesforce_table import Row, Table, stamp
from .salesforce_tooling import create_field
from .salesforce_writes import Writer
from .standin import Call, reply

BATCH = range(200, 2_001)
"""Records of a page that a client may ask for."""

LONG_TEXT_BATCH = 200
DELETED_DAYS = 30  # unconfirmed: how far back deleted/ may be asked


class Rest:
    """REST resources of one organisation."""

    def __init__(self, org: Org, writer: Writer) -> None:
        self.org = org
        self.writer = writer

    def query(self, call: Call) -> dict[str, Any]:
        """GET /query and /queryAll."""
        deleted = call.request.path.rstrip("/").lower().endswith("queryall")
        result = run(self.org, parse(call.request.args.get("q", "")), deleted=deleted)
        if result.count:
            return {"totalSize": len(result.rows), "done": True, "records": []}
        locator = f"01g{self.org.serial():015d}"
        if len(result.rows) > self._batch(call, result):
            self.org.queries[locator] = result
        return self._page(call, result, locator, 0)

    def query_more(self, call: Call) -> dict[str, Any]:
        """GET /query/{locator}-{offset}."""
        locator, _, start = call["locator"].partition("-")
        result = self.org.queries.get(locator)
        if result is None or not start.isdigit():
            raise refuse(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(call, result, locator, int(start))

    def _page(self, call: Call, result: Result, locator: str, start: int) -> dict[str, Any]:
        version, end = call["version"], start + self._batch(call, result)
        page: dict[str, Any] = {"totalSize": len(result.rows), "done": end >= len(result.rows)}
        if not page["done"]:
            page["nextRecordsUrl"] = f"/services/data/v{version}/query/{locator}-{end}"
        page["records"] = records(result, result.rows[start:end], version)
        return page

    def _batch(self, call: Call, result: Result) -> int:
        """Return the records of a page: fewer than asked where long texts are selected."""
        options = call.request.headers.get("Sforce-Query-Options", "")
        asked = options.lower().partition("batchsize=")[2].strip()
        size = int(asked) if asked.isdigit() else BATCH[-1]
        size = min(max(size, BATCH[0]), BATCH[-1], self.org.query_page)
        long_texts = sum(column.field.type == "textarea" for column in result.columns)
        return min(size, LONG_TEXT_BATCH) if long_texts > 1 else size

    def limits(self, _call: Call) -> dict[str, Any]:
        """GET /limits."""
        left = self.org.calls.limit - self.org.used
        return {
            "DailyApiRequests": {"Max": self.org.calls.limit, "Remaining": max(left, 0)},
            "DailyBulkV2QueryJobs": {"Max": DAILY_QUERY_JOBS, "Remaining": DAILY_QUERY_JOBS},
            "DailyBulkApiBatches": {"Max": 15_000, "Remaining": 15_000},
            "DailyBulkV2QueryFileStorageMB": {"Max": 976_562, "Remaining": 976_562},
        }

    def record_count(self, call: Call) -> dict[str, Any]:
        """GET /limits/recordCount; objects without rows are missing."""
        wanted = [name for name in call.request.args.get("sObjects", "").split(",") if name]
        counts = []
        for name in wanted or list(self.org.tables):
            if name.lower() not in self.org.names:
                continue
            table = self.org.table(name)
            if count := sum(1 for _ in table.live()):
                counts.append({"count": count, "name": table.schema.name})
        return {"sObjects": counts}

    def describe_global(self, _call: Call) -> dict[str, Any]:
        """GET /sobjects."""
        listed = [self._head(table) for table in self.org.tables.values()]
        return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed}

    def describe(self, call: Call) -> dict[str, Any]:
        """GET /sobjects/{object}/describe: visible fields only."""
        table, access = self._table(call), self.org.access
        entity = table.schema.name
        fields = [
            known.describe(editable=access.editable(entity, known.name))
            for known in table.schema.fields.values()
            if access.visible(entity, known.name)
        ]
        return {**self._head(table), "fields": fields, "childRelationships": []}

    def _head(self, table: Table) -> dict[str, Any]:
        name = table.schema.name
        flags = dict.fromkeys(("queryable", "retrieveable", "createable", "updateable"), True)
        return {
            "name": name,
            "label": name.removesuffix("__c").replace("_", " "),
            "keyPrefix": PREFIXES[name],
            "custom": name.endswith("__c"),
            **flags,
        }

    def _table(self, call: Call) -> Table:
        """Return the object that a path names; the path's 404 is not the query's 400."""
        if call["entity"].lower() not in self.org.names:
            raise not_found()
        return self.org.table(call["entity"])

    def deleted(self, call: Call) -> dict[str, Any]:
        """GET /sobjects/{object}/deleted: ids of the rows deleted in a span."""
        table = self._table(call)
        start, end = (self._moment(call, name) for name in ("start", "end"))
        now = datetime.fromtimestamp(self.org.clock(), UTC)
        if start >= end:
            raise refuse(400, "INVALID_REPLICATION_DATE", "startDate before endDate expected")
        if start < now - timedelta(days=DELETED_DAYS):
            raise refuse(400, "INVALID_REPLICATION_DATE", "startDate more than 30 days ago")
        low, high = stamp(start) or "", stamp(end) or ""
        gone = [row for row in table.rows.values() if self._gone_in(table, row, low, high)]
        return {
            "deletedRecords": [
                {"id": row[0], "deletedDate": f"{table.get(row, 'SystemModstamp')}+0000"}
                for row in gone
            ],
            "earliestDateAvailable": f"{stamp(now - timedelta(days=DELETED_DAYS))}+0000",
            "latestDateCovered": f"{min(high, self.org.now())}+0000",
        }

    def _gone_in(self, table: Table, row: Row, low: str, high: str) -> bool:
        return bool(table.get(row, "IsDeleted")) and low <= table.get(row, "SystemModstamp") < high

    def _moment(self, call: Call, name: str) -> datetime:
        text = call.request.args.get(name, "").replace(" ", "+")
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise refuse(400, "MALFORMED_QUERY", f"bad value for {name}: {text}") from None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def get_record(self, call: Call) -> dict[str, Any]:
        """GET /sobjects/{object}/{id}."""
        table, ref = self._table(call), full_id(call["ref"])
        row = table.rows.get(ref)
        if row is None or table.get(row, "IsDeleted"):
            raise not_found(
                f"Provided external ID field does not exist or is not accessible: {ref}"
            )
        entity = table.schema.name
        asked = call.request.args.get("fields")
        names = asked or ",".join(
            n for n in table.schema.fields if self.org.access.visible(entity, n)
        )
        by_id = Comparison("Id", "=", Literal("string", ref))
        select = Select(fields=tuple(names.split(",")), entity=entity, where=by_id)
        result = run(self.org, select)
        return records(result, result.rows, call["version"])[0]

    def update_record(self, call: Call) -> Response:
        """PATCH /sobjects/{object}/{id}: 204 without a body."""
        self.writer.single(self._table(call), call["ref"], json_object(call))
        return Response(status=204)

    def create_record(self, call: Call) -> Response:
        """POST /sobjects/{object}."""
        made = self.writer.create(self._table(call), json_object(call))
        return reply(made, 201)

    def upsert_record(self, call: Call) -> Response:
        """PATCH /sobjects/{object}/{external id field}/{value}: 200, here only for known rows."""
        table = self._table(call)
        known = table.schema.find(call["field"])
        if known is None or not known.external:
            raise not_found("Provided external ID field does not exist or is not accessible: "
                            f"{call['field']}")  # fmt: skip
        ref = self.org.by_external(table, known.name, call["value"])
        values = json_object(call)
        if ref is None:
            made = self.writer.create(table, {**values, known.name: call["value"]})
            return reply({**made, "created": True}, 201)
        self.writer.single(table, ref, values)
        return reply({"id": ref, "success": True, "errors": [], "created": False})

    def collection(self, call: Call) -> Response:
        """PATCH /composite/sobjects."""
        listed: Any = self.writer.collection(json_object(call))
        return reply(listed)

    def create_custom_field(self, call: Call) -> Response:
        """POST /tooling/sobjects/CustomField."""
        return reply(create_field(self.org, json_object(call)), 201)

    def user_info(self, _call: Call) -> dict[str, Any]:
        """GET /services/oauth2/userinfo."""
        return {"user_id": BOT, "organization_id": next(iter(self.org.tables["Organization"].rows))}

    def resources(self, call: Call) -> dict[str, Any]:
        """GET /services/data/vNN.0."""
        base = f"/services/data/v{call['version']}"
        return {
            name: f"{base}/{name}" for name in ("query", "queryAll", "sobjects", "limits", "jobs")
        }
