"""A small Zendesk account and a client of it, for the tests beside this file."""

from typing import Any

from connectors.simulator.limits import ManualClock
from connectors.simulator.zendesk import READY_TOKEN, ZendeskAccount
from connectors.simulator.zendesk_state import METRIC_IDS
from connectors.simulator.zendesk_store import stamp
from tests.connectors.simulator.hubspot_account import Caller

START = 1_790_000_000
"""The first row's time of change; later rows follow by the second."""


def organization(number: int, changed: int) -> tuple[dict[str, Any], int]:
    row = {
        "id": number,
        "name": f"Customer {number}",
        "external_id": f"C-{number}",
        "domain_names": [],
        "tags": ["vip"],
        "notes": None,
        "organization_fields": {},
        "created_at": stamp(START),
        "updated_at": stamp(changed),
    }
    return row, changed


def ticket(number: int, changed: int, status: str = "open") -> tuple[dict[str, Any], int]:
    row = {
        "id": number,
        "status": status,
        "requester_id": 7,
        "organization_id": 1 + number % 2,
        "tags": ["bug"],
        "custom_fields": [],
        "fields": [],
        "created_at": stamp(START),
        "updated_at": stamp(changed),
        "generated_timestamp": changed,
    }
    return row, changed


def account(
    organizations: int = 3, tickets: int = 0, **options: Any
) -> tuple[ZendeskAccount, Caller]:
    app = ZendeskAccount(ManualClock(), **options)
    app.state.jobs.seconds = 10
    tables = app.state.tables
    tables["organizations"].load(organization(1 + n, START + n) for n in range(organizations))
    tables["tickets"].load(ticket(1 + n, START + n) for n in range(tickets))
    metrics = {"reply_time_in_minutes": {"calendar": 5, "business": None}, "solved_at": None}
    tables["ticket_metrics"].load(
        ({"id": METRIC_IDS + 1 + n, "ticket_id": 1 + n, **metrics}, START) for n in range(tickets)
    )
    return app, Caller(app, READY_TOKEN)


def finish(app: ZendeskAccount, call: Caller, answer: Any) -> list[dict[str, Any]]:
    """Wait for a job on the account's clock and return its rows."""
    app.clock.advance(app.state.jobs.seconds)
    status = call(f"GET /api/v2/job_statuses/{answer.json['job_status']['id']}").json["job_status"]
    assert status["status"] == "completed"
    return status["results"]
