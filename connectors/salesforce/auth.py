"""Signing in to Salesforce. SOAP log-in and passwords are not offered: they end in 2027."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import jwt

from connectors.errors import RequestError, SetupError
from connectors.http import Http
from connectors.rules import Token

from .settings import AccessToken, ClientCredentials, JwtBearer, RefreshToken, Settings

PATH = "services/oauth2/token"
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_JWT_SECONDS = 180  # Salesforce takes at most five minutes # unconfirmed
_PRODUCTION, _SANDBOX = "https://login.salesforce.com", "https://test.salesforce.com"


class Login:
    """Brings tokens; remembers a refresh token that was exchanged for a new one.

    Attributes:
        rotates: Whether Salesforce has exchanged the refresh token.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._rotated = ""

    @property
    def rotates(self) -> bool:
        """Whether the app rotates refresh tokens, so that the configured one is dead."""
        return bool(self._rotated)

    def __call__(self, http: Http) -> Token:
        """Return a token. It has no stated end: a 401 is the sign to come again.

        Raises:
            SetupError: the credentials are refused.
        """
        auth = self._settings.auth
        if isinstance(auth, AccessToken):
            return Token(f"Bearer {http.secret(auth.token).strip()}", renewable=False)
        if isinstance(auth, ClientCredentials):
            form = {
                "grant_type": "client_credentials",
                "client_id": auth.client_id,
                "client_secret": http.secret(auth.client_secret).strip(),
            }
        elif isinstance(auth, JwtBearer):
            form = {"grant_type": _JWT_GRANT, "assertion": self._assertion(auth, http)}
        else:
            form = self._refresh(auth, http)
        return self._exchange(form, http)

    def _exchange(self, form: Mapping[str, str], http: Http) -> Token:
        try:
            answer = http.json(
                "POST", PATH, data=form, operation="log in", authorize=False, idempotent=True
            )
        except RequestError as error:
            raise SetupError(f"{error}; check base_url and auth") from None
        http.stats.count("log in", least=1)
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str):
            raise SetupError(f"Salesforce: {PATH} gave no access_token; check base_url")
        renewed = answer.get("refresh_token")
        if isinstance(renewed, str) and renewed != form.get("refresh_token"):
            http.redactor.conceal(renewed)
            self._rotated = renewed
        return Token(f"Bearer {token}")

    def _refresh(self, auth: RefreshToken, http: Http) -> dict[str, str]:
        form = {
            "grant_type": "refresh_token",
            "client_id": auth.client_id,
            "refresh_token": self._rotated or http.secret(auth.refresh_token).strip(),
        }
        if auth.client_secret:
            form["client_secret"] = http.secret(auth.client_secret).strip()
        return form

    def _assertion(self, auth: JwtBearer, http: Http) -> str:
        now = int(http.clock.now().timestamp())
        claims = {
            "iss": auth.client_id,
            "sub": auth.username,
            "aud": auth.audience or self._audience(),
            "exp": now + _JWT_SECONDS,
        }
        try:
            return jwt.encode(claims, http.secret(auth.private_key), algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise SetupError(
                "Salesforce: auth.private_key is no RSA key in PEM; give the key whose "
                "certificate was uploaded to the app"
            ) from None

    def _audience(self) -> str:
        host = urlsplit(self._settings.base_url).hostname or ""
        return _SANDBOX if ".sandbox." in host else _PRODUCTION
