"""Planning 1,000,000 accounts with 10 fields, of which 1 % changed; and none.

``python -m benchmarks.plan [--accounts 1000000] [--changed 0.01]``: the target's values are in
the store, the scores in memory as scoring leaves them. Prints seconds and peak memory.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from datetime import UTC, datetime

import duckdb
import numpy as np
import pyarrow as pa

from scoring import Model, load_model, shipped_model
from sync import limits, plan, writes
from sync.fields import TargetField, target_fields
from sync.journal import Journal
from sync.scored import Portfolio, ScoreRows
from sync.settings import Connection, FieldChoice, Limits
from sync.store import HELD, Store

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
BANDS = np.array(["red", "yellow", "green"])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--changed", type=float, default=0.01)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="plan-") as folder:
        steps = [(_hold, None), (_measure, options.changed), (_measure, 0.0)]
        for step, share in steps:  # each in a process of its own, for its peak of memory
            process = context.Process(target=step, args=(folder, options.accounts, share))
            process.start()
            process.join()
            assert process.exitcode == 0


def _fields(model: Model) -> tuple[TargetField, ...]:
    own = {"usage": FieldChoice(value="usage.value")}
    return target_fields("crm", Connection(kind="salesforce", fields=own), model)


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _measure(folder: str, accounts: int, share: float) -> None:
    model = load_model(shipped_model("default"))
    fields = _fields(model)
    store, journal = Store(folder), Journal(f"sqlite:///{folder}/journal.sqlite")
    people = _portfolio(accounts, model, share)
    scored = _memory()
    with duckdb.connect() as con:
        con.register("keys", pa.table({"account": pa.array(people.accounts, pa.int64())}))
        con.execute(
            "CREATE TABLE members AS SELECT account, 'crm' AS connection,"
            " 'A' || account AS ref, 0 AS place, true AS main FROM keys"
        )
        began = time.monotonic()
        target = plan.Target("crm", fields, Limits(), {})
        made = plan.make(con, store, target, people, limits.Against(len(people.accounts)))
        planned = time.monotonic() - began
        writes.save(journal, 1, made, NOW)
        seconds = time.monotonic() - began
    journal.close()
    print(
        f"{made.report.updates:>8,} to write: planned in {planned:.1f} s, saved after"
        f" {seconds:.1f} s, peak memory {_memory():.2f} GB, of which scores {scored:.2f} GB"
    )


def _portfolio(count: int, model: Model, share: float = 0.0) -> Portfolio:
    """Scores of every account, as ``scored.portfolio`` makes them."""
    random = np.random.default_rng(7)
    scores = {}
    for name in model.scores:
        if name not in {"health", "adoption", "engagement", "usage"}:
            continue
        value = random.uniform(0, 100, count)
        scores[name] = ScoreRows(
            value=value.tolist(),
            band=BANDS[np.digitize(value, [40, 70])].tolist(),
            coverage=random.uniform(0.3, 1, count).tolist(),
            spread=[None] * count,
            segment=[None] * count,
            change=random.uniform(-9, 9, count).tolist(),
            reasons=[""] * count,
        )
    health = scores["health"]
    health.reasons[:] = [
        f"Health {value:.0f} (-3 since 14 Nov): invoice {at % 97} days past due (-6)"
        for at, value in enumerate(health.value)
    ]
    if share:
        every = round(1 / share)
        health.value[::every] = [(value + 3) % 100 for value in health.value[::every]]
    keys = list(range(1, count + 1))
    names = [f"crm:A{key}" for key in keys]
    return Portfolio(NOW, model, keys, names, names, scores)


def _hold(folder: str, count: int, _share: None) -> None:
    model = load_model(shipped_model("default"))
    store, fields, people = Store(folder), _fields(model), _portfolio(count, model)
    part = 100_000
    columns = {
        field.spec.name: plan.texts(field, people.part(field.score, field.part)) for field in fields
    }
    for start in range(0, count, part):
        end = min(start + part, count)
        rows = {name: pa.array(values[start:end], pa.string()) for name, values in columns.items()}
        stamp = pa.timestamp("us", tz="UTC")
        table = pa.table(
            {
                "source": pa.array(["crm"] * (end - start), pa.string()),
                "id": pa.array([f"A{key}" for key in people.accounts[start:end]], pa.string()),
                "known_at": pa.array([NOW] * (end - start), stamp),
                "origin": pa.array(["written"] * (end - start), pa.string()),
                **rows,
            }
        )
        store.append(HELD + "crm", table)
    print(f"{count:,} accounts, {len(fields)} fields; held values stored")


if __name__ == "__main__":
    main()
