"""What the contract suite needs to know of a connector; a new one is one entry in CONNECTORS.

``test_contract.py`` runs over every entry and every way to sign in, on real HTTP.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors import registry
from connectors.base import Context, FieldSpec
from connectors.simulator import Faults, start
from connectors.simulator.faults import Injector
from connectors.simulator.limits import ManualClock

Json = Any
Answer = tuple[int, Json]
SECRET = ("client_secret", "refresh_token", "private_key", "token", "api_token")


@dataclass(frozen=True)
class Connector:
    """One entry.

    Attributes:
        auths: Name -> the ``auth`` table; ``env:KEY`` is a key of the stand-in's credentials,
            and a value ``=KEY`` is replaced by it.
        field: A short word -> name of a field of ours.
        looping: A stream, and what makes its pages name the same next page for ever.
        renewable: Auths whose token can be renewed.
        settings: Further settings.
    """

    auths: Mapping[str, Mapping[str, str]]
    field: Callable[[str], str]
    looping: tuple[str, Callable[[str, Answer, dict[str, Json]], Answer]]
    renewable: frozenset[str]
    settings: Mapping[str, Any] = field(default_factory=dict)


def _salesforce_loop(path: str, answer: Answer, memo: dict[str, Json]) -> Answer:
    if "/queryAll" not in path:
        return answer
    following = f"{path.partition('/queryAll')[0]}/query/01g000000000000001-2000"
    if not memo:
        memo.update(answer[1])
    return 200, memo | {"done": False, "nextRecordsUrl": following}


def _hubspot_loop(path: str, answer: Answer, memo: dict[str, Json]) -> Answer:
    status, body = answer
    if "/objects/" in path:
        body["paging"] = memo.setdefault("paging", body.get("paging"))
    return status, body


def _zendesk_loop(path: str, answer: Answer, memo: dict[str, Json]) -> Answer:
    status, body = answer
    if "/incremental/tickets" in path:
        body["after_cursor"] = memo.setdefault("after", body["after_cursor"])
        body["end_of_stream"] = False
    return status, body


CONNECTORS: dict[str, Connector] = {
    "salesforce": Connector(
        auths={
            "client_credentials": {"client_id": "=client_id", "client_secret": "env:client_secret"},
            "jwt_bearer": {
                "client_id": "=client_id",
                "username": "=username",
                "private_key": "env:private_key",
            },
            "refresh_token": {"client_id": "=client_id", "refresh_token": "env:refresh_token"},
            "access_token": {"token": "env:access_token"},
        },
        field=lambda word: f"Pulsefield_{word.title()}__c",
        looping=("Contact", _salesforce_loop),
        renewable=frozenset({"client_credentials", "jwt_bearer", "refresh_token"}),
    ),
    "hubspot": Connector(
        auths={
            "token": {"token": "env:token"},
            "oauth": {
                "client_id": "=client_id",
                "client_secret": "env:client_secret",
                "refresh_token": "env:refresh_token",
            },
        },
        field=lambda word: f"pulsefield_{word}",
        looping=("companies", _hubspot_loop),
        renewable=frozenset({"oauth"}),
    ),
    "zendesk": Connector(
        auths={
            "client_credentials": {"client_id": "=client_id", "client_secret": "env:client_secret"},
            "token": {"token": "env:token"},
            "api_token": {"email": "=email", "token": "env:api_token"},
        },
        field=lambda word: f"pulsefield_{word}",
        looping=("tickets", _zendesk_loop),
        renewable=frozenset({"client_credentials"}),
    ),
}


class Tamper:
    """Changes answers between a stand-in and its client.

    Attributes:
        change: (path, (status, JSON)) -> (status, JSON); None leaves all as it is.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self.change: Callable[[str, Answer], Answer] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._app, name)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if self.change is None:
            return self._app(environ, start_response)
        got: list[Any] = []
        body = b"".join(
            self._app(environ, lambda status, headers, _=None: got.extend([status, headers]))
        )
        try:
            value = json.loads(body)
        except ValueError:
            start_response(*got)
            return [body]
        status, value = self.change(environ["PATH_INFO"], (int(got[0][:3]), value))
        body = json.dumps(value).encode()
        headers = [(k, v) for k, v in got[1] if k.lower() != "content-length"]
        start_response(f"{status} Changed", [*headers, ("Content-Length", str(len(body)))])
        return [body]


@dataclass
class World:
    """A served stand-in and what is needed to connect to it.

    Attributes:
        kind: Of the connector.
        url: Where it is served.
        app: The stand-in, with its hooks and log.
        injector: Its faults.
        tamper: Changes its answers.
        credentials: Its secrets.
        clock: Its time.
        waits: Seconds that connections have waited, one for each wait.
        accounts: Ids of accounts that can be written.
    """

    kind: str
    url: str
    app: Any
    injector: Injector
    tamper: Tamper
    credentials: dict[str, str]
    clock: ManualClock
    accounts: list[str]
    waits: list[float] = field(default_factory=list)

    @property
    def entry(self) -> Connector:
        return CONNECTORS[self.kind]

    def specs(self) -> tuple[FieldSpec, ...]:
        name = self.entry.field
        bands = (("green", "Green"), ("red", "Red"))
        return (
            FieldSpec(name("health"), "Health", "number", "Computed."),
            FieldSpec(name("band"), "Band", "choice", options=bands),
            FieldSpec(name("reasons"), "Reasons", "longtext"),
            FieldSpec(name("scored"), "Scored at", "datetime"),
        )

    def connect(self, auth: str | None = None, **secrets: str) -> Any:
        """Return a connection; ``secrets`` replace those of the stand-in."""
        known = self.credentials | secrets
        auth = auth or next(iter(self.entry.auths))
        table = {
            key: known[value[1:]] if value.startswith("=") else value
            for key, value in self.entry.auths[auth].items()
        }
        connector = registry.load(self.kind)
        settings = connector.Settings.model_validate(
            {"base_url": self.url, "auth": {"kind": auth, **table}, **self.entry.settings}
        )
        context = Context(
            secret=lambda reference: known[reference.removeprefix("env:")],
            now=datetime.fromtimestamp(self.clock(), UTC),
            own_fields=self.specs(),
            wait=self._wait,
        )
        return connector.connect("one", settings, context)

    def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.advance(seconds)


@contextmanager
def world(kind: str, customers: int = 60, faults: Faults | None = None) -> Iterator[World]:
    """Serve a stand-in."""
    clock = ManualClock()
    with start(customers, clock=clock, faults=faults, systems=(kind,)) as simulator:
        injector = simulator.faults[kind]
        tamper = Tamper(injector.app)
        injector.app = tamper
        credentials = dict(simulator.credentials[kind])
        if kind == "salesforce":
            credentials["access_token"] = injector.app.org.access._issue("")["access_token"]
        listings = simulator.portfolio.listings(kind)
        accounts = [one.id for one in listings if not (one.deleted_at or one.merged_into)]
        yield World(
            kind, simulator.urls[kind], injector.app, injector, tamper, credentials, clock, accounts
        )
