"""Writing: collections for few updates, Bulk 2.0 for many; every row ends with a result."""

import csv
import io
import json

import pytest
import requests

from connectors.base import FieldUpdate
from connectors.errors import RequestError, SetupError, TransientError
from connectors.salesforce.ingest import Ingest
from connectors.simulator.salesforce_errors import refuse

from .org import BAND, HEALTH, REASONS, SCORED, Log, ready, updates

NAMES = (HEALTH.name, BAND.name)


def collections(one) -> list[int]:
    """Sizes of the collections that were sent."""
    sent = [body for method, path, body in one.wire.sent if path.endswith("composite/sobjects")]
    return [len(json.loads(body)["records"]) for body in sent]


def text_of(request) -> str:
    body = request.body or ""
    return body.decode() if isinstance(body, bytes) else body


def value(one, ref, name=HEALTH.name):
    return one.org.record(ref)[name]


def many(one, count: int) -> list[str]:
    """Accounts of an organisation that has been made larger."""
    table = one.org.table("Account")
    row = dict(zip(table.columns, next(iter(table.live())), strict=True))
    refs = [f"001{number:012d}AAA" for number in range(count)]
    for ref in refs:
        table.put(row | {"Id": ref})
    return refs


def test_values_arrive_with_their_types() -> None:
    one = ready()
    text = 'Fewer logins (-6),\n"Zoë"'
    values = {HEALTH.name: "61.5", REASONS.name: text, SCORED.name: "2026-11-18T08:00:00Z"}
    log = Log()
    (result,) = one.to.write([FieldUpdate(one.accounts[0], values)], log)
    assert result.ok
    assert log.told == [("sending", [one.accounts[0]])]
    assert value(one, one.accounts[0]) == 61.5
    assert value(one, one.accounts[0], REASONS.name) == text
    assert value(one, one.accounts[0], SCORED.name) == "2026-11-18T08:00:00.000"


def test_batches_are_full_and_a_record_is_in_one_only_once() -> None:
    one = ready()
    refs = many(one, 450)
    results = list(one.to.write(updates([*refs, refs[-1]]), Log()))
    assert [result.ref for result in results] == [*refs, refs[-1]]
    assert sorted(collections(one)) == [1, 50, 200, 200]
    assert one.to.stats.least["write Account"] == 4


def test_rows_that_fail_inside_a_200_are_matched_by_position() -> None:
    one = ready()
    bad = {
        one.accounts[1]: "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        one.accounts[3]: "INSUFFICIENT_ACCESS_OR_READONLY",
    }
    for ref, code in bad.items():
        one.org.fail_row(ref, code, "the vendor's reason")
    results = list(one.to.write(updates(one.accounts[:6]), Log()))
    assert {result.ref: result.code for result in results if not result.ok} == bad
    assert {result.message for result in results if not result.ok} == {"the vendor's reason"}
    assert not any(result.retryable for result in results)
    assert collections(one) == [6]


def test_a_locked_row_alone_is_sent_again_until_it_gives_up() -> None:
    one = ready()
    one.org.fail_row(one.accounts[1], "UNABLE_TO_LOCK_ROW", times=2)
    one.org.fail_row(one.accounts[2], "UNABLE_TO_LOCK_ROW")
    results = list(one.to.write(updates(one.accounts[:6]), Log()))
    assert [result.ok for result in results] == [True, True, False, True, True, True]
    assert results[2].retryable
    assert collections(one) == [6, 2, 2, 1]


def test_a_batch_refused_as_a_whole_is_halved_until_the_bad_row_is_alone() -> None:
    one = ready()
    sending = one.wire.send

    def send(request, **more):
        if "poison" in text_of(request):
            refusal = refuse(400, "JSON_PARSER_ERROR", "Cannot deserialize").body
            one.wire.answers.append(("composite/sobjects", 400, json.dumps(refusal).encode(), {}))
        return sending(request, **more)

    one.wire.send = send
    sent = updates(one.accounts[:16])
    sent[11] = FieldUpdate(sent[11].ref, {REASONS.name: "poison"})
    results = list(one.to.write(sent, Log()))
    assert [result.ref for result in results if not result.ok] == [sent[11].ref]
    assert results[11].code == "JSON_PARSER_ERROR"
    assert [result.ref for result in results] == [update.ref for update in sent]
    assert collections(one) == [16, 8, 8, 4, 2, 2, 1, 1, 4]


@pytest.mark.parametrize("above", [2000, 1])
def test_a_field_that_vanished_ends_the_write_by_name(above) -> None:
    one = ready(bulk_above=above)
    one.org.hide("Account", BAND.name)
    with pytest.raises(SetupError, match=BAND.name):
        list(one.to.write(updates(one.accounts[:30]), Log()))
    assert len(collections(one)) <= 1


