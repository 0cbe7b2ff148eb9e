"""What scores rest on beside the records: model, rates, pins, how records are matched.

Each change is kept in the journal, so that a score of an earlier time can be computed again with
what was in force then.
"""

import csv
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from scoring import Model, load_model

from . import schema
from .candidates import Key
from .config import ConfigError
from .errors import Issue
from .settings import Match
from .workspace import Workspace

BASES = schema.bases


@dataclass(frozen=True, slots=True)
class Basis:
    """What was in force at one time.

    Attributes:
        model: The model.
        model_text: The text that it was read from.
        model_sum: SHA-256 of that text.
        rates: Currency -> value of one unit in the model's base currency.
        match: How records are matched; of ``pins`` only the pairs below count.
        pins: Pairs of records that are one customer, whatever else they say.
        ranks: Connection -> its place in the configuration.
    """

    model: Model
    model_text: str
    model_sum: str
    rates: Mapping[str, float]
    match: Match
    pins: tuple[tuple[Key, Key], ...]
    ranks: Mapping[str, int]


def basis(work: Workspace, known_at: datetime | None = None) -> Basis:
    """Return what is in force now, or was at a time.

    Of a time before anything was kept, it is the oldest that was kept; without any, today's.

    Raises:
        ConfigError: the file of pins cannot be used.
        ModelError: the earlier model is none that this Pulsefield knows.
    """
    row = None if known_at is None else _row(work, known_at)
    if row is not None:
        return _kept(row)
    return Basis(
        model=work.model,
        model_text=work.model_text,
        model_sum=work.model_sum,
        rates=dict(work.config.rates),
        match=work.config.match,
        pins=tuple(_pins(work)),
        ranks=work.ranks,
    )


def note(work: Workspace, found: Basis) -> None:
    """Keep what is in force, if it is not what was kept last."""
    settings = {
        "rates": dict(found.rates),
        "match": found.match.model_dump(mode="json", exclude={"pins"}),
        "pins": found.pins,
        "ranks": list(found.ranks),
    }
    row = {
        "model_sum": found.model_sum,
        "model": found.model_text,
        "settings": json.dumps(settings, sort_keys=True, ensure_ascii=False),
    }
    latest = sa.select(BASES).order_by(BASES.c.since.desc()).limit(1)
    with work.journal.begin() as db:
        last = db.execute(latest).mappings().first()
        if last is None or any(last[name] != value for name, value in row.items()):
            db.execute(BASES.delete().where(BASES.c.since == work.now))
            db.execute(BASES.insert().values(**row, since=work.now))


def without(settings: str, records: set[Key]) -> str:
    """Return the kept settings without the pins of some records."""
    found = json.loads(settings)
    found["pins"] = [pair for pair in found["pins"] if not _names(pair, records)]
    return json.dumps(found, sort_keys=True, ensure_ascii=False)


def pinned(settings: str, records: set[Key]) -> list[list[list[str]]]:
    """Return the pins of some records in kept settings."""
    pairs: list[list[list[str]]] = json.loads(settings)["pins"]
    return [pair for pair in pairs if _names(pair, records)]


def _names(pair: list[list[str]], records: set[Key]) -> bool:
    return any((connection, ref) in records for connection, ref in pair)


def prune(db: sa.Connection, cut: datetime) -> None:
    """Delete what is not needed to tell what was so at a time or later."""
    newest = sa.select(sa.func.max(BASES.c.since)).where(BASES.c.since <= cut)
    db.execute(BASES.delete().where(BASES.c.since < newest.scalar_subquery()))


def _row(work: Workspace, known_at: datetime) -> sa.Row[Any] | None:
    then = sa.select(BASES).where(BASES.c.since <= known_at).order_by(BASES.c.since.desc())
    oldest = sa.select(BASES).order_by(BASES.c.since)
    with work.journal.begin() as db:
        return db.execute(then.limit(1)).first() or db.execute(oldest.limit(1)).first()


def _kept(row: sa.Row[Any]) -> Basis:
    settings = json.loads(row.settings)
    match = {name: value for name, value in settings["match"].items() if name in Match.model_fields}
    return Basis(
        model=load_model(row.model, file=f"the model of {row.since:%Y-%m-%d %H:%M} UTC"),
        model_text=row.model,
        model_sum=hashlib.sha256(row.model.encode()).hexdigest(),
        rates=settings["rates"],
        match=Match.model_validate(match),
        pins=tuple(((a, b), (c, d)) for (a, b), (c, d) in settings["pins"]),
        ranks={name: rank for rank, name in enumerate(settings["ranks"])},
    )


def _pins(work: Workspace) -> list[tuple[Key, Key]]:
    """Read the file of pinned records: columns ``account,connection,id``."""
    given = work.config.match.pins
    if not given:
        return []
    path = work.config.folder / Path(given).expanduser()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        issue = Issue("match.pins", repr(given), f"the file cannot be read: {error}")
        raise ConfigError(work.config.file, [issue]) from error
    held: dict[str, list[Key]] = {}
    for number, row in enumerate(rows, 2):
        cells = [(row.get(name) or "").strip() for name in ("account", "connection", "id")]
        if not all(cells) or cells[1] not in work.config.connections:
            names = ", ".join(work.config.connections)
            allowed = f"line {number} needs account, connection (one of {names}) and id"
            raise ConfigError(work.config.file, [Issue("match.pins", repr(given), allowed)])
        held.setdefault(cells[0], []).append((cells[1], cells[2]))
    return [pair for keys in held.values() for pair in pairwise(keys)]
