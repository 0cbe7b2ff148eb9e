"""What every source offers for mapping, with how far mapped columns are filled in the store."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.errors import ConnectorError
from connectors.extras import Catalogue, Offer
from scoring import duck

from .config import Config
from .quoting import literal, quote
from .store import Store
from .workspace import opened


@dataclass(frozen=True, slots=True)
class Offered:
    """What there is to map.

    Attributes:
        sources: Connection -> its offers, by object.
        errors: Connection -> why it could not be asked.
    """

    sources: Mapping[str, Sequence[Offer]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


def offered(config: Config) -> Offered:
    """Ask every source what could be mapped; one that fails does not keep others from telling."""
    sources: dict[str, Sequence[Offer]] = {}
    errors: dict[str, str] = {}
    with opened(config) as work:
        for name, entry in config.connections.items():
            try:
                connection = work.connect(name)
                if entry.read and isinstance(connection, Catalogue):
                    sources[name] = _filled(work.store, name, connection.catalogue())
            except ConnectorError as error:
                errors[name] = str(error)
    return Offered(sources, errors)


def _filled(store: Store, source: str, offers: Sequence[Offer]) -> list[Offer]:
    """Add how far columns are filled, where one object alone fills their table."""
    objects: dict[str, set[str]] = defaultdict(set)
    columns: dict[str, set[str]] = defaultdict(set)
    for offer in offers:
        objects[offer.table].add(offer.object)
        if offer.column and offer.filled is None:
            columns[offer.table].add(_first(offer))
    shares = {
        (table, column): share
        for table, wanted in columns.items()
        if len(objects[table]) == 1
        for column, share in _shares(store, source, table, sorted(wanted)).items()
    }
    return [
        replace(offer, filled=shares.get((offer.table, _first(offer)), offer.filled))
        for offer in offers
    ]


def _first(offer: Offer) -> str:
    return offer.column.partition(",")[0]


def _shares(store: Store, source: str, table: str, columns: Sequence[str]) -> dict[str, float]:
    latest = store.latest(table)
    known = [column for column in columns if column in store.columns(table)]
    if latest is None or not known:
        return {}
    counts = ", ".join(f"count({quote(column)})" for column in known)
    sql = (
        f"SELECT count(*), {counts} FROM ({latest})"  # noqa: S608 - quoted
        f" WHERE source = {literal(source)} AND NOT coalesce(deleted, false)"
    )
    with duck.connect() as con:
        every, *filled = con.sql(sql).fetchall()[0]
    return {column: count / every for column, count in zip(known, filled, strict=True) if every}
