"""A small Salesforce organisation in memory, and connections to it without sockets or waiting."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from connectors.base import Context, FieldSpec, FieldUpdate
from connectors.salesforce import Settings, connect
from connectors.simulator.limits import ManualClock
from connectors.simulator.portfolio import generate
from connectors.simulator.salesforce import SalesforceOrg
from tests.connectors.zendesk.account import WsgiAdapter

URL = "http://127.0.0.1:9"
NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
PORTFOLIO = generate(60, 3, NOW)
HEALTH = FieldSpec("Pulsefield_Health__c", "Health", "number", "Computed by Pulsefield.")
BAND = FieldSpec(
    "Pulsefield_Band__c", "Band", "choice", options=(("red", "Red"), ("green", "Green"))
)
REASONS = FieldSpec("Pulsefield_Reasons__c", "Reasons", "longtext")
SCORED = FieldSpec("Pulsefield_Scored_At__c", "Scored at", "datetime")
FIELDS = (HEALTH, BAND, REASONS, SCORED)
USAGE = {
    "Product_Usage__c": {
        "table": "usage",
        "account": "Account__c",
        "id": "Id",
        "map": {"day": "Day__c", "feature": "Feature__c", "count": "Count__c"},
    }
}


class Log:
    """A WriteLog that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def sending(self, refs: Any) -> None:
        self.told.append(("sending", list(refs)))

    def job(self, refs: Any, job: str) -> None:
        self.told.append(("job", job))


def organisation() -> SalesforceOrg:
    """Return an organisation whose clock stands still unless moved or waited for."""
    return SalesforceOrg(PORTFOLIO, ManualClock(NOW.timestamp()))


def connection(
    app: SalesforceOrg, *, fields: Any = FIELDS, auth: Any = None, **settings: Any
) -> SimpleNamespace:
    """Return a connection (``to``) and what it sends (``wire``)."""
    known = app.credentials
    context = Context(
        secret=lambda reference: known[reference.removeprefix("env:")],
        now=datetime.fromtimestamp(app.clock(), UTC),
        own_fields=tuple(fields),
        wait=app.clock.advance,
    )
    auth = auth or {
        "kind": "client_credentials",
        "client_id": known["client_id"],
        "client_secret": "env:client_secret",
    }
    chosen = Settings.model_validate({"base_url": URL, "auth": auth} | settings)
    wire = WsgiAdapter(app)
    to = connect("crm", chosen, context)
    to._http.mount("http://", wire)
    return SimpleNamespace(to=to, wire=wire, context=context)


def ready(**settings: Any) -> SimpleNamespace:
    """Return an organisation with our fields, and a fresh connection to it."""
    app = organisation()
    connection(app).to.create_fields(FIELDS)
    found = connection(app, **settings)
    found.app, found.org = app, app.org
    found.accounts = [row[0] for row in app.org.table("Account").live()]
    return found


def read(to: Any, stream: str, since: str | None = None) -> SimpleNamespace:
    """Return all that a read brings: rows by table, the last watermark, findings."""
    found = SimpleNamespace(rows={}, mark=since, pages=0, findings=[])
    for page in to.read(stream, since):
        found.pages += 1
        found.mark = page.watermark
        found.findings += list(page.findings)
        for name, table in page.tables.items():
            found.rows.setdefault(name, []).extend(table.to_pylist())
    return found


def updates(refs: Any, value: str | None = "61.5") -> list[FieldUpdate]:
    return [FieldUpdate(ref, {HEALTH.name: value, BAND.name: "green"}) for ref in refs]
