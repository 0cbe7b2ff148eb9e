"""The TOML table of a HubSpot connection."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from connectors.mapping import Maps, ObjectMap
from connectors.moments import zone_of

from .fields import DEAL_KINDS, DEAL_TYPE, OBJECTS, PAYMENTS
from .paths import DEFAULT_API, Api

BASE_URL = "https://api.hubapi.com"
# Property and group names (developers.hubspot.com, properties): the length is unconfirmed.
NAME = r"^[a-z][a-z0-9_]{0,99}$"
STREAMS = (*OBJECTS, PAYMENTS)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BearerAuth(_Strict):
    """A service key, the static token of a project-based app, or a legacy private app's token.

    Attributes:
        token: Reference to the secret, ``env:NAME`` or ``file:PATH``.
    """

    kind: Literal["token"]
    token: str


class OAuth(_Strict):
    """An OAuth app that was installed in the account.

    Attributes:
        client_id: The app's id, no secret.
        client_secret: Reference to the secret.
        refresh_token: Reference to the secret.
    """

    kind: Literal["oauth"]
    client_id: str
    client_secret: str
    refresh_token: str


def _zone(name: str) -> str:
    zone_of(name)
    return name


Zone: TypeAlias = Annotated[str, AfterValidator(_zone)]
Auth: TypeAlias = Annotated[BearerAuth | OAuth, Field(discriminator="kind")]


class DealSettings(_Strict):
    """What closed deals mean for the customer.

    Attributes:
        property: The deal property that tells kinds of deals apart.
        kinds: Its values -> outcome when won, outcome when lost. Deals of other kinds are
            ``other``.
    """

    property: str = DEAL_TYPE
    kinds: Mapping[str, tuple[str, str]] = Field(default_factory=lambda: dict(DEAL_KINDS))


class Settings(_Strict):
    """One HubSpot account.

    Attributes:
        auth: How to sign in.
        base_url: Only for a proxy or a stand-in.
        api: Version of the paths: a date, or v3 for accounts that need it. From 2026-09 on,
            HubSpot enforces the account's required properties on our writes.
        streams: Objects to read. Leave out what the account does not have.
        map: Canonical table -> column -> property, beside the usual ones.
        objects: Custom objects, by name or id, that feed a canonical table; for one of
            HubSpot's own objects, a map for that object alone.
        deals: Which deals are renewals, upgrades and so on.
        ces_points: Points of the account's effort surveys; scores are brought to our 1..5.
        group: Property group of the fields that Pulsefield makes.
        group_label: What people see.
        budget: Share of the daily quota that may be used, 0..1.
        time_zone: The account's, where its quota's day ends.
        personal_data: Keep e-mail addresses.
        workers: Requests at once when writing.
    """

    kind: Literal["hubspot"] = "hubspot"
    auth: Auth
    base_url: str = BASE_URL
    api: Api = DEFAULT_API
    streams: tuple[str, ...] = STREAMS
    map: Maps = Field(default_factory=dict)
    objects: Mapping[str, ObjectMap] = Field(default_factory=dict)
    deals: DealSettings = Field(default_factory=DealSettings)
    ces_points: int = Field(default=7, ge=2)  # unconfirmed
    group: str = Field(default="pulsefield", pattern=NAME)
    group_label: str = "Pulsefield"
    budget: float = Field(default=0.5, gt=0, le=1)
    time_zone: Zone | None = None
    personal_data: bool = False
    workers: int = Field(default=4, ge=1, le=10)

    @model_validator(mode="after")
    def _check(self) -> "Settings":
        unknown = [name for name in self.streams if name not in STREAMS]
        if unknown:
            raise ValueError(
                f"no stream is called {unknown[0]!r}; use some of {', '.join(STREAMS)}"
            )
        for name, mapped in self.objects.items():
            own = OBJECTS.get(name)
            if own is not None and own.table != mapped.table:
                raise ValueError(f"objects.{name}: HubSpot's {name} feed {own.table}")
        return self
