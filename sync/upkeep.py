"""Tables at rest kept small: old versions and snapshots out, small files together, as set.

Runs after a read, under the run's lease. Readers are not disturbed: files that are not part of a
table any more are deleted only after ``store.old_files``. What cannot be done is logged and tried
again after the next read, as nothing depends on it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pyarrow as pa
import sqlalchemy as sa
from deltalake import DeltaTable

from connectors.records import TABLES
from scoring import duck

from . import basis, history, identity, reads, schema
from .damage import explained
from .errors import StoreError
from .logs import LOGGER
from .private import private
from .quoting import quote
from .rewriting import rewrite
from .store import HELD, Store
from .tickets import SUFFIX
from .workspace import Workspace

WORTH = 0.01
"""Share of a table's rows that must have gone before it is written anew without them."""


def tidy(work: Workspace) -> None:
    """Put every table in order, and what the journal tells of earlier times, as ``[store]`` says.

    Raises:
        JournalError: the journal refuses.
    """
    for name in _names(work):
        try:
            with private(), explained(work.store.root, name):
                _tidy(work, name)
        except StoreError as error:
            LOGGER.warning("not packed: %s", error, extra={"data": {"table": name}})
    if work.config.store.versions is not None:
        cut = work.now - work.config.store.versions
        with work.journal.begin() as db:
            for part in (reads, identity, basis):
                part.prune(db, cut)


def _names(work: Workspace) -> Iterator[str]:
    yield from TABLES
    yield from (history.TABLE, history.PLANNED)
    for connection in work.config.connections:
        yield from (HELD + connection, HELD + connection + SUFFIX)


def _tidy(work: Workspace, name: str) -> None:
    settings, table = work.config.store, work.store.table(name)
    if table is None:
        return
    if name == history.PLANNED:
        _old_plans(work, table)
    elif name == history.TABLE:
        if settings.scores is not None:
            _old_snapshots(work.store, table, work.now - settings.scores)
    elif settings.versions is not None:
        _old_versions(work.store, name, table, work.now - settings.versions)
    if len(table.file_uris()) > settings.compact_files:
        table.optimize.compact()
    _vacuum(table, settings.old_files)
    if work.store.remote:
        work.store.copies.tidy(name, table)


def _vacuum(table: DeltaTable, age: timedelta) -> None:
    """Delete what the table does not use any more, files of writes that were cut off too."""
    hours = int(age / timedelta(hours=1))
    if table.vacuum(hours, enforce_retention_duration=False):
        table.vacuum(hours, dry_run=False, enforce_retention_duration=False)


def _old_plans(work: Workspace, table: DeltaTable) -> None:
    """Delete the snapshots of plans that are not going to be applied any more."""
    plans = schema.plans
    waiting = sa.select(plans.c.run).where(plans.c.state == "made")
    recent = waiting.where(plans.c.made_at >= work.now - work.config.store.plans)
    with work.journal.begin() as db:
        kept = set(db.execute(recent.distinct()).scalars())
    _delete(table, _runs(work.store, history.PLANNED, table, "true") - kept)


def _old_snapshots(store: Store, table: DeltaTable, before: datetime) -> None:
    """Delete the snapshots that are older, but the latest one."""
    old = _runs(store, history.TABLE, table, f"epoch_us(known_at) < {_micros(before)}")
    real = _runs(store, history.TABLE, table, "NOT replayed")
    _delete(table, old - {max(real, default=0)})


def _runs(store: Store, name: str, table: DeltaTable, where: str) -> set[int]:
    scan = store.scan(name, table)
    if scan is None:
        return set()
    with duck.connect() as con:
        found = con.sql(f"SELECT DISTINCT run FROM {scan} WHERE {where}")  # noqa: S608 - ours
        return {int(run) for (run,) in found.fetchall()}


def _delete(table: DeltaTable, runs: set[int]) -> None:
    if runs:
        table.delete(f"run IN ({', '.join(map(str, sorted(runs)))})")


def _old_versions(store: Store, name: str, table: DeltaTable, before: datetime) -> None:
    """Write a table without the rows that were replaced before a time, once it is worth it."""
    scan = store.scan(name, table)
    if scan is None:
        return
    replaced = (
        f"SELECT row_key, row_seq, lead(epoch_us(known_at)) OVER"  # noqa: S608 - paths are quoted
        f" (PARTITION BY source, id ORDER BY known_at, row_seq) AS replaced_at FROM {scan}"
        f" SEMI JOIN (SELECT row_key FROM {scan} WHERE row_prior) USING (row_key)"
    )
    with duck.connect() as con:
        con.execute(
            f"CREATE TEMP TABLE old AS SELECT row_key, row_seq FROM ({replaced})"  # noqa: S608 - quoted
            f" WHERE replaced_at <= {_micros(before)}"
        )
        count = f"SELECT (SELECT count(*) FROM old), count(*) FROM {scan}"  # noqa: S608 - quoted
        old, rows = con.sql(count).fetchall()[0]
        if old == 0 or old < rows * WORTH:
            return
        stored = pa.schema(table.schema().to_arrow())
        columns = ", ".join(quote(field.name) for field in stored)
        kept = f"SELECT {columns} FROM {scan} ANTI JOIN old USING (row_key, row_seq)"  # noqa: S608 - quoted
        rewrite(table, con, f"{kept} ORDER BY row_seq", stored)


def _micros(time: datetime) -> int:
    return round(time.timestamp() * 1_000_000)
