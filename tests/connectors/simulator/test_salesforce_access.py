import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.connectors.simulator.salesforce_client import NOW, Salesforce, error

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCE = "https://login.salesforce.com"


@pytest.fixture
def salesforce():
    return Salesforce()


def token(salesforce, **form):
    return salesforce.http.post("/services/oauth2/token", data=form)


def assertion(salesforce, key=None, **changed):
    secrets = salesforce.app.credentials
    claims = {
        "iss": secrets["client_id"],
        "sub": secrets["username"],
        "aud": AUDIENCE,
        "exp": NOW.timestamp() + 180,
        **changed,
    }
    return jwt.encode(claims, key or secrets["private_key"], algorithm="RS256")


def test_client_credentials_in_the_body_give_a_token_without_expiry_or_refresh(salesforce):
    secrets = salesforce.app.credentials
    answer = token(
        salesforce,
        grant_type="client_credentials",
        client_id=secrets["client_id"],
        client_secret=secrets["client_secret"],
    )
    assert answer.status_code == 200
    assert {"expires_in", "refresh_token"}.isdisjoint(answer.json)
    assert answer.json["instance_url"].startswith("http")


def test_wrong_secret_is_refused_with_an_object(salesforce):
    answer = token(
        salesforce,
        grant_type="client_credentials",
        client_id=salesforce.app.credentials["client_id"],
        client_secret="wrong",
    )
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_username_and_password_are_not_offered(salesforce):
    answer = token(salesforce, grant_type="password", username="u", password="p")
    assert (answer.status_code, answer.json["error"]) == (400, "unsupported_grant_type")


def test_a_signed_assertion_gives_a_token(salesforce):
    answer = token(salesforce, grant_type=JWT_BEARER, assertion=assertion(salesforce))
    salesforce.token = answer.json["access_token"]
    assert salesforce.send("GET", "/limits").status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "https://acme.my.salesforce.com"},
        {"sub": "somebody@else.invalid"},
        {"exp": NOW.timestamp() - 1},
        {"exp": NOW.timestamp() + 3_600},
    ],
)
def test_an_assertion_that_does_not_fit_is_an_invalid_grant(salesforce, changed):
    answer = token(salesforce, grant_type=JWT_BEARER, assertion=assertion(salesforce, **changed))
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


def test_an_assertion_signed_by_somebody_else_is_refused(salesforce):
    other = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    signed = assertion(salesforce, other)
    answer = token(salesforce, grant_type=JWT_BEARER, assertion=signed)
    assert answer.json["error"] == "invalid_grant"


def test_refresh_token(salesforce):
    secrets = salesforce.app.credentials
    form = {"grant_type": "refresh_token", "client_id": secrets["client_id"]}
    assert token(salesforce, refresh_token=secrets["refresh_token"], **form).status_code == 200
    assert token(salesforce, refresh_token="stale", **form).json["error"] == "invalid_grant"


def test_a_session_ends_by_time_and_by_hand(salesforce):
    salesforce.clock.advance(7_300)
    assert error(salesforce.send("GET", "/limits")) == (401, "INVALID_SESSION_ID")
    salesforce.login()
    assert salesforce.send("GET", "/limits").status_code == 200
    salesforce.app.expire_tokens()
    assert error(salesforce.send("GET", "/limits")) == (401, "INVALID_SESSION_ID")


def test_the_daily_quota_is_told_and_enforced_with_403(salesforce):
    salesforce.org.calls.limit = 2
    answer = salesforce.send("GET", "/limits")
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=1/2"
    assert answer.json["DailyApiRequests"] == {"Max": 2, "Remaining": 1}
    salesforce.send("GET", "/limits")
    refused = salesforce.send("GET", "/limits")
    assert error(refused) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert "Retry-After" not in refused.headers
    salesforce.clock.advance(86_401)
    salesforce.login()
    assert salesforce.send("GET", "/limits").status_code == 200


def test_retired_and_unknown_versions(salesforce):
    headers = {"Authorization": f"Bearer {salesforce.token}"}
    old = salesforce.http.get("/services/data/v29.0/limits", headers=headers)
    assert error(old) == (410, "UNSUPPORTED_API_VERSION")
    future = salesforce.http.get("/services/data/v99.0/limits", headers=headers)
    assert error(future) == (404, "NOT_FOUND")
    assert salesforce.http.get("/services/data").json[-1]["version"] == "67.0"


def test_long_uri_is_refused(salesforce):
    ids = ",".join(f"'{ref}'" for ref in salesforce.accounts(50) * 20)
    assert salesforce.query(f"SELECT Id FROM Account WHERE Id IN ({ids})").status_code == 414


def test_paths_and_methods_that_are_not_there(salesforce):
    assert error(salesforce.send("GET", "/nothing")) == (404, "NOT_FOUND")
    assert error(salesforce.send("DELETE", "/query")) == (405, "METHOD_NOT_ALLOWED")
    assert error(salesforce.send("GET", "/sobjects/Nope/describe")) == (404, "NOT_FOUND")
    broken = salesforce.send("PATCH", "/composite/sobjects", data="{", content_type="text/json")
    assert error(broken) == (400, "JSON_PARSER_ERROR")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/composite/sobjects"),
        ("POST", "/composite"),
        ("POST", "/jobs/query"),
        ("POST", "/jobs/ingest"),
        ("POST", "/sobjects/PermissionSet"),
        ("POST", "/tooling/sobjects/CustomField"),
    ],
)
@pytest.mark.parametrize("body", [[], [1], "text", None, {}])
def test_bodies_of_another_shape_are_refused_or_answered(salesforce, method, path, body):
    answer = salesforce.send(method, path, json=body)
    assert answer.status_code in {200, 400}
    assert body == {} or error(answer) == (400, "JSON_PARSER_ERROR")
