"""What to read of one object type: its properties, verified, and how they become rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from connectors.base import FieldSpec, Stream
from connectors.errors import SetupError
from connectors.mapping import FieldMap, ObjectMap, TableMap

from .fields import ID, MERGED, MODIFIED, OBJECTS, PAYMENTS, ObjectSpec
from .settings import DealSettings, Settings

_LINK_COLUMNS = {
    "companies": "account_ref",
    "contacts": "contact_ref",
    "tickets": "ticket_ref",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How one object type is read.

    Attributes:
        name: The object type, as in paths.
        spec: What it feeds.
        map: Properties -> columns.
        deals: Which deals are what.
        ces_points: Points of effort surveys.
        chosen: Columns that the user mapped: nothing derived replaces them.
        demanded: Properties that the user's mapping needs.
        own: Pulsefield's own fields, for companies; those not made yet read as empty.
        names: Properties to ask for.
    """

    name: str
    spec: ObjectSpec
    map: TableMap
    deals: DealSettings
    ces_points: int
    chosen: frozenset[str] = frozenset()
    demanded: tuple[str, ...] = ()
    own: tuple[FieldSpec, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def stream(self) -> Stream:
        """The stream as sync sees it."""
        return Stream(self.name, (self.spec.table,))

    @property
    def link_columns(self) -> dict[str, str]:
        """Object types linked to -> the column that the link fills."""
        columns = {to: _LINK_COLUMNS[to] for to in self.spec.links if to in _LINK_COLUMNS}
        if self.spec.table == "tickets" and "contacts" in columns:
            columns["contacts"] = "requester_ref"
        return {to: name for to, name in columns.items() if name not in self.map.columns}

    @property
    def links(self) -> tuple[str, ...]:
        """Object types whose associations are read."""
        extra = (PAYMENTS,) if PAYMENTS in self.spec.links else ()
        return (*self.link_columns, *extra)

    @property
    def id_names(self) -> tuple[str, ...]:
        """Properties that make up a row's id."""
        entry = self.map.columns.get("id")
        return entry.fields if entry else ()

    def verified(self, there: Iterable[str], own: Sequence[FieldSpec] = ()) -> "Plan":
        """Return the plan with the properties that the account has.

        HubSpot ignores unknown names in silence, so a property that was renamed or deleted
        would read as empty for ever.

        Raises:
            SetupError: a property that the user mapped is not there.
        """
        known = set(there)
        gone = [name for name in self.demanded if name not in known]
        if gone:
            raise SetupError(
                f"HubSpot's {self.name} have no property {', '.join(map(repr, gone))}, which the "
                f"mapping to {self.spec.table} uses; correct the name (it is the internal one), or "
                f"give objects of this type a map of their own under objects.{self.name}"
            )
        every = dict.fromkeys((*self.wanted, *(spec.name for spec in own)))
        return replace(self, own=tuple(own), names=tuple(name for name in every if name in known))

    @property
    def wanted(self) -> tuple[str, ...]:
        """Properties that the plan would use if the account has them."""
        deal = (self.deals.property,) if self.name == "deals" else ()
        derived = (*self.spec.derive, *deal, self.spec.modified, ID, MERGED)
        return tuple(dict.fromkeys((*self.map.fields, *derived)))


def plans(settings: Settings) -> dict[str, Plan]:
    """Return the plans of all objects that the settings ask for, companies first."""
    chosen = [name for name in OBJECTS if name in settings.streams]
    custom = [name for name in settings.objects if name not in OBJECTS]
    found = [_standard(name, settings) for name in chosen]
    found += [_custom(name, settings) for name in custom]
    return {plan.name: plan for plan in found}


def _standard(name: str, settings: Settings) -> Plan:
    spec = OBJECTS[name]
    if PAYMENTS not in settings.streams:
        spec = replace(spec, links=tuple(to for to in spec.links if to != PAYMENTS))
    own = settings.objects.get(name)
    user = dict(settings.map.get(spec.table, {})) | (own.columns if own else {})
    demanded = _fields(user.values())
    if name == "deals" and "property" in settings.deals.model_fields_set:
        demanded += (settings.deals.property,)
    table_map = TableMap(spec.table, spec.columns, user)
    return Plan(
        name, spec, table_map, settings.deals, settings.ces_points, frozenset(user), demanded
    )


def _custom(name: str, settings: Settings) -> Plan:
    mapped: ObjectMap = settings.objects[name]
    spec = ObjectSpec(
        mapped.table,
        {},
        modified=mapped.changed or MODIFIED,
        prefix=f"{name}:",
    )
    columns = mapped.columns
    table_map = TableMap(mapped.table, columns)
    demanded = (*_fields(columns.values()), *((mapped.changed,) if mapped.changed else ()))
    return Plan(
        name, spec, table_map, settings.deals, settings.ces_points, frozenset(columns), demanded
    )


def _fields(entries: Iterable[FieldMap]) -> tuple[str, ...]:
    every = (name for entry in entries for name in entry.fields)
    return tuple(dict.fromkeys(every))
