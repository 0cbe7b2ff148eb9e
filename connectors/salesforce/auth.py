"""Signing in to Salesforce. SOAP log-in and passwords are not offered: they end in 2027."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt

from connectors.errors import RequestError, SetupError
from connectors.exchange import Exchanged
from connectors.http import Http
from connectors.rules import Token

from .settings import AccessToken, ClientCredentials, JwtBearer, RefreshToken, Settings

PATH = "services/oauth2/token"
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_JWT_SECONDS = 180  # Salesforce takes at most five minutes # unconfirmed
_SKEW = timedelta(seconds=30)  # below it, a clock is not why an assertion is refused
_PRODUCTION, _SANDBOX = "https://login.salesforce.com", "https://test.salesforce.com"


class Login:
    """Brings tokens.

    Attributes:
        refresh: The refresh token, where that is how to sign in.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        auth = settings.auth
        self.refresh = Exchanged(auth.refresh_token) if isinstance(auth, RefreshToken) else None

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
            answer: Mapping[str, Any] = _ask(form, http)
        elif isinstance(auth, JwtBearer):
            answer = self._by_assertion(auth, http)
        else:
            answer = self._by_refresh(auth, http)
        return Token(f"Bearer {answer['access_token']}")

    def _by_refresh(self, auth: RefreshToken, http: Http) -> Mapping[str, Any]:
        form = {"grant_type": "refresh_token", "client_id": auth.client_id}
        if auth.client_secret:
            form["client_secret"] = http.secret(auth.client_secret).strip()
        assert self.refresh is not None  # noqa: S101 - made for this kind of auth
        return self.refresh.use(http, lambda token: _ask(form | {"refresh_token": token}, http))

    def _by_assertion(self, auth: JwtBearer, http: Http) -> Mapping[str, Any]:
        """Sign in; where this machine's clock is wrong, once more by the server's."""
        now = http.clock.now()
        try:
            return _ask(self._assertion(auth, http, now), http)
        except SetupError:
            told = http.server_time()
            if abs(told - now) < _SKEW:
                raise
        return _ask(self._assertion(auth, http, told), http)

    def _assertion(self, auth: JwtBearer, http: Http, now: datetime) -> dict[str, str]:
        claims = {
            "iss": auth.client_id,
            "sub": auth.username,
            "aud": auth.audience or self._audience(),
            "exp": int(now.timestamp()) + _JWT_SECONDS,
        }
        try:
            signed = jwt.encode(claims, http.secret(auth.private_key), algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise SetupError(
                "Salesforce: auth.private_key is no RSA key in PEM; give the key whose "
                "certificate was uploaded to the app"
            ) from None
        return {"grant_type": _JWT_GRANT, "assertion": signed}

    def _audience(self) -> str:
        host = urlsplit(self._settings.base_url).hostname or ""
        return _SANDBOX if ".sandbox." in host else _PRODUCTION


def _ask(form: Mapping[str, str], http: Http) -> Mapping[str, Any]:
    """Return the token endpoint's answer. A lost one is asked for again: see ``Exchanged``."""
    try:
        answer = http.json(
            "POST", PATH, data=form, operation="log in", authorize=False, idempotent=True
        )
    except RequestError as error:
        raise SetupError(f"{error}; check base_url and auth") from None
    http.stats.count("log in", least=1)
    if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
        raise SetupError(f"Salesforce: {PATH} gave no access_token; check base_url")
    return answer
