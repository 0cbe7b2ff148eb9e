"""The state of a Salesforce organisation: rows, permissions, quota, and hooks for tests."""

import math
from typing import Any

from .limits import DAY, Clock, RollingWindow
from .names import salesforce_id
from .portfolio import Portfolio
from .salesforce_access import ORG_ID, USERNAME, Access
from .salesforce_errors import RowError, refuse
from .salesforce_load import BOT, LOADER, OWNER_IDS, Loader
from .salesforce_query import Result
from .salesforce_schema import PREFIXES, Field, Schema, schemas
from .salesforce_table import Row, Table, stamp

DAILY_REQUESTS = 100_000 + 50 * 1_000
"""Enterprise Edition with 50 licences."""

MAX_BASE64 = 150_000_000
"""Bytes of an ingest upload, counted as base64: about 112 MB of CSV."""

PROFILE_SET = "0PS000000000001AAA"
"""The permission set that stands for the running user's profile."""


class Org:
    """One organisation.

    Attributes:
        tables: Object -> rows.
        access: Tokens and field permissions.
        calls: The rolling day's API requests.
        queries: Locator -> result that is being paged through.
        used: Requests of the rolling day so far.
        job_polls: Status questions that a Bulk job answers before it is complete.
        job_seconds: How long an ingest job takes at least from when it is closed.
        query_page: Most records of a REST page, however many are asked for.
        bulk_page: Most records of a Bulk page, however many are asked for.
        max_upload: Bytes of an ingest upload, as base64.
        takes_second_upload: Whether an ingest job takes data twice, and cannot be closed then.
        break_ingest_after: Rows after which ingest jobs fail; None: they do not.
        csv_type: Content type of CSV answers; with a charset or without.
        refused: Record id -> error that its writes get, and how many more times.
    """

    def __init__(self, portfolio: Portfolio, clock: Clock, *, facts: bool = True) -> None:
        loader = Loader(portfolio, facts=facts)
        self.clock = clock
        self.access = Access(clock)
        self.calls = RollingWindow(DAILY_REQUESTS, DAY, clock)
        self.schemas = schemas()
        self.tables = {n: Table(s, loader.fill(n)) for n, s in self.schemas.items()}
        self.names = {name.lower(): name for name in self.tables}
        self.queries: dict[str, Result] = {}
        self.refused: dict[str, tuple[RowError, float]] = {}
        self.used = 0
        self.job_polls = 1
        self.job_seconds = 0.0
        self.query_page = 2_000
        self.bulk_page = 250_000
        self.max_upload = MAX_BASE64
        self.takes_second_upload = False
        self.break_ingest_after: int | None = None
        self.csv_type = "text/csv"
        self._now = (-1, "")  # a job asks for it once for each of its rows
        self._serial = 1_000_000_000_000  # beyond every id made from a fact
        self._found()

    def _found(self) -> None:
        """Add the people and the permission set that every organisation has."""
        users, bot = self.tables["User"], {"LastName": "Integration", "Username": USERNAME}
        users.put({"Id": BOT, "Name": "Integration User", "IsActive": True, **bot})
        for name, ref in {**OWNER_IDS, "Data Loader": LOADER}.items():
            users.put({"Id": ref, "Name": name, "LastName": name.split()[-1], "IsActive": True})
        self.tables["Organization"].put(
            {"Id": ORG_ID, "Name": "Planboard", "OrganizationType": "Enterprise Edition"}
        )
        profile = {"Id": PROFILE_SET, "Name": "X00e000000000001", "IsOwnedByProfile": True}
        self.tables["PermissionSet"].put({**profile, "Label": "Integration", "IsCustom": False})
        link = {"PermissionSetId": PROFILE_SET, "AssigneeId": BOT}
        self.tables["PermissionSetAssignment"].put(
            {"Id": self.next_id("PermissionSetAssignment"), **link}
        )

    def table(self, name: str) -> Table:
        """Return an object's rows, by its name in any case.

        Raises:
            Refusal: 400 INVALID_TYPE.
        """
        known = self.names.get(name.lower())
        if known is None:
            raise refuse(
                400,
                "INVALID_TYPE",
                f"sObject type '{name}' is not supported. If you are attempting to use a custom "
                "object, be sure to append the '__c' after the entity name. Please reference your "
                "WSDL or the describe call for the appropriate names.",
            )
        return self.tables[known]

    def schema(self, name: str) -> Schema:
        """Return an object's fields."""
        return self.table(name).schema

    def next_id(self, entity: str) -> str:
        """Return an id for a new row."""
        return salesforce_id(PREFIXES[entity], self.serial())

    def serial(self) -> int:
        """Return the next running number."""
        self._serial += 1
        return self._serial

    def count_call(self) -> bool:
        """Count an API request; returns whether the daily quota allows it."""
        verdict = self.calls.take()
        self.used = verdict.limit - verdict.remaining
        return verdict.allowed

    def by_external(self, table: Table, name: str, value: str) -> str | None:
        """Return the id of the live row with this value of an external id."""
        place = table.columns[name]
        return next((row[0] for row in table.live() if row[place] == value), None)

    def now(self) -> str:
        """Return the present as rows keep it."""
        second = int(self.clock())
        if second != self._now[0]:
            self._now = second, str(stamp(second))
        return self._now[1]

    def touch(self, table: Table, row: Row) -> None:
        """Stamp a row as changed now by the running user."""
        now = self.now()
        for name, value in (
            ("LastModifiedDate", now),
            ("SystemModstamp", now),
            ("LastModifiedById", BOT),
        ):
            row[table.columns[name]] = value

    def regrant(self) -> None:
        """Work out what the assigned permission sets allow."""
        sets, links = self.tables["FieldPermissions"], self.tables["PermissionSetAssignment"]
        mine = {
            links.get(row, "PermissionSetId")
            for row in links.live()
            if links.get(row, "AssigneeId") == BOT
        }
        granted: dict[tuple[str, str], bool] = {}
        for row in sets.live():
            if sets.get(row, "ParentId") not in mine or not sets.get(row, "PermissionsRead"):
                continue
            entity, _, name = sets.get(row, "Field").partition(".")
            edit = granted.get((entity, name), False) or sets.get(row, "PermissionsEdit")
            granted[entity, name] = edit
        self.access.granted = granted

    def add_field(self, entity: str, new: Field, *, visible: bool = True) -> None:
        """Add a field, as an administrator would; with ``visible`` False nobody sees it yet."""
        table = self.table(entity)
        table.widen(new)
        if not visible:
            self.access.closed[table.schema.name, new.name] = False

    # What tests may do behind the API's back.

    def hide(self, entity: str, name: str) -> None:
        """Take the running user's sight of a field, grants by permission sets included."""
        self._revoke(entity, name)
        self.access.closed[entity, name] = False

    def read_only(self, entity: str, name: str) -> None:
        """Let the running user read a field, not edit it."""
        self._revoke(entity, name)
        self.access.closed[entity, name] = True

    def _revoke(self, entity: str, name: str) -> None:
        grants = self.tables["FieldPermissions"]
        for row in grants.live():
            if grants.get(row, "Field") == f"{entity}.{name}":
                row[grants.columns["IsDeleted"]] = True
        self.regrant()

    def fail_row(self, ref: str, code: str, message: str = "", times: float = math.inf) -> None:
        """Refuse the next writes of a record with a row error."""
        self.refused[ref] = (RowError(code, message or f"simulated {code}"), times)

    def heal_row(self, ref: str) -> None:
        """Accept writes of a record again."""
        self.refused.pop(ref, None)

    def record(self, ref: str) -> dict[str, Any]:
        """Return the values of a record by its id, permissions aside.

        Raises:
            KeyError: there is none.
        """
        for table in self.tables.values():
            if PREFIXES[table.schema.name] == ref[:3] and ref in table.rows:
                return dict(zip(table.columns, table.rows[ref], strict=True))
        raise KeyError(ref)

    def edit(self, ref: str, **values: Any) -> None:
        """Change a record as another user would: it is stamped."""
        table = next(t for n, t in self.tables.items() if PREFIXES[n] == ref[:3])
        row = table.rows[ref]
        for name, value in values.items():
            row[table.columns[name]] = value
        now = self.now()
        row[table.columns["LastModifiedDate"]] = row[table.columns["SystemModstamp"]] = now
        row[table.columns["LastModifiedById"]] = LOADER

    def delete(self, ref: str, merged_into: str | None = None) -> None:
        """Delete a record, or merge it away: its children go to the master."""
        self.edit(ref, IsDeleted=True)
        if not merged_into:
            return
        self.edit(ref, MasterRecordId=merged_into)
        for table in self.tables.values():
            for known in table.schema.fields.values():
                if known.target == "Account" and known.name not in {"MasterRecordId", "WhatId"}:
                    _reparent(table, known.name, ref, merged_into)


def _reparent(table: Table, name: str, old: str, new: str) -> None:
    place = table.columns[name]
    for row in table.rows.values():
        if row[place] == old:
            row[place] = new
