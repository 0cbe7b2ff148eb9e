"""A stand-in of HubSpot's CRM API: one account, in memory, as a WSGI application.

It follows HubSpot's dated versions and v3/v4 beside them, refuses what HubSpot refuses with
HubSpot's own bodies, and keeps what is written. Methods beside the handlers are for tests.
"""

from collections.abc import Mapping
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.wrappers import Request, Response

from .hubspot_access import ALL_SCOPES, URI_LENGTH, Access, Plan, Token
from .hubspot_admin import Admin
from .hubspot_errors import error
from .hubspot_objects import Objects
from .hubspot_schema import define
from .hubspot_state import State
from .hubspot_store import Record, Values
from .hubspot_writes import Writes
from .limits import Clock
from .standin import Body, Refusal, StandIn, handlers_of, reply, routes

SERVICE_KEY = "pat-eu1-00000000-0000-4000-8000-000000005eed"

_DATED = "<any('2026-03','2026-09'):version>"


def _paths(method: str, api: str, rest: str = "", *, old: str = "v3") -> list[str]:
    """Return the dated and the numbered form of ``/crm/{api}{rest}``."""
    return [
        f"{method} /crm/{api}/{_DATED}{rest}",
        f"{method} /crm/<any({old}):version>/{api}{rest}",
    ]


def _account_paths(rest: str) -> list[str]:
    return [f"GET /account-info/{_DATED}{rest}", f"GET /account-info/<any(v3):version>{rest}"]


ROUTES = {
    "page": _paths("GET", "objects", "/<kind>"),
    "get": _paths("GET", "objects", "/<kind>/<record_id>"),
    "update": _paths("PATCH", "objects", "/<kind>/<record_id>"),
    "search": _paths("POST", "objects", "/<kind>/search"),
    "batch_read": _paths("POST", "objects", "/<kind>/batch/read"),
    "batch_update": _paths("POST", "objects", "/<kind>/batch/update"),
    "links": _paths("GET", "objects", "/<kind>/<record_id>/associations/<to>", old="v3,v4"),
    "batch_links": _paths("POST", "associations", "/<kind>/<to>/batch/read", old="v3,v4"),
    "properties": _paths("GET", "properties", "/<kind>"),
    "create_property": _paths("POST", "properties", "/<kind>"),
    "one_property": _paths("GET", "properties", "/<kind>/<name>"),
    "change_property": _paths("PATCH", "properties", "/<kind>/<name>"),
    "groups": _paths("GET", "properties", "/<kind>/groups"),
    "create_group": _paths("POST", "properties", "/<kind>/groups"),
    "one_group": _paths("GET", "properties", "/<kind>/groups/<name>"),
    "schemas": [
        f"GET /crm-object-schemas/{_DATED}/schemas",
        "GET /crm-object-schemas/<any(v3):version>/schemas",
    ],
    "pipelines": _paths("GET", "pipelines", "/<kind>"),
    "owners": _paths("GET", "owners"),
    "custom_properties": _paths("GET", "limits", "/custom-properties"),
    "details": _account_paths("/details"),
    "usage": _account_paths("/api-usage/daily/private-apps"),
    "token": [f"POST /oauth/{_DATED}/token", "POST /oauth/<any(v1,v3):version>/token"],
}
_RULES: Map = routes(ROUTES)
_SCHEMA = {"properties", "one_property", "groups", "one_group"}
_SCHEMA_WRITES = {"create_property", "change_property", "create_group"}
_READS = {"page", "get", "search", "batch_read", "links", "batch_links", "pipelines"}
_WRITES = {"update", "batch_update"}


