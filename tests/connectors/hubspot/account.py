"""A small HubSpot account in memory, and connections to it without sockets or waiting."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from connectors.base import Context, FieldSpec
from connectors.hubspot import Settings, connect
from connectors.simulator.hubspot import SERVICE_KEY, HubSpotAccount
from connectors.simulator.hubspot_store import Record
from connectors.simulator.limits import ManualClock
from tests.connectors.zendesk.account import WsgiAdapter

URL = "http://127.0.0.1:9"
HEALTH = FieldSpec("pulsefield_health", "Health", "number", "Computed by Pulsefield.")
BAND = FieldSpec(
    "pulsefield_health_band", "Band", "choice", options=(("red", "Red"), ("green", "Green"))
)
REASONS = FieldSpec("pulsefield_health_reasons", "Reasons", "longtext")
SCORED = FieldSpec("pulsefield_scored_at", "Scored at", "datetime")
FIELDS = (HEALTH, BAND, REASONS, SCORED)
TOKEN = {"kind": "token", "token": "env:TOKEN"}
OAUTH = {
    "kind": "oauth",
    "client_id": "5a1e0000-0000-4000-8000-00000000c11d",
    "client_secret": "env:SECRET",
    "refresh_token": "env:REFRESH",
}
SECRETS = {
    "env:TOKEN": SERVICE_KEY,
    "env:SECRET": "hubspot-app-secret",
    "env:REFRESH": "na1-refresh-0001",
}
OLD = "2026-10-01T00:00:00.000Z"


def account() -> HubSpotAccount:
    """Return an empty account whose clock stands still."""
    return HubSpotAccount(ManualClock())


def connection(app: HubSpotAccount, *, fields: Any = FIELDS, **settings: Any) -> SimpleNamespace:
    """Return a connection (``to``) and what it sends (``wire``)."""
    context = Context(
        secret=SECRETS.__getitem__,
        now=datetime.fromtimestamp(app.clock(), UTC),
        own_fields=tuple(fields),
        wait=app.clock.advance,
    )
    chosen = Settings(**{"base_url": URL, "auth": TOKEN} | settings)
    wire = WsgiAdapter(app)
    to = connect("crm", chosen, context)
    to._http.mount("http://", wire)
    return SimpleNamespace(to=to, wire=wire, context=context)


def load(app: HubSpotAccount, kind: str, *rows: dict[str, str]) -> None:
    """Put records into the account; each row needs an ``id``."""
    store = app.state.stores[kind]
    stamps = {store.kind.created: "2025-01-01T00:00:00.000Z", store.kind.modified: OLD}
    records = []
    for row in rows:
        values = dict(row)
        number = values.pop("id")
        records.append(Record(int(number), stamps | {"hs_object_id": number} | values))
    store.load(records)


def companies(app: HubSpotAccount, count: int, **values: str) -> list[str]:
    """Put companies into the account; return their ids."""
    ids = [str(1_000 + number) for number in range(count)]
    load(app, "companies", *({"id": one, "name": f"Customer {one}"} | values for one in ids))
    return ids


def link(
    app: HubSpotAccount, kind: str, to: str, *pairs: tuple[int, int], primary: bool = True
) -> None:
    app.state.associations.add(kind, to, pairs, primary=primary)


def bodies(wire: WsgiAdapter, part: str) -> list[Any]:
    """Return the JSON that was sent to paths that contain a text."""
    return [json.loads(body) for _, path, body in wire.sent if part in path]
