import pytest

from tests.connectors.simulator.salesforce_client import PORTFOLIO, Salesforce, error, rows


@pytest.fixture
def salesforce():
    made = Salesforce()
    made.add_field()
    made.grant()
    return made


def start_query(salesforce, soql, **more):
    body = {"operation": "query", "query": soql, **more}
    return salesforce.send("POST", "/jobs/query", json=body).json


def finish(salesforce, job, kind="query"):
    states = []
    while not states or states[-1] in {"UploadComplete", "InProgress"}:
        states.append(salesforce.send("GET", f"/jobs/{kind}/{job['id']}").json["state"])
    return states


def test_a_query_job_runs_through_its_states(salesforce):
    job = start_query(salesforce, "SELECT Id FROM Account")
    assert job["state"] == "UploadComplete"
    early = salesforce.send("GET", f"/jobs/query/{job['id']}/results")
    assert error(early) == (400, "INVALIDJOBSTATE")
    assert finish(salesforce, job) == ["InProgress", "JobComplete"]


def test_result_pages_repeat_the_header_and_end_with_null(salesforce):
    job = start_query(salesforce, "SELECT Id, Count__c, Day__c FROM Product_Usage__c")
    finish(salesforce, job)
    found, locator, pages = [], None, 0
    while locator != "null":
        asked = {"maxRecords": 7_000} | ({"locator": locator} if locator else {})
        page = salesforce.send("GET", f"/jobs/query/{job['id']}/results", query_string=asked)
        locator = page.headers["Sforce-Locator"]
        assert int(page.headers["Sforce-NumberOfRecords"]) == len(rows(page))
        found += [row["Id"] for row in rows(page)]
        pages += 1
    usage = sum(
        len(PORTFOLIO.usage(customer.index))
        for customer in PORTFOLIO.customers
        if "salesforce" in customer.listings
    )
    assert len(found) == len(set(found)) == usage
    assert pages == -(-usage // 7_000)


def test_csv_values(salesforce):
    ref = salesforce.accounts(1)[0]
    salesforce.org.edit(ref, Description='Zażółć, "gęślą"\njaźń', Website=None)
    soql = f"SELECT Description, Website, IsDeleted, Seats__c, SystemModstamp, Owner.Name FROM Account WHERE Id = '{ref}'"
    job = start_query(salesforce, soql)
    finish(salesforce, job)
    answer = salesforce.send("GET", f"/jobs/query/{job['id']}/results")
    assert answer.headers["Content-Type"] == "text/csv"
    (row,) = rows(answer)
    assert row["Description"] == 'Zażółć, "gęślą"\njaźń'
    assert (row["Website"], row["IsDeleted"]) == ("", "false")
    assert row["SystemModstamp"] == "2026-11-18T12:00:00.000Z"
    assert row["Owner.Name"]
    salesforce.org.csv_type = "text/csv; charset=UTF-8"
    again = salesforce.send("GET", f"/jobs/query/{job['id']}/results")
    assert again.headers["Content-Type"] == "text/csv; charset=UTF-8"


def test_query_all_finds_the_deleted(salesforce):
    gone = sum(listing.deleted_at is not None for listing in PORTFOLIO.listings("salesforce"))
    job = start_query(
        salesforce, "SELECT Id FROM Account WHERE IsDeleted = true", operation="queryAll"
    )
    finish(salesforce, job)
    assert len(rows(salesforce.send("GET", f"/jobs/query/{job['id']}/results"))) == gone > 0


def test_bulk_query_refusals(salesforce):
    def refused(**body):
        return error(salesforce.send("POST", "/jobs/query", json={"operation": "query", **body}))

    assert refused(query="SELECT COUNT() FROM Account") == (400, "API_ERROR")
    assert refused(query="SELECT Nope__c FROM Account") == (400, "INVALID_FIELD")
    assert refused(query="SELECT Id FROM Account", columnDelimiter="SPACE") == (400, "INVALIDJOB")
    assert error(salesforce.send("GET", "/jobs/query/750000000000000AAA")) == (404, "NOT_FOUND")


def test_a_query_job_can_be_aborted_and_deleted(salesforce):
    job = start_query(salesforce, "SELECT Id FROM Account")
    path = f"/jobs/query/{job['id']}"
    assert salesforce.send("PATCH", path, json={"state": "Aborted"}).json["state"] == "Aborted"
    assert salesforce.send("DELETE", path).status_code == 204
    assert salesforce.send("GET", "/jobs/query").json["records"] == []


def open_ingest(salesforce, **more):
    body = {"object": "Account", "operation": "update", "contentType": "CSV", **more}
    return salesforce.send("POST", "/jobs/ingest", json=body).json


def ingest(salesforce, text, **more):
    job = open_ingest(salesforce, **more)
    path = f"/jobs/ingest/{job['id']}"
    sent = salesforce.send("PUT", f"{path}/batches", data=text.encode(), content_type="text/csv")
    assert sent.status_code == 201
    salesforce.send("PATCH", path, json={"state": "UploadComplete"})
    finish(salesforce, job, "ingest")
    return salesforce.send("GET", path).json


def results(salesforce, job, kind):
    return rows(salesforce.send("GET", f"/jobs/ingest/{job['id']}/{kind}"))


def test_ingest_reports_each_row_once(salesforce):
    first, second, third = salesforce.accounts(3)
    salesforce.org.fail_row(second, "UNABLE_TO_LOCK_ROW")
    job = ingest(salesforce, f"Id,Health__c\n{first},5\n{second},6\n{third},abc\n,7\n")
    assert (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (
        "JobComplete", 4, 3,
    )  # fmt: skip
    assert [row["sf__Id"] for row in results(salesforce, job, "successfulResults")] == [first]
    failed = {
        row["Health__c"]: row["sf__Error"].split(":")[0]
        for row in results(salesforce, job, "failedResults")
    }
    assert failed == {
        "6": "UNABLE_TO_LOCK_ROW",
        "abc": "INVALID_TYPE_ON_FIELD_IN_RECORD",
        "7": "MISSING_ARGUMENT",
    }


def test_empty_leaves_a_value_and_the_null_word_clears_it(salesforce):
    first, second = salesforce.accounts(2)
    ingest(salesforce, f"Id,Health__c\n{first},5\n{second},6\n")
    ingest(salesforce, f"Id,Health__c\n{first},\n{second},#N/A\n")
    assert salesforce.org.record(first)["Health__c"] == 5.0
    assert salesforce.org.record(second)["Health__c"] is None


def test_an_unknown_column_fails_the_job_and_processes_nothing(salesforce):
    ref = salesforce.accounts(1)[0]
    job = ingest(salesforce, f"Id,Wealth__c\n{ref},5\n")
    assert job["state"] == "Failed"
    assert "Wealth__c" in job["errorMessage"]
    assert len(results(salesforce, job, "unprocessedrecords")) == 1


def test_a_failed_job_may_have_processed_rows(salesforce):
    salesforce.org.break_ingest_after = 2
    refs = salesforce.accounts(5)
    text = "Id,Health__c\n" + "".join(f"{ref},9\n" for ref in refs)
    job = ingest(salesforce, text)
    assert (job["state"], job["numberRecordsProcessed"]) == ("Failed", 2)
    done = {row["sf__Id"] for row in results(salesforce, job, "successfulResults")}
    left = {row["Id"] for row in results(salesforce, job, "unprocessedrecords")}
    assert (len(done), done | left) == (2, set(refs))


def test_ingest_by_external_id_and_other_formats(salesforce):
    known = salesforce.query(
        "SELECT Id, External_Id__c FROM Account WHERE External_Id__c != null LIMIT 1"
    )
    record = known.json["records"][0]
    job = ingest(
        salesforce,
        f"External_Id__c;Health__c\r\n{record['External_Id__c']};7\r\nC-none;7\r\n",
        operation="upsert", externalIdFieldName="External_Id__c",
        lineEnding="CRLF", columnDelimiter="SEMICOLON",
    )  # fmt: skip
    assert job["numberRecordsFailed"] == 1
    assert salesforce.org.record(record["Id"])["Health__c"] == 7.0


def test_uploads_are_limited_and_taken_once(salesforce):
    salesforce.org.max_upload = 100
    job = open_ingest(salesforce)
    path = f"/jobs/ingest/{job['id']}/batches"
    assert salesforce.send("PUT", path, data=b"x" * 90).status_code == 400
    assert salesforce.send("PUT", path, data=b"Id\n").status_code == 201
    assert error(salesforce.send("PUT", path, data=b"Id\n")) == (400, "INVALIDJOBSTATE")


def test_open_jobs_can_be_found_aborted_and_read(salesforce):
    ref = salesforce.accounts(1)[0]
    job = open_ingest(salesforce)
    path = f"/jobs/ingest/{job['id']}"
    salesforce.send("PUT", f"{path}/batches", data=f"Id,Health__c\n{ref},5\n".encode())
    listed = salesforce.send("GET", "/jobs/ingest").json["records"]
    assert [(row["id"], row["state"]) for row in listed] == [(job["id"], "Open")]
    assert salesforce.send("PATCH", path, json={"state": "Aborted"}).json["state"] == "Aborted"
    assert len(results(salesforce, job, "unprocessedrecords")) == 1
    assert salesforce.org.record(ref)["Health__c"] is None
    refused = salesforce.send("PATCH", path, json={"state": "UploadComplete"})
    assert error(refused) == (400, "INVALIDJOBSTATE")


@pytest.mark.parametrize("data", [b"Id,Health__c\n\xff\xfe,1\n", b"Id,Health__c\n001,1,2\n"])
def test_data_that_is_no_csv_of_the_header_fails_the_job(salesforce, data):
    job = open_ingest(salesforce)
    path = f"/jobs/ingest/{job['id']}"
    salesforce.send("PUT", f"{path}/batches", data=data)
    salesforce.send("PATCH", path, json={"state": "UploadComplete"})
    finish(salesforce, job, "ingest")
    shown = salesforce.send("GET", path).json
    assert (shown["state"], shown["numberRecordsProcessed"]) == ("Failed", 0)
    assert "InvalidBatch" in shown["errorMessage"]


def test_pages_that_cannot_be(salesforce):
    job = start_query(salesforce, "SELECT Id FROM Account")
    finish(salesforce, job)
    path = f"/jobs/query/{job['id']}/results"
    assert salesforce.send("GET", path, query_string={"maxRecords": 0}).status_code == 400
    strange = salesforce.send("GET", path, query_string={"locator": "elsewhere"})
    assert error(strange) == (400, "INVALID_QUERY_LOCATOR")
