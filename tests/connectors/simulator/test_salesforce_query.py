import pytest

from connectors.simulator.portfolio import generate
from tests.connectors.simulator.salesforce_client import NOW, PORTFOLIO, Salesforce, error

LISTINGS = list(PORTFOLIO.listings("salesforce"))
LIVE = [listing for listing in LISTINGS if listing.deleted_at is None]


@pytest.fixture
def salesforce():
    return Salesforce()


def test_accounts_are_those_of_the_portfolio(salesforce):
    answer = salesforce.query("SELECT Id, Name, Website, MRR__c, Owner.Name FROM Account").json
    assert answer["totalSize"] == len(LIVE)
    assert answer["done"] is True
    by_id = {record["Id"]: record for record in answer["records"]}
    for listing in LIVE:
        record = by_id[listing.id]
        assert (record["Name"], record["Website"]) == (listing.name, listing.website)
        assert record["Owner"]["attributes"]["type"] == "User"
        assert record["attributes"]["url"].endswith(listing.id)


def test_pages_of_two_thousand_and_smaller_on_request(salesforce):
    first = salesforce.query("SELECT Id FROM Product_Usage__c ORDER BY Id").json
    assert len(first["records"]) == 2_000
    seen = [record["Id"] for record in first["records"]]
    page = first
    while not page["done"]:
        path = page["nextRecordsUrl"].removeprefix("/services/data/v67.0")
        page = salesforce.send("GET", path).json
        seen += [record["Id"] for record in page["records"]]
    assert len(seen) == len(set(seen)) == first["totalSize"]
    asked = {"Sforce-Query-Options": "batchSize=300"}
    small = salesforce.query("SELECT Id FROM Product_Usage__c", headers=asked).json
    assert len(small["records"]) == 300


def test_two_long_texts_make_small_pages():
    org = Salesforce(generate(400, 3, NOW))
    org.add_field("Notes__c", type="LongTextArea", length=32_000, visibleLines=3)
    org.grant("Notes__c")
    page = org.query("SELECT Id, Description, Notes__c FROM Account").json
    assert len(page["records"]) == 200


def test_a_page_keeps_the_rows_of_the_first_moment(salesforce):
    page = salesforce.query(
        "SELECT Id FROM Task", headers={"Sforce-Query-Options": "batchSize=200"}
    )
    path = page.json["nextRecordsUrl"].removeprefix("/services/data/v67.0")
    for ref in salesforce.ids("SELECT Id FROM Task LIMIT 5"):
        salesforce.org.delete(ref)
    assert salesforce.send("GET", path).json["totalSize"] == page.json["totalSize"]


def test_unknown_locator(salesforce):
    assert error(salesforce.send("GET", "/query/01g-2000")) == (400, "INVALID_QUERY_LOCATOR")


def test_conditions(salesforce):
    total = salesforce.query("SELECT COUNT() FROM Account").json["totalSize"]

    def count(where):
        return salesforce.query(f"SELECT COUNT() FROM Account WHERE {where}").json["totalSize"]

    big = count("Seats__c >= 10")
    assert 0 < big < total
    assert count("NOT Seats__c >= 10") == total - big
    assert count("Seats__c >= 10 OR Seats__c < 10") == total - count("Seats__c = null")
    assert count("(Seats__c >= 10 AND Auto_Renew__c = true) OR Seats__c = null") <= big + 3
    name = LIVE[0].name.upper().replace("'", "\\'")
    assert count(f"Name = '{name}'") == 1, "text is compared in any case"
    ids = ",".join(f"'{listing.id}'" for listing in LIVE[:3])
    assert count(f"Id IN ({ids})") == 3
    assert count(f"Id NOT IN ({ids})") == total - 3
    assert count(f"Id = '{LIVE[0].id[:15]}'") == 1, "15 characters name the same record"
    assert count("Website != null") + count("Website = null") == total
    assert count("Renewal_Date__c > 2026-11-18") > 0


def test_stamps_are_compared_in_utc(salesforce):
    ref = salesforce.accounts(1)[0]
    salesforce.clock.advance(60)
    salesforce.org.edit(ref, Name="Changed")
    where = "SELECT Id FROM Account WHERE SystemModstamp >= "
    assert salesforce.ids(where + "2026-11-18T12:01:00Z") == [ref]
    assert salesforce.ids(where + "2026-11-18T14:01:00+02:00") == [ref]
    assert salesforce.ids(where + "2026-11-18T12:01:01.000Z") == []


