"""Bulk 2.0 query jobs: created, polled, read page by page with a locator."""

from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Response

from .names import salesforce_id
from .salesforce_errors import json_object, not_found, refuse
from .salesforce_load import BOT
from .salesforce_org import Org
from .salesforce_query import Result, run
from .salesforce_render import DELIMITERS, bulk_csv
from .salesforce_soql import parse
from .standin import Call, reply

MAX_RECORDS = 50_000
"""Rows of a page that is not told another size."""

DAILY_QUERY_JOBS = 10_000


@dataclass(slots=True)
class QueryJob:
    """One query job.

    Attributes:
        result: What it found when it was created.
        polls: Status questions until it is complete.
    """

    id: str
    operation: str
    result: Result
    line: str
    delimiter: str
    created: str
    polls: int
    state: str = "UploadComplete"

    def as_json(self, version: str) -> dict[str, Any]:
        """Return the job as the API shows it."""
        done = self.state == "JobComplete"
        return {
            "id": self.id,
            "operation": self.operation,
            "object": self.result.entity,
            "createdById": BOT,
            "createdDate": f"{self.created}+0000",
            "systemModstamp": f"{self.created}+0000",
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(version),
            "lineEnding": self.line,
            "columnDelimiter": self.delimiter,
            "numberRecordsProcessed": len(self.result.rows) if done else 0,
            "retries": 0,
            "totalProcessingTime": 100 if done else 0,
        }


class BulkQuery:
    """Query jobs of one organisation.

    Attributes:
        jobs: By id, deleted ones gone.
    """

    def __init__(self, org: Org) -> None:
        self.org = org
        self.jobs: dict[str, QueryJob] = {}

    def create_query_job(self, call: Call) -> Response:
        """POST /jobs/query."""
        body = json_object(call)
        operation = body.get("operation")
        if operation not in {"query", "queryAll"}:
            raise refuse(400, "INVALIDJOB", f"Unsupported operation: {operation}")
        line, delimiter = formats(body)
        select = parse(str(body.get("query", "")))
        if select.count or select.offset:
            what = "aggregate functions" if select.count else "OFFSET"
            raise refuse(400, "API_ERROR", f"Bulk query does not support {what}")  # unconfirmed
        job = QueryJob(
            salesforce_id("750", self.org.serial()),
            operation,
            run(self.org, select, deleted=operation == "queryAll"),
            line,
            delimiter,
            self.org.now(),
            self.org.job_polls,
        )
        self.jobs[job.id] = job
        return reply(job.as_json(call["version"]))

    def query_jobs(self, call: Call) -> dict[str, Any]:
        """GET /jobs/query."""
        listed = [job.as_json(call["version"]) for job in self.jobs.values()]
        return {"done": True, "records": listed, "nextRecordsUrl": None}

    def query_job(self, call: Call) -> dict[str, Any]:
        """GET /jobs/query/{id}: each question brings it nearer to its end."""
        job = self._job(call)
        if job.state in {"UploadComplete", "InProgress"}:
            job.state = "InProgress" if job.polls > 0 else "JobComplete"
            job.polls -= 1
        return job.as_json(call["version"])

    def change_query_job(self, call: Call) -> dict[str, Any]:
        """PATCH /jobs/query/{id}: abort."""
        job = self._job(call)
        if json_object(call).get("state") != "Aborted" or job.state == "JobComplete":
            raise refuse(400, "INVALIDJOBSTATE", f"Job is in state {job.state}")
        job.state = "Aborted"
        return job.as_json(call["version"])

    def delete_query_job(self, call: Call) -> Response:
        """DELETE /jobs/query/{id}."""
        del self.jobs[self._job(call).id]
        return Response(status=204)

    def query_results(self, call: Call) -> Response:
        """GET /jobs/query/{id}/results: a page; the locator leads to the next one."""
        job = self._job(call)
        if job.state != "JobComplete":
            raise refuse(400, "INVALIDJOBSTATE", f"Job is in state {job.state}, no results yet")
        wanted = call.request.args.get("maxRecords", MAX_RECORDS, type=int)
        if wanted < 1:
            raise refuse(400, "INVALID_ARGUMENT", "maxRecords must be at least 1")  # unconfirmed
        start = self._start(call.request.args.get("locator"))
        rows = job.result.rows[start : start + min(wanted, self.org.bulk_page)]
        end = start + len(rows)
        more = f"MTAw{end}" if end < len(job.result.rows) else "null"
        headers = {"Sforce-Locator": more, "Sforce-NumberOfRecords": str(len(rows))}
        body = bulk_csv(job.result, rows, job.line, job.delimiter)
        return Response(body, content_type=self.org.csv_type, headers=headers)

    def _start(self, locator: str | None) -> int:
        if not locator or locator == "null":
            return 0
        if not locator.startswith("MTAw") or not locator[4:].isdigit():
            raise refuse(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return int(locator[4:])

    def _job(self, call: Call) -> QueryJob:
        job = self.jobs.get(call["job"])
        if job is None:
            raise not_found()
        return job


def formats(body: dict[str, Any]) -> tuple[str, str]:
    """Return a job's line ending and delimiter.

    Raises:
        Refusal: 400 for a format that is not offered.
    """
    line, delimiter = body.get("lineEnding", "LF"), body.get("columnDelimiter", "COMMA")
    if (
        line not in {"LF", "CRLF"}
        or delimiter not in DELIMITERS
        or body.get("contentType", "CSV") != "CSV"
    ):
        raise refuse(400, "INVALIDJOB", "Invalid contentType, lineEnding or columnDelimiter")
    return line, delimiter
