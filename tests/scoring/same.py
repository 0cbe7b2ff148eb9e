"""Two tables compared: one engine's answers against another's, to 1e-9."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from scoring import Model, Snapshot, score
from tests.scoring.both import near


def table(one: pa.Table, other: pa.Table) -> list[str]:
    """What differs: schema, number of rows, or the first values that do."""
    if one.schema != other.schema or one.num_rows != other.num_rows:
        return [f"{one.schema} {one.num_rows}", f"{other.schema} {other.num_rows}"]
    found = []
    for name in one.schema.names:
        pairs = zip(one.column(name).to_pylist(), other.column(name).to_pylist(), strict=True)
        found += [
            f"{name} in row {n}: {a!r}, {b!r}" for n, (a, b) in enumerate(pairs) if _far(a, b)
        ]
    return found[:5]


def _far(one: Any, other: Any) -> bool:
    if isinstance(one, float) or isinstance(other, float):
        return not near(one, other)
    return bool(one != other)


def snapshots(one: Snapshot, other: Snapshot, score: str | None = None) -> list[str]:
    """What differs between two snapshots in everything that they tell."""
    names = None if score is None else [score]
    return [
        *table(one.scores, other.scores),
        *table(one.ledger(score=score), other.ledger(score=score)),
        *table(one.reasons(scores=names), other.reasons(scores=names)),
        *table(one.missing, other.missing),
        *table(one.signals, other.signals),
    ]


def with_duckdb(
    model: Model, facts: Mapping[str, Any], as_of: datetime, connection: Any, **more: Any
) -> list[str]:
    """Score on DuckDB and on a connection, and tell what differs.

    ``only``: a score whose ledger and reasons are asked for, or "scores" for nothing but these.
    """
    only = more.pop("only", None)
    with (
        score(model, facts, as_of=as_of, **more) as here,
        score(model, facts, as_of=as_of, connection=connection, **more) as there,
    ):
        if only == "scores":
            return table(here.scores, there.scores)
        return snapshots(here, there, only)
