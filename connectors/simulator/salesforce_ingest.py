"""Bulk 2.0 ingest jobs: opened, filled with CSV, closed, worked off, read back row by row."""

import contextlib
import csv
import io
import threading
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Response

from connectors.collecting import uncollected

from .names import full_id, salesforce_id
from .salesforce_bulk import formats
from .salesforce_errors import RowError, json_object, not_found, refuse
from .salesforce_load import BOT
from .salesforce_org import Org
from .salesforce_render import DELIMITERS, write_csv
from .salesforce_values import Unreadable
from .salesforce_writes import Known, Writer
from .standin import Call, reply

NULL = "#N/A"


@dataclass(slots=True)
class IngestJob:
    """One ingest job.

    Attributes:
        uploads: Times that data came.
        done: ``sf__Id``, ``sf__Created`` and the row's values, for rows that were written.
        failed: ``sf__Id``, ``sf__Error`` and the row's values.
        left: Values of rows that nobody looked at.
        outcome: State that it will show after ``polls`` more questions.
        over_at: Not before this time of the vendor's.
        worker: Writes its rows meanwhile.
    """

    id: str
    entity: str
    operation: str
    line: str
    delimiter: str
    created: str
    polls: int
    external: str | None = None
    state: str = "Open"
    outcome: str = "JobComplete"
    problem: str = ""
    data: bytes | None = None
    uploads: int = 0
    header: list[str] = field(default_factory=list)
    done: list[list[str]] = field(default_factory=list)
    failed: list[list[str]] = field(default_factory=list)
    left: list[list[str]] = field(default_factory=list)
    over_at: float = 0.0
    worker: threading.Thread | None = None

    def as_json(self, version: str) -> dict[str, Any]:
        """Return the job as the API shows it."""
        shown = {
            "id": self.id,
            "operation": self.operation,
            "object": self.entity,
            "createdById": BOT,
            "createdDate": f"{self.created}+0000",
            "systemModstamp": f"{self.created}+0000",
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(version),
            "lineEnding": self.line,
            "columnDelimiter": self.delimiter,
            "contentUrl": f"services/data/v{version}/jobs/ingest/{self.id}/batches",
            "externalIdFieldName": self.external,
            "numberRecordsProcessed": 0,
            "numberRecordsFailed": 0,
            "retries": 0,
        }
        if self.state in {"JobComplete", "Failed", "Aborted"}:
            shown["numberRecordsProcessed"] = len(self.done) + len(self.failed)
            shown["numberRecordsFailed"] = len(self.failed)
        if self.state == "Failed":
            shown["errorMessage"] = self.problem
        return shown


