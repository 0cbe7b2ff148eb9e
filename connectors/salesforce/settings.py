"""The TOML table of a Salesforce connection."""

from typing import Annotated, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from connectors.mapping import Maps, ObjectMap

from .fields import OBJECTS

# Summer '26; answers of a later release stay those of this version.
VERSION = "67.0"
# Vendor rule: Bulk 2.0 above 2,000 records, REST below (Salesforce app limits cheat sheet).
BULK_ABOVE = 2_000
_SHARED_HOSTS = {"login.salesforce.com", "test.salesforce.com"}
Standard: TypeAlias = Literal[
    "Account", "Contact", "Case", "Task", "Event", "Opportunity", "Contract", "Asset"
]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClientCredentials(_Strict):
    """An External Client App that acts as its Run-As user; the way for a server.

    Attributes:
        client_id: The consumer key, no secret.
        client_secret: Reference to the consumer secret, ``env:NAME`` or ``file:PATH``.
    """

    kind: Literal["client_credentials"]
    client_id: str
    client_secret: str


class JwtBearer(_Strict):
    """An External Client App with a certificate; the user must be pre-authorised.

    Attributes:
        client_id: The consumer key.
        username: The integration user.
        private_key: Reference to the PEM key.
        audience: Only where it is neither production nor a sandbox, e.g. a government cloud.
    """

    kind: Literal["jwt_bearer"]
    client_id: str
    username: str
    private_key: str
    audience: str = ""


class RefreshToken(_Strict):
    """A refresh token that a user granted; where the app rotates it, in a file.

    Attributes:
        client_id: The consumer key.
        client_secret: Reference to the consumer secret, where the app has one.
        refresh_token: Reference to the token, ``file:PATH`` if it rotates.
    """

    kind: Literal["refresh_token"]
    client_id: str
    client_secret: str = ""
    refresh_token: str


class AccessToken(_Strict):
    """An access token made elsewhere; it cannot be renewed.

    Attributes:
        token: Reference to the token.
    """

    kind: Literal["access_token"]
    token: str


Auth: TypeAlias = Annotated[
    ClientCredentials | JwtBearer | RefreshToken | AccessToken, Field(discriminator="kind")
]


class Settings(_Strict):
    """One Salesforce organisation.

    Attributes:
        base_url: The My Domain, ``https://acme.my.salesforce.com``; or a proxy or stand-in.
        auth: How to sign in.
        version: API version.
        streams: Standard objects that are read; ``Contract`` and ``Asset`` feed subscriptions.
        map: Canonical table -> column -> field, beside the usual ones.
        objects: Custom object -> the canonical table that it feeds.
        permission_set: Name of the permission set that grants the score fields.
        bulk_above: Rows above which Bulk 2.0 is used, for reading and writing.
        personal_data: Keep e-mail addresses.
        budget: Share of the organisation's daily API requests that may be used.
    """

    kind: Literal["salesforce"] = "salesforce"
    base_url: str
    auth: Auth
    version: str = Field(default=VERSION, pattern=r"^\d{2,3}\.0$")
    streams: tuple[Standard, ...] = ("Account", "Contact", "Case", "Task", "Event", "Opportunity")
    map: Maps = Field(default_factory=dict)
    objects: dict[str, ObjectMap] = Field(default_factory=dict)
    permission_set: str = Field(default="Pulsefield", pattern=r"^[A-Za-z](_?[A-Za-z0-9])*$")
    bulk_above: int = Field(default=BULK_ABOVE, ge=1)
    personal_data: bool = False
    budget: float = Field(default=0.5, gt=0, le=1)

    @field_validator("base_url")
    @classmethod
    def _own_domain(cls, value: str) -> str:
        if urlsplit(value).hostname in _SHARED_HOSTS:
            raise ValueError(
                "must be your My Domain, https://NAME.my.salesforce.com (Setup > My Domain); "
                "login and test.salesforce.com do not serve the API"
            )
        return value.rstrip("/")

    @field_validator("objects")
    @classmethod
    def _complete(cls, value: dict[str, ObjectMap]) -> dict[str, ObjectMap]:
        for name, entry in value.items():
            if name in OBJECTS:
                raise ValueError(f"{name} is read by itself; use streams and map")
            if entry.table == "accounts":
                raise ValueError(f"{name} cannot feed accounts; only Account does")
            if not entry.account:
                raise ValueError(f"{name} needs account, the field that looks up its Account")
        return value
