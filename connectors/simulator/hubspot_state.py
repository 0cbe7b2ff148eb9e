"""What HubSpot's stand-in remembers of one account, and how it shows a record."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from .hubspot_associations import Associations
from .hubspot_errors import invalid
from .hubspot_schema import iso
from .hubspot_search import SearchIndex
from .hubspot_store import ObjectStore, Record, Values
from .hubspot_types import TYPES, ObjectType, custom_type, find_type, new_schema
from .limits import Clock
from .standin import Body

BadIds: TypeAlias = Literal["errors", "silent"]
"""A batch with unknown ids: 207 with OBJECT_NOT_FOUND, or a 207 that says nothing (both seen)."""


@dataclass(slots=True)
class State:
    """One HubSpot account.

    Attributes:
        clock: The vendor's time.
        stores: Objects by type.
        indexes: Search indexes by type.
        associations: Links.
        portal: The account's id.
        time_zone: Name, as account-info tells it.
        utc_offset: Its difference from UTC in seconds.
        currency: The company currency.
        owners: As the owners API lists them.
        failing: (type, id) -> category; such rows of a batch fail inside a 207.
        required: Type -> properties that an admin requires; checked from 2026-09 on.
        bad_ids: How unknown ids in a batch are answered.
        partial: Whether bad values fail only their row where every row has a trace id.
    """

    clock: Clock
    stores: dict[str, ObjectStore]
    indexes: dict[str, SearchIndex]
    associations: Associations = field(default_factory=Associations)
    portal: int = 24_601_307
    time_zone: str = "Europe/Amsterdam"
    utc_offset: int = 3_600
    currency: str = "EUR"
    owners: list[Body] = field(default_factory=list)
    failing: dict[tuple[str, int], str] = field(default_factory=dict)
    required: dict[str, set[str]] = field(default_factory=dict)
    bad_ids: BadIds = "errors"
    partial: bool = False
    custom: list[ObjectType] = field(default_factory=list)

    @classmethod
    def empty(cls, clock: Clock) -> "State":
        """Return an account with every type and no objects."""
        stores = {kind.name: ObjectStore(kind, new_schema(kind)) for kind in TYPES.values()}
        indexes = {name: SearchIndex(store, clock) for name, store in stores.items()}
        return cls(clock, stores, indexes)

    def now(self) -> str:
        """Return the time as HubSpot writes it."""
        return iso(datetime.fromtimestamp(self.clock(), UTC))

    def store(self, kind: str) -> ObjectStore:
        """Return the objects of a type, named in any of HubSpot's ways.

        Raises:
            Refusal: 400, no such type.
        """
        custom = (type_ for type_ in self.custom if kind in {type_.name, type_.singular, type_.id})
        found = find_type(kind) or next(custom, None)
        if found is None:
            raise invalid(f"Unable to infer object type from: {kind}")
        return self.stores[found.name]

    def add_type(self, name: str) -> ObjectType:
        """Make a custom object type."""
        kind = custom_type(name, 1_000 + len(self.custom), self.portal)
        self.custom.append(kind)
        store = self.stores[kind.name] = ObjectStore(kind, new_schema(kind))
        self.indexes[kind.name] = SearchIndex(store, self.clock)
        return kind

    def write(self, store: ObjectStore, record: Record, values: Values) -> None:
        """Set values, move the time of change, and let the index lag."""
        self.indexes[store.kind.name].before_write(record)
        store.write(record, values, self.now())


@dataclass(frozen=True, slots=True)
class View:
    """Which properties of a type's records an answer shows.

    Attributes:
        store: The records' store.
        names: Properties, known ones only.
        history: Properties whose former values are shown too.
    """

    store: ObjectStore
    names: tuple[str, ...]
    history: tuple[str, ...] = ()

    @classmethod
    def of(cls, store: ObjectStore, asked: Iterable[str], history: Iterable[str] = ()) -> "View":
        """Take what was asked for; unknown names are dropped without a word."""
        known = store.schema.properties
        wanted = [name for name in asked if name in known] or list(store.kind.defaults)
        past = tuple(name for name in history if name in known)
        return cls(store, tuple(dict.fromkeys([*wanted, *past, *store.kind.always])), past)

    def row(self, record: Record, values: Mapping[str, str | None] | None = None) -> Body:
        """Show one record; ``values`` where they are not its present ones."""
        shown = record.properties if values is None else values
        kind = self.store.kind
        body: Body = {
            "id": str(record.id),
            "properties": {name: shown.get(name) for name in self.names},
            "createdAt": shown.get(kind.created),
            "updatedAt": shown.get(kind.modified),
            "archived": record.archived_at is not None,
        }
        if record.archived_at is not None:
            body["archivedAt"] = record.archived_at
        if self.history:
            body["propertiesWithHistory"] = {
                name: self._past(record, name) for name in self.history
            }
        return body

    def _past(self, record: Record, name: str) -> Sequence[Body]:
        """Return former values, newest first; the first one is as old as the record."""
        changes = [change for change in record.changes if change[0] == name]
        first = record.properties.get(self.store.kind.created)
        if not changes:
            value = record.properties.get(name)
            return [] if value is None else [_version(value, first, "CRM_UI")]
        return [_version(value, at, "API") for _, at, value in reversed(changes)]


def _version(value: str | None, at: str | None, source: str) -> Body:
    return {"value": value, "timestamp": at, "sourceType": source}
