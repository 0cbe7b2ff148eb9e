"""A Salesforce organisation as a source and a target."""

from collections.abc import Iterator, Sequence

from connectors.base import (
    Context,
    FieldSpec,
    FieldState,
    FieldUpdate,
    Page,
    Problem,
    RequestStats,
    Stream,
    WriteLog,
    WriteResult,
)
from connectors.extras import Offer
from connectors.http import Http

from .auth import Login
from .catalogue import catalogue
from .check import Check
from .client import Client
from .definitions import ENTITY, Creator, states
from .rules import SalesforceRules
from .settings import Settings
from .source import Reader
from .writer import Writer


class Salesforce:
    """One organisation; makes no request until asked for something.

    Args:
        name: The connection's name.
        settings: Its settings.
        context: Time, secrets, our own fields.
    """

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self.name = name
        self._settings = settings
        self._context = context
        self._login = Login(settings)
        self._http = Http(
            settings.base_url, SalesforceRules(), context, self._login, settings.budget
        )
        self._client = Client(self._http, settings)
        self._reader = Reader(name, settings, context, self._client)

    def __repr__(self) -> str:
        return f"Salesforce({self.name!r}, {self._http.base_url})"

    @property
    def stats(self) -> RequestStats:
        """Requests so far."""
        return self._http.stats

    def streams(self) -> Sequence[Stream]:
        """Return the objects that are read, accounts first."""
        return self._reader.streams()

    def read(self, stream: str, since: str | None) -> Iterator[Page]:
        """Yield pages of an object's records; see ``Source.read``."""
        return self._reader.read(stream, since)

    def whole(self, stream: str) -> bool:
        """Whether an object is the only one that feeds its table. See ``extras.Census``."""
        fed = [one.tables for one in self.streams()]
        return any(one.name == stream and fed.count(one.tables) == 1 for one in self.streams())

    def gone(self, stream: str, ids: Sequence[str]) -> Sequence[str]:  # noqa: ARG002 - the protocol's
        """Return records that a full read no longer brought: purged from the recycle bin.

        A full read brings deleted records too, so there is nothing left to ask.
        """
        return ids

    def check(self) -> Sequence[Problem]:
        """Return everything that would keep this connection from working."""
        check = Check(self.name, self._settings, self._reader, self._client, self._login)
        return list(check.problems())

    def catalogue(self) -> Sequence[Offer]:
        """Return the fields and custom objects that could be mapped."""
        own = {spec.name for spec in self._context.own_fields}
        return list(catalogue(self._settings, self._client, own))

    def field_states(self, specs: Sequence[FieldSpec]) -> Sequence[FieldState]:
        """Return the state of each field, in order."""
        return states(specs, self._client.describe(ENTITY, fresh=True))

    def create_fields(self, specs: Sequence[FieldSpec]) -> Sequence[FieldState]:
        """Create and grant what is missing; see ``Target.create_fields``."""
        made = Creator(self._client, self._settings.permission_set).create(specs)
        self._reader.forget()
        return made

    def write(self, updates: Sequence[FieldUpdate], log: WriteLog) -> Iterator[WriteResult]:
        """Write values of records that exist; see ``Target.write``."""
        return self._writer().write(updates, log)

    def adopt(self, job: str, updates: Sequence[FieldUpdate]) -> Iterator[WriteResult]:
        """Return the results of a Bulk job that an earlier process started."""
        return self._writer().adopt(job, updates)

    def _writer(self) -> Writer:
        specs = {spec.name: spec for spec in self._context.own_fields}
        return Writer(self._client, specs, self._settings.bulk_above)
