"""Looks at everything that would keep a Salesforce connection from working."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from connectors import exchange
from connectors.base import Problem, Stream
from connectors.endings import ending_problems
from connectors.errors import ConnectorError, SetupError

from .auth import Login
from .client import Client
from .plans import Plan
from .settings import Settings
from .source import Reader

_OLD = 30.0  # API versions up to this are retired
_LITTLE = 0.2  # share of a quota that is little


class Check:
    """The checks of one connection; each yields problems and raises nothing.

    Args:
        name: The connection.
        settings: Its settings.
        reader: Its reading side.
        client: The organisation.
        login: Its log-in.
    """

    def __init__(
        self, name: str, settings: Settings, reader: Reader, client: Client, login: Login
    ) -> None:
        self._name = name
        self._settings = settings
        self._reader = reader
        self._client = client
        self._login = login

    def problems(self) -> Iterator[Problem]:
        """Yield every problem."""
        version = self._settings.version
        used = {"salesforce-api-30"} if float(version) <= _OLD else set[str]()
        yield from ending_problems(used, self._name, self._client.http.clock.now())
        found = list(self._guarded(self._versions))
        found += self._guarded(self._reach)
        yield from found
        yield from exchange.problems(self._login.refresh, self._name, "Salesforce")
        if any(problem.fatal for problem in found):
            return  # nothing else can be asked
        # Quotas want a permission of their own, without which all else works.
        yield from (replace(p, fatal=False) for p in self._guarded(self._quota))
        for stream in self._reader.streams():
            yield from self._guarded(partial(self._object, stream))

    def _guarded(self, check: Callable[[], Iterator[Problem]]) -> Iterator[Problem]:
        try:
            yield from check()
        except SetupError as error:
            what, _, todo = str(error).rpartition("; ")
            yield Problem(self._name, what or todo, todo)
        except ConnectorError as error:
            yield Problem(self._name, str(error), "try again later")

    def _reach(self) -> Iterator[Problem]:
        """Find out whether the user gets in and sees Accounts."""
        self._client.describe("Account")
        yield from ()

    def _versions(self) -> Iterator[Problem]:
        listed = self._client.http.json("GET", "services/data", operation="check")
        versions = [entry.get("version") for entry in listed] if isinstance(listed, list) else []
        if self._settings.version not in versions:
            newest = max((v for v in versions if v), key=float, default="none")
            yield Problem(
                f"{self._name}.version",
                f"the organisation does not offer API version {self._settings.version}",
                f"set version to one that it has; the newest is {newest}",
            )

    def _quota(self) -> Iterator[Problem]:
        limits = self._client.rest("GET", "limits", "check")
        for key in ("DailyApiRequests", "DailyBulkV2QueryJobs"):
            limit = limits.get(key) if isinstance(limits, dict) else None
            if limit and limit["Remaining"] < limit["Max"] * _LITTLE:
                yield Problem(
                    self._name,
                    f"{limit['Remaining']} of {limit['Max']} {key} are left",
                    "wait until the rolling day frees some, or buy more",
                    fatal=False,
                )

    def _object(self, stream: Stream) -> Iterator[Problem]:
        plan: Plan = self._reader.plan(stream.name)
        if plan.formulas:
            yield Problem(
                f"{self._name}.{stream.name}",
                f"{', '.join(plan.formulas)} are formulas: a change does not mark the record, so "
                "that every record is read once a day",
                "nothing; or map the fields that they are made of, which spares the full read",
                fatal=False,
            )
        absent = [name for name in plan.absent if name in _MISSED.get(stream.name, ())]
        if absent:
            yield Problem(
                f"{self._name}.{stream.name}",
                f"the running user does not see {', '.join(absent)}",
                "grant Read on the fields (field-level security), or do without",
                fatal=False,
            )


# Usual fields without which matching or scoring loses much.
_MISSED = {
    "Account": ("Name", "Website"),
    "Contact": ("AccountId", "Email"),
    "Case": ("AccountId",),
}