def test_order_by_stamp_then_id(salesforce):
    answer = salesforce.query(
        "SELECT Id, SystemModstamp FROM Contact ORDER BY SystemModstamp DESC, Id"
    ).json["records"]
    keys = [(record["SystemModstamp"], record["Id"]) for record in answer]
    assert [k[0] for k in keys] == sorted((k[0] for k in keys), reverse=True)
    seats = salesforce.query("SELECT Seats__c FROM Account ORDER BY Seats__c NULLS LAST").json
    values = [record["Seats__c"] for record in seats["records"]]
    known = [value for value in values if value is not None]
    assert values == sorted(known) + [None] * (len(values) - len(known))


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Id FRM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY"),
        ("SELECT Id, Id FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = " + "'" + "x" * 4_001 + "'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT 5 OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
        ("SELECT Id FROM Nonsense", "INVALID_TYPE"),
        ("SELECT Id, Missing__c FROM Account", "INVALID_FIELD"),
        ("SELECT Id, Chief.Name FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE SystemModstamp > '2026-01-01T00:00:00Z'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE SystemModstamp > 2026-01-01", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD"),
    ],
)
def test_what_the_vendor_refuses(salesforce, soql, code):
    assert error(salesforce.query(soql)) == (400, code)


def test_describe_lists_visible_fields_with_their_rights(salesforce):
    def described():
        answer = salesforce.send("GET", "/sobjects/Account/describe").json
        return {field["name"]: field for field in answer["fields"]}

    fields = described()
    assert fields["MRR__c"]["updateable"] is True
    assert (fields["ARR__c"]["calculated"], fields["ARR__c"]["updateable"]) == (True, False)
    assert fields["SystemModstamp"]["updateable"] is False
    assert (fields["Seats__c"]["precision"], fields["Seats__c"]["scale"]) == (8, 0)
    salesforce.org.hide("Account", "MRR__c")
    salesforce.org.read_only("Account", "Seats__c")
    fields = described()
    assert "MRR__c" not in fields
    assert fields["Seats__c"]["updateable"] is False
    assert error(salesforce.query("SELECT MRR__c FROM Account")) == (400, "INVALID_FIELD")


def test_deleted_and_merged_accounts(salesforce):
    gone = [listing for listing in LISTINGS if listing.deleted_at]
    fields = "SELECT Id, MasterRecordId FROM Account WHERE IsDeleted = true"
    assert salesforce.query(fields).json["totalSize"] == 0
    found = salesforce.query(fields, "/queryAll").json["records"]
    masters = {record["Id"]: record["MasterRecordId"] for record in found}
    assert masters == {listing.id: listing.merged_into for listing in gone}
    span = {"start": "2026-11-01T00:00:00+00:00", "end": "2026-11-18T12:00:00+00:00"}
    listed = salesforce.send("GET", "/sobjects/Account/deleted/", query_string=span).json
    assert {row["id"] for row in listed["deletedRecords"]} == set(masters)
    assert listed["latestDateCovered"] == "2026-11-18T12:00:00.000+0000"
    early = {**span, "start": "2026-08-01T00:00:00+00:00"}
    refused = salesforce.send("GET", "/sobjects/Account/deleted/", query_string=early)
    assert error(refused) == (400, "INVALID_REPLICATION_DATE")


def test_a_merge_moves_the_children_to_the_master(salesforce):
    child = salesforce.query("SELECT Id, AccountId FROM Contact LIMIT 1").json["records"][0]
    master = next(ref for ref in salesforce.accounts(5) if ref != child["AccountId"])
    salesforce.org.delete(child["AccountId"], merged_into=master)
    assert salesforce.ids(f"SELECT Id FROM Contact WHERE AccountId = '{master}'").count(child["Id"])
    assert child["AccountId"] not in salesforce.ids("SELECT Id FROM Account")


def test_counts_leave_out_objects_without_rows(salesforce):
    asked = {"sObjects": "Account,Asset,Nonsense"}
    answer = salesforce.send("GET", "/limits/recordCount", query_string=asked).json
    assert answer == {"sObjects": [{"count": len(LIVE), "name": "Account"}]}


def test_one_record(salesforce):
    ref = salesforce.accounts(1)[0]
    record = salesforce.send("GET", f"/sobjects/Account/{ref}").json
    assert record["Id"] == ref
    assert record["SystemModstamp"].endswith(".000+0000")
    asked = salesforce.send("GET", f"/sobjects/Account/{ref}", query_string={"fields": "Id,Name"})
    assert set(asked.json) == {"attributes", "Id", "Name"}
    assert error(salesforce.send("GET", "/sobjects/Account/001000000000000AAA"))[0] == 404


def test_without_facts_there_are_accounts_alone():
    bare = Salesforce(facts=False)
    asked = {"sObjects": "Account,Task,Product_Usage__c,Contact"}
    counts = bare.send("GET", "/limits/recordCount", query_string=asked).json["sObjects"]
    assert [row["name"] for row in counts] == ["Account"]


def test_nobody_of_ours_wrote_the_portfolio(salesforce):
    writers = salesforce.query("SELECT LastModifiedBy.Name FROM Account").json["records"]
    assert {row["LastModifiedBy"]["Name"] for row in writers} == {"Data Loader"}
