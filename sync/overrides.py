"""Scores that people set beside the computed ones: in the journal, or in fields of a CRM.

Of each account and score the one that was said last stands; where the same was said in one
instant, that of the first connection in the file's order. What was known at an earlier time is
told for replays.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from scoring import Model

from . import schema
from .journal import Journal
from .override_fields import OVERRIDE, PARTS
from .quoting import quote
from .store import Store

TABLE, ACCOUNTS = schema.overrides, schema.accounts
REVOKED = TABLE.c.revoked_at
SAID = ("account", "score", "value", "band", "reason", "author", "expires_at")


@dataclass(frozen=True, slots=True)
class Override:
    """A person's score of one account, beside the computed one.

    Attributes:
        account: The account's key.
        score: A score of the model.
        value: 0..100, or None.
        band: A band, or None.
        reason: Why; without one it counts for nothing.
        author: Who.
        expires_at: From when it counts for nothing; None: never.
        set_at: When it was said, as far as is known.
        origin: The connection whose fields hold it; ``""``: the journal.
        number: In the journal.
    """

    account: int
    score: str
    value: float | None
    band: str | None
    reason: str
    author: str
    expires_at: datetime | None = None
    set_at: datetime | None = None
    origin: str = ""
    number: int | None = None


def keep(journal: Journal, said: Override, now: datetime) -> None:
    """Keep an override in the journal; it replaces an earlier one of this account and score."""
    same = (TABLE.c.account == said.account) & (TABLE.c.score == said.score)
    values = {name: getattr(said, name) for name in SAID}
    with journal.begin() as db:
        db.execute(TABLE.update().where(same, REVOKED.is_(None)).values(revoked_at=now))
        db.execute(TABLE.insert().values(**values, set_at=now))


def end(journal: Journal, said: Iterable[Override], now: datetime) -> None:
    """Let overrides of the journal hold no more."""
    numbers = [each.number for each in said]
    with journal.begin() as db:
        db.execute(TABLE.update().where(TABLE.c.override.in_(numbers)).values(revoked_at=now))


def through(day: date | None) -> datetime | None:
    """Return the end of a day, UTC: an override counts on the last day that it names."""
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), UTC)


def of_journal(
    con: duckdb.DuckDBPyConnection, journal: Journal, known_at: datetime | None = None
) -> list[Override]:
    """Return the overrides of the journal that hold, or held at a time.

    That of an account that is no more goes to the one that has its record now.

    Args:
        con: With the relations of ``facts.build``.
        journal: Where they are kept.
        known_at: Aware; None: now.
    """
    wanted = sa.select(TABLE, ACCOUNTS.c.connection, ACCOUNTS.c.ref).order_by(TABLE.c.override)
    wanted = wanted.outerjoin(ACCOUNTS, ACCOUNTS.c.account == TABLE.c.account)
    if known_at is None:
        wanted = wanted.where(REVOKED.is_(None))
    else:
        wanted = wanted.where(TABLE.c.set_at <= known_at)
        wanted = wanted.where(REVOKED.is_(None) | (known_at < REVOKED))
    with journal.begin() as db:
        rows = db.execute(wanted).all()
    return [
        Override(
            **{name: getattr(row, name) for name in SAID if name != "account"},
            account=_present(con, row.account, (row.connection, row.ref)),
            set_at=row.set_at,
            number=row.override,
        )
        for row in rows
    ]


def _present(con: duckdb.DuckDBPyConnection, account: int, record: tuple[str, str]) -> int:
    """Return an account, or the one that has the record that named it, if it is there no more."""
    found = con.execute(
        "SELECT account FROM members WHERE account = $1 OR (connection = $2 AND ref = $3)"
        " ORDER BY account = $1 DESC LIMIT 1",
        [account, *record],
    ).fetchall()
    return int(found[0][0]) if found else account


def of_store(
    con: duckdb.DuckDBPyConnection,
    store: Store,
    scores: Iterable[str],
    known_at: datetime | None = None,
) -> list[Override]:
    """Return what accounts' mapped fields say, or said at a time, in the connections' order.

    It was said when the record's first version that says so, and since then nothing else, was
    read.

    Args:
        con: With ``members`` and ``fact_accounts`` of ``facts.build``.
        store: The tables at rest.
        scores: Of the model.
        known_at: Aware; None: now.
    """
    columns = {row[0] for row in con.sql("DESCRIBE fact_accounts").fetchall()}
    found: list[tuple[int, Override]] = []
    for score in scores:
        names = {part: f"{OVERRIDE}{score}_{part}" for part in PARTS}
        if columns & {names["value"], names["band"]}:
            held = {part: quote(n) if n in columns else "NULL" for part, n in names.items()}
            rows = con.execute(_sql(str(store.scan("accounts")), held, known_at)).fetchall()
            found += [(place, _read(score, row)) for place, *row in rows]
    found.sort(key=lambda item: item[0])
    return [said for _, said in found]


def _sql(scan: str, held: Mapping[str, str], known_at: datetime | None) -> str:
    """Return SQL for place, account, connection, what is said, and the microsecond of it."""
    micros = None if known_at is None else round(known_at.timestamp() * 1_000_000)
    cut = "" if micros is None else f"WHERE epoch_us(known_at) <= {micros}"
    some = f"({held['value']} IS NOT NULL OR {held['band']} IS NOT NULL)"
    said = ", ".join(f"{part} := {column}" for part, column in held.items())
    return f"""
        WITH every AS (
            SELECT source, id, known_at, row_seq, coalesce(deleted, false) AS deleted,
                struct_pack({said}) AS said
            FROM {scan}
            SEMI JOIN (SELECT DISTINCT source, id FROM {scan} WHERE {some}) USING (source, id)
            {cut}
        ), told AS (
            SELECT *, first_value(said) OVER w AS latest, first_value(deleted) OVER w AS gone
            FROM every
            WINDOW w AS (PARTITION BY source, id ORDER BY known_at DESC, row_seq DESC)
        ), marked AS (
            SELECT *, count_if(said IS DISTINCT FROM latest) OVER w AS others FROM told
            WINDOW w AS (PARTITION BY source, id ORDER BY known_at DESC, row_seq DESC)
        )
        SELECT any_value(m.place), m.account, t.source,
            {", ".join(f"any_value(t.latest).{part}" for part in PARTS)}, min(epoch_us(t.known_at))
        FROM marked t JOIN members m ON t.source = m.connection AND t.id = m.ref AND m.main
        WHERE t.others = 0 AND NOT t.gone
            AND (t.latest.value IS NOT NULL OR t.latest.band IS NOT NULL)
        GROUP BY m.account, t.source, t.id
    """  # noqa: S608 - paths and identifiers are quoted


def _read(score: str, row: Sequence[Any]) -> Override:
    account, source, value, band, reason, author, until, micros = row
    return Override(
        account=account,
        score=score,
        value=value,
        band=band,
        reason=reason or "",
        author=author or source,
        expires_at=through(until),
        set_at=datetime.fromtimestamp(micros / 1_000_000, UTC),
        origin=source,
    )


def standing(said: Iterable[Override], model: Model, as_of: datetime) -> list[Override]:
    """Return what stands at a time: of each account and score what was said last by then.

    Scores hold for full hours, so what was said within an hour stands in all of it. A band is
    meant whatever its case.
    """
    held: dict[tuple[int, str], Override] = {}
    for each in said:
        key, last = (each.account, each.score), held.get((each.account, each.score))
        hour = each.set_at and each.set_at.replace(minute=0, second=0, microsecond=0)
        spoken = hour is None or hour <= as_of
        if spoken and (last is None or _since(each) > _since(last)):
            held[key] = each
    return [replace(each, band=_band(model, each)) for each in held.values()]


def _since(said: Override) -> datetime:
    return said.set_at or datetime.min.replace(tzinfo=UTC)


def _band(model: Model, said: Override) -> str | None:
    if said.band is None or said.score not in model.scores:
        return said.band
    bands = model.bands_of(said.score)
    known = {name.casefold(): name for name in (bands.borders or bands.quantiles or {})}
    return known.get(said.band.strip().casefold(), said.band)


def table(said: Sequence[Override]) -> pa.Table | None:
    """Return overrides as scoring wants them; None: none.

    They carry no time: ``standing`` has looked at it.
    """
    if not said:
        return None
    stamp, text = pa.timestamp("us"), pa.string()
    kinds = {"account": pa.int64(), "score": text, "value": pa.float64(), "band": text}
    kinds |= {"reason": text, "author": text, "expires_at": stamp}
    columns = {
        name: pa.array([_plain(getattr(each, name)) for each in said], kind)
        for name, kind in kinds.items()
    }
    return pa.table(columns | {"set_at": pa.nulls(len(said), stamp)})


def _plain(value: object) -> object:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value
