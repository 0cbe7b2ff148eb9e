"""Which of a system's own fields look like what: by name, label and type, in several languages.

The words are in ``lists/field_words.toml``. Nothing is asked here; ``looking`` asks.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import TypeAlias

from connectors.extras import NOT_LISTED, Offer
from connectors.records import TABLES, ColumnType

SURE = 0.8
"""Confidence from which a guess stands in the configuration without a comment sign."""
REPLACES = 0.95
"""Confidence from which a guess takes the place of a standard field."""
WORTH = 0.5
"""Confidence below which a guess is not worth a line."""
LOOSE = 0.94
"""Confidence of a name that is right but for words that add nothing."""
MONTHLY = 1 / 12

Words: TypeAlias = tuple[str, ...]

NUMBERS = frozenset(
    {"double", "int", "long", "currency", "percent", "number", "integer", "decimal"}
)
TIMES = frozenset({"date", "datetime", "time"})
FLAGS = frozenset({"bool", "boolean", "checkbox"})
LINKS = frozenset({"reference", "lookup"})
# Column type -> how well a field of each group of types fits; text may hold anything.
FITS: Mapping[ColumnType, Mapping[str, float]] = {
    "number": {"number": 1, "text": 0.8},
    "integer": {"number": 1, "text": 0.8},
    "time": {"time": 1, "text": 0.8},
    "date": {"time": 1, "text": 0.8},
    "boolean": {"flag": 1, "text": 0.8},
    "string": {"text": 1, "number": 0.95, "link": 0.6},
    "strings": {"text": 1},
}
OWN_TYPES: Mapping[str, ColumnType] = {"last_login_at": "time"}
# Canonical tables that an object of the user's own feeds: the column without which it says nothing.
NEEDED = {
    "usage": "day",
    "invoices": "amount",
    "milestones": "reached_at",
    "subscriptions": "started_at",
    "surveys": "score",
}
_SUFFIX = re.compile(r"__(c|r|pc)$")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe"})


@dataclass(frozen=True, slots=True)
class Guess:
    """A field that looks like a column.

    Attributes:
        offer: The field, as the source offers it; its table is the one to map it in.
        column: A canonical column, or the name of a column of the user's own.
        confidence: 0..1, of name and type.
        scale: Factor that makes the column's unit of the field's; 1: none.
        own: The type of a column of the user's own; None: the column is canonical.
        against: Why it should not be mapped before a person has looked; empty: nothing.
        filled: Share of a first page of records that have a value; None: not looked at.
    """

    offer: Offer
    column: str
    confidence: float
    scale: float = 1.0
    own: ColumnType | None = None
    against: str = ""
    filled: float | None = None

    @property
    def sure(self) -> bool:
        """Whether it can be mapped as it is."""
        return self.confidence >= SURE and not self.against and self.own is None


@dataclass(frozen=True, slots=True)
class Thing:
    """An object of the user's own that looks like a canonical table.

    Attributes:
        name: The vendor's name of the object.
        label: What people see.
        table: Canonical table.
        kind: Kind of survey, where the object's name says it; else empty.
        confidence: 0..1, of its name.
        account: The field that holds the account; empty while unknown.
        linked: Whether none needs to: the system links records to their account.
        against: Why it should not be mapped before a person has looked; empty: nothing.
        guesses: Its fields.
    """

    name: str
    label: str
    table: str
    kind: str
    confidence: float
    account: str = ""
    linked: bool = False
    against: str = ""
    guesses: tuple[Guess, ...] = field(default=())


@cache
def vocabulary() -> Mapping[str, Mapping[str, tuple[Words, ...]]]:
    """Return the words: section -> name -> phrases."""
    text = files(__package__).joinpath("lists", "field_words.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    raw.pop("noise")
    return {
        section: {name: tuple(map(words, phrases)) for name, phrases in entries.items()}
        for section, entries in raw.items()
    }


@cache
def _noise() -> frozenset[str]:
    text = files(__package__).joinpath("lists", "field_words.toml").read_text(encoding="utf-8")
    return frozenset(tomllib.loads(text)["noise"])


def words(name: str) -> Words:
    """Return a name's or label's words, folded: ``Renewal_Date__c`` is renewal, date."""
    apart = _HUMP.sub(" ", _SUFFIX.sub("", name.strip()))
    plain = unicodedata.normalize("NFKD", apart.casefold().translate(_LETTERS))
    kept = "".join(char for char in plain if not unicodedata.combining(char))
    return tuple(re.findall(r"[^\W_]+", kept))


def likeness(texts: Iterable[str], phrases: Iterable[Words]) -> float:
    """Return how much the closest of some names is like the closest of some phrases, 0..1."""
    every = tuple(phrases)
    return max(
        (_like(words(text), phrase) for text in texts if text for phrase in every), default=0
    )


def _like(name: Words, phrase: Words) -> float:
    if name == phrase:
        return 1.0
    bare = tuple(word for word in name if word not in _noise())
    meant = tuple(word for word in phrase if word not in _noise())
    if meant and bare == meant:
        return LOOSE
    inner = bare if len(bare) >= len(phrase) else name
    if not meant or not _within(phrase, inner):
        return 0.0
    return 0.4 + 0.4 * len(phrase) / len(inner)  # below SURE: other words may change its meaning


def _within(phrase: Words, name: Words) -> bool:
    size = len(phrase)
    return any(name[at : at + size] == phrase for at in range(len(name) - size + 1))


def fit(kind: str, column: ColumnType) -> float:
    """Return how well a vendor's type fits a column's, 0..1."""
    word = kind.casefold()
    group = next(
        (
            name
            for name, known in (
                ("number", NUMBERS), ("time", TIMES), ("flag", FLAGS), ("link", LINKS)
            )
            if word in known
        ),
        "text",
    )  # fmt: skip
    return FITS[column].get(group, 0.0)


def things(offers: Iterable[Offer]) -> list[Thing]:
    """Return the objects of the user's own whose names look like a canonical table."""
    found = []
    for offer in offers:
        if offer.field or offer.table or offer.type == NOT_LISTED:
            continue
        names = (offer.object, offer.label)
        best = max(
            (likeness(names, phrases), name) for name, phrases in vocabulary()["objects"].items()
        )
        if best[0] >= WORTH:
            table, _, kind = best[1].partition(".")
            found.append(Thing(offer.object, offer.label, table, kind, best[0]))
    return found