def test_null_clears_and_what_is_not_named_stays() -> None:
    for above in (2000, 1):
        one = ready(bulk_above=above)
        first, second = one.accounts[:2]
        assert all(result.ok for result in one.to.write(updates([first, second]), Log()))
        clear = [
            FieldUpdate(first, {HEALTH.name: None}),
            FieldUpdate(second, {BAND.name: "red"}),
        ]
        assert all(result.ok for result in one.to.write(clear, Log()))
        assert [value(one, first, name) for name in NAMES] == [None, "green"]
        assert [value(one, second, name) for name in NAMES] == [61.5, "red"]


def test_an_answer_of_another_length_is_no_success() -> None:
    one = ready()
    one.wire.answers.append(("composite/sobjects", 200, b'[{"success": true}]', {}))
    with pytest.raises(TransientError, match="a result for each"):
        list(one.to.write(updates(one.accounts[:2]), Log()))


def test_what_was_written_before_an_outage_is_told() -> None:
    one = ready()
    refs = many(one, 450)
    sending = one.wire.send

    def send(request, **more):
        if refs[210] in text_of(request):
            one.wire.answers.append((request.path_url, 503, b"down", {}))
        return sending(request, **more)

    one.wire.send = send
    told = []
    with pytest.raises(TransientError):
        told.extend(take(told, one.to.write(updates(refs), Log())))
    written = [ref for ref in refs if value(one, ref) == 61.5]
    assert [result.ref for result in told if result.ok] == written
    assert written == refs[:200] + refs[400:]


def take(told, results):
    for result in results:
        told.append(result)
    return ()


def test_many_updates_go_as_one_job_that_is_logged_before_its_data() -> None:
    one = ready()
    refs = many(one, 2001)
    log = Log()
    results = list(one.to.write(updates(refs), log))
    assert [result.ref for result in results] == refs
    assert all(result.ok for result in results)
    assert [kind for kind, _ in log.told] == ["sending", "job"]
    jobs = [path for path in one.wire.paths() if "/jobs/" in path]
    assert [path.split("/jobs/ingest")[0][:5].strip() for path in jobs] == [
        "POST /"[:5].strip(), "PUT /", "PATCH", "GET /", "GET /",
    ]  # fmt: skip
    assert value(one, refs[2000]) == 61.5


@pytest.mark.parametrize(("seconds", "polls"), [(0.04, 1), (2, 13), (60, 26), (3600, 145)])
def test_the_end_of_a_job_is_seen_soon_and_by_few_questions(seconds, polls) -> None:
    one = ready(bulk_above=10)
    one.org.job_polls, one.org.job_seconds = 0, seconds
    began = one.app.clock()
    assert all(result.ok for result in one.to.write(updates(one.accounts[:20]), Log()))
    took = one.app.clock() - began
    assert seconds <= took <= min(seconds * 1.3 + 0.05, seconds + 30)
    assert one.to.stats.made["write Account"] <= 3 + polls


def test_a_job_of_many_rows_is_not_asked_for_before_it_can_be_over() -> None:
    one = ready()
    one.org.job_polls, one.org.job_seconds = 0, 0.2
    assert all(result.ok for result in one.to.write(updates(many(one, 10_000)), Log()))
    assert one.to.stats.made == {"log in": 1, "write Account": 4}


def test_failed_and_locked_rows_of_a_job() -> None:
    one = ready(bulk_above=10)
    refs = one.accounts[:30]
    one.org.fail_row(refs[3], "FIELD_CUSTOM_VALIDATION_EXCEPTION", 'no, "not" so: never')
    one.org.fail_row(refs[5], "UNABLE_TO_LOCK_ROW", times=1)
    one.org.csv_type = "text/csv"
    results = list(one.to.write(updates(refs), Log()))
    assert [result.ref for result in results] == refs
    assert [result.ref for result in results if not result.ok] == [refs[3]]
    assert results[3].code == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert results[3].message == 'no, "not" so: never'
    assert collections(one) == [1]
    assert [path.rpartition("/")[2] for path in one.wire.paths()].count("failedResults") == 1


def test_a_job_that_breaks_in_the_middle_counts_what_is_acknowledged() -> None:
    one = ready(bulk_above=10)
    one.org.break_ingest_after = 12
    refs = one.accounts[:30]
    results = list(one.to.write(updates(refs), Log()))
    assert [result.ok for result in results] == [True] * 12 + [False] * 18
    assert {result.code for result in results[12:]} == {"NOT_PROCESSED"}
    assert all(result.retryable for result in results[12:])
    read = [path.rpartition("/")[2] for path in one.wire.paths() if "Results" in path]
    assert read == ["failedResults", "successfulResults"]
    assert [ref for ref in refs if value(one, ref) == 61.5] == refs[:12]


def test_rows_beyond_the_daily_allocation_are_not_taken_for_written() -> None:
    """Such rows stand in none of the three lists."""
    one = ready(bulk_above=10)
    refs = one.accounts[:20]
    sending = one.wire.send

    def send(request, **more):
        response = sending(request, **more)
        if request.method == "GET" and "/jobs/ingest/" in request.url:
            job = next(iter(one.app.ingest.jobs.values()))
            del job.done[15:]
        return response

    one.wire.send = send
    results = list(one.to.write(updates(refs), Log()))
    assert [result.ok for result in results] == [True] * 15 + [False] * 5


