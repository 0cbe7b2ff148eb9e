"""Snapshots of scores, kept: the last one for the bands, an older one for the change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa

from scoring import Snapshot, duck

from .errors import PlanError
from .quoting import literal
from .store import Store

TABLE = "scores"
PLANNED = "planned"
"""Snapshots of plans that were not applied when they were made."""
SLACK = timedelta(days=7)
"""A snapshot this much older than asked for still serves as the baseline of a change."""
STAMP = pa.timestamp("us", tz="UTC")
KEPT = ("account", "score", "value", "coverage", "spread", "band", "segment", "limited_by")


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier snapshot.

    Attributes:
        as_of: The time that it holds for, aware.
        scores: account, score, value, band, coverage.
    """

    as_of: datetime
    scores: pa.Table

    def values(self) -> dict[tuple[int, str], float]:
        """Return (account, score) -> value, where there is one."""
        columns = (self.scores.column(name).to_pylist() for name in ("account", "score", "value"))
        rows = zip(*columns, strict=True)
        return {(account, score): value for account, score, value in rows if value is not None}

    def mean_coverage(self, score: str) -> float | None:
        """Return the mean coverage of a score, 0..1; None without accounts."""
        rows = zip(
            self.scores.column("score").to_pylist(),
            self.scores.column("coverage").to_pylist(),
            strict=True,
        )
        found = [coverage for name, coverage in rows if name == score and coverage is not None]
        return sum(found) / len(found) if found else None


def rows(snapshot: Snapshot, marks: Mapping[str, object], known_at: datetime) -> pa.Table:
    """Return a snapshot as it is kept.

    Args:
        snapshot: From scoring.
        marks: ``run``, ``model`` (checksum) and ``replayed`` of it.
        known_at: The run's time: what was known, and when it is kept.
    """
    scores = snapshot.scores.select([n for n in KEPT if n in snapshot.scores.schema.names])
    count = scores.num_rows
    as_of = snapshot.as_of.replace(tzinfo=UTC)
    columns = {
        "run": pa.array([marks["run"]] * count, pa.int64()),
        "model": pa.array([marks["model"]] * count, pa.string()),
        "replayed": pa.array([marks["replayed"]] * count, pa.bool_()),
        "as_of": pa.array([as_of] * count, STAMP),
        "known_at": pa.array([known_at] * count, STAMP),
        "kept_at": pa.array([known_at] * count, STAMP),
    }
    for name, column in columns.items():
        scores = scores.append_column(name, column)
    return scores


def promote(store: Store, planned: int, run: int, kept_at: datetime) -> None:
    """Keep the snapshot of a plan, now that it is applied.

    It still tells what was known when it was planned.

    Args:
        store: The tables at rest.
        planned: The run that made the plan.
        run: The run that applies it.
        kept_at: The run's time.

    Raises:
        PlanError: it is not kept any more.
    """
    scan = store.scan(PLANNED)
    if scan is None:
        raise PlanError(_gone(planned))
    with duck.connect() as con:
        found: pa.Table = con.sql(
            f"SELECT * REPLACE ({run}::BIGINT AS run) FROM {scan} WHERE run = {planned}"  # noqa: S608 - numbers
        ).to_arrow_table()
    if not found.num_rows:
        raise PlanError(_gone(planned))
    for name in ("as_of", "known_at"):
        at = found.schema.get_field_index(name)
        found = found.set_column(at, name, found.column(name).cast(STAMP))
    found = found.drop_columns([name for name in ("kept_at",) if name in found.schema.names])
    kept = pa.array([kept_at] * found.num_rows, STAMP)
    store.add(TABLE, found.append_column("kept_at", kept))


def _gone(planned: int) -> str:
    return f"the scores of plan {planned} are not kept any more; nothing was written. Plan again"


def last(
    con: duckdb.DuckDBPyConnection, store: Store, known_at: datetime | None = None
) -> Past | None:
    """Return the latest snapshot that is no replay, of those that were kept before a time."""
    return _load(con, store, f"NOT replayed{_kept_before(store, known_at)}", "run DESC")


def before(
    con: duckdb.DuckDBPyConnection,
    store: Store,
    time: datetime,
    model: str,
    known_at: datetime | None = None,
) -> Past | None:
    """Return the latest snapshot of a model at a time, or not much older.

    Args:
        con: Where it is read.
        store: The tables at rest.
        time: The time that it holds for.
        model: Checksum of its model.
        known_at: Only of those that were kept before; None: of all.
    """
    at = f"make_timestamp({_micros(time)})"
    stamp = "make_timestamp(epoch_us(as_of))"
    oldest = f"make_timestamp({_micros(time - SLACK)})"
    wanted = f"{stamp} <= {at} AND {stamp} >= {oldest} AND model = {literal(model)}"
    return _load(con, store, wanted + _kept_before(store, known_at), "as_of DESC, run DESC")


def _kept_before(store: Store, time: datetime | None) -> str:
    if time is None:
        return ""
    columns = store.columns(TABLE)  # snapshots of an earlier Pulsefield were kept when known
    kept_at = "coalesce(kept_at, known_at)" if "kept_at" in columns else "known_at"
    return f" AND epoch_us({kept_at}) < {_micros(time)}"


def _micros(time: datetime) -> int:
    return round(time.timestamp() * 1_000_000)


def _load(con: duckdb.DuckDBPyConnection, store: Store, where: str, order: str) -> Past | None:
    scan = store.scan(TABLE)
    if scan is None:
        return None
    found = con.execute(
        f"SELECT run, replayed, epoch_us(as_of) FROM {scan} WHERE {where}"  # noqa: S608 - ours
        f" ORDER BY {order} LIMIT 1"
    ).fetchall()
    if not found:
        return None
    run, replayed, micros = found[0]
    scores = con.sql(
        f"SELECT account, score, value, band, coverage FROM {scan}"  # noqa: S608 - numbers
        f" WHERE run = {run} AND replayed = {replayed} AND epoch_us(as_of) = {micros}"
    ).to_arrow_table()
    return Past(datetime.fromtimestamp(micros / 1_000_000, UTC), scores)
