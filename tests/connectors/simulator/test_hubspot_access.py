"""HubSpot's stand-in: tokens, scopes, rate limits, account information."""

import pytest
from werkzeug.test import Client

from connectors.simulator.hubspot import SERVICE_KEY
from connectors.simulator.limits import FixedWindow
from tests.connectors.simulator.hubspot_account import COMPANIES, Caller, account


def refresh(app, **more):
    app_ = app.access.app
    form = {
        "grant_type": "refresh_token",
        "client_id": app_.client_id,
        "client_secret": app_.client_secret,
        "refresh_token": app_.refresh_token,
        **more,
    }
    return Client(app).post("/oauth/2026-09/token", data=form)


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {SERVICE_KEY}"}]
)
def test_unknown_credentials(headers):
    app, _ = account(1)
    answer = Client(app).get(COMPANIES, headers=headers)
    assert (answer.status_code, answer.json["category"]) == (401, "INVALID_AUTHENTICATION")


def test_oauth_tokens_are_refreshed_and_expire():
    app, _ = account(1)
    issued = refresh(app)
    assert (issued.status_code, issued.json["expires_in"]) == (200, 1_800)
    call = Caller(app, issued.json["access_token"])
    answer = call(f"GET {COMPANIES}")
    assert answer.status_code == 200
    assert "X-HubSpot-RateLimit-Remaining" in answer.headers
    assert "X-HubSpot-RateLimit-Daily" not in answer.headers
    app.clock.advance(1_800)
    expired = call(f"GET {COMPANIES}")
    assert (expired.status_code, expired.json["category"]) == (401, "EXPIRED_AUTHENTICATION")
    again = Caller(app, refresh(app).json["access_token"])
    assert again(f"GET {COMPANIES}").status_code == 200


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"refresh_token": "x"}, "BAD_REFRESH_TOKEN"),
        ({"client_secret": "x"}, "BAD_CLIENT_ID"),
        ({"grant_type": "password"}, "BAD_GRANT_TYPE"),
    ],
)
def test_the_token_endpoint_refuses(more, status):
    app, _ = account(1)
    answer = refresh(app, **more)
    assert (answer.status_code, answer.json["status"]) == (400, status)


def test_a_token_expires_and_a_key_lives_until_it_is_deleted():
    app, call = account(1)
    oauth = Caller(app, refresh(app).json["access_token"])
    app.expire_tokens()
    assert oauth(f"GET {COMPANIES}").json["category"] == "EXPIRED_AUTHENTICATION"
    assert call(f"GET {COMPANIES}").status_code == 200
    app.delete_keys()
    assert call(f"GET {COMPANIES}").json["category"] == "INVALID_AUTHENTICATION"


@pytest.mark.parametrize(
    ("line", "scope"),
    [
        (f"GET {COMPANIES}", "crm.objects.companies.read"),
        (f"POST {COMPANIES}/search", "crm.objects.companies.read"),
        (f"POST {COMPANIES}/batch/update", "crm.objects.companies.write"),
        ("GET /crm/properties/2026-09/companies", "crm.schemas.companies.read"),
        ("POST /crm/properties/2026-09/companies", "crm.schemas.companies.write"),
        (
            "POST /crm/associations/2026-09/companies/contacts/batch/read",
            "crm.objects.contacts.read",
        ),
        ("GET /crm/objects/2026-09/tickets", "tickets"),
    ],
)
def test_missing_scopes_are_named(line, scope):
    app, call = account(1)
    app.revoke_scope(scope)
    answer = call(line, None if line.startswith("GET") else {})
    assert (answer.status_code, answer.json["category"]) == (403, "MISSING_SCOPES")
    assert answer.json["errors"][0]["context"]["requiredGranularScopes"] == [scope]


def test_ten_second_limit_and_its_headers():
    app, call = account(1)
    answers = [call(f"GET {COMPANIES}") for _ in range(191)]
    assert answers[0].headers["X-HubSpot-RateLimit-Max"] == "190"
    assert answers[0].headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
    assert answers[0].headers["X-HubSpot-RateLimit-Daily"] == "1000000"
    assert answers[189].headers["X-HubSpot-RateLimit-Remaining"] == "0"
    refused = answers[190]
    assert (refused.status_code, refused.json["policyName"]) == (429, "TEN_SECONDLY_ROLLING")
    assert refused.json["errorType"] == "RATE_LIMIT"
    assert "Retry-After" not in refused.headers
    app.access.tell_retry_after = True
    assert call(f"GET {COMPANIES}").headers["Retry-After"] == "11"
    app.clock.advance(10)
    assert call(f"GET {COMPANIES}").status_code == 200


def test_daily_limit_ends_at_the_account_s_midnight():
    app, call = account(1)
    app.access.daily = FixedWindow(2, 86_400, app.clock, -app.state.utc_offset)
    assert [call(f"GET {COMPANIES}").status_code for _ in range(3)] == [200, 200, 429]
    assert call(f"GET {COMPANIES}").json["policyName"] == "DAILY"
    app.clock.now += 86_400 - (app.clock.now + app.state.utc_offset) % 86_400
    assert call(f"GET {COMPANIES}").status_code == 200


def test_account_information():
    _, call = account(1)
    details = call("GET /account-info/2026-09/details").json
    assert (details["companyCurrency"], details["utcOffset"]) == ("EUR", "+01:00")
    usage = call("GET /account-info/v3/api-usage/daily/private-apps").json["results"][0]
    assert (usage["usageLimit"], usage["currentUsage"]) == (1_000_000, 2)
    types = call("GET /crm/limits/2026-09/custom-properties").json["byObjectType"]
    assert {"objectTypeId", "limit", "usage"} <= types[0].keys()
    stages = call("GET /crm/pipelines/2026-09/tickets").json["results"][0]["stages"]
    assert [stage["id"] for stage in stages if stage["metadata"]["isClosed"] == "true"] == ["4"]


def test_requests_are_logged_and_dated_by_the_vendor_s_clock():
    app, call = account(1)
    answer = call(f"GET {COMPANIES}?limit=1")
    assert answer.headers["Date"] == "Wed, 18 Nov 2026 11:06:40 GMT"
    call("GET /nowhere")
    assert app.log.entries == [("GET", COMPANIES, 200), ("GET", "/nowhere", 404)]
    served = Client(app).get("/__log__").json
    assert (served["total"], served["statuses"]) == (2, {"200": 1, "404": 1})
    assert app.log.count("companies", 200) == 1
