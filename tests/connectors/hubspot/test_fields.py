"""Our properties: made with their group, compared where they exist, refused by name."""

import pytest

from connectors.base import FieldSpec
from connectors.errors import SetupError

from .account import BAND, FIELDS, HEALTH, SCORED, account, bodies, connection


def definition(app, name):
    return app.state.stores["companies"].schema.properties[name].definition


def test_group_comes_first_then_each_field_with_the_type_of_its_own():
    app = account()
    crm = connection(app)
    before = crm.to.field_states(FIELDS)
    assert [state.exists for state in before] == [False] * 4
    assert [state.problem for state in before] == [None] * 4
    after = crm.to.create_fields(FIELDS)
    assert [(state.type, state.writable, state.problem) for state in after] == [
        ("number", True, None),
        ("choice", True, None),
        ("longtext", True, None),
        ("datetime", True, None),
    ]
    posts = [path for path in crm.wire.paths() if path.startswith("POST")]
    assert (
        posts
        == ["POST /crm/properties/2026-03/companies/groups"]
        + ["POST /crm/properties/2026-03/companies"] * 4
    )
    made = [definition(app, spec.name) for spec in FIELDS]
    assert [(one["type"], one["fieldType"]) for one in made] == [
        ("number", "number"),
        ("enumeration", "select"),
        ("string", "textarea"),
        ("datetime", "date"),
    ]
    assert {one["groupName"] for one in made} == {"pulsefield"}
    assert [option["value"] for option in made[1]["options"]] == ["red", "green"]
    assert made[0]["description"] == "Computed by Pulsefield."


def test_making_twice_makes_nothing():
    app = account()
    assert all(state.created for state in connection(app).to.create_fields(FIELDS))
    crm = connection(app)
    assert not any(state.created for state in crm.to.create_fields(FIELDS))
    assert {path.partition(" ")[0] for path in crm.wire.paths()} == {"GET"}


def test_group_that_is_there_is_used():
    app = account()
    connection(app).to.create_fields([HEALTH])
    states = connection(app).to.create_fields([HEALTH, SCORED])
    assert all(state.exists for state in states)


def test_field_that_somebody_makes_at_the_same_time_is_compared():
    app = account()
    crm = connection(app)
    crm.wire.answers.append(
        ("companies", 200, b'{"results": []}', {})
    )  # what was there a moment ago
    app.add_property("pulsefield_health", "string/text")
    states = crm.to.create_fields([HEALTH])
    assert "string/text" in states[0].problem


@pytest.mark.parametrize(
    ("kind", "more", "told"),
    [
        ("string/text", {}, "number/number is needed"),
        ("number/calculation_equation", {}, "calculated"),
        ("number/number", {"read_only": True}, "read-only"),
    ],
)
def test_unusable_field_is_refused_by_name_before_anything_is_made(kind, more, told):
    app = account()
    app.add_property("pulsefield_health", kind, **more)
    crm = connection(app)
    assert told in crm.to.field_states([HEALTH])[0].problem
    with pytest.raises(SetupError, match=f"pulsefield_health.*{told}"):
        crm.to.create_fields([SCORED, HEALTH])
    assert {path.partition(" ")[0] for path in crm.wire.paths()} == {"GET"}


def test_option_that_a_choice_lacks_is_found_and_added_beside_the_others():
    app = account()
    app.add_property(BAND.name, "enumeration/select", options=("red", "amber"))
    crm = connection(app)
    assert "'green'" in crm.to.field_states([BAND])[0].problem
    assert crm.to.create_fields([BAND])[0].problem is None
    options = [option["value"] for option in definition(app, BAND.name)["options"]]
    assert options == ["red", "amber", "green"]
    assert bodies(crm.wire, BAND.name)[0].keys() == {"options"}


def test_single_line_text_serves_for_a_long_one():
    app = account()
    app.add_property("reasons", "string/text")
    assert (
        connection(app).to.field_states([FieldSpec("reasons", "Why", "longtext")])[0].problem
        is None
    )


@pytest.mark.parametrize("name", ["Health", "2health", "health-score", "x" * 101])
def test_name_that_hubspot_does_not_take_is_refused(name):
    crm = connection(account())
    with pytest.raises(SetupError, match="takes no property called"):
        crm.to.create_fields([FieldSpec(name, "Health", "number")])


def test_scope_that_is_missing_is_named():
    app = account()
    app.revoke_scope("crm.schemas.companies.write")
    with pytest.raises(SetupError, match=r"crm\.schemas\.companies\.write"):
        connection(app).to.create_fields([HEALTH])
