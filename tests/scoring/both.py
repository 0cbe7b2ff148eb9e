"""One model and one set of facts through the engine and through the oracle."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from scoring import Model, score
from scoring.tables import COLUMNS
from tests.scoring.oracle import Oracle
from tests.scoring.oracle_limits import Result
from tests.scoring.oracle_overrides import COLUMNS as SAID
from tests.scoring.oracle_signals import Facts

ARROW = {
    "string": pa.string(),
    "strings": pa.list_(pa.string()),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "time": pa.timestamp("us"),
    "date": pa.date32(),
}
Key = tuple[int, str]


@dataclass
class Answers:
    """Of both: (account, score) -> row, and (account, score) -> (part, name) -> points."""

    engine: dict[Key, dict[str, Any]]
    engine_ledger: dict[Key, dict[tuple[str, str], float]]
    oracle: dict[Key, Result]


def run(model: Model, facts: Facts, as_of: datetime, **more: Any) -> Answers:
    """Score with both. ``previous``: (account, score) -> (value, band); ``rates``; ``overrides``."""
    oracle = Oracle(model, facts, as_of, **more)
    rows, ledger = engine(model, facts, as_of, **more)
    results = {
        (account, name): result
        for account, customer in oracle.customers.items()
        for name, result in customer.results.items()
    }
    return Answers(rows, ledger, results)


def engine(
    model: Model, facts: Facts, as_of: datetime, *, previous: Any = None, **more: Any
) -> tuple[dict[Key, dict[str, Any]], dict[Key, dict[tuple[str, str], float]]]:
    """Score with the engine alone."""
    before = None
    if previous:
        rows = [
            {"account": account, "score": name, "value": value, "band": band}
            for (account, name), (value, band) in previous.items()
        ]
        kinds = [("account", pa.int64()), ("score", pa.string())]
        kinds += [("value", pa.float64()), ("band", pa.string())]
        before = pa.Table.from_pylist(rows, schema=pa.schema(kinds))
    if more.get("overrides") is not None:
        more["overrides"] = told(more["overrides"])
    ledger: dict[Key, dict[tuple[str, str], float]] = {}
    with score(model, arrow(facts), as_of=as_of, previous=before, **more) as snapshot:
        found = {(row["account"], row["score"]): row for row in snapshot.scores.to_pylist()}
        for row in snapshot.ledger(evidence=False).to_pylist():
            parts = ledger.setdefault((row["account"], row["score"]), {})
            name = (row["part"], row["name"])
            parts[name] = parts.get(name, 0.0) + row["points"]
    return found, ledger


def arrow(facts: Facts) -> dict[str, pa.Table]:
    """Facts as the engine takes them."""
    tables = {"accounts": table("accounts", facts.accounts)}
    tables |= {name: table(name, rows) for name, rows in facts.tables.items()}
    read = [
        {"account": account, "table": name, "read_at": at}
        for (account, name), at in facts.presence.items()
    ]
    kinds = [("account", pa.int64()), ("table", pa.string()), ("read_at", pa.timestamp("us"))]
    tables["presence"] = pa.Table.from_pylist(read, schema=pa.schema(kinds))
    return tables


def told(overrides: list[dict[str, Any]]) -> pa.Table:
    """Overrides as the engine takes them."""
    text, time = pa.string(), pa.timestamp("us")
    kinds = [pa.int64(), text, pa.float64(), text, text, text, time, time]
    fields = zip(SAID, kinds, strict=True)
    return pa.table({n: pa.array([row.get(n) for row in overrides], k) for n, k in fields})


def table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows with the canonical columns' types; columns of our own by their values."""
    keys = dict.fromkeys(["account", "source", "id", *(key for row in rows for key in row)])
    return pa.table({key: column(name, key, [row.get(key) for row in rows]) for key in keys})


def column(name: str, key: str, values: list[Any]) -> pa.Array:
    if key == "account":
        return pa.array(values, pa.int64())
    kind = COLUMNS[name].get(key) or own_kind(key, values)
    return pa.array(values, ARROW[kind])


def own_kind(key: str, values: list[Any]) -> str:
    if key in {"source", "id", "account_id"}:
        return "string"
    first = next((value for value in values if value is not None), 0.0)
    kinds = {bool: "boolean", str: "string", datetime: "time", date: "date"}
    return kinds.get(type(first), "number")


def differences(answers: Answers) -> list[str]:
    """What the engine says otherwise than the oracle, and ledgers that do not add up."""
    found = []
    for key, wanted in answers.oracle.items():
        row = answers.engine[key]
        shown = {name: getattr(wanted, name) for name in ("value", "coverage", "spread")}
        found += [
            f"{key} {name}: engine {row[name]}, oracle {value}"
            for name, value in shown.items()
            if not near(row[name], value)
        ]
        plain = {"band": wanted.band, "segment": wanted.segment, "growth": wanted.growth}
        plain["limited_by"] = ",".join(wanted.limited_by)
        plain |= {f"override_{name}": value for name, value in vars(wanted.said).items()}
        found += [
            f"{key} {name}: engine {row[name]}, oracle {value}"
            for name, value in plain.items()
            if row[name] != value
        ]
        found += ledger_differences(key, wanted, row, answers.engine_ledger.get(key, {}))
    return found


def ledger_differences(key: Key, wanted: Result, row: dict[str, Any], got: Any) -> list[str]:
    if wanted.value is None:
        return [f"{key} ledger without a value"] if got else []
    names = set(wanted.ledger) | set(got)
    found = [
        f"{key} {name}: engine {got.get(name, 0.0)}, oracle {wanted.ledger.get(name, 0.0)}"
        for name in sorted(names)
        if not near(got.get(name, 0.0), wanted.ledger.get(name, 0.0))
    ]
    if row["value"] is not None and not near(50 + sum(got.values()), row["value"]):
        found.append(f"{key} ledger adds up to {50 + sum(got.values())}, not {row['value']}")
    return found


def near(one: float | None, other: float | None, *, within: float = 1e-9) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= within * max(1.0, abs(one), abs(other))
