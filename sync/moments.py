"""The moments that a score is compared with: a stored run, a date, or what is replayed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import duckdb

from . import history
from .workspace import Workspace


@dataclass(frozen=True, slots=True)
class Then:
    """The moment that a score is compared with.

    Attributes:
        as_of: The time that it holds for, aware.
        run: The run that stored it; None: nothing was stored, and the moment is replayed.
        known_at: What was known when it was stored.
        model: Checksum of its model.
    """

    as_of: datetime
    run: int | None = None
    known_at: datetime | None = None
    model: str | None = None


def moment(work: Workspace, con: duckdb.DuckDBPyConnection, since: str) -> Then:
    """Return the stored moment that a person means, or one to replay.

    Raises:
        LookupError: no such run, or no date.
    """
    scan = work.store.scan(history.TABLE)
    if since.isdigit():
        found = _stored(con, scan, f"run = {int(since)}") if scan else None
        if found is None:
            raise LookupError(f"run {since} stored no scores; `pulsefield sync --apply` does")
        return found
    until = _until(since)
    if until > work.now:
        raise LookupError(f"{since} is still to come")
    oldest = _micros(until - history.SLACK)
    where = f"epoch_us(as_of) BETWEEN {oldest} AND {_micros(until)}"
    return (_stored(con, scan, where) if scan else None) or Then(until)


def _until(since: str) -> datetime:
    """Read a time; a date means its last second."""
    try:
        if len(since) <= len("2026-11-27"):
            return datetime.combine(date.fromisoformat(since), time(23, 59, 59), UTC)
        found = datetime.fromisoformat(since)
    except ValueError:
        raise LookupError(f"{since!r} is neither a run nor a date such as 2026-11-26") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _micros(moment: datetime) -> int:
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


def _stored(con: duckdb.DuckDBPyConnection, scan: str, where: str) -> Then | None:
    row = con.execute(
        f"SELECT epoch_us(as_of), run, epoch_us(known_at), model FROM {scan}"  # noqa: S608 - ours
        f" WHERE NOT replayed AND {where} ORDER BY as_of DESC, run DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    as_of, known = (datetime.fromtimestamp(row[at] / 1_000_000, UTC) for at in (0, 2))
    return Then(as_of, row[1], known, row[3])
