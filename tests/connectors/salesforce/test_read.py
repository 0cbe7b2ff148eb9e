"""Reading: few rows and many, increments, deletes, and fields that come and go."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import SetupError, TransientError
from connectors.salesforce.answers import Lines
from connectors.salesforce.derived import outcome
from connectors.simulator.salesforce_schema import Field

from .org import FIELDS, HEALTH, USAGE, connection, organisation, read, ready

MAPPED = {
    "accounts": {"seats": "Seats__c", "mrr": "MRR__c", "started_at": "Customer_Since__c"},
    "interactions": {"sentiment": "Sentiment__c"},
}
STANDARD = ("Account", "Contact", "Case", "Task", "Event", "Opportunity")


@pytest.fixture
def app():
    return organisation()


def without_time(rows):
    return sorted(({**row, "known_at": None} for row in rows), key=lambda row: row["id"])


@pytest.mark.parametrize("stream", STANDARD)
def test_rest_and_bulk_bring_the_same(app, stream) -> None:
    first = app.org.table(stream)
    ref = next(iter(first.live()))[0]
    text = "Subject" if stream in {"Task", "Event", "Case"} else "Name"
    app.org.edit(ref, **{text: 'Zoë "and"\nSons, Łódź'})
    app.org.csv_type = "text/csv"  # without a charset, as requests would decode it as Latin-1
    little = connection(app, map=MAPPED)
    much = connection(app, map=MAPPED, bulk_above=1)
    one, two = read(little.to, stream), read(much.to, stream)
    assert one.rows.keys() == two.rows.keys()
    for table in one.rows:
        assert without_time(one.rows[table]) == without_time(two.rows[table])
    assert not any("/jobs/" in path for path in little.wire.paths())
    assert any("/jobs/query" in path for path in much.wire.paths())


def test_text_arrives_whole_by_both_ways(app) -> None:
    ref = next(iter(app.org.table("Account").live()))[0]
    name = 'Zoë "and"\r\nSons,\n\nŁódź'
    app.org.edit(ref, Name=name)
    for above in (1, 2000):
        rows = read(connection(app, bulk_above=above).to, "Account").rows["accounts"]
        assert next(row["name"] for row in rows if row["id"] == ref) == name


def test_few_rows_take_one_request_and_the_counts_come_once(app) -> None:
    one = connection(app)
    for stream in ("Account", "Contact"):
        read(one.to, stream)
    paths = one.wire.paths()
    assert sum("queryAll" in path for path in paths) == 2
    assert sum("recordCount" in path for path in paths) == 1
    assert sum("describe" in path for path in paths) == 2


def test_an_object_without_rows_is_missing_in_the_counts(app) -> None:
    app.org.table("Case").rows.clear()
    assert read(connection(app).to, "Case").rows == {"tickets": []}


def test_pages_may_be_smaller_than_asked(app) -> None:
    app.org.query_page = 7
    found = read(connection(app).to, "Account")
    assert found.pages > 5
    assert len({row["id"] for row in found.rows["accounts"]}) == len(app.org.table("Account").rows)


def test_an_interrupted_query_goes_on_by_its_stamp(app) -> None:
    app.org.query_page = 7
    pages = connection(app).to.read("Account", None)
    first = next(pages)
    pages.close()
    again = connection(app)
    rest = read(again.to, "Account", first.watermark)
    ids = {row["id"] for row in rest.rows["accounts"]}
    ids |= set(first.tables["accounts"].column("id").to_pylist())
    assert ids == set(app.org.table("Account").rows)
    assert len(rest.rows["accounts"]) < len(ids)


def test_an_interrupted_bulk_read_goes_on_by_its_locator(app) -> None:
    app.org.bulk_page = 20
    pages = connection(app, bulk_above=1).to.read("Contact", None)
    first = next(page for page in pages if page.records)
    pages.close()
    again = connection(app, bulk_above=1)
    rest = read(again.to, "Contact", first.watermark)
    assert not any(path.startswith("POST") and "jobs" in path for path in again.wire.paths())
    seen = first.tables["contacts"].column("id").to_pylist()
    seen += [row["id"] for row in rest.rows["contacts"]]
    assert len(seen) == len(set(seen)) == len(app.org.table("Contact").rows)


def test_a_read_that_is_cut_off_while_its_job_runs_goes_on_with_that_job(app) -> None:
    pages = connection(app, bulk_above=1).to.read("Contact", None)
    begun = next(pages)
    pages.close()
    assert begun.records == 0
    again = connection(app, bulk_above=1)
    rest = read(again.to, "Contact", begun.watermark)
    assert not any(path.startswith("POST") and "jobs" in path for path in again.wire.paths())
    assert len(rest.rows["contacts"]) == len(app.org.table("Contact").rows)


def test_a_job_that_failed_is_not_gone_on_with(app) -> None:
    one = connection(app, bulk_above=1)
    failed = b'{"id": "750", "state": "Failed", "errorMessage": "UNKNOWN_EXCEPTION: again later"}'
    one.wire.answers.append(("/jobs/query/750", 200, failed, {}))
    marks: list[str | None] = []
    with pytest.raises(TransientError, match="again later"):
        marks.extend(page.watermark for page in one.to.read("Contact", None))
    assert len(marks) == 2
    rest = read(connection(app, bulk_above=1).to, "Contact", marks[-1])
    assert len(rest.rows["contacts"]) == len(app.org.table("Contact").rows)


def test_results_that_are_gone_are_asked_for_again(app) -> None:
    app.org.bulk_page = 20
    pages = connection(app, bulk_above=1).to.read("Contact", None)
    first = next(page for page in pages if page.records)
    pages.close()
    app.bulk.jobs.clear()
    rest = read(connection(app, bulk_above=1).to, "Contact", first.watermark)
    assert len(rest.rows["contacts"]) == len(app.org.table("Contact").rows)


def test_a_query_whose_locator_expired_goes_on_from_its_last_page(app) -> None:
    app.org.query_page = 7
    one = connection(app)
    refusal = b'[{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}]'
    one.wire.answers.append(("/queryAll/01g", 400, refusal, {}))
    pages = one.to.read("Account", None)
    first = next(pages)
    with pytest.raises(TransientError, match="run again to go on"):
        next(pages)
    rest = read(connection(app).to, "Account", first.watermark)
    ids = set(first.tables["accounts"].column("id").to_pylist())
    assert ids | {row["id"] for row in rest.rows["accounts"]} == set(app.org.table("Account").rows)


def test_a_locator_that_comes_twice_ends_the_read(app) -> None:
    one = connection(app, bulk_above=1)
    page = b'"Id","SystemModstamp","IsDeleted"\n"003x","2026-11-01T00:00:00.000Z","false"\n'
    headers = {"Sforce-Locator": "abc", "Sforce-NumberOfRecords": "1", "Content-Type": "text/csv"}
    one.wire.answers += [("/results", 200, page, headers)] * 5
    with pytest.raises(TransientError, match="same page twice"):
        read(one.to, "Contact")


def test_a_result_page_of_something_else_is_not_taken_for_the_last(app) -> None:
    one = connection(app, bulk_above=1)
    page = b"<html>\nsorry</html>\n"
    one.wire.answers += [("/results", 200, page, {"Content-Type": "text/html"})] * 2
    found = read(one.to, "Account")
    assert len(found.rows["accounts"]) == len(app.org.table("Account").rows)
    assert one.to.stats.retried == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda body: body[: len(body) // 2],
        lambda body: body[: body.rindex(b"\n", 0, len(body) - 1) + 1],
        lambda body: body.replace(b"Acme", b"\xff\xfe"),
        lambda _: b"",
    ],
)
def test_a_result_page_that_lacks_rows_is_fetched_again(app, damage) -> None:
    for row in list(app.org.table("Account").live())[:2]:
        app.org.edit(row[0], Name="Acme")
    good = connection(app, bulk_above=1)
    whole = read(good.to, "Account").rows["accounts"]
    one = connection(app, bulk_above=1)
    sending = one.wire.send
    spoiled = []

    def send(request, **more):
        response = sending(request, **more)
        if "/results" in request.url and not spoiled:
            spoiled.append(request.url)
            response.raw = io.BytesIO(damage(response.raw.read()))
            response.headers.pop("Content-Length", None)
        return response

    one.wire.send = send
    assert without_time(read(one.to, "Account").rows["accounts"]) == without_time(whole)
    assert one.to.stats.retried == 1


def test_a_token_that_expires_in_the_middle_of_a_job(app) -> None:
    app.org.job_polls = 3
    one = connection(app, bulk_above=1)
    sending, asked = one.wire.send, []

    def send(request, **more):
        if "/jobs/query" in request.url:
            asked.append(request.url)
            if len(asked) in {2, 4}:
                app.expire_tokens()
        return sending(request, **more)

    one.wire.send = send
    assert len(read(one.to, "Contact").rows["contacts"]) == len(app.org.table("Contact").rows)
    assert one.to.stats.made["log in"] == 3


def test_a_job_that_fails_is_said_with_its_reason(app) -> None:
    one = connection(app, bulk_above=1)
    body = json.dumps({"id": "750", "state": "Failed", "errorMessage": "InternalServerError : x"})
    one.wire.answers.append(
        ("/jobs/query/", 200, body.encode(), {"Content-Type": "application/json"})
    )
    with pytest.raises(TransientError, match="InternalServerError"):
        read(one.to, "Contact")


def test_a_query_too_long_for_a_url_goes_by_bulk(app) -> None:
    names = [f"A_Rather_Long_Name_For_A_Field_{number:03d}__c" for number in range(300)]
    for name in names:
        app.org.add_field("Account", Field(name, name, "double", 0, 8, 0))
    mapped = {f"x{number}": {"field": name, "type": "number"} for number, name in enumerate(names)}
    one = connection(app, map={"accounts": mapped})
    assert read(one.to, "Account").rows["accounts"]
    assert any("/jobs/query" in path for path in one.wire.paths())


def test_an_increment_brings_what_changed_with_an_overlap(app) -> None:
    one = connection(app)
    mark = read(one.to, "Account").mark
    app.clock.advance(3600)
    assert read(one.to, "Account", mark).rows["accounts"] == []
    ref = next(iter(app.org.table("Account").live()))[0]
    app.org.edit(ref, Name="Renamed")
    # committed late: its stamp lies before the last read's end
    late = list(app.org.table("Account").live())[1]
    app.org.edit(late[0], Name="Late")
    stamp = datetime.fromisoformat(json.loads(mark)["until"]) - timedelta(minutes=5)
    place = app.org.table("Account").columns["SystemModstamp"]
    late[place] = stamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000")
    found = read(one.to, "Account", mark)
    assert {row["id"]: row["name"] for row in found.rows["accounts"]} == {
        ref: "Renamed",
        late[0]: "Late",
    }


def test_the_servers_time_bounds_an_increment_not_ours(app) -> None:
    one = connection(app)
    app.clock.advance(86_400 * 3)  # our clock is three days behind
    mark = json.loads(read(one.to, "Account").mark)
    assert abs(datetime.fromisoformat(mark["until"]).timestamp() - app.clock()) < 5


def test_deleted_and_merged_accounts_are_told(app) -> None:
    one = connection(app)
    mark = read(one.to, "Account").mark
    gone, loser, master = (row[0] for row in list(app.org.table("Account").live())[:3])
    app.clock.advance(60)
    app.org.delete(gone)
    app.org.delete(loser, merged_into=master)
    found = {row["id"]: row for row in read(one.to, "Account", mark).rows["accounts"]}
    assert found[gone]["deleted"]
    assert found[gone]["master_ref"] is None
    assert found[loser]["deleted"]
    assert found[loser]["master_ref"] == master


def test_deleted_accounts_hold_nothing(app) -> None:
    rows = read(connection(app).to, "Account").rows
    gone = {row["id"] for row in rows["accounts"] if row["deleted"]}
    assert gone
    assert not gone & {row["id"] for row in rows["held"]}


def test_what_our_fields_hold_comes_with_the_accounts(app) -> None:
    assert read(connection(app).to, "Account").rows["held"][0][HEALTH.name] is None
    connection(app).to.create_fields(FIELDS)
    ref = next(iter(app.org.table("Account").live()))[0]
    app.org.edit(ref, Pulsefield_Health__c=61.25, Pulsefield_Scored_At__c="2026-11-01T08:00:00.000")
    app.org.edit(ref, Pulsefield_Reasons__c="one\r\ntwo")
    for above in (1, 2000):
        held = {
            r["id"]: r for r in read(connection(app, bulk_above=above).to, "Account").rows["held"]
        }
        assert held[ref]["Pulsefield_Health__c"] == "61.2"
        assert held[ref]["Pulsefield_Scored_At__c"] == "2026-11-01T08:00:00Z"
        assert held[ref]["Pulsefield_Reasons__c"] == "one\ntwo"


def test_a_mapped_field_that_vanished_is_named(app) -> None:
    with pytest.raises(SetupError, match=r"Seat__c, which map\.accounts\.seats.*Seats__c"):
        read(connection(app, map={"accounts": {"seats": "Seat__c"}}).to, "Account")
    app.org.hide("Account", "Seats__c")
    one = connection(app, map={"accounts": {"seats": "Seats__c"}})
    with pytest.raises(SetupError, match=r"Seats__c.*field-level security"):
        read(one.to, "Account")
    assert any("Seats__c" in problem.what for problem in one.to.check())


def test_a_usual_field_that_is_hidden_is_left_out_and_told(app) -> None:
    app.org.hide("Account", "Website")
    one = connection(app, fields=())
    assert all(row["domains"] is None for row in read(one.to, "Account").rows["accounts"])
    (problem,) = one.to.check()
    assert "Website" in problem.what
    assert not problem.fatal


def test_our_own_fields_are_never_data() -> None:
    one = ready(map={"accounts": {"mrr": HEALTH.name}})
    with pytest.raises(SetupError, match="Pulsefield writes itself"):
        read(one.to, "Account")


def test_a_formula_is_read_and_warned_of(app) -> None:
    one = connection(
        app, fields=(), map={"accounts": {"arr": {"field": "ARR__c", "type": "number"}}}
    )
    assert any(row["arr"] for row in read(one.to, "Account").rows["accounts"])
    (problem,) = one.to.check()
    assert "ARR__c" in problem.what


def test_objects_with_formulas_are_read_in_full_once_a_day(app) -> None:
    formula = {"map": {"accounts": {"arr": {"field": "ARR__c", "type": "number"}}}}
    every = len(app.org.table("Account").rows)
    mark = read(connection(app, **formula).to, "Account").mark
    plain = read(connection(app).to, "Account").mark
    counts = []
    for hours in (1, 18, 2, 1):
        app.clock.advance(hours * 3600)
        found = read(connection(app, **formula).to, "Account", mark)
        counts.append(len(found.rows.get("accounts", ())))
        mark = found.mark
    assert counts == [0, 0, every, 0]
    assert not read(connection(app).to, "Account", plain).rows.get("accounts")


def test_an_object_that_is_not_there_is_named(app) -> None:
    one = connection(app, objects={"Gone__c": USAGE["Product_Usage__c"]})
    with pytest.raises(SetupError, match="no object Gone__c"):
        read(one.to, "Gone__c")


def test_a_custom_object_feeds_usage(app) -> None:
    one = connection(app, objects=USAGE)
    found = read(one.to, "Product_Usage__c").rows["usage"]
    assert len(found) == len(app.org.table("Product_Usage__c").rows)
    assert found[0]["account_ref"].startswith("001")
    assert found[0]["day"] is not None


def test_a_to_do_is_no_interaction_until_it_is_done(app) -> None:
    ref = next(iter(app.org.table("Task").live()))[0]
    app.org.edit(ref, IsClosed=False)
    one = connection(app)
    first = read(one.to, "Task")
    assert ref not in {row["id"] for row in first.rows["interactions"]}
    app.clock.advance(60)
    app.org.edit(ref, IsClosed=True)
    second = read(one.to, "Task", first.mark)
    assert [(row["id"], row["deleted"]) for row in second.rows["interactions"]] == [(ref, False)]
    app.clock.advance(1200)
    app.org.edit(ref, IsClosed=False)
    third = read(one.to, "Task", second.mark)
    assert [(row["id"], row["deleted"]) for row in third.rows["interactions"]] == [(ref, True)]


def test_interactions_have_time_channel_direction_and_minutes(app) -> None:
    one = connection(app, map=MAPPED)
    tasks = read(one.to, "Task").rows["interactions"]
    events = read(one.to, "Event").rows["interactions"]
    assert {row["channel"] for row in tasks} == {"email", "call"}
    assert {row["direction"] for row in tasks if row["channel"] == "call"} == {"in", "out"}
    assert all(row["at"] and row["account_ref"] for row in tasks + events)
    assert all(row["direction"] == "both" and row["minutes"] for row in events)
    assert {row["sentiment"] for row in tasks} >= {"positive", "negative"}


@pytest.mark.parametrize(
    ("type_", "won", "kind"),
    [
        ("Renewal", True, "renewal"),
        ("Existing Customer - Upgrade", True, "upgrade"),
        ("Existing Customer - Downgrade", True, "downgrade"),
        ("Add-On Business", True, "upgrade"),
        ("New Business", True, "trial_converted"),
        (None, True, "other"),
        ("Renewal", False, "churn"),
        ("Churn Notice", False, "churn_notice"),
        ("Upsell", False, None),
        (None, False, None),
    ],
)
def test_what_a_closed_opportunity_means(type_, won, kind) -> None:
    assert outcome(type_, won=won) == kind


def test_open_and_lost_opportunities_are_no_outcomes(app) -> None:
    table = app.org.table("Opportunity")
    one, two = (row[0] for row in list(table.live())[:2])
    app.org.edit(one, IsClosed=False, IsWon=False)
    app.org.edit(two, Type="Upsell", IsWon=False)
    rows = {r["id"]: r for r in read(connection(app).to, "Opportunity").rows["outcomes"]}
    assert one not in rows
    assert rows[two]["deleted"]
    assert all(row["kind"] for ref, row in rows.items() if not row["deleted"])


def test_e_mail_addresses_are_kept_only_where_asked(app) -> None:
    plain = read(connection(app).to, "Contact").rows["contacts"]
    kept = read(connection(app, personal_data=True).to, "Contact").rows["contacts"]
    assert not any(row["email"] for row in plain)
    assert any(row["email_domain"] for row in plain)
    assert any(row["email"] for row in kept)


def test_a_watermark_that_is_not_ours_is_refused(app) -> None:
    with pytest.raises(SetupError, match="watermark"):
        read(connection(app).to, "Account", '{"cursor": 1}')


def test_csv_of_one_odd_record_is_read_as_python_reads_it() -> None:
    rows = [["001", 'a "b"\r\nc,d', ""], ["002", "ü\n", "x"]]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(
        [["Id", "Owner.Name", "C"], *rows]
    )
    lines = Lines(io.BytesIO(b"\xef\xbb\xbf" + out.getvalue().encode()), 2)
    assert lines.column("Id") == ["001", "002"]
    assert lines.column("owner.name") == ['a "b"\r\nc,d', "ü\n"]
    assert lines.column("C") == [None, "x"]


def test_line_ends_inside_values_are_kept_where_large_results_are_parsed_in_blocks() -> None:
    texts = [f"{number}\n" * 30_000 for number in range(60)]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([["Id", "Text"], *enumerate(texts)])
    body = out.getvalue().encode()
    assert len(body) > 2**22
    lines = Lines(io.BytesIO(body), len(texts))
    assert lines.column("Text") == texts


def test_a_full_read_is_complete_with_its_last_page_and_a_purged_account_is_gone(app) -> None:
    app.org.query_page = 20
    one = connection(app)
    pages = list(one.to.read("Account", None))
    assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]
    app.clock.advance(60)
    assert not any(page.complete for page in one.to.read("Account", pages[-1].watermark))
    assert not any(page.complete for page in one.to.read("Account", pages[0].watermark))
    assert one.to.whole("Account")
    assert not one.to.whole("Task")  # Event feeds interactions too
    assert one.to.gone("Account", ["001x"]) == ["001x"]


def test_counts_that_the_user_may_not_see_are_done_without(app) -> None:
    one = connection(app)
    refusal = b'[{"errorCode": "INSUFFICIENT_ACCESS", "message": "no"}]'
    one.wire.answers.append(("/recordCount", 403, refusal, {}))
    assert read(one.to, "Account").rows["accounts"]
    assert read(one.to, "Contact").rows["contacts"]


def test_first_page_decides_where_nothing_is_known_before(app) -> None:
    """An increment may be large too, after a mass change."""
    one = connection(app, bulk_above=10)
    mark = read(one.to, "Account").mark
    app.clock.advance(3600)
    changed = [row[0] for row in list(app.org.table("Account").live())[:15]]
    for ref in changed:
        app.org.edit(ref, Industry="Mining")
    found = read(one.to, "Account", mark)
    assert {row["id"] for row in found.rows["accounts"]} == set(changed)
    assert any("POST" in path and "/jobs/query" in path for path in one.wire.paths())


def test_changes_may_go_by_a_date(app) -> None:
    app.org.query_page = 50
    dated = {"Product_Usage__c": USAGE["Product_Usage__c"] | {"changed": "Day__c"}}
    one = connection(app, objects=dated, bulk_above=10**9)
    pages = one.to.read("Product_Usage__c", None)
    first = next(pages)
    pages.close()
    app.org.query_page = 2000
    rest = read(
        connection(app, objects=dated, bulk_above=10**9).to, "Product_Usage__c", first.watermark
    )
    seen = {row["id"] for row in rest.rows["usage"]} | set(first.tables["usage"]["id"].to_pylist())
    assert len(seen) == len(app.org.table("Product_Usage__c").rows)
    app.clock.advance(3600)
    again = read(connection(app, objects=dated).to, "Product_Usage__c", rest.mark)
    assert 0 <= len(again.rows["usage"]) < len(seen)


def test_contracts_and_assets_are_subscriptions(app) -> None:
    org = app.org
    account = next(iter(org.table("Account").live()))[0]
    common = {"AccountId": account, "CurrencyIsoCode": "EUR", "SystemModstamp": org.now}
    product = org.next_id("Product2")
    org.table("Product2").put({"Id": product, "Name": "GTX Pro"})
    org.table("Contract").put(
        {"Id": org.next_id("Contract"), "Status": "Activated", "StartDate": "2026-01-01"}
        | {"EndDate": "2026-12-31", "ContractTerm": 12}
        | common
    )
    org.table("Asset").put(
        {"Id": org.next_id("Asset"), "Status": "Obsolete", "InstallDate": "2025-01-01"}
        | {"UsageEndDate": "2025-12-31", "Quantity": 4, "Product2Id": product}
        | common
    )
    to = connection(app, streams=["Account", "Contract", "Asset"]).to

    [contract] = read(to, "Contract").rows["subscriptions"]
    [asset] = read(to, "Asset").rows["subscriptions"]

    assert (contract["account_ref"], contract["status"]) == (account, "active")
    assert (contract["term_months"], contract["renews_at"]) == (
        12,
        datetime(2026, 12, 31, tzinfo=UTC),
    )
    assert (asset["product"], asset["quantity"], asset["status"]) == ("GTX Pro", 4, "ended")
    assert asset["ended_at"] == datetime(2025, 12, 31, tzinfo=UTC)
