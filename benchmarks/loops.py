"""Hand-written loops: requests and the standard library, no retries, no checks, nothing built.

They ask for the same pages as the connectors do, and stop at decoded rows.
"""

import csv
import io
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

BULK_ROWS = 50_000
_SF = "/services/data/v67.0"


def salesforce(url: str, secrets: dict[str, str], entity: str, fields: Sequence[str]) -> int:
    """Read an object by a Bulk 2.0 query job; return the rows."""
    session = _salesforce(url, secrets)
    jobs = f"{url}{_SF}/jobs/query"
    query = f"SELECT {', '.join(fields)} FROM {entity}"
    body = {"operation": "queryAll", "query": query}
    job = f"{jobs}/{session.post(jobs, json=body).json()['id']}"
    while session.get(job).json()["state"] != "JobComplete":
        time.sleep(0.25)
    rows, locator = 0, ""
    while locator != "null":
        params = {"maxRecords": str(BULK_ROWS)} | ({"locator": locator} if locator else {})
        answer = session.get(f"{job}/results", params=params)
        text = answer.content.decode()
        rows += sum(1 for _ in csv.DictReader(io.StringIO(text, newline="")))
        locator = answer.headers["Sforce-Locator"]
    return rows


def hubspot(url: str, secrets: dict[str, str], kind: str, fields: Sequence[str]) -> int:
    """List an object type; return the rows."""
    session = _bearer(secrets["token"])
    params = {"limit": "100", "properties": ",".join(fields)}
    rows, after = 0, None
    while True:
        more = {"after": after} if after else {}
        answer = session.get(f"{url}/crm/objects/2026-03/{kind}", params=params | more)
        body = json.loads(answer.content)
        rows += len(body["results"])
        if "paging" not in body:
            return rows
        after = body["paging"]["next"]["after"]


def zendesk(url: str, secrets: dict[str, str], resource: str, _fields: Sequence[str]) -> int:
    """Export a resource; return the rows."""
    session = _bearer(secrets["token"])
    timed = resource == "organizations"
    path = f"{url}/api/v2/incremental/{resource}{'' if timed else '/cursor'}"
    where: dict[str, Any] = {"start_time": 0}
    extra = {"per_page": 1000} | ({"include": "metric_sets,users"} if resource == "tickets" else {})
    seen: set[Any] = set()
    while True:
        body = json.loads(session.get(path, params=where | extra).content)
        seen.update(row["id"] for row in body[resource])
        if body["end_of_stream"]:
            return len(seen)
        where = {"start_time": body["end_time"]} if timed else {"cursor": body["after_cursor"]}


def write_salesforce(url: str, secrets: dict[str, str], rows: Sequence[dict[str, Any]]) -> int:
    """Update Accounts by one Bulk 2.0 ingest job; return the rows written."""
    session = _salesforce(url, secrets)
    jobs = f"{url}{_SF}/jobs/ingest"
    body = {"object": "Account", "operation": "update", "contentType": "CSV", "lineEnding": "LF"}
    job = f"{jobs}/{session.post(jobs, json=body).json()['id']}"
    text = io.StringIO(newline="")
    lines = csv.DictWriter(text, ["Id", *rows[0]["values"]], lineterminator="\n")
    lines.writeheader()
    lines.writerows({"Id": row["ref"], **row["values"]} for row in rows)
    session.put(f"{job}/batches", data=text.getvalue().encode()).raise_for_status()
    session.patch(job, json={"state": "UploadComplete"})
    while (state := session.get(job).json())["state"] != "JobComplete":
        time.sleep(0.25)
    return int(state["numberRecordsProcessed"] - state["numberRecordsFailed"])


def write_hubspot(url: str, secrets: dict[str, str], rows: Sequence[dict[str, Any]]) -> int:
    """Update companies by batches, four at a time; return the rows written."""
    session = _bearer(secrets["token"])

    def send(batch: Sequence[dict[str, Any]]) -> int:
        inputs = [{"id": row["ref"], "properties": row["values"]} for row in batch]
        path = f"{url}/crm/objects/2026-03/companies/batch/update"
        while (answer := session.post(path, json={"inputs": inputs})).status_code == 429:
            time.sleep(1)
        return len(answer.json()["results"])

    with ThreadPoolExecutor(4) as pool:
        return sum(pool.map(send, _hundreds(rows)))


def write_zendesk(url: str, secrets: dict[str, str], rows: Sequence[dict[str, Any]]) -> int:
    """Update organizations by jobs, fifteen at a time; return the rows written."""
    session = _bearer(secrets["token"])

    def send(batch: Sequence[dict[str, Any]]) -> int:
        inputs = [{"id": int(row["ref"]), "organization_fields": row["values"]} for row in batch]
        path = f"{url}/api/v2/organizations/update_many.json"
        while (answer := session.put(path, json={"organizations": inputs})).status_code == 429:
            time.sleep(1)
        job = answer.json()["job_status"]["id"]
        while True:
            time.sleep(0.4)
            answer = session.get(f"{url}/api/v2/job_statuses/{job}")
            state = answer.json().get("job_status") or {}  # none where the limit is reached
            if state.get("status") == "completed":
                return sum(bool(row.get("success")) for row in state["results"])

    with ThreadPoolExecutor(15) as pool:
        return sum(pool.map(send, _hundreds(rows)))


READ = {"salesforce": salesforce, "hubspot": hubspot, "zendesk": zendesk}
WRITE = {"salesforce": write_salesforce, "hubspot": write_hubspot, "zendesk": write_zendesk}


def _hundreds(rows: Sequence[dict[str, Any]]) -> list[Sequence[dict[str, Any]]]:
    return [rows[start : start + 100] for start in range(0, len(rows), 100)]


def _bearer(token: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {token}"
    return session


def _salesforce(url: str, secrets: dict[str, str]) -> requests.Session:
    form = {"grant_type": "client_credentials", "client_id": secrets["client_id"]}
    form["client_secret"] = secrets["client_secret"]
    answer = requests.post(f"{url}/services/oauth2/token", data=form, timeout=60)
    return _bearer(answer.json()["access_token"])