def account_field(offers: Iterable[Offer]) -> str:
    """Return the field of an object that holds whose a record is; empty if none looks so."""
    phrases = vocabulary()["account"]["account_ref"]
    rated = [
        (likeness((one.field, one.label), phrases) * _link(one), one.field)
        for one in offers
        if one.field
    ]
    best = max(rated, default=(0.0, ""))
    return best[1] if best[0] >= SURE else ""


def _link(offer: Offer) -> float:
    return 1.0 if offer.type.casefold() in LINKS else 0.8


def rated(offers: Sequence[Offer], table: str) -> list[Guess]:
    """Return what fields of one object may be, for each column the likeliest first."""
    types = {column.name: column.type for column in TABLES[table].all_columns}
    found: list[Guess] = []
    for column, phrases in vocabulary().get(table, {}).items():
        found += _column(offers, column, types[column], phrases)
    if table == "accounts":
        for name, phrases in vocabulary()["scaled"].items():
            column = name.partition(".")[0]
            found += _column(offers, column, types[column], phrases, MONTHLY)
        for name, phrases in vocabulary()["own"].items():
            found += _column(offers, name, OWN_TYPES.get(name, "number"), phrases, own=True)
    return sorted(found, key=lambda guess: (guess.column, -guess.confidence))


def _column(
    offers: Sequence[Offer],
    column: str,
    kind: ColumnType,
    phrases: Sequence[Words],
    scale: float = 1.0,
    *,
    own: bool = False,
) -> list[Guess]:
    found = []
    for offer in offers:
        links = column.endswith("_ref") and offer.type.casefold() in LINKS
        like = likeness((offer.field, offer.label), phrases)
        sure = like * (1.0 if links else fit(offer.type, kind)) - (0.02 if scale != 1 else 0)
        if sure >= WORTH:
            found.append(Guess(offer, column, round(sure, 2), scale, kind if own else None))
    return found


def chosen(guesses: Iterable[Guess], filled: Mapping[str, str]) -> list[Guess]:
    """Return one guess for each column, and each field once; the rest with what is against it.

    Args:
        guesses: Of one object, with what was seen of their contents.
        filled: Column -> the field that fills it now.
    """
    order = sorted(
        guesses,
        key=lambda one: (bool(one.against), -one.confidence, -(one.filled or 0), one.offer.field),
    )
    columns: dict[str, Guess] = {}
    fields: dict[str, Guess] = {}
    kept: list[Guess] = []
    for guess in order:
        before = columns.get(guess.column)
        taken = fields.get(guess.offer.field)
        if taken is not None:
            continue
        reason = guess.against
        if not reason and before is not None:
            reason = f"{before.offer.field} looks more like it"
        if not reason and guess.column in filled and guess.confidence < REPLACES:
            reason = f"{filled[guess.column]} fills it now"
        if not reason and guess.confidence < SURE:
            reason = "its name may mean something else"
        shown = guess if reason == guess.against else replace(guess, against=reason)
        columns.setdefault(guess.column, shown)
        if not reason:
            fields[guess.offer.field] = shown
        kept.append(shown)
    return kept
