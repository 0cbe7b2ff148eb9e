"""Refresh tokens that a vendor exchanges for newer ones when they are used."""

from collections.abc import Callable, Mapping
from typing import Any

from .base import Problem
from .errors import SetupError
from .http import Http


class Exchanged:
    """A refresh token, the newest there is.

    Where the vendor rotates tokens, using one ends it and brings the next. That is kept where
    the reference points to before anything is done with the answer, and no other process uses
    the token meanwhile; see ``Context.exchange``.

    Args:
        reference: Of the token.
    """

    def __init__(self, reference: str) -> None:
        self._reference = reference
        self._newest = ""  # one that could not be kept: it serves until the process ends

    def use(
        self, http: Http, ask: Callable[[str], Mapping[str, Any]], named: str = "refresh_token"
    ) -> Mapping[str, Any]:
        """Return the answer to using the token; what it says under ``named`` takes its place.

        A request whose answer was lost is sent again: if the token was exchanged by the lost
        one, nothing else is known that could be sent.

        Raises:
            SetupError: it is not accepted.
        """
        answer: Mapping[str, Any] = {}

        def exchange(kept: str) -> str:
            nonlocal answer
            sent = self._newest or kept.strip()
            http.redactor.conceal(sent)
            answer = _asked(http, ask, sent)
            newer = answer.get(named)
            self._newest = newer if isinstance(newer, str) and newer else sent
            http.redactor.conceal(self._newest)
            return self._newest

        if self._kept(http, exchange):
            self._newest = ""
        return answer

    def _kept(self, http: Http, exchange: Callable[[str], str]) -> bool:
        if http.context.exchange is not None:
            return http.context.exchange(self._reference, exchange)
        known = http.secret(self._reference).strip()
        return exchange(known) == known

    def problem(self, where: str, vendor: str) -> Problem | None:
        """Return a problem if a token that the vendor exchanges is not, or could not be, kept."""
        if self._newest:
            return Problem(
                where,
                f"{vendor} exchanges the refresh token at each use, and {self._reference} cannot "
                "keep the new one: what it holds ends with this process",
                "keep it in a file that Pulsefield may write, as file:PATH, and authorize the app "
                "again; or switch refresh token rotation off",
            )
        if self._reference.startswith("env:"):
            return Problem(
                where,
                f"the refresh token is in {self._reference}, which could not keep a newer one if "
                f"{vendor} sent one",
                "keep it in a file that Pulsefield may write, as file:PATH; or see that refresh "
                "token rotation is off",
                fatal=False,
            )
        return None


def problems(refresh: Exchanged | None, where: str, vendor: str) -> list[Problem]:
    """Return what is wrong with how a connection keeps its refresh token, if it signs in by one."""
    found = None if refresh is None else refresh.problem(where, vendor)
    return [] if found is None else [found]


def _asked(http: Http, ask: Callable[[str], Mapping[str, Any]], token: str) -> Mapping[str, Any]:
    before = http.stats.retried
    try:
        return ask(token)
    except SetupError as error:
        if http.stats.retried == before:
            raise
        raise SetupError(
            f"{error}; an answer was lost on the way, perhaps with a newer refresh token: if "
            "nothing else is wrong, authorize the app again"
        ) from None
