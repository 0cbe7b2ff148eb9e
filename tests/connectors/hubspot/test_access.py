"""Signing in, scopes, rate limits, and what check finds."""

import json
import logging

import pytest
from pydantic import ValidationError

from connectors.base import Source, Target
from connectors.errors import SetupError
from connectors.hubspot import Settings
from connectors.simulator.hubspot import SERVICE_KEY
from tests.connectors.zendesk.account import read

from .account import FIELDS, OAUTH, TOKEN, account, companies, connection

TOKEN_PATH = "POST /oauth/2026-03/token"


def test_connection_is_a_source_and_a_target():
    crm = connection(account())
    assert isinstance(crm.to, Source)
    assert isinstance(crm.to, Target)
    assert crm.wire.sent == []
    streams = crm.to.streams()
    assert streams[0].name == "companies"
    assert {table for stream in streams for table in stream.tables} == {
        "accounts",
        "contacts",
        "tickets",
        "outcomes",
        "surveys",
        "subscriptions",
        "invoices",
        "interactions",
    }


def test_key_that_is_not_accepted_is_a_setup_error_without_a_second_try():
    app = account()
    app.delete_keys()
    crm = connection(app)
    with pytest.raises(SetupError, match="INVALID_AUTHENTICATION") as error:
        read(crm.to, "companies")
    assert len(crm.wire.sent) == 1
    assert SERVICE_KEY not in str(error.value)


@pytest.mark.parametrize(("api", "path"), [("2026-03", TOKEN_PATH), ("v3", "POST /oauth/v1/token")])
def test_refresh_token_brings_an_access_token_by_form(api, path):
    app = account()
    companies(app, 1)
    crm = connection(app, auth=OAUTH, api=api)
    assert read(crm.to, "companies").records == 1
    assert crm.wire.paths().count(path) == 1
    assert crm.wire.sent[0][2].startswith("grant_type=refresh_token&client_id=")


def test_access_token_is_renewed_when_its_time_is_over_and_not_by_a_401():
    app = account()
    companies(app, 1)
    crm = connection(app, auth=OAUTH)
    read(crm.to, "companies")
    crm.to._http.clock.wait(1_790)
    read(crm.to, "companies")
    assert crm.wire.paths().count(TOKEN_PATH) == 2
    assert app.log.count(status=401) == 0


def test_access_token_that_ends_early_is_renewed_once():
    app = account()
    companies(app, 1)
    crm = connection(app, auth=OAUTH)
    read(crm.to, "companies")
    app.expire_tokens()
    assert read(crm.to, "companies").records == 1
    assert crm.wire.paths().count(TOKEN_PATH) == 2
    assert app.log.count(status=401) == 1


def test_new_refresh_token_takes_the_place_of_the_old_one():
    app = account()
    crm = connection(app, auth=OAUTH)
    answer = {"access_token": "short", "refresh_token": "na1-second", "expires_in": 1800}
    crm.wire.answers.append(("/oauth/", 200, json.dumps(answer).encode(), {}))
    with pytest.raises(SetupError, match="refresh token is not accepted"):
        read(crm.to, "companies")  # "short" is refused; the stand-in does not know na1-second
    sent = [body for _, path, body in crm.wire.sent if "/oauth/" in path]
    assert [body.rpartition("refresh_token=")[2] for body in sent] == [
        "na1-refresh-0001",
        "na1-second",
    ]


def test_refresh_token_that_is_not_accepted_is_a_setup_error():
    app = account()
    app.access.app.refresh_token = "another"
    with pytest.raises(SetupError, match=r"BAD_REFRESH_TOKEN.*install the app again"):
        read(connection(app, auth=OAUTH).to, "companies")


def test_no_secret_is_shown(caplog):
    caplog.set_level(logging.DEBUG)
    app = account()
    crm = connection(app, auth=OAUTH)
    crm.wire.answers.append(("/properties/", 400, b'{"message": "bad hubspot-app-secret"}', {}))
    with pytest.raises(SetupError) as error:
        read(crm.to, "companies")
    shown = "".join([str(error.value), repr(crm.to), repr(crm.to._http), caplog.text])
    for secret in ("hubspot-app-secret", "na1-refresh-0001", "oauth-access-0001", SERVICE_KEY):
        assert secret not in shown


