import json

import pytest

from connectors.errors import SetupError
from tests.connectors.zendesk.account import BAND, FIELDS, HEALTH, account, connection


def fields_of(app):
    return app.state.fields["organization_fields"].by_key()


def test_fields_are_created_with_their_types():
    app = account()
    to = connection(app)
    assert [state.exists for state in to.to.field_states(FIELDS)] == [False] * 4

    states = to.to.create_fields(FIELDS)

    assert all(s.exists and s.writable and s.visible and s.problem is None for s in states)
    assert [state.type for state in states] == ["number", "choice", "longtext", "datetime"]
    made = fields_of(app)
    kinds = {key: field["type"] for key, field in made.items()}
    assert kinds == {
        "pulsefield_health": "decimal",
        "pulsefield_health_band": "dropdown",
        "pulsefield_health_reasons": "textarea",
        "pulsefield_scored_at": "text",
    }
    assert made["pulsefield_health"]["title"] == "Health"
    assert made["pulsefield_health"]["description"] == "Computed by Pulsefield."


def test_option_values_carry_the_fields_name_because_they_become_tags():
    app = account()
    connection(app).to.create_fields([BAND])
    options = fields_of(app)["pulsefield_health_band"]["custom_field_options"]
    assert [(option["name"], option["value"]) for option in options] == [
        ("Red", "pulsefield_health_band_red"),
        ("Green", "pulsefield_health_band_green"),
    ]


def test_creating_twice_changes_nothing():
    app = account()
    to = connection(app)
    assert all(state.created for state in to.to.create_fields(FIELDS))
    to.wire.sent.clear()
    assert not any(state.created for state in to.to.create_fields(FIELDS))
    assert {method for method, _, _ in to.wire.sent} == {"GET"}


def test_another_type_is_refused_by_name_before_anything_is_made():
    app = account()
    app.add_field({"type": "text", "key": "pulsefield_health", "title": "By hand"})
    to = connection(app)
    [state] = to.to.field_states([HEALTH])
    assert state.type == "text"
    assert "type text" in state.problem

    with pytest.raises(SetupError, match=r"pulsefield_health.*type text.*decimal"):
        to.to.create_fields([BAND, HEALTH])
    assert set(fields_of(app)) == {"pulsefield_health"}


def test_missing_options_are_added_and_old_ones_keep_their_ids():
    to = connection(account())
    options = [{"id": 7, "name": "Red", "raw_name": "Red", "value": "pulsefield_health_band_red"}]
    field = {"id": 5, "key": BAND.name, "type": "dropdown", "custom_field_options": options}
    page = json.dumps({"organization_fields": [field]}).encode()
    to.wire.answers += [("organization_fields?", 200, page, {})] * 3
    to.wire.answers.append(("organization_fields/5", 200, b"{}", {}))
    [state] = to.to.field_states([BAND])
    assert "lacks the options green" in state.problem

    to.to.create_fields([BAND])

    [sent] = [json.loads(body) for method, _, body in to.wire.sent if method == "PUT"]
    assert sent["organization_field"]["custom_field_options"] == [
        {"id": 7, "name": "Red", "value": "pulsefield_health_band_red"},
        {"name": "Green", "value": "pulsefield_health_band_green"},
    ]


def test_an_inactive_field_is_a_problem():
    app = account()
    connection(app).to.create_fields([HEALTH])
    fields_of(app)["pulsefield_health"]["active"] = False
    [state] = connection(app).to.field_states([HEALTH])
    assert "not active" in state.problem


def test_all_pages_of_fields_are_read():
    to = connection(account())
    for key, more in (("a", True), ("pulsefield_health", False)):
        page = {
            "organization_fields": [{"id": 1, "key": key, "type": "decimal", "active": True}],
            "meta": {"has_more": more, "after_cursor": key},
            "links": {"next": "https://elsewhere.example/" if more else None},
        }
        to.wire.answers.append(("organization_fields", 200, json.dumps(page).encode(), {}))
    [state] = to.to.field_states([HEALTH])
    assert state.exists
    assert "page%5Bafter%5D=a" in to.wire.sent[-1][1]


def test_a_refused_field_is_named():
    to = connection(account())
    body = {
        "error": "RecordInvalid",
        "description": "Record validation errors",
        "details": {"key": [{"description": "Key: has already been taken", "error": "Dup"}]},
    }
    to.wire.answers.append(("organization_fields", 200, b'{"organization_fields": []}', {}))
    to.wire.answers.append(("organization_fields", 422, json.dumps(body).encode(), {}))
    with pytest.raises(SetupError, match=r"already been taken.*pulsefield_health"):
        to.to.create_fields([HEALTH])
