"""Who may call HubSpot's stand-in, and how often: tokens, scopes, rate limits."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from werkzeug.wrappers import Request

from .hubspot_errors import bad_token, expired_token, missing_scopes, too_many
from .hubspot_schema import iso
from .hubspot_types import TYPES
from .limits import DAY, Clock, FixedWindow, Limiter, RollingWindow, Verdict
from .standin import Body, Refusal

TokenKind: TypeAlias = Literal["service_key", "oauth"]
Plan: TypeAlias = Literal["free", "professional", "enterprise"]

# plan -> (requests in ten seconds, requests a day) for service keys and private apps.
PLANS: dict[Plan, tuple[int, int]] = {
    "free": (100, 250_000),
    "professional": (190, 650_000),
    "enterprise": (190, 1_000_000),
}
OAUTH_TEN_SECONDS = 110  # unconfirmed
SEARCH_PER_SECOND = 5
OAUTH_SECONDS = 1_800
URI_LENGTH = 8_192  # unconfirmed

ALL_SCOPES = frozenset(
    {"oauth", "crm.export", "crm.objects.custom.read", "crm.schemas.custom.read"}
    | {scope for kind in TYPES.values() for scope in (kind.read_scope, kind.write_scope) if scope}
    | {
        f"{kind.schema_scope}.{verb}" if "." in kind.schema_scope else kind.schema_scope
        for kind in TYPES.values()
        for verb in ("read", "write")
    }
)


@dataclass(slots=True)
class Token:
    """A bearer token that was handed out.

    Attributes:
        kind: A service key lives until it is deleted; an OAuth token expires.
        scopes: What it may do.
        expires_at: Seconds since the epoch, or None.
    """

    kind: TokenKind
    scopes: frozenset[str]
    expires_at: float | None = None


@dataclass(slots=True)
class App:
    """An OAuth app that is installed here.

    Attributes:
        client_id: Public.
        client_secret: Secret.
        refresh_token: Handed out at installation; stays the same when used.
        rotates: Whether it does not; HubSpot's stay.
        scopes: Granted at installation.
    """

    client_id: str = "5a1e0000-0000-4000-8000-00000000c11d"
    client_secret: str = "hubspot-app-secret"  # noqa: S105 - opens nothing but this stand-in
    refresh_token: str = "na1-refresh-0001"  # noqa: S105 - likewise
    rotates: bool = False
    scopes: frozenset[str] = ALL_SCOPES


@dataclass(slots=True)
class Access:
    """Tokens and limits of one account.

    Attributes:
        clock: The vendor's time.
        ten_seconds: Requests in ten seconds, searches aside.
        daily: Requests in a day of the account's time zone.
        searches: Searches in a second.
        tell_retry_after: Whether 429 answers carry Retry-After; HubSpot does not always.
        tokens: By the token's text.
    """

    clock: Clock
    ten_seconds: Limiter
    daily: FixedWindow
    searches: Limiter
    tell_retry_after: bool = False
    app: App = field(default_factory=App)
    tokens: dict[str, Token] = field(default_factory=dict)
    issued: int = 0

    @classmethod
    def of_plan(cls, plan: Plan, clock: Clock, utc_offset: float) -> "Access":
        """Make the limits of a plan; days begin at midnight ``utc_offset`` seconds from UTC."""
        short, day = PLANS[plan]
        return cls(
            clock,
            RollingWindow(short, 10, clock),
            FixedWindow(day, DAY, clock, -utc_offset),
            RollingWindow(SEARCH_PER_SECOND, 1, clock),
        )

    def authenticate(self, request: Request) -> Token:
        """Return the token of a request.

        Raises:
            Refusal: 401, unknown or expired.
        """
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        token = self.tokens.get(text.strip())
        if kind.lower() != "bearer" or token is None:
            raise bad_token()
        if token.expires_at is not None and token.expires_at <= self.clock():
            at = iso(datetime.fromtimestamp(token.expires_at, UTC))
            raise expired_token(int(self.clock() - token.expires_at), at)
        return token

    def authorize(self, token: Token, *scopes: str) -> None:
        """Refuse with 403 where the token has none of these scopes."""
        if scopes and not token.scopes.intersection(scopes):
            raise missing_scopes(scopes)

    def pace(self, token: Token, *, search: bool) -> Body:
        """Count a request; return rate headers, which searches lack (unconfirmed).

        Raises:
            Refusal: 429.
        """
        day = self.daily.take()
        if not day.allowed:
            raise too_many("DAILY", day, tell=False)
        if search:
            second = self.searches.take()
            if not second.allowed:
                raise too_many("SECONDLY", second, tell=self.tell_retry_after)
            return {}
        short = self.ten_seconds.take()
        headers = self._headers(token, short, day)
        if not short.allowed:
            refusal = too_many("TEN_SECONDLY_ROLLING", short, tell=self.tell_retry_after)
            refusal.headers.update(headers)
            raise refusal
        return headers

    def _headers(self, token: Token, short: Verdict, day: Verdict) -> dict[str, str]:
        headers = {
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
            "X-HubSpot-RateLimit-Max": str(short.limit),
            "X-HubSpot-RateLimit-Remaining": str(short.remaining),
        }
        if token.kind != "oauth":  # unconfirmed
            headers["X-HubSpot-RateLimit-Daily"] = str(day.limit)
            headers["X-HubSpot-RateLimit-Daily-Remaining"] = str(day.remaining)
        return headers

    def issue(self, form: dict[str, str]) -> Body:
        """Answer the token endpoint: ``grant_type=refresh_token``.

        Raises:
            Refusal: 400 for another grant, or a wrong id, secret or refresh token.
        """
        if form.get("grant_type") != "refresh_token":
            raise _oauth_refusal("BAD_GRANT_TYPE", "missing or unknown grant type")
        known = (form.get("client_id"), form.get("client_secret"))
        if known != (self.app.client_id, self.app.client_secret):
            raise _oauth_refusal("BAD_CLIENT_ID", "missing or unknown client id or secret")
        if form.get("refresh_token") != self.app.refresh_token:
            raise _oauth_refusal("BAD_REFRESH_TOKEN", "missing or unknown refresh token")
        self.issued += 1
        text = f"oauth-access-{self.issued:04d}"
        if self.app.rotates:
            self.app.refresh_token = f"na1-refresh-{self.issued + 1:04d}"
        expires = self.clock() + OAUTH_SECONDS
        self.tokens[text] = Token("oauth", self.app.scopes, expires)
        return {
            "token_type": "bearer",
            "access_token": text,
            "refresh_token": self.app.refresh_token,
            "expires_in": OAUTH_SECONDS,
            "scopes": sorted(self.app.scopes),
        }


def _oauth_refusal(status: str, message: str) -> Refusal:
    return Refusal(400, {"status": status, "message": message})  # unconfirmed
