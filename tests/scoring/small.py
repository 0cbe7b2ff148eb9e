"""Small models and facts for tests: one signal through one metric into one score."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from scoring import Model, Snapshot, load_model, score

NOW = datetime.fromisoformat("2026-11-27T12:00:00")
"""UTC without zone, as facts have it."""


def ago(**parts: float) -> datetime:
    """The moment that long before NOW."""
    return NOW - timedelta(**parts)


def model(
    signals: str, metrics: str = "", scores: str = "", rest: str = "", top: str = ""
) -> Model:
    """A model of the given tables; what is left out is filled in plainly."""
    first = load_names(signals)[0]
    metrics = metrics or f'[metrics.m]\nsignal = "{first}"\nworst = 0\nbest = 10\n'
    scores = scores or "[scores.health]\nweights = { m = 1 }\nmin_coverage = 0\n"
    return load_model(f'name = "t"\n{top}\n{signals}\n{metrics}\n{scores}\n{rest}')


def load_names(signals: str) -> list[str]:
    lines = [line.strip() for line in signals.splitlines()]
    return [line[len("[signals.") : -1] for line in lines if line.startswith("[signals.")]


def rows(table: list[dict[str, Any]], prefix: str = "r") -> pa.Table:
    """Arrow of rows, with source and ids r0, r1, ... where none are given."""
    names = list(dict.fromkeys(name for row in table for name in row))
    filled = [
        {"source": "s", "id": f"{prefix}{number}", **dict.fromkeys(names), **row}
        for number, row in enumerate(table)
    ]
    return pa.Table.from_pylist(filled)


def accounts(*columns: Mapping[str, Any]) -> pa.Table:
    """Accounts 1, 2, ... with the columns given; one plain account when none are."""
    given = columns or ({},)
    return pa.Table.from_pylist(
        [{"account": n, "account_id": f"A{n}", **each} for n, each in enumerate(given, 1)]
    )


def run(declared: Model, facts: Mapping[str, Any], **beside: Any) -> Snapshot:
    """Score at NOW; one plain account unless accounts are given."""
    given = {"accounts": accounts(), **facts}
    return score(declared, given, **{"as_of": NOW, **beside})


def signal(declaration: str, facts: Mapping[str, Any], account: int = 1, **beside: Any) -> Any:
    """The value of one signal of one account."""
    with run(model(f"[signals.x]\n{declaration}"), facts, **beside) as snapshot:
        found = {row["account"]: row["x"] for row in snapshot.signals.to_pylist()}
    return found[account]


def values(snapshot: Snapshot, name: str = "health") -> dict[int, Any]:
    """Account -> value of a score."""
    wanted = [row for row in snapshot.scores.to_pylist() if row["score"] == name]
    return {row["account"]: row["value"] for row in wanted}


def row(snapshot: Snapshot, account: int = 1, name: str = "health") -> dict[str, Any]:
    """One account's row of a score."""
    found = snapshot.scores.to_pylist()
    return next(r for r in found if r["account"] == account and r["score"] == name)


def unexplained(snapshot: Snapshot) -> float:
    """The largest difference between a value and 50 plus its parts."""
    sums: dict[tuple[int, str], float] = {}
    for part in snapshot.ledger(evidence=False).to_pylist():
        key = part["account"], part["score"]
        sums[key] = sums.get(key, 50.0) + part["points"]
    found = [r for r in snapshot.scores.to_pylist() if r["value"] is not None]
    return max(abs(sums.get((r["account"], r["score"]), 50.0) - r["value"]) for r in found)