class BulkIngest:
    """Ingest jobs of one organisation.

    Attributes:
        jobs: By id, deleted ones gone.
    """

    def __init__(self, org: Org, writer: Writer) -> None:
        self.org = org
        self.writer = writer
        self.jobs: dict[str, IngestJob] = {}

    def create_ingest_job(self, call: Call) -> Response:
        """POST /jobs/ingest."""
        body = json_object(call)
        operation, external = body.get("operation"), body.get("externalIdFieldName")
        if operation not in {"update", "upsert"}:
            raise refuse(400, "INVALIDJOB", f"Unsupported operation: {operation}")
        schema = self.org.schema(str(body.get("object", "")))
        if operation == "upsert" and not (external and schema.find(external)):
            raise refuse(400, "INVALIDJOB", "externalIdFieldName is required for upsert")
        line, delimiter = formats(body)
        job = IngestJob(
            salesforce_id("750", self.org.serial()), schema.name, operation, line, delimiter,
            self.org.now(), self.org.job_polls, external,
        )  # fmt: skip
        self.jobs[job.id] = job
        return reply(job.as_json(call["version"]))

    def upload(self, call: Call) -> Response:
        """PUT /jobs/ingest/{id}/batches."""
        job = self._job(call)
        if job.state != "Open" or (job.uploads and not self.org.takes_second_upload):
            raise refuse(400, "INVALIDJOBSTATE", "Job is not Open, or has its data already")
        data = call.request.get_data()
        if len(data) * 4 // 3 > self.org.max_upload:
            text = f"Content exceeds the maximum of {self.org.max_upload} bytes as base64"
            raise refuse(400, "FILE_TOO_LARGE", text)  # unconfirmed: status, code and words
        job.data = data
        job.uploads += 1
        return Response(status=201)

    def change_ingest_job(self, call: Call) -> dict[str, Any]:
        """PATCH /jobs/ingest/{id}: close it, or abort it."""
        job, wanted = self._job(call), json_object(call).get("state")
        if wanted == "UploadComplete" and job.uploads > 1:
            text = f"Found multipe contents for job: <{job.id}>, make sure you only do 'PUT' once"
            raise refuse(400, "INVALIDJOB", text)
        if wanted == "UploadComplete" and job.state == "Open":
            job.state = wanted
            self._start(job)
        elif wanted == "Aborted" and job.state not in {"JobComplete", "Failed"}:
            job.state = wanted
            if job.data and not job.header:
                with contextlib.suppress(ValueError):
                    job.header, job.left = _rows(job)
        else:
            raise refuse(400, "INVALIDJOBSTATE", f"Job is in state {job.state}")
        return job.as_json(call["version"])

    def ingest_jobs(self, call: Call) -> dict[str, Any]:
        """GET /jobs/ingest."""
        listed = [job.as_json(call["version"]) for job in self.jobs.values()]
        return {"done": True, "records": listed, "nextRecordsUrl": None}

    def ingest_job(self, call: Call) -> dict[str, Any]:
        """GET /jobs/ingest/{id}: each question brings it nearer to its end."""
        job = self._job(call)
        if job.state in {"UploadComplete", "InProgress"}:
            over = job.polls <= 0 and self.org.clock() >= job.over_at
            job.state = self._outcome(job) if over else "InProgress"
            job.polls -= 1
        return job.as_json(call["version"])

    def delete_ingest_job(self, call: Call) -> Response:
        """DELETE /jobs/ingest/{id}."""
        job = self._job(call)
        if job.state in {"UploadComplete", "InProgress"}:
            raise refuse(400, "INVALIDJOBSTATE", f"Job is in state {job.state}")
        del self.jobs[job.id]
        return Response(status=204)

    def ingest_results(self, call: Call) -> Response:
        """GET successfulResults, failedResults or unprocessedrecords of a job."""
        job, kind = self._job(call), call["kind"]
        if job.state not in {"JobComplete", "Failed", "Aborted"}:
            raise refuse(400, "INVALIDJOBSTATE", f"Job is in state {job.state}, no results yet")
        extra, rows = {
            "successfulResults": (["sf__Id", "sf__Created"], job.done),
            "failedResults": (["sf__Id", "sf__Error"], job.failed),
            "unprocessedrecords": ([], job.left),
        }[kind]
        turned = rows[len(rows) // 2 :] + rows[: len(rows) // 2]  # the order is not promised
        body = write_csv([*extra, *job.header], turned, job.line, job.delimiter)
        return Response(body, content_type=self.org.csv_type)

    def _job(self, call: Call) -> IngestJob:
        job = self.jobs.get(call["job"])
        if job is None:
            raise not_found()
        return job

    def _start(self, job: IngestJob) -> None:
        """Work a job off: at once, or meanwhile where it is to take a time."""
        if not self.org.job_seconds:
            self._work(job)
            return
        job.over_at = self.org.clock() + self.org.job_seconds
        job.worker = threading.Thread(target=self._work, args=(job,), daemon=True)
        job.worker.start()

    def _outcome(self, job: IngestJob) -> str:
        if job.worker is not None:
            job.worker.join()
        return job.outcome

    def _work(self, job: IngestJob) -> None:
        """Write the rows; the job shows it later."""
        with uncollected:  # a collector would walk over all rows of the organisation
            self._write_all(job)

    def _write_all(self, job: IngestJob) -> None:
        try:
            job.header, rows = _rows(job)
        except ValueError as problem:
            job.outcome, job.problem = "Failed", f"InvalidBatch : {problem}"
            return
        table = self.org.table(job.entity)
        names = [name for name in job.header if name.lower() != "id"]
        unknown = self.writer.unknown(table, dict.fromkeys(names))
        if unknown is not None:
            job.outcome, job.problem = "Failed", f"InvalidBatch : Field name not found : {unknown}"
            job.left = rows
            return
        stop = self.org.break_ingest_after
        if stop is not None:
            job.outcome, job.problem = "Failed", "InternalServerError : simulated"
            rows, job.left = rows[:stop], rows[stop:]
        self._write(job, rows)

    def _write(self, job: IngestJob, rows: list[list[str]]) -> None:
        table, known = self.org.table(job.entity), Known()
        key = (job.external or "Id").lower()
        lower = [name.lower() for name in job.header]
        at = lower.index(key) if key in lower else None
        fields = [
            (place, name)
            for place, name in enumerate(job.header)
            if lower[place] not in {"id", key}
        ]
        for row in rows:
            ref = "" if at is None else row[at]
            if job.external:
                ref = self.org.by_external(table, job.external, ref) or ref
            values = {
                name: None if row[place] == NULL else row[place]
                for place, name in fields
                if row[place] != ""
            }
            try:
                self.writer.update(table, ref, values, known)
                job.done.append([full_id(ref), "false", *row])
            except RowError as error:
                told = f"{error.code}:{error.message}:{','.join(error.fields) or '--'}"
                job.failed.append([ref if error.code != "MISSING_ARGUMENT" else "", told, *row])
            except Unreadable as problem:
                told = f"INVALID_TYPE_ON_FIELD_IN_RECORD:invalid {problem.kind}: {problem.value}:--"
                job.failed.append([ref, told, *row])


def _rows(job: IngestJob) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows of a job's data; a short row is filled up.

    Raises:
        ValueError: not UTF-8, or a row longer than the header.
    """
    text = (job.data or b"").decode("utf-8-sig")
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[job.delimiter])
    header = next(lines, [])
    rows = [row + [""] * (len(header) - len(row)) for row in lines if row]
    if any(len(row) > len(header) for row in rows):
        raise ValueError("The number of columns in a row does not match the header")
    return header, rows
