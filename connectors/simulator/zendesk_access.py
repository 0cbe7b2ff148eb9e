"""Who may call Zendesk's stand-in, and how often: tokens, scopes, roles, rate limits."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Request

from .limits import Clock, Limiter, RollingWindow, Verdict
from .standin import Body
from .zendesk_errors import bad_credentials, bad_token, limited, oauth_error, out_of_scope

REQUESTS_PER_MINUTE = {"team": 200, "growth": 400, "enterprise": 700, "high_volume": 2_500}
INCREMENTAL_PER_MINUTE = {False: 10, True: 30}  # by High Volume add-on
TICKET_UPDATES_PER_MINUTE = {False: 100, True: 300}  # likewise
ORGANIZATION_UPDATES = 5  # a minute for each organization
TICKET_CHANGES = 30  # in ten minutes for each ticket
TICKET_LISTS_PER_MINUTE = 100  # unconfirmed
# Bounds of expires_in; documented as exclusive, with the upper one in the vendor's own example.
EXPIRES = (300, 172_800)
DEFAULT_EXPIRES = 1_800
RESOURCES = {
    "tickets", "users", "auditlogs", "organizations", "hc", "apps", "triggers", "automations",
    "targets", "webhooks",
}  # fmt: skip


@dataclass(slots=True)
class Token:
    """A bearer token that was handed out.

    Attributes:
        scopes: Words of its scope.
        expires_at: Seconds since the epoch.
        crippled: The scope was sent as a list: accepted, and good for nothing.
    """

    scopes: frozenset[str]
    expires_at: float
    crippled: bool = False

    def reaches(self, verb: str, resource: str) -> bool:
        """Tell whether ``read`` or ``write`` of a resource is covered.

        Resources that scopes cannot name, such as organization_fields and job_statuses, want
        the plain verb (unconfirmed).
        """
        named = resource in RESOURCES and f"{resource}:{verb}" in self.scopes
        return not self.crippled and (verb in self.scopes or named)


@dataclass(slots=True)
class Access:
    """Tokens and limits of one account.

    Attributes:
        clock: The vendor's time.
        high_volume: The High Volume add-on: 2,500 requests and 30 exports a minute.
        client_id: The OAuth client's identifier.
        client_secret: Its secret.
        email: Of the user with the legacy API token.
        api_token: The legacy API token; None: there is none any more.
        role: The calling user's role; exports and fields want ``admin``.
    """

    clock: Clock
    high_volume: bool
    general: Limiter
    incremental: Limiter
    organization: Limiter
    ticket_updates: Limiter
    one_ticket: Limiter
    ticket_lists: Limiter
    client_id: str = "pulsefield_sync"
    client_secret: str = "zendesk-client-secret"  # noqa: S105 - opens nothing but this stand-in
    email: str = "admin@example.com"
    api_token: str | None = "zendesk-legacy-token"  # noqa: S105 - likewise
    role: str = "admin"
    tokens: dict[str, Token] = field(default_factory=dict)
    issued: int = 0

    @classmethod
    def of_plan(cls, clock: Clock, *, high_volume: bool) -> "Access":
        """Make the limits of Suite Enterprise, with or without the add-on."""
        plan = "high_volume" if high_volume else "enterprise"
        return cls(
            clock,
            high_volume,
            RollingWindow(REQUESTS_PER_MINUTE[plan], 60, clock),
            RollingWindow(INCREMENTAL_PER_MINUTE[high_volume], 60, clock),
            RollingWindow(ORGANIZATION_UPDATES, 60, clock),
            RollingWindow(TICKET_UPDATES_PER_MINUTE[high_volume], 60, clock),
            RollingWindow(TICKET_CHANGES, 600, clock),
            RollingWindow(TICKET_LISTS_PER_MINUTE, 60, clock),
        )

    def authorize(self, request: Request, resource: str) -> None:
        """Refuse with 401 or 403 what the credentials do not reach."""
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "basic":
            self._basic(text)
            return
        if kind.lower() != "bearer":
            raise bad_credentials()
        token = self.tokens.get(text.strip())
        if token is None or token.expires_at <= self.clock():
            raise bad_token()
        verb = "read" if request.method == "GET" else "write"
        if not token.reaches(verb, resource):
            raise out_of_scope()

    def pace(self) -> Body:
        """Count a request; return rate headers.

        Raises:
            Refusal: 429.
        """
        verdict = self.general.take()
        headers = general_headers(verdict)
        if not verdict.allowed:
            refusal = limited(verdict)
            refusal.headers.update(headers)
            raise refusal
        return headers

    def pace_endpoint(self, endpoint: str, values: Mapping[str, Any], headers: Body) -> Body:
        """Count a request where its endpoint has a limit of its own; add that limit's header.

        Raises:
            Refusal: 429.
        """
        own = {
            "export": ("incremental-exports", self.incremental),
            "time_export": ("incremental-exports", self.incremental),
            "update_tickets": ("ticket-updates", self.ticket_updates),
            "update_ticket": ("per-ticket-updates", self.one_ticket),
        }.get(endpoint)
        if endpoint == "page" and values["name"] == "tickets":
            own = ("tickets-index", self.ticket_lists)
        if own is None:
            return headers
        name, limiter = own
        verdict = limiter.take(str(values["record_id"]) if endpoint == "update_ticket" else "")
        headers = headers | endpoint_header(name, verdict)
        if not verdict.allowed:
            refusal = limited(verdict)
            refusal.headers.update(headers)
            raise refusal
        return headers

    def issue(self, body: Body) -> Body:
        """Answer the token endpoint: ``grant_type=client_credentials``.

        Raises:
            Refusal: 400 or 401.
        """
        if body.get("grant_type") != "client_credentials":
            raise oauth_error(400, "unsupported_grant_type", "The grant type is not supported.")
        if (body.get("client_id"), body.get("client_secret")) != (
            self.client_id,
            self.client_secret,
        ):
            raise oauth_error(401, "invalid_client", "Client authentication failed.")
        seconds = body.get("expires_in", DEFAULT_EXPIRES)
        if not isinstance(seconds, int) or not EXPIRES[0] <= seconds <= EXPIRES[1]:
            raise oauth_error(400, "invalid_request", f"expires_in must be within {EXPIRES}.")
        scope = body.get("scope") or "read"
        words = frozenset(scope.split() if isinstance(scope, str) else map(str, scope))
        unknown = [word for word in words if not _is_scope(word)]
        if unknown:
            raise oauth_error(400, "invalid_scope", f"Unknown scope: {unknown[0]}")
        self.issued += 1
        text = f"zendesk-access-{self.issued:04d}"
        crippled = not isinstance(scope, str)
        self.tokens[text] = Token(words, self.clock() + seconds, crippled)
        return {
            "access_token": text,
            "token_type": "bearer",
            "scope": " ".join(sorted(words)),
            "expires_in": seconds,
        }

    def _basic(self, text: str) -> None:
        try:
            user, _, token = b64decode(text).decode().partition(":")
        except (Base64Error, UnicodeDecodeError):
            raise bad_credentials() from None
        # A password without "/token" is refused as well: that ended in 2025.
        if self.api_token is None or (user, token) != (f"{self.email}/token", self.api_token):
            raise bad_credentials()


def general_headers(verdict: Verdict) -> Body:
    """Return the headers of the account's limit, both families."""
    return {
        "X-Rate-Limit": str(verdict.limit),
        "X-Rate-Limit-Remaining": str(verdict.remaining),
        "rate-limit": str(verdict.limit),
        "rate-limit-remaining": str(verdict.remaining),
        "rate-limit-reset": str(int(verdict.reset) + 1),
    }


def endpoint_header(name: str, verdict: Verdict) -> Body:
    """Return the header of an endpoint's own limit."""
    text = f"total={verdict.limit}; remaining={verdict.remaining}; resets={int(verdict.reset) + 1}"
    return {f"zendesk-ratelimit-{name}": text}


def _is_scope(word: str) -> bool:
    resource, _, verb = word.rpartition(":")
    return verb in {"read", "write"} and (not resource or resource in RESOURCES)
