"""The SQL behind a plan: desired, held and last written values side by side, in DuckDB."""

from collections.abc import Iterable, Sequence

import duckdb

from .fields import TargetField
from .quoting import literal, quote
from .store import HELD, Store

HERE = "planned_here"
"""Table of the records of a part: id, account."""


def compare(
    con: duckdb.DuckDBPyConnection, store: Store, connection: str, fields: Sequence[TargetField]
) -> None:
    """Make the view ``compared``: one row per matched record of a target.

    A view, as a table of a million records would hold every old and new text at once.

    Columns: ref, account, and for the i-th field old_i, new_i (after the field's rules for
    missing values and for values edited by hand), wrote_i (what we wrote, where someone edited
    it), hand_i, kept_i, stale_i, foreign_i.

    Args:
        con: With ``desired`` (account and one text column per field) and ``members``.
        store: Has the held values.
        connection: The target.
        fields: In order.
    """
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {HERE} AS SELECT m.ref AS id, account"  # noqa: S608 - quoted
        " FROM members m SEMI JOIN desired USING (account)"
        f" WHERE m.main AND m.connection = {literal(connection)}"
    )
    held = (
        store.latest(HELD + connection, of=HERE)
        or "SELECT NULL::VARCHAR AS id, NULL::VARCHAR AS origin"
    )
    known = {row[0] for row in con.sql(f"DESCRIBE {held}").fetchall()}
    columns = ", ".join(
        column for at, field in enumerate(fields) for column in _columns(at, field, known)
    )
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW compared AS"  # noqa: S608 - names are quoted
        f" SELECT m.id AS ref, m.account, {columns} FROM {HERE} m"
        f" JOIN desired d USING (account)"
        f" LEFT JOIN ({held}) h ON h.id = m.id"
        f" LEFT JOIN ({_written(store, connection, held)}) w ON w.id = m.id"
    )


def _written(store: Store, connection: str, held: str) -> str:
    """Return SQL for what was last written to the records that were read since.

    Of the others, the last version is what was written.
    """
    scan = store.scan(HELD + connection)
    if scan is None:
        return "SELECT NULL::VARCHAR AS id"
    return (
        f"SELECT * FROM {scan} WHERE origin = 'written'"  # noqa: S608 - paths are quoted
        f" AND id IN (SELECT id FROM ({held}) WHERE origin = 'read')"
        " QUALIFY row_number() OVER (PARTITION BY id ORDER BY known_at DESC, row_seq DESC) = 1"
    )


def _columns(at: int, field: TargetField, known: set[str]) -> list[str]:
    name = quote(field.spec.name)
    there = field.spec.name in known
    old, written = (f"h.{name}", f"w.{name}") if there else ("NULL::VARCHAR", "NULL::VARCHAR")
    read = "h.origin = 'read'"
    hand = f"({read} AND {written} IS NOT NULL AND {old} IS DISTINCT FROM {written})"
    kept = hand if field.choice.by_hand == "keep" else "false"
    keeps = field.choice.no_score == "keep"
    new = f"coalesce(d.{name}, {old})" if keeps else f"d.{name}"
    stale = f"(d.{name} IS NULL AND {old} IS NOT NULL)" if keeps else "false"
    return [
        f"{old} AS old_{at}",
        f"CASE WHEN {kept} THEN {old} ELSE {new} END AS new_{at}",
        f"CASE WHEN {hand} THEN {written} END AS wrote_{at}",
        f"coalesce({hand}, false) AS hand_{at}",
        f"{stale} AS stale_{at}",
        f"coalesce({kept}, false) AS kept_{at}",
        f"coalesce({read} AND {old} IS NOT NULL AND {written} IS NULL, false) AS foreign_{at}",
    ]


def _differs(at: int) -> str:
    return f"old_{at} IS DISTINCT FROM new_{at}"


def changed_sql(fields: Sequence[TargetField]) -> str:
    """Return SQL for the records to write: ref, account, then old, new, differs per field.

    A stamp is written beside other changes, where it is empty, and where its renewal is due.
    """
    real = [
        _stamp_due(at, field.choice.renew_days) if field.stamp else _differs(at)
        for at, field in enumerate(fields)
    ]
    cells = ", ".join(f"old_{at}, new_{at}, {_differs(at)}" for at in range(len(fields)))
    return (
        f"SELECT ref, account, {cells} FROM compared"  # noqa: S608 - numbered columns
        f" WHERE {' OR '.join(real) or 'false'} ORDER BY ref"
    )


