"""What the shipped models say of the simulator's customers, by the kind of customer.

``python -m benchmarks.distribution [--customers 500] [--seed 7] [model ...]``: the systems are
pulled and matched as in a run, then scored with each model. Only the simulator knows the kinds.
Prints a table in Markdown: how many, median and middle 80 % of health, and the bands.
"""

import argparse
import logging
import statistics
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from connectors import simulator as simulated
from connectors.simulator import Portfolio
from scoring import load_model, shipped_model
from sync import rehearsal, run
from sync.config import load
from sync.modelling.stored import Stored, reading_only, stored
from sync.workspace import Workspace

Rows: TypeAlias = dict[str, list[Mapping[str, Any]]]
SHIPPED = ("default", "support", "small_book", "trials")
BANDS = ("red", "yellow", "green", "no data")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="*", metavar="model", default=SHIPPED)
    parser.add_argument("--customers", type=int, default=500)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    for name, rows in rated(options.models, options.customers, options.seed):
        print(f"\n{name}\n")
        print("\n".join(table(rows)))


def rated(models: Sequence[str], customers: int, seed: int = 7) -> Iterator[tuple[str, Rows]]:
    """Yield each model with the rows of health by the kind of customer."""
    logging.getLogger("waitress").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="distribution-") as folder:
        with simulated.start(customers, seed) as systems:
            config = load(rehearsal.write(systems, Path(folder)))
            run.pull(config)
            portfolio = systems.portfolio
        work = Workspace(reading_only(config))
        try:
            with stored(work) as data:
                kinds = _kinds(portfolio, data)
                for name in models:
                    yield name, _health(data, name, kinds)
        finally:
            work.close()


def _kinds(portfolio: Portfolio, data: Stored) -> dict[int, str]:
    """Return account -> the kind of customer that most of its records are of."""
    truth = portfolio.truth()
    kinds = {}
    for account in data.matched.identities.accounts:
        found = Counter(truth[key].archetype for key in account.records if key in truth)  # type: ignore[index] # systems by their names
        kinds[account.account] = found.most_common(1)[0][0] if found else "no customer"
    return kinds


def _health(data: Stored, model: str, kinds: Mapping[int, str]) -> Rows:
    rows: Rows = defaultdict(list)
    with data.scored(load_model(shipped_model(model), file=model)) as snapshot:
        for row in snapshot.scores.to_pylist():
            if row["score"] == "health":
                rows[kinds[row["account"]]].append(row)
    return rows


def table(rows: Rows) -> list[str]:
    """Return the lines of a table, the kind with the lowest median first."""
    lines = [f"| customers | number | p10 | median | p90 | {' | '.join(BANDS)} |"]
    lines.append("|---|" + "---:|" * (4 + len(BANDS)))
    values = {
        kind: sorted(v for row in of if (v := row["value"]) is not None)
        for kind, of in rows.items()
    }
    for kind in sorted(rows, key=lambda name: statistics.median(values[name] or [0])):
        tenths = [f"{_at(values[kind], share):.0f}" for share in (0.1, 0.5, 0.9)]
        bands = Counter(row["band"] for row in rows[kind])
        numbers = [str(bands[band]) for band in BANDS]
        name = kind.replace("_", " ")
        lines.append(f"| {name} | {len(rows[kind])} | {' | '.join([*tenths, *numbers])} |")
    return lines


def _at(values: Sequence[float], share: float) -> float:
    return values[round(share * (len(values) - 1))] if values else float("nan")


if __name__ == "__main__":
    main()
