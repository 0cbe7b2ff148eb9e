"""Looks through connected systems for what a mapping could read, before there is a mapping.

Reads metadata and at most one page of records of each object; writes nothing, keeps nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from connectors import registry
from connectors.base import Context, FieldSpec, Page, Source
from connectors.errors import ConnectorError
from connectors.extras import Catalogue, Offer
from scoring import load_model, shipped_model

from . import guessing
from .config import Config
from .fields import target_fields
from .guessing import NEEDED, SURE, Guess, Thing
from .settings import Connection

NOWHERE = "-"
LINKED = {"hubspot"}
"""Systems whose records are linked to their account; no field holds it."""
"""Stands for an account field that is not known yet; no vendor has one of that name."""
UNREAD = 0.2
"""Share of odd values from which a guess is left to a person."""
ONE_PAGE: Mapping[str, Mapping[str, Any]] = {"salesforce": {"bulk_above": 1_000_000_000}}
"""Settings under which the first page of an object costs one request, not a job for all."""
_SEEN = "seen_{}"


@dataclass(frozen=True, slots=True)
class Found:
    """What one connection has.

    Attributes:
        fields: Fields of the user's own that were looked at.
        maps: Canonical table -> guesses.
        things: Objects of the user's own, with their guesses.
        deals: Guesses for the property that tells kinds of deals apart.
        currencies: Currency -> records seen with it.
        error: Why the connection could not be looked at; empty if it was.
    """

    fields: int = 0
    maps: Mapping[str, Sequence[Guess]] = field(default_factory=dict)
    things: Sequence[Thing] = ()
    deals: Sequence[Guess] = ()
    currencies: Mapping[str, int] = field(default_factory=dict)
    error: str = ""


def look(config: Config, now: datetime | None = None) -> dict[str, Found]:
    """Look through every connection that can be asked; one that cannot says why."""
    found = {}
    when = now or datetime.now(UTC)
    for name, entry in config.connections.items():
        if "map" not in type(entry.settings).model_fields:
            continue  # files are mapped object by object; ``sheets`` proposes that
        try:
            found[name] = _look(_Asker(config, name, entry, when))
        except ConnectorError as error:
            found[name] = Found(error=str(error))
    return found


class _Asker:
    """Makes connections of one system under settings that are being tried."""

    def __init__(self, config: Config, name: str, entry: Connection, now: datetime) -> None:
        self.kind, self._name, self._settings = entry.kind, name, entry.settings
        own: tuple[FieldSpec, ...] = ()
        if entry.write:
            model = load_model(shipped_model("default"))
            own = tuple(one.spec for one in target_fields(name, entry, model))
        self._context = Context(config.secret, now, own, exchange=config.exchange)

    @property
    def objects(self) -> bool:
        """Whether objects of the user's own can be mapped."""
        return "objects" in type(self._settings).model_fields

    def connect(self, **tried: Any) -> Any:
        """Return a connection whose settings are changed."""
        known = self._settings.model_dump() | tried
        settings = type(self._settings).model_validate(known)
        return registry.load(self.kind).connect(self._name, settings, self._context)


def _look(ask: _Asker) -> Found:
    connection = ask.connect()
    if not isinstance(connection, Catalogue):
        return Found()
    offers = connection.catalogue()
    things = guessing.things(offers) if ask.objects else []
    things = _with_fields(ask, things)
    maps = _maps(offers, ask.kind)
    pages = _pages(ask, maps, things)
    usual = _usual(offers)
    seen = {table: _seen(guesses, table, pages) for table, guesses in maps.items()}
    deals = [one for one in offers if one.object == "deals" and _own(one, ask.kind)]
    return Found(
        fields=sum(_own(one, ask.kind) for one in offers) + len(things),
        maps={table: guessing.chosen(some, usual.get(table, {})) for table, some in seen.items()},
        things=[_looked_at(one, pages) for one in things],
        deals=_deals(deals),
        currencies=_currencies(pages.values()),
    )


def _own(offer: Offer, kind: str) -> bool:
    """Whether a field is the user's own and not the vendor's."""
    if not offer.field:
        return False
    if kind == "salesforce":
        return offer.field.endswith("__c")
    if kind == "hubspot":
        return not offer.field.startswith("hs_")
    return offer.type != "attribute"


def _maps(offers: Sequence[Offer], kind: str) -> dict[str, list[Guess]]:
    """Return guesses by table, for objects that are read by themselves."""
    objects: dict[str, dict[str, list[Offer]]] = defaultdict(lambda: defaultdict(list))
    for offer in offers:
        if offer.table and offer.field:
            objects[offer.table][offer.object].append(offer)
    return {table: found for table, by in objects.items() if (found := _of_table(table, by, kind))}


def _of_table(table: str, objects: Mapping[str, Sequence[Offer]], kind: str) -> list[Guess]:
    """Return guesses for a table; a map holds for all objects that feed it."""
    every = [offer for offers in objects.values() for offer in offers]
    own = {one.field: one for one in every if _own(one, kind) and not one.column}
    counts = {
        name: sum(name in {one.field for one in offers} for offers in objects.values())
        for name in own
    }
    return [
        guess
        if counts[guess.offer.field] == len(objects)
        else replace(guess, against=f"only {guess.offer.object} has it")
        for guess in guessing.rated(list(own.values()), table)
    ]


