"""How a HubSpot connection signs in: a bearer token as it is, or OAuth with a refresh token."""

from collections.abc import Mapping
from typing import Any

from connectors.errors import RequestError, SetupError
from connectors.exchange import Exchanged
from connectors.http import Http
from connectors.rules import Token

from .paths import OPERATIONS, Api
from .settings import Auth, BearerAuth, OAuth


def login(auth: Auth, api: Api) -> "Bearer | Refresh":
    """Return what brings a token."""
    return Refresh(auth, api) if isinstance(auth, OAuth) else Bearer(auth)


class Bearer:
    """A token as it is. Nothing renews it: a service key changes only when a person rotates it."""

    refresh = None

    def __init__(self, auth: BearerAuth) -> None:
        self._auth = auth

    def __call__(self, http: Http) -> Token:
        """Return the token."""
        return Token(f"Bearer {http.secret(self._auth.token).strip()}", renewable=False)


class Refresh:
    """Trades the refresh token for access tokens.

    An access token's life is what ``expires_in`` says, about 30 minutes; a 401 is no signal
    that a new one is due (HubSpot's usage guidelines).

    Attributes:
        refresh: The refresh token; HubSpot answers with the same one.
    """

    def __init__(self, auth: OAuth, api: Api) -> None:
        self._auth = auth
        self._api = api
        self.refresh = Exchanged(auth.refresh_token)

    def __call__(self, http: Http) -> Token:
        """Return an access token.

        Raises:
            SetupError: the app's credentials or its refresh token are refused.
        """
        form = {
            "grant_type": "refresh_token",
            "client_id": self._auth.client_id,
            "client_secret": http.secret(self._auth.client_secret).strip(),
        }
        answer = self.refresh.use(
            http, lambda token: self._ask(form | {"refresh_token": token}, http)
        )
        return Token(f"Bearer {answer['access_token']}", _seconds(answer.get("expires_in")))

    def _ask(self, form: Mapping[str, str], http: Http) -> Mapping[str, Any]:
        """Return the token endpoint's answer. A lost one is asked for again: see ``Exchanged``."""
        operation = OPERATIONS["token"]
        path = operation.path(self._api)
        try:
            answer = http.json(
                operation.method,
                path,
                data=form,
                operation="token",
                idempotent=operation.repeatable,
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
        return answer


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
