"""A stand-in of Zendesk's Support API: one account, in memory, as a WSGI application.

It refuses what Zendesk refuses with Zendesk's own bodies, runs updates as background jobs, and
keeps what is written. Methods beside the handlers are for tests.
"""

from collections.abc import Mapping
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.wrappers import Request, Response

from .limits import Clock
from .standin import Body, StandIn, handlers_of, reply, routes
from .zendesk_access import Access, Token
from .zendesk_errors import not_admin, not_found
from .zendesk_reads import Reads
from .zendesk_state import ADMIN_ID, State
from .zendesk_store import stamp
from .zendesk_writes import Writes

HOST = "https://pulsefield-demo.zendesk.com"
READY_TOKEN = "zendesk-ready-token"  # noqa: S105 - opens nothing but this stand-in

_ROWS = "<any(organizations,users,tickets,ticket_metrics,satisfaction_ratings):name>"
_MAIN = "<any(organizations,users,tickets):name>"
_FIELDS = "<any(organization_fields,user_fields,ticket_fields):name>"
_ID = "<int:record_id>"

ROUTES = {
    "token": ["POST /oauth/tokens"],
    "export": ["GET /api/v2/incremental/<any(tickets,users):name>/cursor"],
    "time_export": ["GET /api/v2/incremental/<any(organizations,ticket_metric_events):name>"],
    "page": [f"GET /api/v2/{_ROWS}"],
    "show": [f"GET /api/v2/{_MAIN}/{_ID}"],
    "show_many": [f"GET /api/v2/{_MAIN}/show_many"],
    "count": [f"GET /api/v2/{_MAIN}/count"],
    "me": ["GET /api/v2/users/me"],
    "organization_tickets": [f"GET /api/v2/organizations/{_ID}/tickets"],
    "ticket_metric": [f"GET /api/v2/tickets/{_ID}/metrics"],
    "update_organization": [f"PUT /api/v2/organizations/{_ID}"],
    "update_organizations": ["PUT /api/v2/organizations/update_many"],
    "update_ticket": [f"PUT /api/v2/tickets/{_ID}"],
    "update_tickets": ["PUT /api/v2/tickets/update_many"],
    "jobs": ["GET /api/v2/job_statuses"],
    "many_jobs": ["GET /api/v2/job_statuses/show_many"],
    "job": ["GET /api/v2/job_statuses/<job_id>"],
    "fields": [f"GET /api/v2/{_FIELDS}"],
    "field": [f"GET /api/v2/{_FIELDS}/{_ID}"],
    "create_field": [f"POST /api/v2/{_FIELDS}"],
    "change_field": [f"PUT /api/v2/{_FIELDS}/{_ID}"],
    "delete_field": [f"DELETE /api/v2/{_FIELDS}/{_ID}"],
}
_RULES: Map = routes(ROUTES)
_EXPORTS = {"export", "time_export"}


