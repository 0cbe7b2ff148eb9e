"""Who may do what in the Salesforce stand-in: tokens, the app's secrets, field permissions."""

import base64
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any
from urllib.parse import parse_qsl

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.wrappers import Request

from .limits import Clock
from .salesforce_errors import oauth, refuse
from .salesforce_load import BOT

ORG_ID = "00D000000000001EAA"
USERNAME = "integration@planboard.invalid"
AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
MAX_ASSERTION_SECONDS = 300  # unconfirmed: exp at most five minutes ahead
SESSION_SECONDS = 7_200.0  # the usual session timeout; a setting of each organisation


@functools.cache
def _key() -> rsa.RSAPrivateKey:
    """Return a key pair for this process; none is kept in the source."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def private_key() -> str:
    """Return the key that signs JWT bearer assertions, as PEM."""
    return (
        _key()
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


@dataclass(slots=True)
class Access:
    """Tokens and field permissions.

    Attributes:
        client_id, client_secret, refresh_token: Of the one app.
        rotates: Whether the app exchanges the refresh token at each use.
        tokens: Access token -> when it ends.
        closed: (object, field) -> True if readable only, False if not even visible; all others
            are open to the running user. Granted anew by ``granted``.
        granted: (object, field) -> whether it may be edited, by assigned permission sets.
    """

    clock: Clock
    client_id: str = "3MVG9simulatedConsumerKey"
    client_secret: str = "A1B2C3SIMULATED"  # noqa: S105 - guards nothing but generated data
    refresh_token: str = "5Aep861SIMULATED"  # noqa: S105 - likewise
    rotates: bool = False
    session_seconds: float = SESSION_SECONDS
    tokens: dict[str, float] = field(default_factory=dict)
    closed: dict[tuple[str, str], bool] = field(default_factory=dict)
    granted: dict[tuple[str, str], bool] = field(default_factory=dict)
    issued: int = 0

    def visible(self, entity: str, name: str) -> bool:
        """Return whether the running user sees a field."""
        key = (entity, name)
        return self.closed.get(key, True) or key in self.granted

    def editable(self, entity: str, name: str) -> bool:
        """Return whether the running user may edit a field."""
        key = (entity, name)
        return key not in self.closed or self.granted.get(key, False)

    def authenticate(self, request: Request) -> None:
        """Check the bearer token.

        Raises:
            Refusal: 401 INVALID_SESSION_ID.
        """
        token = request.headers.get("Authorization", "").partition("Bearer ")[2]
        if self.tokens.get(token, 0.0) <= self.clock():
            raise refuse(401, "INVALID_SESSION_ID", "Session expired or invalid")

    def token(self, request: Request) -> dict[str, Any]:
        """Answer the token endpoint.

        Raises:
            Refusal: with OAuth's error object.
        """
        form = dict(parse_qsl(request.get_data(as_text=True)))
        grant = form.get("grant_type")
        if grant == "client_credentials":
            self._check_app(request, form)
        elif grant == JWT_BEARER:
            self._check_assertion(form.get("assertion", ""))
        elif grant == "refresh_token":
            if form.get("client_id") != self.client_id:
                raise oauth("invalid_client_id", "client identifier invalid")
            if not _same(form.get("refresh_token", ""), self.refresh_token):
                raise oauth("invalid_grant", "expired access/refresh token")
            return self._issue(request.host_url.rstrip("/")) | self._rotated()
        else:
            raise oauth("unsupported_grant_type", "grant type not supported")
        return self._issue(request.host_url.rstrip("/"))

    def _rotated(self) -> dict[str, Any]:
        """Exchange the refresh token, if the app is set so; the old one is dead at once."""
        if not self.rotates:
            return {}
        self.refresh_token = f"5Aep861SIMULATED.{self.issued:06d}"
        return {"refresh_token": self.refresh_token}

    def _check_app(self, request: Request, form: Mapping[str, str]) -> None:
        name, secret = form.get("client_id", ""), form.get("client_secret", "")
        scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic":
            name, _, secret = base64.b64decode(encoded).decode().partition(":")
        if name != self.client_id:
            raise oauth("invalid_client_id", "client identifier invalid")
        if not _same(secret, self.client_secret):
            raise oauth("invalid_client", "invalid client credentials", 401)

    def _check_assertion(self, assertion: str) -> None:
        try:
            claims = jwt.decode(
                assertion,
                _key().public_key(),
                algorithms=["RS256"],
                audience=AUDIENCES,
                options={"verify_exp": False, "require": ["iss", "sub", "aud", "exp"]},
            )
        except jwt.InvalidAudienceError:
            raise oauth("invalid_grant", "audience is invalid") from None
        except jwt.InvalidTokenError:
            raise oauth("invalid_grant", "invalid assertion") from None
        if claims["iss"] != self.client_id:
            raise oauth("invalid_client_id", "client identifier invalid")
        if claims["sub"] != USERNAME:
            raise oauth("invalid_grant", "user hasn't approved this consumer")
        left = float(claims["exp"]) - self.clock()
        if not 0 < left <= MAX_ASSERTION_SECONDS:
            raise oauth("invalid_grant", "token validity expired")

    def _issue(self, host: str) -> dict[str, Any]:
        """Give out a new token; the answer has no refresh token and no expiry."""
        self.issued += 1
        token = f"00D000000000001!SIMULATED.{self.issued:06d}"
        self.tokens[token] = self.clock() + self.session_seconds
        return {
            "access_token": token,
            "signature": "c2ltdWxhdGVk",
            "scope": "api",
            "instance_url": host,
            "id": f"https://login.salesforce.com/id/{ORG_ID}/{BOT}",
            "token_type": "Bearer",
            "issued_at": str(int(self.clock() * 1000)),
        }


def _same(given: str, known: str) -> bool:
    return compare_digest(given.encode(), known.encode())