class HubSpotAccount(StandIn):
    """One HubSpot account.

    Args:
        clock: The vendor's time.
        plan: Which rate limits hold.

    Attributes:
        state: Objects, links, schemas, and the switches for what HubSpot is seen to do.
        access: Tokens and limits.
    """

    def __init__(self, clock: Clock, plan: Plan = "enterprise") -> None:
        self.state = State.empty(clock)
        self.access = Access.of_plan(plan, clock, self.state.utc_offset)
        self.access.tokens[SERVICE_KEY] = Token("service_key", ALL_SCOPES)
        groups = (Objects(self.state), Writes(self.state), Admin(self.state, self.access))
        super().__init__(_RULES, handlers_of(ROUTES, groups), clock)

    @property
    def credentials(self) -> dict[str, str]:
        """What a connection needs: a service key, or an OAuth app's secrets."""
        app = self.access.app
        return {
            "token": SERVICE_KEY,
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "refresh_token": app.refresh_token,
        }

    def admit(self, request: Request, endpoint: str, values: Mapping[str, Any]) -> Body:
        """Check length, token, scopes and limits, in this order."""
        if len(request.url) > URI_LENGTH:
            raise Refusal(414, "<html><body><h1>414 Request-URI Too Large</h1></body></html>")
        if endpoint == "token":
            return {}
        token = self.access.authenticate(request)
        for scope in self._scopes(endpoint, values):
            self.access.authorize(token, scope)
        return self.access.pace(token, search=endpoint == "search")

    def not_routed(self, problem: HTTPException) -> Response:
        """Answer what HubSpot's front answers: HTML for a path, JSON for a method."""
        if problem.code == 405:
            return reply(error("Method not allowed", "METHOD_NOT_ALLOWED"), 405)
        return reply("<html><body><h2>HTTP ERROR 404 Not Found</h2></body></html>", 404)

    def _scopes(self, endpoint: str, values: Mapping[str, Any]) -> list[str]:
        kinds = [self.state.store(values[key]).kind for key in ("kind", "to") if key in values]
        if endpoint == "schemas":
            return ["crm.schemas.custom.read"]
        if endpoint in _READS:
            return [kind.read_scope for kind in kinds]
        if endpoint in _WRITES:
            return [kind.write_scope for kind in kinds if kind.write_scope]
        if endpoint in _SCHEMA or endpoint in _SCHEMA_WRITES:
            verb = "read" if endpoint in _SCHEMA else "write"
            stems = [kind.schema_scope for kind in kinds]
            return [f"{stem}.{verb}" if "." in stem else stem for stem in stems]
        return []

    # What tests may do behind the API's back.

    def expire_tokens(self) -> None:
        """Let every OAuth token end now; a service key lives until it is deleted."""
        for token in self.access.tokens.values():
            token.expires_at = self.clock() if token.kind == "oauth" else token.expires_at

    def delete_keys(self) -> None:
        """Delete every service key, for good."""
        keys = [text for text, token in self.access.tokens.items() if token.kind == "service_key"]
        for text in keys:
            del self.access.tokens[text]

    def revoke_scope(self, scope: str) -> None:
        """Take a scope from every token and from the app."""
        self.access.app.scopes -= {scope}
        for token in self.access.tokens.values():
            token.scopes -= {scope}

    def fail_row(self, record_id: int | str, code: str, kind: str = "companies") -> None:
        """Make writes of one record fail inside a 207 with this category."""
        self.state.failing[kind, int(record_id)] = code

    def heal_row(self, record_id: int | str, kind: str = "companies") -> None:
        """Undo ``fail_row``."""
        self.state.failing.pop((kind, int(record_id)), None)

    def record(self, record_id: int | str, kind: str = "companies") -> Record:
        """Return a record, archived or not."""
        return self.state.stores[kind].records[int(record_id)]

    def edit(
        self, record_id: int | str, field: str, value: str | None, kind: str = "companies"
    ) -> None:
        """Change a value by hand, as a person in HubSpot's pages would."""
        with self.lock:
            values: Values = {field: value}
            self.state.write(self.state.stores[kind], self.record(record_id, kind), values)

    def archive(self, record_id: int | str, kind: str = "companies") -> None:
        """Delete a record by hand; its links go with it."""
        with self.lock:
            self.state.stores[kind].archive(self.record(record_id, kind), self.state.now())
            self.state.associations.drop(kind, int(record_id))

    def merge(self, gone: int | str, into: int | str, kind: str = "companies") -> None:
        """Merge one record into another."""
        with self.lock:
            gone_, into_ = self.record(gone, kind), self.record(into, kind)
            self.state.stores[kind].merge(gone_, into_, self.state.now())
            self.state.associations.move(kind, int(gone), int(into))

    def add_property(self, name: str, type_: str, kind: str = "companies", **more: object) -> None:
        """Create a property by hand: ``type_`` is ``type/fieldType``; see ``define``."""
        store = self.state.stores[kind]
        group = next(iter(store.schema.groups))
        store.schema.properties[name] = define(name, type_, group, own=True, **more)

    def add_object(self, name: str, **properties: str) -> str:
        """Make a custom object type by hand; properties as ``add_property``. Return its name."""
        kind = self.state.add_type(name)
        for one, type_ in properties.items():
            self.add_property(one, type_, kind.name)
        return kind.name

    def drop_property(self, name: str, kind: str = "companies") -> None:
        """Delete a property by hand, values included."""
        store = self.state.stores[kind]
        del store.schema.properties[name]
        for record in store.records.values():
            record.properties.pop(name, None)

    def require(self, name: str, kind: str = "companies") -> None:
        """Require a property on writes, as an admin may; enforced from 2026-09 on."""
        self.state.required.setdefault(kind, set()).add(name)

    def lag(self, seconds: float) -> None:
        """Let the search index see writes that much later."""
        for index in self.state.indexes.values():
            index.lag = seconds
