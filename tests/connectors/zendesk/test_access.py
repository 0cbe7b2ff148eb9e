import json
from datetime import date

import pytest
from pydantic import ValidationError

from connectors.errors import RequestError, SetupError, TransientError
from connectors.zendesk.auth import expiry_warning
from connectors.zendesk.settings import ApiToken, Settings
from tests.connectors.zendesk.account import CLIENT, HEALTH, URL, account, connection, read

API = {"kind": "api_token", "email": "admin@example.com", "token": "env:API"}
BEARER = {"kind": "token", "token": "env:TOKEN"}


@pytest.mark.parametrize("auth", [CLIENT, BEARER, API], ids=["oauth", "bearer", "api_token"])
def test_each_way_to_sign_in(auth):
    assert read(connection(account(), auth=auth).to, "users").records == 1


def test_scope_is_one_text():
    to = connection(account())
    to.to.field_states([HEALTH])
    body = json.loads(to.wire.sent[0][2])
    assert body["scope"] == "read write"
    assert body["grant_type"] == "client_credentials"
    assert 300 < body["expires_in"] < 172_800


def test_a_token_is_renewed_before_its_end():
    app = account()
    to = connection(app)
    to.to.field_states([HEALTH])
    to.context.wait(7300)
    to.to._http.clock.wait(7300)
    to.to.field_states([HEALTH])
    assert app.access.issued == 2
    assert app.log.count(status=401) == 0


def test_a_token_revoked_early_is_renewed_once():
    app = account()
    to = connection(app)
    to.to.field_states([HEALTH])
    app.expire_tokens()
    to.to.field_states([HEALTH])
    assert app.access.issued == 2


@pytest.mark.parametrize(
    ("auth", "secret"),
    [
        (CLIENT | {"client_id": "somebody"}, "zendesk-client-secret"),
        (BEARER | {"token": "env:API"}, "zendesk-legacy-token"),
        (API | {"token": "env:SECRET"}, "zendesk-client-secret"),
    ],
    ids=["oauth", "bearer", "api_token"],
)
def test_refused_credentials_are_a_set_up_error_without_the_secret(auth, secret):
    to = connection(account(), auth=auth).to
    with pytest.raises(SetupError) as caught:
        to.field_states([HEALTH])
    assert secret not in str(caught.value)
    assert secret not in repr(to._settings)


BODIES = [
    (403, {"error": "Forbidden", "description": "You do not have access"}, SetupError, "access"),
    (403, {"error": {"title": "Forbidden", "message": "No page"}}, SetupError, "No page"),
    (404, {"error": "RecordNotFound", "description": "Not found"}, RequestError, "Not found"),
    (
        429,
        {"errors": [{"code": "TooManyRequests", "title": "Too many requests to update"}]},
        TransientError,
        "rate limit",
    ),
    (409, {"error": "Conflict"}, TransientError, "Conflict"),
    (503, {"error": "Down"}, TransientError, "503"),
]


@pytest.mark.parametrize(("status", "body", "kind", "words"), BODIES)
def test_error_bodies_of_every_shape(status, body, kind, words):
    to = connection(account())
    to.wire.answers += [("organization_fields", status, json.dumps(body).encode(), {})] * 9
    with pytest.raises(kind, match=words):
        to.to.field_states([HEALTH])


@pytest.mark.parametrize("body", [b"", b"<html>no such help desk</html>", b"[]"])
def test_error_bodies_without_a_reason(body):
    to = connection(account())
    to.wire.answers.append(("organization_fields", 404, body, {"Content-Type": "text/html"}))
    with pytest.raises(RequestError, match="404"):
        to.to.field_states([HEALTH])


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"{}", b"[]", b"null"])
def test_a_good_status_with_nonsense_is_an_error(body):
    to = connection(account(), auth=BEARER)
    to.wire.answers += [("incremental", 200, body, {})] * 9
    with pytest.raises((SetupError, TransientError)):
        read(to.to, "tickets")


def test_retry_after_is_honoured():
    app = account()
    to = connection(app)
    to.wire.answers.append(("organization_fields", 429, b"", {"Retry-After": "42"}))
    before = app.state.clock()
    to.to.field_states([HEALTH])
    assert app.state.clock() - before >= 42


def test_an_empty_account_limit_is_waited_out():
    app = account()
    to = connection(app)
    headers = {"X-Rate-Limit": "700", "X-Rate-Limit-Remaining": "0", "rate-limit-reset": "17"}
    page = b'{"organization_fields": []}'
    to.wire.answers.append(("organization_fields", 200, page, headers))
    to.to.field_states([HEALTH])
    before = app.state.clock()
    to.to.field_states([HEALTH])
    assert app.state.clock() - before >= 16


def test_check_is_content_with_a_good_account():
    assert connection(account()).to.check() == []


def test_check_names_a_user_who_is_no_admin():
    app = account()
    app.set_role("agent")
    [problem] = connection(app).to.check()
    assert problem.fatal
    assert "agent" in problem.what


def test_check_finds_an_anonymous_answer():
    to = connection(account(), auth=BEARER)
    to.wire.answers.append(("users/me", 200, b'{"user": {"id": null, "role": "end-user"}}', {}))
    [problem] = to.to.check()
    assert "credentials" in problem.what


def test_check_names_mapped_fields_that_do_not_exist():
    [problem] = connection(account(), map={"accounts": {"seats": "seats"}}).to.check()
    assert "seats" in problem.what


def test_check_warns_about_the_end_of_api_tokens():
    [problem] = connection(account(), auth=API).to.check()
    assert not problem.fatal
    assert "2027-04-30" in problem.what
    assert "already" in expiry_warning(ApiToken(**API), date(2027, 5, 1))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"auth": CLIENT}, "subdomain"),
        ({"auth": CLIENT, "subdomain": "acme", "base_url": URL}, "either"),
        ({"auth": CLIENT, "subdomain": "acme.zendesk.com"}, "pattern"),
        ({"auth": {"kind": "password"}, "subdomain": "acme"}, "client_credentials"),
        ({"auth": CLIENT, "subdomain": "acme", "max_jobs": 31}, "30"),
        ({"auth": CLIENT, "subdomain": "acme", "topics": {"x": "bill"}}, "billing"),
        ({"auth": CLIENT, "subdomain": "acme", "map": {"invoices": {"id": "x"}}}, "invoices"),
        ({"auth": CLIENT, "subdomain": "acme", "speed": 1}, "speed"),
    ],
)
def test_wrong_settings_are_refused(settings, words):
    with pytest.raises(ValidationError, match=words):
        Settings(**settings)


def test_the_real_host_is_https():
    assert Settings(auth=CLIENT, subdomain="acme").url == "https://acme.zendesk.com"
