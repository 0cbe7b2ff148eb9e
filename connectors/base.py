"""What every connector offers: the Source and Target protocols and the values they exchange.

A connection is one configured account of one vendor (two Salesforce organisations are two
connections). It may be a source, a target, or both.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import pyarrow as pa

from .findings import Findings

FieldType: TypeAlias = Literal["number", "text", "longtext", "datetime", "choice"]


@dataclass(frozen=True, slots=True)
class Stream:
    """One object of the vendor that is read as a whole.

    Attributes:
        name: The vendor's own name, e.g. ``Case`` or ``companies``.
        tables: Canonical tables that its rows feed (``records.TABLES``).
    """

    name: str
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """What one or a few requests brought, as canonical tables.

    Attributes:
        tables: Canonical table name -> Arrow table with that table's schema (extra columns
            allowed where the mapping asked for them). The key ``held`` carries the values that
            our own fields hold now: ``id`` (the vendor's account id) and one text column
            per field, in canonical text (``FieldSpec.to_text``). ``held.tickets``: of open tickets.
        watermark: Opaque text. Once every page up to and including this one is stored, reading
            may go on from here: in the next run, or after an interruption. None: not yet.
        records: Vendor records read.
        findings: What was odd in them, counted with examples.
        complete: With this page, the read has brought every record that there is.
    """

    tables: Mapping[str, pa.Table]
    watermark: str | None
    records: int
    findings: Findings = field(default_factory=Findings)
    complete: bool = False


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field that Pulsefield owns in a target.

    Attributes:
        name: The vendor's API name.
        label: What people see.
        type: number, text (at most 255 characters), longtext, datetime, or choice.
        help: One sentence for the field's help text.
        decimals: Digits after the point of a number.
        options: Values of a choice, in order, with their labels.
    """

    name: str
    label: str
    type: FieldType
    help: str = ""
    decimals: int = 1
    options: tuple[tuple[str, str], ...] = ()

    def to_text(self, value: object) -> str | None:
        """Return the canonical text of a vendor's or our own value; equal values, equal text.

        Numbers are rounded half to even to ``decimals``; datetimes are UTC to the second.
        Text that is no number or datetime where one belongs is returned as it is, so that
        a value edited by hand shows up as a difference.
        """
        if value is None or value == "":
            return None
        if self.type == "number":
            return _number_text(value, self.decimals)
        if self.type == "datetime":
            return _datetime_text(value)
        return str(value)


def _number_text(value: object, decimals: int) -> str:
    try:
        rounded = round(float(str(value)), decimals)
    except ValueError:
        return str(value)
    text = f"{rounded:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _datetime_text(value: object) -> str:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return str(value)
    if not isinstance(value, datetime):
        return str(value)
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return aware.astimezone(UTC).replace(microsecond=0).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class FieldState:
    """A field as the target has it now.

    Attributes:
        name: The vendor's API name.
        type: Its type in our words, or the vendor's word where we have none.
        exists: Whether it is there at all.
        visible, writable: Whether the running user can read it, and write it.
        problem: Why it cannot be used as specified, with what to do; None also if it is missing.
        created: Made just now by ``create_fields``, so empty; False if it was there, but hidden.
    """

    name: str
    type: str
    exists: bool
    visible: bool
    writable: bool
    problem: str | None = None
    created: bool = False


@dataclass(frozen=True, slots=True)
class FieldUpdate:
    """New values for one record that exists; we never create accounts.

    Attributes:
        ref: The vendor's id of the account.
        values: Field name -> canonical text; None clears the field.
    """

    ref: str
    values: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of one FieldUpdate.

    Attributes:
        ref: As in the update.
        ok: Written.
        code: The vendor's error code, ``""`` when ok.
        message: The vendor's reason, ``""`` when ok.
        retryable: Whether the same update may succeed later.
    """

    ref: str
    ok: bool
    code: str = ""
    message: str = ""
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that ``check`` found.

    Attributes:
        where: Connection, and field or permission.
        what: What is wrong.
        todo: What to do about it.
        fatal: Whether syncing must not start; False is a warning.
    """

    where: str
    what: str
    todo: str
    fatal: bool = True


class WriteLog(Protocol):
    """Told what is about to happen, so that a killed process can be followed up."""

    def sending(self, refs: Sequence[str]) -> None:
        """Tell that these updates are about to be sent."""

    def job(self, refs: Sequence[str], job: str) -> None:
        """Tell that the vendor took these updates as an asynchronous job of this id."""


class SilentLog:
    """A WriteLog that keeps nothing."""

    def sending(self, refs: Sequence[str]) -> None:
        """Keep nothing."""

    def job(self, refs: Sequence[str], job: str) -> None:
        """Keep nothing."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a connection is given beside its settings.

    Attributes:
        secret: Resolves a reference such as ``env:NAME`` or ``file:PATH`` at use.
        now: The run's time, aware, UTC.
        own_fields: Fields that Pulsefield owns here: read into ``held``, and never read as data.
        ticket_fields: What open tickets carry of ours, where the settings ask for it.
        wait: Sleeps; replaced in tests.
        exchange: Calls a function with a secret, in one process at a time, and keeps what it
            returns in its place; False where it cannot be kept. None: for this process only.
        spent: Requests that earlier runs made within a day: they count towards the budget.
    """

    secret: Callable[[str], str]
    now: datetime
    own_fields: tuple[FieldSpec, ...] = ()
    ticket_fields: tuple[FieldSpec, ...] = ()
    wait: Callable[[float], None] | None = None
    exchange: Callable[[str, Callable[[str], str]], bool] | None = None
    spent: int = 0


@dataclass(slots=True)
class RequestStats:
    """Requests of one connection in one run.

    Attributes:
        made: Operation -> requests sent, retries included.
        least: Operation -> the fewest requests that the vendor's page and batch sizes allow.
        retried: Requests that were repeated after a fault.
        quota_used: Share of the vendor's daily quota used by everyone, 0..1, if it says.
    """

    made: dict[str, int] = field(default_factory=dict)
    least: dict[str, int] = field(default_factory=dict)
    retried: int = 0
    quota_used: float | None = None

    def count(self, operation: str, made: int = 0, least: int = 0) -> None:
        """Add to an operation's counts."""
        for counts, more in ((self.made, made), (self.least, least)):
            if more:
                counts[operation] = counts.get(operation, 0) + more


@runtime_checkable
class Source(Protocol):
    """The reading side of a connection."""

    name: str
    stats: RequestStats

    def streams(self) -> Sequence[Stream]:
        """Return what can be read with these settings, in reading order, accounts first."""

    def read(self, stream: str, since: str | None) -> Iterator[Page]:
        """Yield pages of records changed since a watermark, or all when None.

        Raises:
            SetupError: credentials, permission, or a mapped field that is not there.
            TransientError: the vendor kept failing after the retries.
        """

    def check(self) -> Sequence[Problem]:
        """Return everything that would keep reading from working; never raises for that."""


@runtime_checkable
class Target(Protocol):
    """The writing side of a connection: score fields of accounts that exist."""

    name: str
    stats: RequestStats

    def field_states(self, specs: Sequence[FieldSpec]) -> Sequence[FieldState]:
        """Return the state of each field, in order; one metadata request, no writes."""

    def create_fields(self, specs: Sequence[FieldSpec]) -> Sequence[FieldState]:
        """Create what is missing, grant what the running user needs, return the new states.

        Raises:
            SetupError: a field exists with another type, or may not be created.
        """

    def write(self, updates: Sequence[FieldUpdate], log: WriteLog) -> Iterator[WriteResult]:
        """Send updates in the largest batches allowed; one result for each update, in order.

        ``log`` is told before each batch is sent and as soon as a job id is known. Rows that
        the vendor refuses come back as results; no update at all makes no request.

        Raises:
            SetupError, TransientError: nothing more can be sent; results yielded so far hold.
        """

    def adopt(self, job: str, updates: Sequence[FieldUpdate]) -> Iterator[WriteResult]:
        """Return the results of a job that an earlier process started with these updates."""
