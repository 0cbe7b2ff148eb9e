"""The TOML table of a Zendesk connection."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from connectors.enums import ENUMS
from connectors.mapping import Maps

from .fields import STREAMS

# No scope narrows organization_fields and job_statuses. # unconfirmed
SCOPE = "read write"
MAX_JOBS = 30  # queued or running bulk jobs of an account; Zendesk's rate-limit page


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClientCredentials(_Strict):
    """A confidential OAuth client; acts as the user who owns it, who must be an admin.

    Attributes:
        client_id: The client's identifier, no secret.
        client_secret: Reference to the secret, ``env:NAME`` or ``file:PATH``.
        scope: Scopes, separated by spaces.
    """

    kind: Literal["client_credentials"]
    client_id: str
    client_secret: str
    scope: str = SCOPE


class BearerAuth(_Strict):
    """An OAuth access token made elsewhere.

    Attributes:
        token: Reference to the secret.
    """

    kind: Literal["token"]
    token: str


class ApiToken(_Strict):
    """A legacy API token: none can be created any more, and all stop on 2027-04-30.

    Attributes:
        email: The admin whose token it is.
        token: Reference to the secret.
    """

    kind: Literal["api_token"]
    email: str
    token: str


Auth: TypeAlias = Annotated[ClientCredentials | BearerAuth | ApiToken, Field(discriminator="kind")]


class Settings(_Strict):
    """One Zendesk account.

    Attributes:
        subdomain: ``acme`` of acme.zendesk.com.
        base_url: Only for a proxy or a stand-in, instead of ``subdomain``.
        auth: How to sign in.
        streams: What is read.
        map: Canonical table -> column -> field: the key of an organization or user field, the
            number of a ticket field, or an attribute.
        topics: Ticket tag -> topic, beside the usual ones.
        history_days: Tickets changed longer ago are not read the first time.
        incremental_per_minute: Requests to all incremental exports together; 30 with the High
            Volume add-on.
        ticket_context: What open tickets carry of the customer's band: a tag such as
            ``pulsefield_red``, a ticket field, or nothing. Writing to tickets runs the
            account's triggers.
        ticket_updates_per_minute: Bulk updates of tickets; 300 with the High Volume add-on.
        max_jobs: Bulk jobs of ours at a time; the account has 30 for everyone.
        personal_data: Keep e-mail addresses.
        budget: Share of the daily quota that may be used; Zendesk has none today.
    """

    kind: Literal["zendesk"] = "zendesk"
    subdomain: str = Field(default="", pattern=r"^[a-z0-9][a-z0-9-]*$|^$")
    base_url: str = ""
    auth: Auth
    streams: tuple[Literal["organizations", "users", "tickets"], ...] = STREAMS
    map: Maps = Field(default_factory=dict)
    topics: dict[str, str] = Field(default_factory=dict)
    history_days: int = Field(default=730, ge=1)
    incremental_per_minute: int = Field(default=10, ge=1, le=1000)
    ticket_context: Literal["", "tags", "field"] = ""
    ticket_updates_per_minute: int = Field(default=100, ge=1, le=1000)
    max_jobs: int = Field(default=MAX_JOBS // 2, ge=1, le=MAX_JOBS)
    personal_data: bool = False
    budget: float = Field(default=0.5, gt=0, le=1)

    @model_validator(mode="after")
    def _check(self) -> "Settings":
        if bool(self.subdomain) == bool(self.base_url):
            raise ValueError("give either subdomain, or base_url for a proxy or a stand-in")
        allowed = ENUMS["tickets", "topic"]
        for tag, topic in self.topics.items():
            if topic not in allowed:
                raise ValueError(f"topics.{tag}: {topic!r} is not one of {', '.join(allowed)}")
        unread = set(self.map) - {"accounts", "contacts", "tickets", "surveys"}
        if unread:
            raise ValueError(f"Zendesk feeds no {', '.join(sorted(unread))}")
        return self

    @property
    def url(self) -> str:
        """Where requests go."""
        return self.base_url or f"https://{self.subdomain}.zendesk.com"
