"""How a HubSpot connection signs in: a bearer token as it is, or OAuth with a refresh token."""

from collections.abc import Callable

from connectors.errors import RequestError, SetupError
from connectors.http import Http
from connectors.rules import Token

from .paths import OPERATIONS, Api
from .settings import Auth, OAuth


def login(auth: Auth, api: Api) -> Callable[[Http], Token]:
    """Return what brings a token."""
    if isinstance(auth, OAuth):
        return _Refresh(auth, api)

    def bearer(http: Http) -> Token:
        # Nothing renews it: a service key changes only when a person rotates it.
        return Token(f"Bearer {http.secret(auth.token).strip()}", renewable=False)

    return bearer


class _Refresh:
    """Trades the refresh token for access tokens.

    An access token's life is what ``expires_in`` says, about 30 minutes; a 401 is no signal
    that a new one is due (HubSpot's usage guidelines). Should HubSpot answer with another
    refresh token, it serves until the process ends.
    """

    def __init__(self, auth: OAuth, api: Api) -> None:
        self._auth = auth
        self._api = api
        self._newest: str | None = None

    def __call__(self, http: Http) -> Token:
        operation = OPERATIONS["token"]
        form = {
            "grant_type": "refresh_token",
            "client_id": self._auth.client_id,
            "client_secret": http.secret(self._auth.client_secret).strip(),
            "refresh_token": self._newest or http.secret(self._auth.refresh_token).strip(),
        }
        path = operation.path(self._api)
        try:
            answer = http.json(
                operation.method,
                path,
                data=form,
                operation="token",
                idempotent=self._newest is None,
                authorize=False,
            )
        except RequestError as error:
            # {"status": "BAD_REFRESH_TOKEN", ...}  # unconfirmed
            raise SetupError(
                f"{error} ({error.code}): the app's id, secret or refresh token is not accepted; "
                "install the app again and store its new refresh token"
            ) from None
        if not isinstance(answer, dict) or not answer.get("access_token"):
            raise SetupError("HubSpot's token endpoint answered without a token; check base_url")
        self._newest = answer.get("refresh_token") or self._newest
        http.redactor.conceal(self._newest or "")
        return Token(f"Bearer {answer['access_token']}", _seconds(answer.get("expires_in")))


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
