"""Signing in to Zendesk."""

import base64
from datetime import date

from connectors.endings import ends_on
from connectors.errors import RequestError, SetupError
from connectors.http import Http
from connectors.rules import Token

from .settings import ApiToken, Auth, BearerAuth, ClientCredentials

# More than 300 and less than 172,800 seconds may be asked for (OAuth Tokens for Grant Types).
_LIFETIME = 7200


def login(auth: Auth, http: Http) -> Token:
    """Return a token for requests; called again after a 401.

    Raises:
        SetupError: the credentials are refused.
    """
    if isinstance(auth, BearerAuth):
        return Token(f"Bearer {http.secret(auth.token)}", renewable=False)
    if isinstance(auth, ApiToken):
        pair = f"{auth.email}/token:{http.secret(auth.token)}"
        basic = base64.b64encode(pair.encode()).decode()
        return Token(f"Basic {basic}", renewable=False)
    return _client_credentials(auth, http)


def _client_credentials(auth: ClientCredentials, http: Http) -> Token:
    body = {
        "grant_type": "client_credentials",
        "client_id": auth.client_id,
        "client_secret": http.secret(auth.client_secret),
        "scope": auth.scope,  # one text: a list is accepted, but every later call is refused
        "expires_in": _LIFETIME,
    }
    try:
        answer = http.json(
            "POST", "/oauth/tokens", json=body, operation="login", authorize=False, idempotent=True
        )
    except RequestError as error:
        raise SetupError(
            f"{error}; check client_id, and that the OAuth client is confidential and allows "
            "client credentials"
        ) from None
    http.stats.count("login", least=1)
    token = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(token, str):
        raise SetupError("Zendesk: /oauth/tokens gave no access_token; check base_url")
    expires = answer.get("expires_in")
    return Token(f"Bearer {token}", float(expires) if expires else None)


def expiry_warning(auth: Auth, today: date) -> str | None:
    """Return a warning about what ends, with its date."""
    if not isinstance(auth, ApiToken):
        return None
    end = ends_on("zendesk-api-token")
    left = (end - today).days
    when = f"in {left} days" if left > 0 else "already"
    return f"API tokens stop on {end} ({when}), and die after 30 days without use"
