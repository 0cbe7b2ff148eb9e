"""Signing in, limits, versions, and what answers mean."""

import json
from datetime import UTC, datetime
from email.utils import format_datetime

import jwt
import pytest
from pydantic import ValidationError

from connectors.endings import ENDINGS, ending_problems
from connectors.errors import QuotaError, RequestError, SetupError, TransientError
from connectors.salesforce import Settings
from connectors.salesforce.auth import Login
from connectors.simulator.salesforce_access import USERNAME, private_key

from .org import NOW, URL, connection, organisation, read

JWT = {
    "kind": "jwt_bearer",
    "client_id": "3MVG9simulatedConsumerKey",
    "username": USERNAME,
    "private_key": "env:private_key",
}
REFRESH = {
    "kind": "refresh_token",
    "client_id": "3MVG9simulatedConsumerKey",
    "refresh_token": "env:refresh_token",
}
ACCESS = {"kind": "access_token", "token": "env:client_secret"}


def refusal(code: str, message: str = "no") -> bytes:
    return json.dumps([{"errorCode": code, "message": message}]).encode()


@pytest.fixture
def app():
    return organisation()


def test_the_assertion_names_app_user_audience_and_ends_within_five_minutes(app) -> None:
    one = connection(app, auth=JWT)
    read(one.to, "Account")
    form = dict(part.split("=") for part in one.wire.sent[0][2].split("&"))
    claims = jwt.decode(form["assertion"], options={"verify_signature": False})
    assert (claims["iss"], claims["sub"]) == (JWT["client_id"], USERNAME)
    assert claims["aud"] == "https://login.salesforce.com"
    assert 0 < claims["exp"] - NOW.timestamp() <= 300


def test_a_sandbox_has_another_audience() -> None:
    settings = Settings.model_validate(
        {"base_url": "https://acme--dev.sandbox.my.salesforce.com", "auth": JWT}
    )
    assert Login(settings)._audience() == "https://test.salesforce.com"


def test_a_key_that_is_none_is_said_without_showing_it(app) -> None:
    one = connection(app, auth=JWT | {"private_key": "env:client_secret"})
    with pytest.raises(SetupError, match="no RSA key in PEM") as caught:
        read(one.to, "Account")
    assert app.credentials["client_secret"] not in str(caught.value)
    assert private_key()[40:80] not in str(caught.value)


@pytest.mark.parametrize(
    ("auth", "words"),
    [
        (JWT | {"username": "nobody@acme.invalid"}, "pre-authorisation"),
        (JWT | {"client_id": "wrong"}, "consumer key"),
        (REFRESH | {"refresh_token": "env:client_secret"}, "refresh token"),
        (ACCESS, "check auth"),
    ],
)
def test_a_refused_log_in_says_what_to_do(app, auth, words) -> None:
    one = connection(app, auth=auth)
    with pytest.raises(SetupError, match=words):
        read(one.to, "Account")
    assert len(one.wire.sent) == 1
    assert [problem.fatal for problem in one.to.check()][:1] == [True]


@pytest.mark.parametrize("wrong", [-900, 900])
def test_a_clock_that_is_wrong_is_put_right_by_the_servers(app, wrong) -> None:
    app.clock.advance(wrong)
    one = connection(app, auth=JWT)
    app.clock.advance(-wrong)
    sending = one.wire.send

    def send(request, **more):
        answer = sending(request, **more)
        now = datetime.fromtimestamp(app.clock(), UTC)
        answer.headers["Date"] = format_datetime(now, usegmt=True)
        return answer

    one.wire.send = send
    assert read(one.to, "Account").rows["accounts"]
    assert one.to.stats.made["log in"] == 2


@pytest.mark.parametrize("host", ["login", "test"])
def test_the_shared_log_in_hosts_are_refused(host) -> None:
    with pytest.raises(ValidationError, match="My Domain"):
        Settings.model_validate({"base_url": f"https://{host}.salesforce.com", "auth": ACCESS})


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (
            403,
            refusal("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
            QuotaError,
            "daily",
        ),
        (403, refusal("API_DISABLED_FOR_ORG"), SetupError, "API_DISABLED_FOR_ORG.*grant"),
        (401, b"<html>sign in</html>", SetupError, "check auth"),
        (401, b'{"error": "expired"}', SetupError, "check auth"),
        (410, refusal("UNSUPPORTED_API_VERSION"), SetupError, "raise version"),
        (400, refusal("QUERY_TIMEOUT"), RequestError, "QUERY_TIMEOUT"),
    ],
)
def test_what_an_answer_means(app, status, body, error, words) -> None:
    one = connection(app)
    one.wire.answers += [("/limits", status, body, {})] * 2  # a 401 is asked twice
    with pytest.raises(error, match=words):
        one.to._client.rest("GET", "limits", "check")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, b"<html>maintenance</html>"),
        (500, refusal("UNKNOWN_EXCEPTION")),
        (403, refusal("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests Limit exceeded.")),
        (400, refusal("UNABLE_TO_LOCK_ROW")),
    ],
)
def test_what_passes_is_tried_again(app, status, body) -> None:
    one = connection(app)
    one.wire.answers.append(("/limits", status, body, {}))
    assert one.to._client.rest("GET", "limits", "check")["DailyApiRequests"]
    assert one.to.stats.retried == 1


