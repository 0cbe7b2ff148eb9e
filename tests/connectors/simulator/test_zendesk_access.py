"""Zendesk's stand-in: tokens, scopes, roles, rate headers."""

import base64

import pytest
from werkzeug.test import Client

from tests.connectors.simulator.hubspot_account import Caller
from tests.connectors.simulator.zendesk_account import account

ROWS = "GET /api/v2/organizations"


def token(app, **more):
    body = {
        "grant_type": "client_credentials",
        "client_id": app.access.client_id,
        "client_secret": app.access.client_secret,
        "scope": "read write",
        **more,
    }
    return Client(app).post("/oauth/tokens", json=body)


def test_client_credentials_token_works_until_it_expires():
    app, _ = account()
    issued = token(app, expires_in=3_600)
    assert (issued.status_code, issued.json["expires_in"]) == (201, 3_600)
    assert "refresh_token" not in issued.json
    call = Caller(app, issued.json["access_token"])
    assert call(ROWS).status_code == 200
    app.clock.advance(3_600)
    answer = call(ROWS)
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")


@pytest.mark.parametrize(
    ("more", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_secret": "x"}, 401, "invalid_client"),
        ({"expires_in": 299}, 400, "invalid_request"),
        ({"expires_in": 172_801}, 400, "invalid_request"),
        ({"scope": "read organization_fields:write"}, 400, "invalid_scope"),
    ],
)
def test_the_token_endpoint_refuses(more, status, error):
    app, _ = account()
    answer = token(app, **more)
    assert (answer.status_code, answer.json["error"]) == (status, error)


def test_a_scope_sent_as_a_list_is_taken_and_good_for_nothing():
    app, _ = account()
    issued = token(app, scope=["read", "write"])
    assert issued.status_code == 201
    assert Caller(app, issued.json["access_token"])(ROWS).status_code == 403


@pytest.mark.parametrize(
    ("scope", "line", "status"),
    [
        ("read", ROWS, 200),
        ("organizations:read", ROWS, 200),
        ("tickets:read", ROWS, 403),
        ("read", "PUT /api/v2/organizations/update_many", 403),
        ("organizations:write", "PUT /api/v2/organizations/update_many", 200),
        ("organizations:read organizations:write", "GET /api/v2/organization_fields", 403),
        ("read", "GET /api/v2/organization_fields", 200),
        ("users:read", "GET /api/v2/users/me", 200),
    ],
)
def test_scopes(scope, line, status):
    app, _ = account()
    call = Caller(app, token(app, scope=scope).json["access_token"])
    body = {"organizations": []} if line.startswith("PUT") else None
    answer = call(line, body)
    assert answer.status_code == status
    if status == 403:
        assert answer.json["error"] == "Forbidden"


def basic(user, secret):
    text = base64.b64encode(f"{user}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {text}"}


def test_a_legacy_token_works_while_it_exists_and_a_password_never():
    app, _ = account()
    client = Client(app)
    legacy = basic("admin@example.com/token", "zendesk-legacy-token")
    assert client.get("/api/v2/organizations", headers=legacy).status_code == 200
    password = basic("admin@example.com", "zendesk-legacy-token")
    for headers in (password, {}, {"Authorization": "Basic ***"}):
        answer = client.get("/api/v2/organizations", headers=headers)
        assert (answer.status_code, answer.json["error"]) == (401, "Couldn't authenticate you")
    app.access.api_token = None
    assert client.get("/api/v2/organizations", headers=legacy).status_code == 401


def test_agents_may_not_export_nor_make_fields_and_change_notes_only():
    app, call = account()
    app.state.jobs.seconds = 0
    app.set_role("agent")
    assert call("GET /api/v2/users/me").json["user"]["role"] == "agent"
    export = call("GET /api/v2/incremental/tickets/cursor?start_time=0")
    assert (export.status_code, export.json["error"]["title"]) == (403, "Forbidden")
    body = {"organization_field": {"type": "text", "key": "k", "title": "K"}}
    assert call("POST /api/v2/organization_fields", body).status_code == 403
    for values, written in (({"notes": "hi"}, True), ({"tags": []}, False)):
        rows = {"organizations": [{"id": 1, **values}]}
        job = call("PUT /api/v2/organizations/update_many", rows).json["job_status"]["id"]
        results = call(f"GET /api/v2/job_statuses/{job}").json["job_status"]["results"]
        assert ("success" in results[0]) is written


@pytest.mark.parametrize(("add_on", "limit"), [(False, 700), (True, 2_500)])
def test_general_limit_and_both_families_of_headers(add_on, limit):
    app, call = account(high_volume=add_on)
    first = call(ROWS)
    assert first.headers["X-Rate-Limit"] == first.headers["rate-limit"] == str(limit)
    assert first.headers["X-Rate-Limit-Remaining"] == str(limit - 1)
    app.access.general.take(cost=limit - 1)
    refused = call(ROWS)
    assert (refused.status_code, refused.json["error"]) == (429, "APIRateLimitExceeded")
    assert int(refused.headers["Retry-After"]) >= 60
    assert refused.headers["rate-limit-remaining"] == "0"
    app.clock.advance(60)
    assert call(ROWS).status_code == 200


def test_expire_tokens_ends_what_was_handed_out():
    app, call = account()
    app.expire_tokens()
    assert call(ROWS).json["error"] == "invalid_token"
    assert token(app).status_code == 201
