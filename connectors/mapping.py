"""Which field of a system fills which canonical column, and the tables that come out.

A connector has a default map per canonical table; the user's ``map`` settings change or add
to it, and ``objects`` map whole custom objects (or files, or queries) to a canonical table.
"""

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

import pyarrow as pa
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from .columns import join, pluck, texts
from .convert import Rule, convert, fold
from .enums import ENUMS, SYNONYMS, nulls_of
from .errors import SetupError
from .findings import EXAMPLES, Findings
from .moments import Moments, Order, zone_of
from .quick import Values
from .records import ARROW, TABLES, ColumnType
from .traps import check_rows
from .words import convert_words


class FieldMap(BaseModel):
    """Where a canonical column's value comes from, and how it is read.

    In TOML a plain string is the field alone: ``seats = "Seats__c"``.

    Attributes:
        field: The vendor's field; a path with dots into nested objects; several fields are
            joined by ``|`` (for ids). Empty: the column is not read, even if the default map
            reads it.
        type: Needed for a column of your own in ``accounts`` or ``tickets``; else the canonical
            type.
        unit: Shown beside values of a column of your own.
        value: A constant instead of a field.
        null: Texts that mean "no value", beside blanks and the usual ones.
        values: The vendor's words -> canonical words.
        order: Of day and month in dates such as 9/12/2011.
        zone: IANA name, for times without zone.
        format: ``strptime`` format of times.
        decimal: Decimal mark of numbers given as text.
        scale: Factor for numbers, e.g. 0.01 for cents.
        min: Numbers below become null.
        max: Numbers above become null.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str | tuple[str, ...] = ""
    type: ColumnType | None = None
    unit: str = ""
    value: str | int | float | bool | None = None
    null: tuple[str, ...] = ()
    values: Mapping[str, str] = Field(default_factory=dict)
    order: Order | None = None
    zone: Annotated[str, AfterValidator(lambda name: (zone_of(name), name)[1])] = "UTC"
    format: str | None = None
    decimal: Literal[".", ","] | None = None
    scale: float = Field(default=1.0, allow_inf_nan=False)
    min: float = -math.inf
    max: float = math.inf

    @property
    def fields(self) -> tuple[str, ...]:
        """The vendor fields that are read, maybe none."""
        names = (self.field,) if isinstance(self.field, str) else self.field
        return tuple(name for name in names if name)


def _plain(value: object) -> object:
    return {"field": value} if isinstance(value, (str, list, tuple)) else value


Mapped: TypeAlias = Annotated[FieldMap, BeforeValidator(_plain)]
Columns: TypeAlias = dict[str, Mapped]


def near_miss(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?`` where a known name is close, else nothing."""
    folded = {fold(other): other for other in known}
    close = difflib.get_close_matches(fold(name), folded, 1)
    return f"; did you mean {folded[close[0]]!r}?" if close else ""


OWN = frozenset({"accounts", "tickets"})
"""Tables to which a mapping may add columns: facts of an account, and what a ticket says."""


def _known_columns(table: str, columns: Columns) -> None:
    known = [column.name for column in TABLES[table].all_columns if column.name != "source"]
    for name, entry in columns.items():
        if name in known:
            continue
        if table in OWN and entry.type is not None:
            continue
        hint = near_miss(name, known)
        own = "; a column of your own needs a type" if table in OWN else ""
        raise ValueError(f"{table} has no column {name!r}{hint}{own}; it has {', '.join(known)}")


def _known_tables(maps: dict[str, Columns]) -> dict[str, Columns]:
    for table, columns in maps.items():
        if table not in TABLES:
            raise ValueError(f"there is no table {table!r}; use one of {', '.join(TABLES)}")
        _known_columns(table, columns)
    return maps


Maps: TypeAlias = Annotated[dict[str, Columns], AfterValidator(_known_tables)]