def _stamp_due(at: int, days: int) -> str:
    """Return SQL: a stamp is to be written though nothing else may have changed.

    Once in ``days`` each record has a day of its own, so that no run writes all of them; what
    was missed by then, as no run came, is written by the next one.
    """
    empty = f"(old_{at} IS NULL AND new_{at} IS NOT NULL)"
    if not days:
        return empty
    old, new = (f"TRY_CAST(left({side}_{at}, 10) AS DATE)" for side in ("old", "new"))
    own_day = f"(epoch({new}) // 86400 + hash(ref) % {days}) % {days} = 0"
    late = f"date_diff('day', {old}, {new}) >= {days}"
    return f"({empty} OR {old} < {new} AND ({own_day} OR {late}))"


def edited_sql(fields: Sequence[TargetField], limit: int) -> str:
    """Return SQL for values edited by hand: ref, account, field's place, wrote, held, kept."""
    parts = [
        f"SELECT ref, account, {at}, wrote_{at}, old_{at}, kept_{at} FROM compared WHERE hand_{at}"  # noqa: S608 - numbered columns
        for at in range(len(fields))
    ]
    return f"{' UNION ALL '.join(parts)} ORDER BY 1, 3 LIMIT {limit}"


def aggregate_sql(fields: Sequence[TargetField], step: float) -> str:
    """Return SQL for one row that the limits look at.

    records, held, replaced, cleared, bands, by_hand, kept_by_hand, stale, values, before, after
    (count and sums of the main value where it stays one), then for each field how many replaced
    values Pulsefield never wrote.
    """
    places = list(enumerate(fields))
    real = [at for at, field in places if not field.stamp]
    values = [at for at, field in places if field.telling and field.part == "value"]
    bands = [at for at, field in places if field.telling and field.part == "band"]
    held = _any(f"old_{at} IS NOT NULL" for at in real)
    replaced = _any(_replaced(at, field, step) for at, field in places if not field.stamp)
    cleared = _any(f"(old_{at} IS NOT NULL AND new_{at} IS NULL)" for at in values)
    banded = _any(
        f"(NOT foreign_{at} AND old_{at} IS NOT NULL AND new_{at} IS NOT NULL AND {_differs(at)})"
        for at in bands
    )
    marks = [
        " + ".join(f"count(*) FILTER ({mark}_{at})" for at, _ in places) or "0"
        for mark in ("hand", "kept", "stale")
    ]
    foreign = [
        f"count(*) FILTER (foreign_{at} AND {_replaced(at, field, step)})" for at, field in places
    ]
    counts = [f"count(*) FILTER ({what})" for what in (held, replaced, cleared, banded)]
    columns = ["count(*)", *counts, *marks, *_sums(values), *foreign]
    return f"SELECT {', '.join(columns)} FROM compared"  # noqa: S608 - numbered columns


def _replaced(at: int, field: TargetField, step: float) -> str:
    """Return SQL: a value is replaced by one that is far from it, or that was not ours."""
    both = f"old_{at} IS NOT NULL AND new_{at} IS NOT NULL AND {_differs(at)}"
    if field.spec.type != "number":
        return f"({both} AND foreign_{at})"
    old, new = f"TRY_CAST(old_{at} AS DOUBLE)", f"TRY_CAST(new_{at} AS DOUBLE)"
    far = f"({old} IS NULL OR {new} IS NULL OR abs({new} - {old}) >= {step!r})"
    ours = "" if field.telling else f" AND foreign_{at}"
    return f"({both} AND {far}{ours})"


def _sums(values: Sequence[int]) -> tuple[str, ...]:
    if not values:
        return "0", "0", "0"
    old, new = (f"TRY_CAST({side}_{values[0]} AS DOUBLE)" for side in ("old", "new"))
    both = f"FILTER ({old} IS NOT NULL AND {new} IS NOT NULL)"
    return f"count(*) {both}", f"sum({old}) {both}", f"sum({new}) {both}"


def _any(conditions: Iterable[str]) -> str:
    found = list(conditions)
    return f"({' OR '.join(found)})" if found else "false"
