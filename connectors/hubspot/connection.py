"""One HubSpot account as a Source and a Target."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from connectors import exchange
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
from connectors.errors import SetupError
from connectors.extras import Offer
from connectors.http import Http
from connectors.mapping import Batch
from connectors.moments import zone_of

from . import properties
from .auth import login
from .catalogue import catalogue
from .check import problems
from .client import Body, Client, counted_as
from .errors import HubSpotRules, RefusedError
from .plan import plans
from .properties import COMPANIES
from .reader import Reader
from .settings import Settings
from .writer import Writer


class HubSpot:
    """A connection; makes no request until asked for something.

    Args:
        name: The connection's name in the configuration.
        settings: Its TOML table.
        context: Secrets, time, own fields.
    """

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self.name = name
        self._settings = settings
        self._context = context
        zone = zone_of(settings.time_zone) if settings.time_zone else None
        self._login = login(settings.auth, settings.api)
        self._http = Http(
            settings.base_url, HubSpotRules(zone), context, self._login, settings.budget
        )
        self._client = Client(self._http, settings.api)
        self._plans = plans(settings)
        self._writer = Writer(self._client, settings.workers)

    def __repr__(self) -> str:
        return f"HubSpot({self.name!r}, {self._http.base_url})"

    @property
    def stats(self) -> RequestStats:
        """Requests made so far."""
        return self._http.stats

    def streams(self) -> Sequence[Stream]:
        """Return the object types that are read, companies first."""
        return [plan.stream for plan in self._plans.values()]

    def read(self, stream: str, since: str | None) -> Iterator[Page]:
        """Yield pages of one object type. See ``base.Source``."""
        try:
            there = {str(one.get("name")) for one in self._definitions(stream)}
            own = self._context.own_fields if stream == COMPANIES else ()
            plan = self._plans[stream].verified(there, own)
            batch = Batch(self.name, self._context.now, self._settings.personal_data)
            yield from Reader(self._client, plan, batch).pages(since)
        except RefusedError as error:
            raise SetupError(f"{stream} of {self.name} cannot be read: {error}") from error

    def check(self) -> Sequence[Problem]:
        """Return everything that would keep reading or writing from working."""
        found = problems(self.name, self._client, self._settings, self._plans, self._context)
        return [*found, *exchange.problems(self._login.refresh, self.name, "HubSpot")]

    def catalogue(self) -> Sequence[Offer]:
        """Return the properties of each object type that is read, and custom objects."""
        own = {spec.name for spec in self._context.own_fields}
        return list(catalogue(self._client, self._plans, own))

    def field_states(self, specs: Sequence[FieldSpec]) -> Sequence[FieldState]:
        """Return the state of each field, in order. See ``base.Target``."""
        return properties.states(self._definitions(COMPANIES), specs)

    def create_fields(self, specs: Sequence[FieldSpec]) -> Sequence[FieldState]:
        """Create what is missing. See ``base.Target``.

        Raises:
            SetupError: a field exists with another type, cannot be written, or may not be made.
        """
        made = properties.create(self._client, self._settings, specs)
        after = self.field_states(specs)
        return [replace(state, created=state.name in made) for state in after]

    def write(self, updates: Sequence[FieldUpdate], log: WriteLog) -> Iterator[WriteResult]:
        """Send updates to companies. See ``base.Target``."""
        return self._writer.write(updates, log)

    def adopt(self, job: str, updates: Sequence[FieldUpdate]) -> Iterator[WriteResult]:
        """HubSpot's batches are answered at once: there are no jobs. See ``base.Target``.

        Raises:
            ValueError: always, for a job that cannot be HubSpot's.
        """
        raise ValueError(f"{job} is no job of HubSpot's; {len(updates)} updates wait for it")

    def _definitions(self, kind: str) -> list[Body]:
        self.stats.count(counted_as("properties", kind), least=1)
        return self._client.definitions(kind)