def test_a_token_that_expires_between_the_steps_of_a_job() -> None:
    one = ready(bulk_above=10)
    sending, asked = one.wire.send, []

    def send(request, **more):
        if "/jobs/ingest" in request.url:
            asked.append(request.method)
            if len(asked) % 2:  # every second try, so that each step is refused once
                one.app.expire_tokens()
        return sending(request, **more)

    one.wire.send = send
    results = list(one.to.write(updates(one.accounts[:20]), Log()))
    assert all(result.ok for result in results)
    assert asked == ["POST", "POST", "PUT", "PUT", "PATCH", "PATCH", "GET", "GET", "GET", "GET"]


@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize("lost", ["PUT", "PATCH"])
def test_a_step_of_a_job_whose_answer_is_lost_writes_every_row_once(lost, twice) -> None:
    one = ready(bulk_above=10)
    one.org.takes_second_upload = twice
    losses = iter([True])
    sending = one.wire.send

    def send(request, **more):
        answer = sending(request, **more)
        if "/jobs/ingest" in request.url and request.method == lost and next(losses, False):
            raise requests.ConnectionError
        return answer

    one.wire.send = send
    log = Log()
    assert all(result.ok for result in one.to.write(updates(one.accounts[:20]), log))
    jobs = list(one.app.ingest.jobs.values())
    assert [job.id for job in jobs] == [job for kind, job in log.told if kind == "job"]
    assert [len(job.done) for job in jobs if job.done] == [20]
    assert {job.state for job in jobs} <= {"JobComplete", "Aborted"}


def test_uploads_that_always_get_lost_end_with_nothing_written() -> None:
    one = ready(bulk_above=10)
    one.org.takes_second_upload = True
    sending, uploads = one.wire.send, []

    def send(request, **more):
        answer = sending(request, **more)
        if request.method == "PUT":
            uploads.append(request.url)
            if len(uploads) % 2:
                raise requests.ConnectionError
        return answer

    one.wire.send = send
    with pytest.raises(TransientError, match="kept breaking off"):
        list(one.to.write(updates(one.accounts[:20]), Log()))
    assert {job.state for job in one.app.ingest.jobs.values()} == {"Aborted"}
    assert value(one, one.accounts[0]) is None


def test_an_upload_that_is_refused_for_itself_is_no_success() -> None:
    one = ready(bulk_above=10)
    one.org.max_upload = 10
    with pytest.raises(RequestError, match="FILE_TOO_LARGE"):
        list(one.to.write(updates(one.accounts[:20]), Log()))


def test_large_data_is_parted_and_no_record_comes_twice_in_a_part() -> None:
    long = "x" * 1_000_000
    sent = [FieldUpdate(f"001{n}", {REASONS.name: long}) for n in range(70)]
    parts = list(Ingest.parts(None, sent))
    assert [len(part) for part in parts] == [24, 24, 22]
    twice = updates(["001a", "001b", "001a"])
    assert [len(part) for part in Ingest.parts(None, twice)] == [2, 1]


class TestAdopt:
    """A job that an earlier process left behind."""

    def start(self, one, refs, *, upload: bool, close: bool) -> str:
        client = one.to._client
        job = Ingest(client, "write")._jobs.create(
            {"object": "Account", "operation": "update", "contentType": "CSV", "lineEnding": "LF"}
        )
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\n").writerows(
            [["Id", HEALTH.name], *([r, "1"] for r in refs)]
        )
        path = f"{client.data}/jobs/ingest/{job}"
        if upload:
            one.to._http.request("PUT", f"{path}/batches", data=out.getvalue().encode())
        if close:
            one.to._http.json("PATCH", path, json={"state": "UploadComplete"})
        return job

    def test_a_finished_one_is_read(self) -> None:
        one = ready()
        refs = one.accounts[:4]
        one.org.fail_row(refs[2], "DUPLICATES_DETECTED", "twin")
        job = self.start(one, refs, upload=True, close=True)
        results = list(one.to.adopt(job, updates(refs)))
        assert [(r.ref, r.code) for r in results] == [
            (refs[0], ""), (refs[1], ""), (refs[2], "DUPLICATES_DETECTED"), (refs[3], ""),
        ]  # fmt: skip

    @pytest.mark.parametrize("upload", [False, True])
    def test_one_that_never_began_is_aborted_and_its_rows_may_go_again(self, upload) -> None:
        one = ready()
        refs = one.accounts[:4]
        job = self.start(one, refs, upload=upload, close=False)
        results = list(one.to.adopt(job, updates(refs)))
        assert all(not result.ok and result.retryable for result in results)
        assert one.app.ingest.jobs[job].state == "Aborted"
        assert all(value(one, ref) is None for ref in refs)

    def test_one_that_is_gone_is_told(self) -> None:
        one = ready()
        results = list(one.to.adopt("750000000000000AAA", updates(one.accounts[:2])))
        assert [(r.code, r.retryable) for r in results] == [("JOB_GONE", True)] * 2
