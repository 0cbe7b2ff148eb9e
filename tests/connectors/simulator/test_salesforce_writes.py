import pytest

from tests.connectors.simulator.salesforce_client import Salesforce, error

PICKLIST = {
    "type": "Picklist",
    "valueSet": {
        "restricted": True,
        "valueSetDefinition": {"sorted": False, "value": [{"fullName": "green", "label": "Green"}]},
    },
}


@pytest.fixture
def salesforce():
    return Salesforce()


@pytest.fixture
def ready(salesforce):
    """With a health field that the running user may edit."""
    salesforce.add_field()
    salesforce.grant()
    return salesforce


def value(salesforce, ref, name="Health__c"):
    return salesforce.org.record(ref)[name]


def test_a_new_field_is_invisible_until_it_is_granted(salesforce):
    made = salesforce.add_field()
    assert (made.status_code, made.json["success"]) == (201, True)
    ref = salesforce.accounts(1)[0]
    assert error(salesforce.query("SELECT Health__c FROM Account")) == (400, "INVALID_FIELD")
    assert error(salesforce.patch((ref, {"Health__c": 1}))) == (400, "INVALID_FIELD")
    salesforce.grant(edit=False)
    assert salesforce.query("SELECT Health__c FROM Account").status_code == 200
    refused = salesforce.patch((ref, {"Health__c": 1})).json[0]["errors"][0]
    assert refused["statusCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_a_grant_can_be_taken_away_again(ready):
    ref = ready.accounts(1)[0]
    assert ready.patch((ref, {"Health__c": 1})).json[0]["success"]
    ready.org.read_only("Account", "Health__c")
    refused = ready.patch((ref, {"Health__c": 2})).json[0]["errors"][0]
    assert refused["statusCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    ready.org.hide("Account", "Health__c")
    assert error(ready.query("SELECT Health__c FROM Account")) == (400, "INVALID_FIELD")


@pytest.mark.parametrize(
    ("name", "metadata", "code"),
    [
        ("Health__c__c", {}, "FIELD_INTEGRITY_EXCEPTION"),
        ("1Health__c", {}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Health___c", {}, "FIELD_INTEGRITY_EXCEPTION"),
        ("H" * 41 + "__c", {}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Health", {}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Health__c", {"precision": 19}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Health__c", {"type": "Text", "length": 256}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Health__c", {"type": "LongTextArea", "length": 900}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Health__c", {"type": "Picklist", "valueSet": {}}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Seats__c", {}, "DUPLICATE_DEVELOPER_NAME"),
    ],
)
def test_fields_that_cannot_be_created(salesforce, name, metadata, code):
    assert error(salesforce.add_field(name, **metadata)) == (400, code)


def test_a_name_of_forty_characters_is_taken(salesforce):
    assert salesforce.add_field("H" * 40 + "__c").status_code == 201


def test_one_permission_of_a_kind_only(ready):
    again = {"Name": "PHealth__c", "Label": "again"}
    refused = ready.send("POST", "/sobjects/PermissionSet", json=again)
    assert error(refused) == (400, "DUPLICATE_VALUE")
    parent = ready.ids("SELECT Id FROM PermissionSet WHERE Name = 'PHealth__c'")[0]
    body = {"ParentId": parent, "SobjectType": "Account", "Field": "Account.Nothing__c"}
    refused = ready.send("POST", "/sobjects/FieldPermissions", json=body)
    assert error(refused)[1] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


def test_a_collection_answers_in_order_with_row_errors_inside_200(ready):
    first, second, third, fourth = ready.accounts(4)
    ready.org.fail_row(second, "UNABLE_TO_LOCK_ROW", times=1)
    ready.org.delete(third)
    records = [(first, 87.456), (second, 1), (third, 1), (fourth, 1000)]
    answer = ready.patch(*[(ref, {"Health__c": number}) for ref, number in records])
    assert answer.status_code == 200
    assert [row["success"] for row in answer.json] == [True, False, False, False]
    codes = [row["errors"][0]["statusCode"] for row in answer.json[1:]]
    assert codes == ["UNABLE_TO_LOCK_ROW", "ENTITY_IS_DELETED", "NUMBER_OUTSIDE_VALID_RANGE"]
    assert "id" not in answer.json[1]
    assert value(ready, first) == 87.46, "more decimals than the field has are rounded in silence"
    assert ready.patch((second, {"Health__c": 2})).json[0]["success"], "the lock was for one time"


def test_a_write_moves_the_stamps(ready):
    ref = ready.accounts(1)[0]
    before = ready.org.record(ref)["SystemModstamp"]
    ready.clock.advance(3_600)
    ready.patch((ref, {"Health__c": 5}))
    record = ready.org.record(ref)
    assert record["SystemModstamp"] > before
    assert record["LastModifiedById"] == "005000000000001AAA"


def test_one_unknown_column_refuses_the_whole_call(ready):
    first, second = ready.accounts(2)
    answer = ready.patch((first, {"Health__c": 5}), (second, {"Wealth__c": 5}))
    assert error(answer) == (400, "INVALID_FIELD")
    assert value(ready, first) is None


def test_text_where_a_number_belongs_refuses_the_whole_call(ready):
    first, second = ready.accounts(2)
    answer = ready.patch((first, {"Health__c": 5}), (second, {"Health__c": "good"}))
    assert error(answer) == (400, "JSON_PARSER_ERROR")
    assert value(ready, first) is None


def test_two_hundred_records_at_most(ready):
    ref = ready.accounts(1)[0]
    answer = ready.patch(*[(ref, {"Health__c": 1})] * 201)
    assert answer.status_code == 400


def test_ids_that_do_not_fit(ready):
    ref = ready.accounts(1)[0]
    answer = ready.patch(
        ("nonsense", {"Health__c": 1}), ("001000000000000AAA", {}), (ref, {}), (ref, {})
    )
    codes = [row["errors"][0]["statusCode"] if row["errors"] else "" for row in answer.json]
    assert codes[:3] == ["MALFORMED_ID", "INVALID_CROSS_REFERENCE_KEY", ""]
    assert not answer.json[3]["success"], "the same id twice"


def test_all_or_none(ready):
    first, second = ready.accounts(2)
    answer = ready.patch((first, {"Health__c": 5}), (second, {"Health__c": 5_000}), allOrNone=True)
    codes = [row["errors"][0]["statusCode"] for row in answer.json]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "NUMBER_OUTSIDE_VALID_RANGE"]
    assert value(ready, first) is None


def test_choices_texts_times_and_nulls(salesforce):
    salesforce.add_field("Band__c", label="Band", **PICKLIST)
    salesforce.add_field("Why__c", type="Text", length=20)
    salesforce.add_field("At__c", type="DateTime")
    for name in ("Band__c", "Why__c", "At__c"):
        salesforce.grant(name)
    ref = salesforce.accounts(1)[0]

    def code(**values):
        result = salesforce.patch((ref, values)).json[0]
        return result["errors"][0]["statusCode"] if result["errors"] else ""

    assert code(Band__c="blue") == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert code(Why__c="x" * 21) == "STRING_TOO_LONG"
    assert code(Band__c="green", Why__c="Zażółć", At__c="2026-11-18T13:00:00+01:00") == ""
    record = salesforce.send("GET", f"/sobjects/Account/{ref}").json
    assert (record["Band__c"], record["Why__c"]) == ("green", "Zażółć")
    assert record["At__c"] == "2026-11-18T12:00:00.000+0000"
    assert code(Band__c=None, At__c=None) == ""
    assert value(salesforce, ref, "Band__c") is None


def test_system_and_formula_fields_cannot_be_written(ready):
    ref = ready.accounts(1)[0]
    for name in ("SystemModstamp", "ARR__c"):
        result = ready.patch((ref, {name: None})).json[0]
        assert result["errors"][0]["statusCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_a_single_record(ready):
    ref = ready.accounts(1)[0]
    answer = ready.send("PATCH", f"/sobjects/Account/{ref}", json={"Health__c": 12.5})
    assert (answer.status_code, answer.data) == (204, b"")
    assert value(ready, ref) == 12.5
    missing = ready.send("PATCH", "/sobjects/Account/001000000000000AAA", json={})
    assert error(missing) == (404, "NOT_FOUND")
    refused = ready.send("PATCH", f"/sobjects/Account/{ref}", json={"Health__c": 1e6})
    assert error(refused) == (400, "NUMBER_OUTSIDE_VALID_RANGE")


def test_update_by_external_id(ready):
    known = ready.query(
        "SELECT Id, External_Id__c FROM Account WHERE External_Id__c != null LIMIT 1"
    )
    record = known.json["records"][0]
    path = f"/sobjects/Account/External_Id__c/{record['External_Id__c']}"
    answer = ready.send("PATCH", path, json={"Health__c": 3})
    assert (answer.status_code, answer.json["id"]) == (200, record["Id"])
    assert error(ready.send("PATCH", "/sobjects/Account/Name/x", json={})) == (404, "NOT_FOUND")


def test_composite_keeps_failures_inside(ready):
    ref = ready.accounts(1)[0]
    base = "/services/data/v67.0"
    parts = [
        {"method": "GET", "url": f"{base}/sobjects/Account/{ref}?fields=Id", "referenceId": "a"},
        {"method": "GET", "url": f"{base}/sobjects/Account/001000000000000AAA", "referenceId": "b"},
        {"method": "PATCH", "url": f"{base}/sobjects/Account/{ref}", "referenceId": "c",
         "body": {"Health__c": 44}},
    ]  # fmt: skip
    answer = ready.send("POST", "/composite", json={"compositeRequest": parts})
    inner = answer.json["compositeResponse"]
    assert [part["httpStatusCode"] for part in inner] == [200, 404, 204]
    assert value(ready, ref) == 44.0
    many = ready.send("POST", "/composite", json={"compositeRequest": parts * 9})
    assert many.status_code == 400
