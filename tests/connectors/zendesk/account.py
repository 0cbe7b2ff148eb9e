"""A small Zendesk account in memory, and connections to it without sockets or waiting."""

import io
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import requests
from requests.adapters import BaseAdapter
from werkzeug.test import Client

from connectors.base import Context, FieldSpec, FieldUpdate
from connectors.simulator.limits import ManualClock
from connectors.simulator.zendesk import ZendeskAccount
from connectors.zendesk import Settings, connect

URL = "http://127.0.0.1:9"
HEALTH = FieldSpec("pulsefield_health", "Health", "number", "Computed by Pulsefield.")
BAND = FieldSpec(
    "pulsefield_health_band", "Band", "choice", options=(("red", "Red"), ("green", "Green"))
)
REASONS = FieldSpec("pulsefield_health_reasons", "Reasons", "longtext")
SCORED = FieldSpec("pulsefield_scored_at", "Scored at", "datetime")
FIELDS = (HEALTH, BAND, REASONS, SCORED)
SECRETS = {
    "env:SECRET": "zendesk-client-secret",
    "env:TOKEN": "zendesk-ready-token",
    "env:API": "zendesk-legacy-token",
}
CLIENT = {
    "kind": "client_credentials",
    "client_id": "pulsefield_sync",
    "client_secret": "env:SECRET",
}


class WsgiAdapter(BaseAdapter):
    """Hands requests to a WSGI application.

    Attributes:
        sent: (method, path with query, body) of each request.
        answers: Responses to give instead of the application's, first come first served:
            (part of the path, status, body, headers).
    """

    def __init__(self, app: Any) -> None:
        super().__init__()
        self._client = Client(app)
        self.sent: list[tuple[str, str, Any]] = []
        self.answers: list[tuple[str, int, bytes, dict[str, str]]] = []

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        self.sent.append((request.method, request.path_url, request.body))
        for answer in self.answers:
            if answer[0] in request.path_url:
                self.answers.remove(answer)
                return self._response(request, *answer[1:])
        answer = self._client.open(
            request.path_url,
            method=request.method,
            data=request.body,
            headers=dict(request.headers),
        )
        return self._response(request, answer.status_code, answer.data, dict(answer.headers))

    def _response(self, request: Any, status: int, body: bytes, headers: Any) -> requests.Response:
        response = requests.Response()
        response.status_code, response.url, response.request = status, request.url, request
        response.headers.update(headers)
        response.raw = io.BytesIO(body)
        return response

    def close(self) -> None:
        pass

    def paths(self) -> list[str]:
        return [f"{method} {path.partition('?')[0]}" for method, path, _ in self.sent]


def account(**options: Any) -> ZendeskAccount:
    """Return an empty account whose clock stands still."""
    return ZendeskAccount(ManualClock(), **options)


def connection(
    app: ZendeskAccount,
    *,
    fields: Any = FIELDS,
    ticket_fields: Any = (),
    wrong_by: timedelta = timedelta(),
    **settings: Any,
) -> SimpleNamespace:
    """Return a connection (``to``), whose clock may be wrong, and what it sends (``wire``)."""
    clock = app.state.clock
    context = Context(
        secret=SECRETS.__getitem__,
        now=datetime.fromtimestamp(clock(), UTC) + wrong_by,
        own_fields=tuple(fields),
        ticket_fields=tuple(ticket_fields),
        wait=clock.advance,
    )
    chosen = Settings(**{"base_url": URL, "auth": CLIENT} | settings)
    wire = WsgiAdapter(app)
    to = connect("helpdesk", chosen, context)
    to._http.mount("http://", wire)
    return SimpleNamespace(to=to, wire=wire, context=context)


def organization(number: int, changed: datetime, **values: Any) -> tuple[dict[str, Any], int]:
    row = {
        "id": number,
        "name": f"Customer {number}",
        "external_id": None,
        "domain_names": [],
        "tags": [],
        "details": "",
        "notes": "",
        "organization_fields": {},
        "created_at": "2025-01-01T00:00:00Z",
        "updated_at": _text(changed),
    }
    return row | values, int(changed.timestamp())


def user(number: int, changed: datetime, **values: Any) -> tuple[dict[str, Any], int]:
    row = {
        "id": number,
        "name": f"Person {number}",
        "email": f"person{number}@example.com",
        "role": "end-user",
        "active": True,
        "suspended": False,
        "organization_id": 1,
        "created_at": "2025-01-01T00:00:00Z",
        "updated_at": _text(changed),
        "last_login_at": None,
        "user_fields": {},
    }
    return row | values, int(changed.timestamp())


def ticket(number: int, changed: datetime, **values: Any) -> tuple[dict[str, Any], int]:
    row = {
        "id": number,
        "type": None,
        "status": "open",
        "priority": None,
        "tags": [],
        "via": {"channel": "email"},
        "organization_id": 1,
        "requester_id": 11,
        "created_at": "2026-11-01T09:00:00Z",
        "updated_at": _text(changed),
        "custom_fields": [],
        "satisfaction_rating": {"score": "unoffered"},
    }
    return row | values, int(changed.timestamp())


def metric(ticket_id: int, **values: Any) -> tuple[dict[str, Any], int]:
    none = {"calendar": None, "business": None}
    row = {
        "id": ticket_id + 7_000_000_000,
        "ticket_id": ticket_id,
        "reopens": 0,
        "replies": 0,
        "solved_at": None,
        "reply_time_in_minutes": none,
        "full_resolution_time_in_minutes": none,
    }
    return row | values, 0


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def updates(refs: Any, **values: str | None) -> list[FieldUpdate]:
    return [FieldUpdate(str(ref), values) for ref in refs]


def read(connection: Any, stream: str, since: str | None = None) -> SimpleNamespace:
    """Return all rows of a stream by table, the last watermark, and findings by kind."""
    tables: dict[str, list[dict[str, Any]]] = {}
    findings: dict[str, Any] = {}
    mark, records = since, 0
    for page in connection.read(stream, since):
        records += page.records
        mark = page.watermark or mark
        for name, table in page.tables.items():
            tables.setdefault(name, []).extend(table.to_pylist())
        for finding in page.findings:
            findings[finding.kind] = finding
    return SimpleNamespace(tables=tables, mark=mark, records=records, findings=findings)