def test_check_of_a_sound_connection_finds_nothing():
    app = account()
    companies(app, 1)
    connection(app).to.create_fields(FIELDS)
    assert list(connection(app, time_zone="Europe/Amsterdam").to.check()) == []


def test_check_finds_everything_at_once():
    app = account()
    connection(app).to.create_fields(FIELDS[1:])
    app.revoke_scope("crm.objects.deals.read")
    app.revoke_scope("crm.objects.companies.write")
    app.drop_property("country")
    app.drop_property("seats")
    crm = connection(app, map={"accounts": {"seats": "seats"}}, api="v3")
    found = {(problem.where, problem.fatal): problem.what for problem in crm.to.check()}
    assert "Europe/Amsterdam" in found["crm time_zone", False]
    assert "crm.objects.deals.read" in found["crm deals", True]
    assert "'seats'" in found["crm companies", True]
    assert "crm.objects.companies.write" in found["crm writing", True]
    assert "2027" in found["crm api", False]
    app.add_property("seats", "number")
    found = {(problem.where, problem.fatal): problem.what for problem in crm.to.check()}
    assert "country" in found["crm companies", False]


def test_check_of_a_wrong_key_says_just_that():
    app = account()
    app.delete_keys()
    assert [problem.fatal for problem in connection(app).to.check()] == [True]


def test_check_warns_when_the_quota_is_nearly_used():
    app = account()
    app.access.daily.limit = 20
    crm = connection(app, time_zone="Europe/Amsterdam", streams=["companies"], fields=())
    for _ in range(17):
        app.access.daily.take()
    found = [problem for problem in crm.to.check() if "quota" in problem.where]
    assert [problem.fatal for problem in found] == [False]


def test_check_writes_nothing():
    app = account()
    ids = companies(app, 1)
    before = dict(app.record(ids[0]).properties)
    connection(app).to.check()
    assert app.record(ids[0]).properties == before


def test_scope_that_an_object_needs_is_named_when_read():
    app = account()
    app.revoke_scope("crm.objects.invoices.read")
    with pytest.raises(SetupError, match=r"crm\.objects\.invoices\.read"):
        read(connection(app).to, "invoices")


def test_pace_follows_the_limit_that_the_answers_state():
    app = account()  # 190 in ten seconds
    companies(app, 1)
    crm = connection(app)
    for _ in range(400):
        crm.to._client.definitions("companies")
    assert app.log.count(status=429) == 0
    assert crm.to._http.clock.elapsed() < 2 * 400 / 19


def test_searches_keep_to_five_a_second():
    app = account()
    crm = connection(app)
    for _ in range(40):
        crm.to._client.search("companies", {"limit": 1})
    assert app.log.count(status=429) == 0
    assert crm.to._http.clock.elapsed() >= 7


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"auth": {"kind": "token"}}, "token"),
        ({"auth": {"kind": "api_key", "token": "env:X"}}, "api_key"),
        ({"auth": TOKEN, "api": "v1"}, "2026-03"),
        ({"auth": TOKEN, "streams": ["company"]}, "no stream is called 'company'"),
        ({"auth": TOKEN, "tokn": "x"}, "tokn"),
        ({"auth": TOKEN, "time_zone": "Amsterdam"}, "no time zone"),
        ({"auth": TOKEN, "group": "My group"}, "pattern"),
        ({"auth": TOKEN, "objects": {"deals": {"table": "usage"}}}, "deals feed outcomes"),
        ({"auth": TOKEN, "budget": 0}, "greater than 0"),
    ],
)
def test_wrong_setting_is_named(settings, told):
    with pytest.raises(ValidationError, match=told):
        Settings(**settings)


@pytest.mark.parametrize(
    "url", ["http://api.hubapi.com", "ftp://x", "https://user:pw@api.hubapi.com"]
)
def test_base_url_without_tls_is_refused(url):
    with pytest.raises(SetupError):
        connection(account(), base_url=url)
