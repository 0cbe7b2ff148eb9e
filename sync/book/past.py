"""Stored snapshots as a trend of the distribution, and as a history of each account."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from sync.fields import NO_DATA
from sync.history import TABLE
from sync.scored import Portfolio
from sync.store import Store

from .model import History, Moment

TREND = 60
"""Moments of the trend, at most."""
HISTORY = 26
"""Moments of each account's history, at most: with 10,000 accounts about 2 MB of a report."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored snapshot."""

    run: int
    replayed: bool
    micros: int
    model: str

    @property
    def as_of(self) -> datetime:
        """The time that it holds for."""
        return datetime.fromtimestamp(self.micros / 1_000_000, UTC)


def kept(con: duckdb.DuckDBPyConnection, store: Store, until: datetime) -> list[Kept]:
    """Return the last snapshot of each day before a time, ascending; real ones before replays."""
    scan = store.scan(TABLE)
    if scan is None:
        return []
    rows = con.execute(
        f"SELECT run, replayed, epoch_us(as_of) AS micros, any_value(model) FROM {scan}"  # noqa: S608
        " GROUP BY ALL ORDER BY micros, replayed DESC, run"
    ).fetchall()
    days = {one.as_of.date(): one for one in (Kept(*row) for row in rows)}
    return [one for one in days.values() if one.as_of < until]


def thinned(every: Sequence[Kept], most: int) -> list[Kept]:
    """Return at most so many, evenly spaced by rank, the first and the last among them."""
    if len(every) <= most:
        return list(every)
    step = (len(every) - 1) / (most - 1)
    return [every[round(place * step)] for place in range(most)]


def trend(
    con: duckdb.DuckDBPyConnection, store: Store, moments: Sequence[Kept], now: Portfolio
) -> tuple[Moment, ...]:
    """Return the distribution of every score at each moment, and now."""
    _choose(con, moments)
    scan = store.scan(TABLE)
    rows = con.execute(
        f"SELECT place, score, coalesce(band, '{NO_DATA}'), count(*), sum(value), count(value)"  # noqa: S608
        f" FROM {scan} t JOIN chosen c ON t.run = c.run AND t.replayed = c.replayed"
        " AND epoch_us(t.as_of) = c.micros GROUP BY ALL"
    ).fetchall() if moments else []  # fmt: skip
    found: dict[tuple[int, str], list[tuple[str, int, float | None, int]]] = {}
    for place, score, band, count, total, valued in rows:
        found.setdefault((place, score), []).append((band, count, total, valued))
    every = []
    for place, moment in enumerate(moments):
        changed = place > 0 and moments[place - 1].model != moment.model
        for score in now.scores:
            counts = found.get((place, score), [])
            valued = sum(row[3] for row in counts)
            mean = sum(row[2] or 0.0 for row in counts) / valued if valued else None
            bands = {row[0]: row[1] for row in counts}
            every.append(Moment(moment.as_of, score, bands, mean, moment.replayed, changed))
    return (*every, *(_present(now, score) for score in now.scores))


def _present(now: Portfolio, score: str) -> Moment:
    rows = now.scores[score]
    values = [value for value in rows.value if value is not None]
    mean = sum(values) / len(values) if values else None
    return Moment(now.as_of, score, dict(Counter(rows.band)), mean)


def history(
    con: duckdb.DuckDBPyConnection,
    store: Store,
    moments: Sequence[Kept],
    now: Portfolio,
    scores: Sequence[str],
) -> History:
    """Return each account's earlier values of some scores, and the present one."""
    _choose(con, moments)
    places = {key: place for place, key in enumerate(now.accounts)}
    values: dict[str, list[list[float | None]]] = {
        score: [[*[None] * len(moments), value] for value in now.scores[score].value]
        for score in scores
    }
    scan = store.scan(TABLE)
    if moments and scan:
        rows = con.execute(
            f"SELECT account, score, place, value FROM {scan} t JOIN chosen c"  # noqa: S608
            " ON t.run = c.run AND t.replayed = c.replayed AND epoch_us(t.as_of) = c.micros"
            " WHERE list_contains($1, score) AND value IS NOT NULL",
            [list(scores)],
        ).fetchall()
        for key, score, place, value in rows:
            if key in places:
                values[score][places[key]][place] = value
    return History([*(one.as_of for one in moments), now.as_of], values)


def _choose(con: duckdb.DuckDBPyConnection, moments: Sequence[Kept]) -> None:
    con.execute(
        "CREATE OR REPLACE TEMP TABLE chosen"
        " (place INTEGER, run BIGINT, replayed BOOLEAN, micros BIGINT)"
    )
    if moments:
        rows = [[place, m.run, m.replayed, m.micros] for place, m in enumerate(moments)]
        con.executemany("INSERT INTO chosen VALUES (?, ?, ?, ?)", rows)
