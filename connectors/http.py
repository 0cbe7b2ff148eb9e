"""The one Session that every connector's requests go through, client libraries' too.

It paces, retries, counts, renews tokens, keeps secrets out of every message, and talks only to
the hosts of its connection, over https (plain http on loopback). What an answer means is the
vendor's ``Rules``; an answer that is not good raises, so callers see good ones only.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.cookiejar import DefaultCookiePolicy
from typing import IO, Any, TypeVar
from urllib.parse import urlsplit

import requests
import tenacity
from requests.adapters import HTTPAdapter

from .base import Context, RequestStats
from .calls import Again, Bearer, Call, Final, fault_of, never_sent, pause, split
from .decoding import decode_json, settle_json
from .errors import ConnectorError, QuotaError, SetupError, TransientError
from .origins import origin_of, resolve
from .pacing import Clock, Pacer, Quota
from .redaction import Redactor
from .rules import TOO_MANY, UNAUTHORIZED, Rules, Token, date_of
from .tokens import Tokens

Answer = TypeVar("Answer")
_CEILING = 0.95  # share of the daily quota, used by everyone, at which we leave the rest to others
_POOL = 16
_CHUNK = 1 << 16


@dataclass(slots=True)
class _State:
    quota: Quota | None = None
    server_time: datetime | None = None


class Http(requests.Session):
    """A Session bound to one connection's hosts.

    Args:
        base_url: Where relative paths start; https, or http on loopback.
        rules: The vendor's rules.
        context: Time, waiting, secrets.
        login: Brings a token; called under a lock when there is none, when it has expired, and
            once after a 401. None: requests are sent without.
        budget: Share of the daily quota that this connection may use, 0..1.

    Raises:
        SetupError: the base URL is not acceptable.
    """

    def __init__(
        self,
        base_url: str,
        rules: Rules,
        context: Context,
        login: "Callable[[Http], Token] | None" = None,
        budget: float = 1.0,
    ) -> None:
        super().__init__()
        self.base_url = base_url.rstrip("/")
        self.rules = rules
        self.context = context
        self.stats = RequestStats()
        self.redactor = Redactor()
        self.clock = Clock(context.now, time.sleep if context.wait is None else context.wait)
        self._tokens = (
            Tokens(lambda: login(self), self.clock, self.redactor, rules.vendor) if login else None
        )
        self._budget = budget
        self._origins = {origin_of(self.base_url, rules.vendor)}
        self._pacer = Pacer(rules.buckets)
        self._state = _State()
        self._lock = threading.RLock()
        self.trust_env = not self.base_url.startswith("http:")  # no proxy between us and loopback
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = HTTPAdapter(pool_maxsize=_POOL, max_retries=0)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def __repr__(self) -> str:
        return f"Http({self.rules.vendor}, {self.base_url})"

    def json(self, method: str, path: str, **options: Any) -> Any:
        """Send a request and return its decoded JSON; None where there is no body.

        Args:
            method: GET, POST, ...
            path: Relative to the base URL, or a URL on an allowed host.
            options: The fields of ``Call``, and what ``requests`` takes (``params``, ``json``,
                ``data``, ``headers``).

        Raises:
            SetupError, TransientError, QuotaError, RequestError: see the vendor's rules.
        """
        return self._run(method, path, {**options, "stream": True}, decode_json)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override] # the same arguments, by keyword
        """Send a request with all care and return a good answer, its body read.

        Client libraries call this one. Arguments and errors as ``json``.
        """

        def take(response: requests.Response) -> requests.Response:
            settle_json(response)
            return response

        return self._run(method, url, options, take)

    def download(
        self,
        path: str,
        into: IO[bytes],
        check: Callable[[Mapping[str, str]], Answer],
        **options: Any,
    ) -> Answer:
        """GET a large body into a file, from its start; return what ``check(headers)`` does.

        The file is at its start then. A body that breaks off, or for which it
        raises TransientError, is fetched again as a whole. Errors as ``json``.
        """

        def take(response: requests.Response) -> Answer:
            into.seek(0)
            into.truncate()
            for chunk in response.iter_content(_CHUNK):
                into.write(chunk)
            into.seek(0)
            return check(response.headers)

        return self._run("GET", path, options | {"stream": True}, take)

    def secret(self, reference: str) -> str:
        """Resolve a secret, and keep its value out of every message from now on."""
        value = self.context.secret(reference)
        self.redactor.conceal(value)
        return value

    def server_time(self) -> datetime:
        """Return the time that the vendor's last answer carried, else the run's time."""
        return self._state.server_time or self.clock.now()

    def _run(
        self,
        method: str,
        path: str,
        options: Mapping[str, Any],
        take: Callable[[requests.Response], Answer],
    ) -> Answer:
        call, kwargs = split(method.upper(), options)
        kwargs.setdefault("timeout", self.rules.timeout)
        url = resolve(path, self.base_url, self._origins, self.rules.vendor)
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Again),
            stop=tenacity.stop_after_attempt(self.rules.attempts),
            wait=pause,
            sleep=self.clock.wait,
            before_sleep=self._count_retry,
            reraise=True,
        )
        try:
            return retrying(lambda: self._attempt(method.upper(), url, (call, kwargs), take))
        except (Again, Final) as end:
            raise end.error from None

    def _attempt(
        self,
        method: str,
        url: str,
        how: tuple[Call, dict[str, Any]],
        take: Callable[[requests.Response], Answer],
    ) -> Answer:
        call, kwargs = how
        unprocessed = False
        error: ConnectorError | None
        try:
            with self._authorized(method, url, call, kwargs) as response:
                error = self.rules.classify(response)
                if error is None:
                    return take(response)
                unprocessed = response.status_code == TOO_MANY
        except requests.RequestException as fault:
            error, unprocessed = fault_of(fault), never_sent(fault)
        except TransientError as fault:  # a body that makes no sense
            error = fault
        where = f"{self.rules.vendor}: {method} {urlsplit(url).path}"
        raise self._named(error, where, call, again=call.idempotent or unprocessed)

    def _named(self, error: ConnectorError, where: str, call: Call, *, again: bool) -> Exception:
        """Return an error with its place and without secrets, as a signal if to be retried."""
        error.args = (self.redactor.redact(f"{where}: {error.args[0]}"),)
        if isinstance(error, QuotaError):
            error.resumes_at = error.resumes_at or self.clock.now() + timedelta(hours=1)
        if isinstance(error, QuotaError) or not isinstance(error, TransientError):
            return error
        if error.retry_after is not None:
            if error.retry_after > self.rules.patience:
                until = self.clock.now() + timedelta(seconds=error.retry_after)
                return QuotaError(str(error), until)
            self._pacer.hold(call.bucket, self.clock.elapsed() + error.retry_after)
        return Again(error) if again else error

    def _authorized(
        self, method: str, url: str, call: Call, kwargs: dict[str, Any]
    ) -> requests.Response:
        """Send; after a 401 log in once more and send again."""
        token = self._tokens.get() if call.authorize and self._tokens else None
        response = self._exchange(method, url, call, kwargs | {"auth": Bearer(token)})
        if response.status_code != UNAUTHORIZED or not (token and token.renewable and self._tokens):
            return response
        response.close()
        token = self._tokens.get(refused=token)
        return self._exchange(method, url, call, kwargs | {"auth": Bearer(token)})

    def _exchange(
        self, method: str, url: str, call: Call, kwargs: dict[str, Any]
    ) -> requests.Response:
        if call.authorize:
            self._refuse_beyond_quota()
        at = self._pacer.book(call.bucket, self.clock.elapsed())
        self.clock.wait(at - self.clock.elapsed())
        with self._lock:
            self.stats.count(call.operation, made=1)
        response = super().request(method, url, **kwargs)
        self._observe(response)
        return response

    def _observe(self, response: requests.Response) -> None:
        self._state.server_time = date_of(response) or self._state.server_time
        seen = self.rules.observe(response)
        for bucket, requests_ in seen.limits.items():
            self._pacer.resize(bucket, requests_)
        for bucket, seconds in seen.holds.items():
            if seconds <= self.rules.patience:
                self._pacer.hold(bucket, self.clock.elapsed() + seconds)
        if seen.quota is not None and seen.quota.limit > 0:
            with self._lock:
                self._state.quota = seen.quota
                self.stats.quota_used = seen.quota.used / seen.quota.limit

    def _refuse_beyond_quota(self) -> None:
        with self._lock:
            quota, made = self._state.quota, sum(self.stats.made.values())
        if quota is None:
            return
        # A vendor's day may have begun since those were spent; then it counts fewer.
        own = min(made + self.context.spent, quota.used) if quota.own is None else quota.own
        if own < quota.limit * self._budget and quota.used < quota.limit * _CEILING:
            return
        error = QuotaError(
            f"{self.rules.vendor}: {own} of {quota.limit} daily requests used by Pulsefield, "
            f"{quota.used} by everyone; its budget is {self._budget:.0%}. What is done is kept; "
            "raise budget in the connection's settings, or let the next run go on",
            quota.resets_at or self.clock.now() + timedelta(hours=1),
        )
        raise Final(error)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send one prepared request; for ``requests`` itself.

        Raises:
            SetupError: verification is switched off, or the host is not the connection's.
        """
        resolve(request.url or "", self.base_url, self._origins, self.rules.vendor)
        if kwargs.get("verify") is False:
            raise SetupError(f"{self.rules.vendor}: TLS verification cannot be switched off")
        kwargs["timeout"] = kwargs.get("timeout") or self.rules.timeout
        return super().send(request, **kwargs)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return where a redirect leads; only a read is redirected, on the same host.

        Raises:
            SetupError: it leads elsewhere.
        """
        target = super().get_redirect_target(resp)
        if target is None:
            return None
        resolve(target, self.base_url, self._origins, self.rules.vendor, "redirects to")
        if resp.request.method not in {"GET", "HEAD"}:
            raise SetupError(f"{self.rules.vendor}: redirects a write; check base_url")
        return target

    def _count_retry(self, _state: tenacity.RetryCallState) -> None:
        with self._lock:
            self.stats.retried += 1