class ZendeskAccount(StandIn):
    """One Zendesk account.

    Args:
        clock: The vendor's time.
        high_volume: The High Volume add-on.

    Attributes:
        state: Rows, fields, jobs, and the switches for what Zendesk is seen to do.
        access: Tokens, role and limits.
    """

    def __init__(self, clock: Clock, *, high_volume: bool = True) -> None:
        self.state = State.empty(clock, HOST)
        self.access = Access.of_plan(clock, high_volume=high_volume)
        self.access.tokens[READY_TOKEN] = Token(frozenset({"read", "write"}), float("inf"))
        self.state.tables["users"].load([(self._admin(), 0)])
        groups = (Reads(self.state), Writes(self.state, self.access))
        super().__init__(_RULES, handlers_of(ROUTES, groups), clock)

    @property
    def credentials(self) -> dict[str, str]:
        """What a connection needs, for each way to authenticate."""
        return {
            "client_id": self.access.client_id,
            "client_secret": self.access.client_secret,
            "token": READY_TOKEN,
            "email": self.access.email,
            "api_token": self.access.api_token or "",
        }

    def path(self, request: Request) -> str:
        """Return the path to route on: ``.json`` at its end means nothing."""
        return request.path.removesuffix(".json")

    def admit(self, request: Request, endpoint: str, values: Mapping[str, Any]) -> Body:
        """Check credentials, scopes, role and limits, in this order."""
        self.state.jobs.run_due()
        if endpoint == "token":
            return {}
        self.access.authorize(request, _resource(endpoint, values))
        headers = self.access.pace()
        if endpoint in _EXPORTS and self.access.role != "admin":
            raise not_admin()
        return self.access.pace_endpoint(endpoint, values, headers)

    def not_routed(self, problem: HTTPException) -> Response:
        """Answer a path or method that Zendesk does not have."""
        refusal = not_found(empty=self.state.empty_404)
        return reply(refusal.body, 405 if problem.code == 405 else 404)

    def _admin(self) -> Body:
        now = stamp(self.state.clock())
        return {
            "id": ADMIN_ID,
            "url": f"{HOST}/api/v2/users/{ADMIN_ID}.json",
            "name": "Pulsefield Sync",
            "email": self.access.email,
            "role": self.access.role,
            "active": True,
            "suspended": False,
            "organization_id": None,
            "external_id": None,
            "created_at": now,
            "updated_at": now,
            "last_login_at": now,
        }

    # What tests may do behind the API's back.

    def expire_tokens(self) -> None:
        """Let every token end now."""
        for token in self.access.tokens.values():
            token.expires_at = self.clock()

    def set_role(self, role: str) -> None:
        """Make the calling user ``admin`` or ``agent``."""
        self.access.role = role
        self.state.tables["users"].rows[ADMIN_ID]["role"] = role

    def fail_row(
        self,
        record_id: int | str,
        error: str = "OrganizationUpdateFailed",
        details: str = "Record is locked",
        resource: str = "organizations",
    ) -> None:
        """Make writes of one row fail inside completed jobs."""
        self.state.failing[resource, int(record_id)] = (error, details)

    def heal_row(self, record_id: int | str, resource: str = "organizations") -> None:
        """Undo ``fail_row``."""
        self.state.failing.pop((resource, int(record_id)), None)

    def record(self, record_id: int | str, resource: str = "organizations") -> Body:
        """Return a row, deleted or not, with the writes of jobs that are due."""
        self.state.jobs.run_due()
        return self.state.tables[resource].rows[int(record_id)]

    def edit(
        self, record_id: int | str, field: str, value: Any, resource: str = "organizations"
    ) -> None:
        """Change a value by hand: an organization field by its key, else a column."""
        with self.lock:
            row = self.record(record_id, resource)
            values = {field: value}
            if resource == "organizations" and field not in row:
                values = {"organization_fields": {**row["organization_fields"], field: value}}
            self.state.tables[resource].write(int(record_id), values, self.clock())

    def delete(self, record_id: int | str, resource: str = "organizations") -> None:
        """Delete a row by hand.

        Exports go on showing tickets (status ``deleted``) and users (not active);
        organizations are gone from everything.
        """
        with self.lock:
            table = self.state.tables[resource]
            if resource == "organizations":
                table.erase(int(record_id))
                return
            values = {"status": "deleted"} if resource == "tickets" else {"active": False}
            table.delete(int(record_id), values, self.clock())

    def regenerate(self, record_id: int | str, resource: str = "tickets") -> None:
        """Let an export show a row again though its ``updated_at`` stands still."""
        with self.lock:
            table = self.state.tables[resource]
            table.touch(int(record_id), int(self.clock()))

    def add_field(self, body: Body, name: str = "organization_fields") -> Body:
        """Create a custom field by hand."""
        with self.lock:
            made = self.state.fields[name].create(body, self.clock())
            if name == "organization_fields":
                self.state.fill_field(made)
            return made

    def drop_field(self, key: str) -> None:
        """Delete an organization field by hand, with its values."""
        with self.lock:
            definition = self.state.fields["organization_fields"].by_key()[key]
            del self.state.fields["organization_fields"].by_id[definition["id"]]
            self.state.drop_field(definition)


def _resource(endpoint: str, values: Mapping[str, Any]) -> str:
    """Return the resource whose scope an endpoint wants."""
    if endpoint in {"organization_tickets", "ticket_metric", "update_ticket", "update_tickets"}:
        return "tickets"
    if endpoint in {"update_organization", "update_organizations"}:
        return "organizations"
    name = str(values.get("name", "users" if endpoint == "me" else endpoint))
    return "tickets" if name in {"ticket_metrics", "ticket_metric_events"} else name