def test_the_daily_limit_says_when_it_goes_on(app) -> None:
    one = connection(app)
    one.wire.answers.append(("/limits", 403, refusal("REQUEST_LIMIT_EXCEEDED"), {}))
    with pytest.raises(QuotaError) as caught:
        one.to._client.rest("GET", "limits", "check")
    assert caught.value.resumes_at > NOW


def test_the_usage_header_feeds_the_budget(app) -> None:
    one = connection(app, budget=0.1)
    usage = {"Sforce-Limit-Info": "api-usage=500/1000; per-app-api-usage=100/250(appName=ours)"}
    one.wire.answers.append(("/limits", 200, b"{}", usage))
    one.to._client.rest("GET", "limits", "check")
    assert one.to.stats.quota_used == 0.5
    with pytest.raises(QuotaError, match=r"100 of 1000.*500 by everyone"):
        read(one.to, "Account")


def test_an_expired_session_is_renewed_with_the_headers_kept(app) -> None:
    one = connection(app)
    read(one.to, "Account")
    app.expire_tokens()
    headers = []
    sending = one.wire.send

    def send(request, **more):
        headers.append(dict(request.headers))
        return sending(request, **more)

    one.wire.send = send
    one.to._client.rest("GET", "limits", "check", headers={"Sforce-Query-Options": "batchSize=200"})
    kept = [h.get("Sforce-Query-Options") for h in headers]
    assert kept == ["batchSize=200", None, "batchSize=200"]  # refused, log-in, again
    assert headers[0]["Authorization"] != headers[2]["Authorization"]


def test_check_names_a_version_that_is_not_offered(app) -> None:
    problems = connection(app, version="68.0").to.check()
    assert problems[0].where == "crm.version"
    assert "67.0" in problems[0].todo


def test_check_reports_everything_at_once(app) -> None:
    broken = {"accounts": {"seats": "Nope__c"}, "contacts": {"role": "Neither__c"}}
    told = repr(connection(app, fields=(), map=broken, version="66.0").to.check())
    assert "Nope__c" in told
    assert "Neither__c" in told


def test_quotas_that_the_user_may_not_see_are_no_hindrance(app) -> None:
    one = connection(app, fields=())
    one.wire.answers.append(("/limits", 403, refusal("INSUFFICIENT_ACCESS"), {}))
    assert [problem.fatal for problem in one.to.check()] == [False]


def test_check_warns_of_a_retired_version_and_a_spent_quota(app) -> None:
    old = connection(app, version="30.0").to.check()
    assert "2025" in old[0].what
    app.org.calls.limit = 40
    for _ in range(34):
        app.org.calls.take()
    told = connection(app).to.check()
    assert any("DailyApiRequests" in problem.what and not problem.fatal for problem in told)


@pytest.mark.parametrize(
    ("key", "month"),
    [
        ("hubspot-v4", "2027-03-30"),
        ("hubspot-v3", "2027-09-01"),
        ("zendesk-api-token", "2027-04-30"),
        ("salesforce-soap-login", "2027-06-01"),
    ],
)
def test_endings_are_told_in_good_time_and_fatal_after(key, month) -> None:
    on = next(ending.on for ending in ENDINGS if ending.key == key)
    assert on.isoformat() == month
    early = datetime(2026, 3, 1, tzinfo=UTC)
    assert not ending_problems({key}, "x", early)
    (before,) = ending_problems({key}, "x", NOW)
    assert not before.fatal
    assert month in before.what
    (after,) = ending_problems({key}, "x", datetime(2027, 10, 1, tzinfo=UTC))
    assert after.fatal


def test_two_organisations_work_side_by_side(app) -> None:
    other = organisation()
    one, two = connection(app), connection(other)
    read(one.to, "Account")
    read(two.to, "Account")
    app.expire_tokens()
    read(two.to, "Account")
    assert two.to.stats.made["log in"] == 1
    assert URL in repr(one.to)


def test_a_hanging_or_broken_server_ends_in_a_clear_error(app) -> None:
    one = connection(app)
    one.wire.answers += [("/describe", 200, b"{}", {})] * 9
    with pytest.raises(SetupError, match="no description"):
        read(one.to, "Account")
    two = connection(app)
    two.wire.answers += [
        ("/queryAll", 200, b'{"records": [', {"Content-Type": "application/json"})
    ] * 9
    with pytest.raises(TransientError, match=r"GET .*queryAll.*cut off"):
        read(two.to, "Account")