class ObjectMap(BaseModel):
    """A custom object (file, query) of the user's that feeds a canonical table.

    Attributes:
        table: Canonical table.
        map: Canonical column -> field.
        id: The field, or fields, that tell rows apart.
        account: The field that holds the account's id.
        changed: The field that says when a row last changed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    map: Columns = Field(default_factory=dict)
    id: str | tuple[str, ...] = ""
    account: str = ""
    changed: str = ""

    @model_validator(mode="after")
    def _check(self) -> "ObjectMap":
        _known_tables({self.table: self.map})
        return self

    @property
    def columns(self) -> Columns:
        """The map with ``id`` and ``account`` as the common columns that they fill."""
        common = {"id": FieldMap(field=self.id), "account_ref": FieldMap(field=self.account)}
        return {name: entry for name, entry in common.items() if entry.fields} | self.map


@dataclass(frozen=True, slots=True)
class Batch:
    """What holds for all rows of a page.

    Attributes:
        source: The connection's name.
        known_at: When Pulsefield learns these rows.
        personal: Whether e-mail addresses are kept.
        findings: Where oddities are counted.
    """

    source: str
    known_at: datetime
    personal: bool = False
    findings: Findings = field(default_factory=Findings)


class TableMap:
    """A ready mapping of one vendor object to one canonical table.

    Args:
        table: Canonical table name.
        columns: Canonical column -> field, later maps win over earlier ones.
    """

    def __init__(self, table: str, *columns: Mapping[str, FieldMap | str]) -> None:
        merged: dict[str, FieldMap] = {}
        for part in columns:
            for name, entry in part.items():
                merged[name] = entry if isinstance(entry, FieldMap) else FieldMap(field=entry)
        self.table = table
        self.columns = {
            name: entry for name, entry in merged.items() if entry.fields or entry.value is not None
        }
        own = {column.name: column.type for column in TABLES[table].all_columns}
        self.extra: dict[str, ColumnType] = {
            name: entry.type or "string" for name, entry in self.columns.items() if name not in own
        }
        self._types = own | self.extra
        self._rules = {name: self.rule(name) for name in self._types}

    @property
    def fields(self) -> tuple[str, ...]:
        """Vendor fields to ask for, each once, in order."""
        every = (name for entry in self.columns.values() for name in entry.fields)
        return tuple(dict.fromkeys(every))

    @property
    def schema(self) -> pa.Schema:
        """Schema of the tables built: canonical columns, then the user's own."""
        return pa.schema([(name, ARROW[kind]) for name, kind in self._types.items()])

    def rule(self, name: str, **decided: Any) -> Rule:
        """Return a column's conversion rule; ``decided``: what the whole column has shown."""
        entry = self.columns.get(name, FieldMap())
        kind = self._types[name]
        base = nulls_of(name, kind)
        words = SYNONYMS.get((self.table, name), {}) | {
            fold(theirs): ours for theirs, ours in entry.values.items()
        }
        return Rule(
            type=kind,
            nulls=base | {text.strip().casefold() for text in entry.null},
            values=words,
            allowed=ENUMS.get((self.table, name), frozenset()),
            decimal=entry.decimal or decided.get("decimal", "."),
            scale=entry.scale,
            low=entry.min,
            high=entry.max,
            moments=Moments(entry.order or decided.get("order"), zone_of(entry.zone), entry.format),
        )

    def decide(self, name: str, **decided: Any) -> None:
        """Fix what only the whole column shows: ``order`` of day and month, ``decimal``."""
        self._rules[name] = self.rule(name, **decided)

    def build(
        self,
        rows: Sequence[Mapping[str, Any]],
        batch: Batch,
        derived: Mapping[str, Values] | None = None,
    ) -> pa.Table:
        """Return the canonical table of some vendor records.

        Args:
            rows: Vendor records; ``id`` must be mapped or derived.
            batch: Source, time, findings.
            derived: Canonical column -> values made by the connector, one for each row; they
                win over mapped ones and are converted and checked like those.

        Raises:
            SetupError: a column as a whole is not what its mapping says.
        """
        given = dict(derived or {})
        wanted = {name: entry for name, entry in self.columns.items() if name not in given}
        single = [entry.fields[0] for entry in wanted.values() if len(entry.fields) == 1]
        plain = texts(rows, dict.fromkeys(single))

        def values(entry: FieldMap) -> Values:
            names = entry.fields
            if not names:
                return [entry.value] * len(rows)
            if len(names) > 1:
                return join(pluck(rows, name) for name in names)
            return plain[names[0]] if names[0] in plain else pluck(rows, names[0])

        raw = {name: values(entry) for name, entry in wanted.items()}
        return self.build_columns(raw | given, len(rows), batch)

    def build_columns(self, raw: Mapping[str, Values], count: int, batch: Batch) -> pa.Table:
        """Return the canonical table of raw columns by canonical name, ``count`` rows long."""
        given = {"source": batch.source, "known_at": batch.known_at, "deleted": False}
        rows: dict[str, pa.Array] = {}
        for name, kind in sorted(self._types.items(), key=lambda item: item[0] != "id"):
            always = pa.scalar(given.get(name), ARROW[kind])
            if name not in raw:
                rows[name] = pa.repeat(always, count)
                continue
            rows[name] = self._convert(name, raw[name], rows.get("id"), batch.findings)
            if always.is_valid:
                rows[name] = rows[name].fill_null(always)
        check_rows(self.table, rows, batch)
        return pa.Table.from_arrays([rows[name] for name in self._types], schema=self.schema)

    def _convert(
        self, name: str, values: Values, ids: pa.Array | None, findings: Findings
    ) -> pa.Array:
        """Return a converted column; ``ids`` name the rows whose values are odd."""
        rule = self._rules[name]
        plain = rule.quick(values)
        if plain is not None:
            return plain
        try:
            worded = convert_words(values, rule)
            if worded is None:
                cells = values.to_pylist() if isinstance(values, pa.Array) else values
                worded = convert(cells, rule)
        except SetupError as error:
            source = "+".join(self.columns[name].fields) if name in self.columns else name
            raise SetupError(f"{self.table}.{name}: {source} {error}") from None
        result, odd = worded
        for kind, positions in odd.items():
            named = [] if ids is None else ids.take(positions[:EXAMPLES]).fill_null("")
            findings.add(kind, f"{self.table}.{name}", *map(str, named), count=len(positions))
        return result if isinstance(result, pa.Array) else pa.array(result, ARROW[rule.type])
