"""A Zendesk account as a source and a target."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

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
from connectors.collecting import uncollected
from connectors.errors import ConnectorError, SetupError
from connectors.extras import Offer
from connectors.findings import Findings
from connectors.http import Http
from connectors.mapping import Batch
from connectors.pages import ahead

from .auth import expiry_warning, login
from .carriers import Organizations
from .catalogue import catalogue
from .exports import Export, by_cursor, by_time
from .fields import CUSTOM
from .fieldset import FieldSet
from .rows import Rows
from .rules import ZendeskRules
from .settings import Settings
from .tickets import Tickets
from .write import BATCH, Writer

_FEEDS = {
    "organizations": ("accounts",),
    "users": ("contacts",),
    "tickets": ("tickets", "surveys"),
}


class Zendesk:
    """Reads organizations, users and tickets; writes organization fields.

    Args:
        name: The connection's name.
        settings: Its settings.
        context: The run's time, secrets, our fields.
    """

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self.name = name
        self._settings = settings
        self._context = context
        self._http = Http(
            settings.url,
            ZendeskRules(settings.incremental_per_minute, settings.ticket_updates_per_minute),
            context,
            lambda http: login(settings.auth, http),
            settings.budget,
        )
        self.stats: RequestStats = self._http.stats
        self._fields = FieldSet(self._http)
        carrier = Organizations(context.own_fields, self._fields)
        self._writer = Writer(self._http, carrier, settings.max_jobs)

    def streams(self) -> Sequence[Stream]:
        """Return the streams that the settings name, organizations first."""
        return [
            Stream(name, tables)
            for name, tables in _FEEDS.items()
            if name in self._settings.streams
        ]

    def read(self, stream: str, since: str | None) -> Iterator[Page]:
        """Yield a page for each page of an incremental export; each carries a watermark."""
        rows = Rows(self._settings, self._context.own_fields, self._ticket_fields)
        for export in ahead(self._exports(stream, since)):
            findings = Findings()
            batch = Batch(self.name, self._context.now, self._settings.personal_data, findings)
            with uncollected:
                if stream == "tickets":
                    tables = rows.tickets(export.body, export.rows, batch)
                elif stream == "users":
                    tables = rows.users(export.rows, batch)
                else:
                    tables = rows.organizations(export.rows, batch)
            yield Page(tables, export.watermark, len(export.rows), findings, export.complete)

    @property
    def _ticket_fields(self) -> tuple[FieldSpec, ...]:
        return self._context.ticket_fields if self._settings.ticket_context else ()

    def tickets(self) -> Tickets | None:
        """Return the open tickets as a target, if the settings ask for it."""
        if not self._ticket_fields:
            return None
        return Tickets(self.name, self._http, self._settings, self._ticket_fields)

    def _exports(self, stream: str, since: str | None) -> Iterator[Export]:
        if stream == "organizations":
            return by_time(self._http, stream, since)
        if stream == "users":
            return by_cursor(self._http, stream, since, 0)
        start = self._context.now - timedelta(days=self._settings.history_days)
        return by_cursor(
            self._http, stream, since, int(start.timestamp()), include="metric_sets,users"
        )

    def check(self) -> Sequence[Problem]:
        """Return credentials, rights and mapped fields that do not work; never raises."""
        problems = []
        warning = expiry_warning(self._settings.auth, self._context.now.date())
        if warning:
            todo = "create a confidential OAuth client and use auth kind client_credentials"
            problems.append(Problem(f"{self.name}.auth", warning, todo, fatal=False))
        try:
            problems += self._rights()
            problems += self._mapped()
        except ConnectorError as error:
            todo = "repair the connection's settings or rights in Zendesk"
            problems.append(Problem(self.name, str(error), todo))
        return problems

    def _rights(self) -> list[Problem]:
        body = self._http.json("GET", "/api/v2/users/me", operation="check")
        user = body.get("user") or {}
        if user.get("id") is None:  # Zendesk answers for an anonymous user with 200
            raise SetupError("the credentials are not accepted; renew them")
        if user.get("role") == "admin":
            return []
        todo = "let an admin own the OAuth client: incremental exports and fields need one"
        return [Problem(f"{self.name}.auth", f"the user is {user.get('role')}", todo)]

    def _mapped(self) -> list[Problem]:
        """Return mapped organization fields that do not exist."""
        mapped = Rows(self._settings, ()).mapped_fields()
        if not mapped:
            return []
        known = self._fields.read()
        todo = "correct the name in the connection's map, or create the field"
        return [
            Problem(f"{self.name}.map.accounts", f"there is no {CUSTOM['accounts']} {name!r}", todo)
            for name in mapped
            if name not in known
        ]

    def whole(self, stream: str) -> bool:
        """Whether a full export lacks what was deleted: organizations leave without a trace."""
        return stream == "organizations"

    def gone(self, stream: str, ids: Sequence[str]) -> Sequence[str]:
        """Return the records that are not there; an export withholds what just changed."""
        found: set[str] = set()
        for start in range(0, len(ids), BATCH):
            params = {"ids": ",".join(ids[start : start + BATCH])}
            path = f"/api/v2/{stream}/show_many"
            body = self._http.json("GET", path, params=params, operation="look for missing")
            self.stats.count("look for missing", least=1)
            found |= {str(row["id"]) for row in body.get(stream) or ()}
        return [one for one in ids if one not in found]

    def catalogue(self) -> Sequence[Offer]:
        """Return the attributes and custom fields that could be mapped."""
        own = {spec.name for spec in self._context.own_fields}
        own |= {spec.label for spec in self._ticket_fields}
        return list(catalogue(self._settings, self._http, own))

    def field_states(self, specs: Sequence[FieldSpec]) -> Sequence[FieldState]:
        """Return the state of each organization field, in order."""
        return self._fields.states(specs)

    def create_fields(self, specs: Sequence[FieldSpec]) -> Sequence[FieldState]:
        """Create missing organization fields; admins see and write them at once.

        Raises:
            SetupError: a field exists with another type, or may not be created.
        """
        return self._fields.create(specs)

    def write(self, updates: Sequence[FieldUpdate], log: WriteLog) -> Iterator[WriteResult]:
        """Write organization fields in bulk jobs; one result for each update, in order."""
        return self._writer.write(updates, log)

    def adopt(self, job: str, updates: Sequence[FieldUpdate]) -> Iterator[WriteResult]:
        """Yield the results of a job that an earlier process started with these updates."""
        return self._writer.adopt(job, updates)
