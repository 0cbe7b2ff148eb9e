"""kill -9 at hundreds of points: what is lost, wrong or doubled in the end.

``python -m benchmarks.kill [--points 300] [--seed 1] [--seconds 200] [--faults]``: each time a
new deployment over stand-ins, six runs of ``pulsefield sync --apply`` that are killed at seeded
points, one after the other (five at counted ones: a request, a commit of journal or store,
matching, scoring, planning; one after a random time), a run that ends, and one that must write
nothing.
"""

import argparse
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from connectors.simulator import Faults
from tests.sync import kill

IN_A_ROW = 6
FAULTS = Faults(too_many=0.02, server_error=0.02, cut=0.02, expire=0.01)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--seconds", type=float, default=float("inf"), help="end sooner, after these"
    )
    parser.add_argument("--faults", action="store_true", help="let the systems fail, too")
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="kill-"))
    pick = random.Random(options.seed)
    undisturbed = {deep: _undisturbed(home / f"whole-{deep}", deep=deep) for deep in (False, True)}
    wheres, bad, doubled, under_way, cut = Counter[str](), 0, 0, 0, 0
    began = time.monotonic()
    number = 0
    while wheres.total() < options.points and time.monotonic() - began < options.seconds:
        deep, number = number % 2 == 1, number + 1
        held, trace, seconds = undisturbed[deep]
        kills = [kill.Kill(_point(pick, trace)) for _ in range(IN_A_ROW - 1)]
        kills.insert(pick.randrange(IN_A_ROW), kill.Kill(None, pick.uniform(0.05, seconds)))
        folder = home / str(number)
        spoilt = replace(FAULTS, seed=1_000 * options.seed + number) if options.faults else None
        outcome = kill.killed(folder, kills, deep=deep, faults=spoilt)
        found = outcome.faults(held, clean=not options.faults)
        died = zip(outcome.wheres, outcome.codes, strict=True)
        wheres.update(where for where, code in died if code == -signal.SIGKILL)
        doubled += sum(outcome.doubled.values())
        under_way += outcome.in_flight.total()
        cut += outcome.cut.total()
        bad += bool(found)
        if found:
            print(f"{number}: {kills}, deep {deep}, {outcome.wheres}: {'; '.join(found)}")
        else:
            shutil.rmtree(folder)
        print(f"{wheres.total()} kills, {bad} wrong", file=sys.stderr, flush=True)
    print(
        f"{wheres.total()} kills in {number} deployments, {time.monotonic() - began:.0f} s;"
        f" {bad} deployments wrong in the end"
    )
    print(f"records in flight {under_way}, answers cut for {cut}, records sent again {doubled}")
    for where, count in wheres.most_common():
        print(f"{count:5}  {where}")
    raise SystemExit(bool(bad))


def _point(pick: random.Random, trace: list[str]) -> int:
    """Half of the points lie after the first plan, where writing begins."""
    planned = trace.index("after plan")
    return (
        pick.randrange(1, planned) if pick.random() < 0.5 else pick.randrange(planned, len(trace))
    )


def _undisturbed(folder: Path, *, deep: bool) -> tuple[dict[str, Any], list[str], float]:
    with kill.rig(folder, deep=deep) as made:
        began = time.monotonic()
        code = made.sync()
        assert code == 0, made.told()
        return made.held(), made.trace, time.monotonic() - began


if __name__ == "__main__":
    main()
