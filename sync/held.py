"""What a target holds once rows were written, so that it need not be read again."""

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from scoring import duck

from .damage import explained
from .quoting import quote
from .store import ADDED, HELD, Store
from .writes import Saved

_NO_FIELDS = {"source", "id", "known_at", "origin", *ADDED}


def keep(store: Store, connection: str, rows: Sequence[Saved], now: datetime) -> None:
    """Store what records hold after they were written; fields that were not written stay.

    Args:
        store: Has what they held before.
        connection: The target.
        rows: Writes that it has confirmed.
        now: The run's time.

    Raises:
        StoreError: as for ``Store.append``.
    """
    name = HELD + connection
    fields = sorted({field for row in rows for field in row.change})
    latest = store.latest(name, of="written")
    stored = [] if latest is None else [c for c in store.columns(name) if c not in _NO_FIELDS]
    before = "" if latest is None else f"LEFT JOIN ({latest}) AS held USING (id)"
    columns = ["$1 AS source", "id", "$2 AS known_at", "'written' AS origin"]
    columns += [_column(field, fields, stored) for field in sorted({*fields, *stored})]
    with duck.connect() as con, explained(store.root, name):
        con.register("written", _written(rows, fields))
        query = f"SELECT {', '.join(columns)} FROM written {before}"  # noqa: S608 - quoted
        table: pa.Table = con.sql(query, params=[connection, now]).to_arrow_table()
    store.append(name, table, always=True)


def _written(rows: Sequence[Saved], fields: Sequence[str]) -> pa.Table:
    """Return new values by id, and beside each field whether it was written."""
    columns = {"id": pa.array([row.ref for row in rows], pa.string())}
    for place, field in enumerate(fields):
        pairs = [row.change.get(field) for row in rows]
        columns[f"new_{place}"] = pa.array([pair and pair[1] for pair in pairs], pa.string())
        columns[f"is_new_{place}"] = pa.array([pair is not None for pair in pairs], pa.bool_())
    return pa.table(columns)


def _column(field: str, fields: Sequence[str], stored: Sequence[str]) -> str:
    """Return SQL for a field's value now."""
    name = quote(field)
    if field not in fields:
        return f"held.{name}"
    new = fields.index(field)
    if field not in stored:
        return f"new_{new} AS {name}"
    return f"CASE WHEN is_new_{new} THEN new_{new} ELSE held.{name} END AS {name}"
