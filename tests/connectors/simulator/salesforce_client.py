"""A Salesforce stand-in on a standing clock, and a client that speaks WSGI to it."""

import csv
import io
from datetime import UTC, datetime

from werkzeug.test import Client, TestResponse

from connectors.simulator.limits import ManualClock
from connectors.simulator.portfolio import Portfolio, generate
from connectors.simulator.salesforce import SalesforceOrg

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
PORTFOLIO = generate(60, 3, NOW)
BASE = "/services/data/v67.0"


class Salesforce:
    """A logged-in client of a fresh organisation."""

    def __init__(self, portfolio: Portfolio = PORTFOLIO, *, facts: bool = True) -> None:
        self.clock = ManualClock(NOW.timestamp())
        self.app = SalesforceOrg(portfolio, self.clock, facts=facts)
        self.org = self.app.org
        self.http = Client(self.app)
        self.login()

    def login(self) -> None:
        secrets = self.app.credentials
        answer = self.http.post(
            "/services/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(secrets["client_id"], secrets["client_secret"]),
        )
        self.token = answer.json["access_token"]

    def send(self, method: str, path: str, **more) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return self.http.open(BASE + path, method=method, headers=headers, **more)

    def query(self, soql: str, path: str = "/query", **more) -> TestResponse:
        return self.send("GET", path, query_string={"q": soql}, **more)

    def ids(self, soql: str) -> list[str]:
        return [record["Id"] for record in self.query(soql).json["records"]]

    def accounts(self, count: int) -> list[str]:
        return self.ids(f"SELECT Id FROM Account ORDER BY Id LIMIT {count}")

    def add_field(self, name: str = "Health__c", **metadata) -> TestResponse:
        meta = {"type": "Number", "label": "Health", "precision": 5, "scale": 2, **metadata}
        body = {"FullName": f"Account.{name}", "Metadata": meta}
        return self.send("POST", "/tooling/sobjects/CustomField", json=body)

    def grant(self, name: str = "Health__c", *, edit: bool = True) -> None:
        """Make a permission set for one field and assign it to the running user."""
        made = self.send("POST", "/sobjects/PermissionSet", json={"Name": f"P{name}", "Label": "P"})
        parent = made.json["id"]
        permission = {
            "ParentId": parent,
            "SobjectType": "Account",
            "Field": f"Account.{name}",
            "PermissionsRead": True,
            "PermissionsEdit": edit,
        }
        assert self.send("POST", "/sobjects/FieldPermissions", json=permission).status_code == 201
        info = self.http.get(
            "/services/oauth2/userinfo", headers={"Authorization": f"Bearer {self.token}"}
        )
        link = {"AssigneeId": info.json["user_id"], "PermissionSetId": parent}
        answer = self.send("POST", "/sobjects/PermissionSetAssignment", json=link)
        assert answer.status_code == 201

    def patch(self, *records, **body) -> TestResponse:
        """Update Accounts as a collection; records are (id, values)."""
        rows = [{"attributes": {"type": "Account"}, "id": ref, **values} for ref, values in records]
        return self.send("PATCH", "/composite/sobjects", json={"records": rows, **body})


def error(answer: TestResponse) -> tuple[int, str]:
    """Status and errorCode of a refusal, whose body must be an array."""
    assert isinstance(answer.json, list), answer.text
    return answer.status_code, answer.json[0]["errorCode"]


def rows(answer: TestResponse) -> list[dict[str, str]]:
    """Rows of a CSV answer in UTF-8."""
    return list(csv.DictReader(io.StringIO(answer.data.decode(), newline="")))
