"""Our fields in the target: created, granted, compared, refused by name."""

import json

import pytest

from connectors.base import FieldSpec
from connectors.errors import SetupError
from connectors.simulator.salesforce_schema import Field

from .org import BAND, FIELDS, HEALTH, REASONS, SCORED, connection, organisation, updates
from .test_write import Log


@pytest.fixture
def app():
    return organisation()


def add(app, name, type_, **more) -> None:
    app.org.add_field("Account", Field(name, name, type_, **more))


def test_fields_are_made_granted_and_writable(app) -> None:
    one = connection(app)
    assert not any(state.exists for state in one.to.field_states(FIELDS))
    states = one.to.create_fields(FIELDS)
    assert [(state.exists, state.visible, state.writable) for state in states] == [(True,) * 3] * 4
    assert all(state.created for state in states)
    assert [state.type for state in states] == ["number", "choice", "longtext", "datetime"]
    ref = next(iter(app.org.table("Account").live()))[0]
    assert next(one.to.write(updates([ref]), Log())).ok
    made = app.org.schema("Account").fields[HEALTH.name]
    assert (made.precision, made.scale, made.help) == (18, 1, "Computed by Pulsefield.")


def test_the_grant_is_one_permission_set_assigned_to_the_running_user(app) -> None:
    connection(app, permission_set="Score_Writers").to.create_fields(FIELDS)
    sets, links = app.org.table("PermissionSet"), app.org.table("PermissionSetAssignment")
    ours = [row for row in sets.live() if sets.get(row, "Name") == "Score_Writers"]
    assert len(ours) == 1
    assert ours[0][0] in {links.get(row, "PermissionSetId") for row in links.live()}


def test_doing_it_again_changes_nothing_and_costs_one_request(app) -> None:
    connection(app).to.create_fields(FIELDS)
    one = connection(app)
    states = one.to.create_fields(FIELDS)
    assert [(state.writable, state.created) for state in states] == [(True, False)] * 4
    assert [path for path in one.wire.paths() if "token" not in path] == [
        "GET /services/data/v67.0/sobjects/Account/describe"
    ]


def test_a_field_added_later_joins_the_same_set(app) -> None:
    connection(app).to.create_fields((HEALTH,))
    states = connection(app).to.create_fields(FIELDS)
    assert all(state.writable for state in states)
    sets = app.org.table("PermissionSet")
    assert sum(sets.get(row, "Name") == "Pulsefield" for row in sets.live()) == 1


def test_a_field_that_is_hidden_looks_missing_and_is_granted(app) -> None:
    connection(app).to.create_fields(FIELDS)
    app.org.hide("Account", HEALTH.name)
    permissions = app.org.table("FieldPermissions")
    for row in permissions.live():
        row[permissions.columns["IsDeleted"]] = True
    assert not connection(app).to.field_states([HEALTH])[0].exists
    (state,) = connection(app).to.create_fields([HEALTH])
    assert (state.writable, state.created) == (True, False)


def test_a_read_only_custom_field_is_granted(app) -> None:
    add(app, HEALTH.name, "double", precision=8, scale=2)
    app.org.read_only("Account", HEALTH.name)
    (before,) = connection(app).to.field_states([HEALTH])
    assert "read-only for the running user" in before.problem
    (after,) = connection(app).to.create_fields([HEALTH])
    assert after.writable
    assert after.problem is None


@pytest.mark.parametrize(
    ("spec", "there", "words"),
    [
        (HEALTH, {"type": "string", "length": 255}, "type string, not number"),
        (HEALTH, {"type": "double", "precision": 5, "scale": 0}, "keeps 0 decimals"),
        (HEALTH, {"type": "int"}, "keeps 0 decimals"),
        (HEALTH, {"type": "double", "scale": 2, "calculated": True}, "formula"),
        (BAND, {"type": "picklist", "restricted": True, "values": ("red",)}, "not allow green"),
        (REASONS, {"type": "string", "length": 255}, "not longtext"),
        (SCORED, {"type": "date"}, "not datetime"),
    ],
)
def test_a_field_that_does_not_fit_is_refused_by_name_before_anything_is_made(
    app, spec, there, words
) -> None:
    kind = there.pop("type")
    add(app, spec.name, kind, **there)
    (state,) = connection(app).to.field_states([spec])
    assert words in state.problem
    one = connection(app)
    with pytest.raises(SetupError, match=f"{spec.name}.*{words}"):
        one.to.create_fields(FIELDS)
    assert not any(path.startswith("POST") and "token" not in path for path in one.wire.paths())


@pytest.mark.parametrize(
    ("spec", "there"),
    [
        (HEALTH, {"type": "percent", "precision": 5, "scale": 1}),
        (HEALTH, {"type": "currency", "precision": 18, "scale": 2}),
        (BAND, {"type": "string", "length": 255}),
        (BAND, {"type": "picklist", "values": ("other",)}),
        (FieldSpec("Plain__c", "Plain", "text"), {"type": "textarea", "length": 255}),
    ],
)
def test_a_field_that_holds_the_values_is_taken_as_it_is(app, spec, there) -> None:
    kind = there.pop("type")
    add(app, spec.name, kind, **there)
    (state,) = connection(app).to.field_states([spec])
    assert state.problem is None
    assert state.writable


def test_a_standard_read_only_field_is_refused(app) -> None:
    spec = FieldSpec("CreatedDate", "Created", "datetime")
    with pytest.raises(SetupError, match="read-only standard field"):
        connection(app).to.create_fields([spec])


@pytest.mark.parametrize("name", ["Health__x__c", "9Health__c", "H" * 41 + "__c"])
def test_a_name_that_salesforce_refuses_is_said(app, name) -> None:
    with pytest.raises(SetupError, match="cannot be created"):
        connection(app).to.create_fields([FieldSpec(name, "Health", "number")])


def test_a_user_who_may_not_grant_is_told_what_is_missing(app) -> None:
    one = connection(app)
    refusal = [{"errorCode": "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "message": "no"}]
    body = {"compositeResponse": [{"httpStatusCode": 400, "body": refusal}] * 2}
    one.wire.answers.append(("/composite", 200, json.dumps(body).encode(), {}))
    with pytest.raises(SetupError, match="Manage Profiles and Permission Sets"):
        one.to.create_fields([HEALTH])


def test_fields_are_the_targets_to_tell_of(app) -> None:
    to = connection(app).to
    assert not any("Pulsefield" in problem.where for problem in to.check())
    assert not any(state.exists for state in to.field_states(FIELDS))