def _deals(offers: Sequence[Offer]) -> list[Guess]:
    phrases = guessing.vocabulary()["deals"]["property"]
    rated = [(guessing.likeness((one.field, one.label), phrases), one) for one in offers]
    return [
        Guess(one, "property", round(like, 2), against="its values need their meanings")
        for like, one in rated
        if like >= SURE
    ]


def _with_fields(ask: _Asker, things: Sequence[Thing]) -> list[Thing]:
    """Return objects with guesses for their fields, which a mapping makes the source tell."""
    if not things:
        return []
    tried = {one.name: {"table": one.table, "account": NOWHERE} for one in things}
    offers = ask.connect(objects=tried).catalogue()
    return [
        _described(
            replace(one, linked=ask.kind in LINKED), [o for o in offers if o.object == one.name]
        )
        for one in things
    ]


def _described(thing: Thing, offers: Sequence[Offer]) -> Thing:
    account = "" if thing.linked else guessing.account_field(offers)
    free = [one for one in offers if not one.column and one.field != account]
    guesses = guessing.chosen(guessing.rated(free, thing.table), {})
    needed = NEEDED[thing.table]
    against = ""
    if thing.confidence < SURE:
        against = "its name may mean something else"
    if not any(guess.sure and guess.column == needed for guess in guesses):
        against = f"no field looks like {needed}"
    if not account and not thing.linked:
        against = "no field looks like its account"
    return replace(thing, account=account, against=against, guesses=tuple(guesses))


def _usual(offers: Sequence[Offer]) -> dict[str, dict[str, str]]:
    """Return which field fills a column without any mapping: table -> column -> field."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for offer in offers:
        for column in filter(None, offer.column.split(", ")):
            found[offer.table][column] = offer.field
    return found


def _pages(
    ask: _Asker, maps: Mapping[str, Sequence[Guess]], things: Sequence[Thing]
) -> dict[str, Page]:
    """Return a first page, read as guessed, of each stream that has guesses."""
    tried: dict[str, Any] = dict(ONE_PAGE.get(ask.kind, {}))
    tried["map"] = {table: _trial(guesses, table) for table, guesses in maps.items()}
    known = [one for one in things if one.account or one.linked]
    if known:
        tried["objects"] = {
            one.name: {
                "table": one.table, "account": one.account, "map": _trial(one.guesses, one.table)
            }
            for one in known
        }  # fmt: skip
    connection = ask.connect(**tried)
    if not isinstance(connection, Source):
        return {}
    names = {one.name for one in known}
    return {
        stream.name: page
        for stream in connection.streams()
        if stream.name in names or any(table in maps for table in stream.tables)
        if (page := _first_page(connection, stream.name))
    }


def _seen(guesses: Sequence[Guess], table: str, pages: Mapping[str, Page]) -> list[Guess]:
    page = next((page for page in pages.values() if table in page.tables), None)
    return [_checked(guess, page, table, at) for at, guess in enumerate(guesses)]


def _looked_at(thing: Thing, pages: Mapping[str, Page]) -> Thing:
    page = pages.get(thing.name)
    return replace(
        thing, guesses=tuple(_checked(guess, page, thing.table) for guess in thing.guesses)
    )


def _currencies(pages: Iterable[Page]) -> dict[str, int]:
    seen: Counter[str] = Counter()
    for page in pages:
        for table in page.tables.values():
            if "currency" in table.column_names:
                seen.update(code for code in table["currency"].to_pylist() if code)
    return dict(seen)


def _trial(guesses: Sequence[Guess], table: str) -> dict[str, Any]:
    """Return a map that reads what is guessed; in accounts, every guess also as text."""
    tried: dict[str, Any] = {}
    for guess in sorted(guesses, key=lambda one: one.confidence):
        if guess.own is None and not guess.against:
            tried[guess.column] = {"field": guess.offer.field, "scale": guess.scale}
    if table == "accounts":
        for at, guess in enumerate(guesses):
            tried[_SEEN.format(at)] = {"field": guess.offer.field, "type": "string"}
    return tried


def _first_page(connection: Source, stream: str) -> Page | None:
    """Return a first page; None where the stream cannot be read, as ``check`` will tell."""
    pages = connection.read(stream, None)
    try:
        with closing(pages):  # type: ignore[type-var]  # a generator
            return next(pages, None)
    except ConnectorError:
        return None


def _checked(guess: Guess, page: Page | None, table: str, at: int | None = None) -> Guess:
    """Return a guess with what a page says of it."""
    rows = page.tables.get(table) if page else None
    if page is None or rows is None or not rows.num_rows:
        return guess
    name = _SEEN.format(at)
    column = name if name in rows.column_names else guess.column
    if column not in rows.column_names:
        return guess
    there = rows.num_rows - rows[column].null_count
    odd = sum(
        finding.count for finding in page.findings if finding.where == f"{table}.{guess.column}"
    )
    against = guess.against
    # Old rows of other tables may lack what newer ones have.
    if not there and not against and (page.complete or table == "accounts"):
        against = f"empty in the {rows.num_rows} records looked at"
    elif odd > UNREAD * there and not against:
        against = f"{odd} of {there} values are not what belongs there"
    return replace(guess, filled=there / rows.num_rows, against=against)
