"""A small HubSpot account and a client of it, for the tests beside this file."""

from typing import Any

from werkzeug.test import Client, TestResponse

from connectors.simulator.hubspot import SERVICE_KEY, HubSpotAccount
from connectors.simulator.hubspot_store import Record
from connectors.simulator.limits import ManualClock

COMPANIES = "/crm/objects/2026-09/companies"


class Caller:
    """Calls a stand-in with a token."""

    def __init__(self, app: Any, token: str) -> None:
        self.client = Client(app)
        self.token = token

    def __call__(self, line: str, body: Any = None, **options: Any) -> TestResponse:
        method, path = line.split(" ", 1)
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.client.open(path, method=method, json=body, headers=headers, **options)


def company(number: int, day: int = 1) -> Record:
    values = {
        "hs_object_id": str(number),
        "name": f"Customer {number}",
        "domain": f"c{number}.example",
        "seats": str(number % 10),
        "createdate": "2025-01-01T00:00:00.000Z",
        "hs_lastmodifieddate": f"2026-10-{day:02}T00:00:00.000Z",
    }
    return Record(number, values)


def account(companies: int = 250) -> tuple[HubSpotAccount, Caller]:
    app = HubSpotAccount(ManualClock())
    rows = [company(1_000 + n, 1 + n % 30) for n in range(companies)]
    app.state.stores["companies"].load(rows)
    return app, Caller(app, SERVICE_KEY)
