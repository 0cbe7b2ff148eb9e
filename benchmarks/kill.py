"""kill -9 at hundreds of points: what is lost, wrong or doubled in the end.

``python -m benchmarks.kill [--points 300] [--seed 1] [--faults]``: each time a new deployment
over stand-ins, a ``pulsefield sync --apply`` that is killed at a seeded point (two in three at a
counted one: a request, a commit of journal or store, matching, scoring, planning; one in three
after a random time), a second run, and a third that must write nothing.
"""

import argparse
import random
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from connectors.simulator import Faults
from tests.sync import kill

FAULTS = Faults(too_many=0.02, server_error=0.02, cut=0.02, expire=0.01)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", action="store_true", help="let the systems fail, too")
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="kill-"))
    pick = random.Random(options.seed)
    undisturbed = {deep: _undisturbed(home / f"whole-{deep}", deep=deep) for deep in (False, True)}
    wheres, bad, doubled, under_way = Counter[str](), [], 0, 0
    began = time.monotonic()
    for number in range(options.points):
        deep = number % 2 == 1
        held, trace, seconds = undisturbed[deep]
        how: dict[str, Any] = {"fatal": _point(pick, trace)}
        if number % 3 == 2:
            how = {"seconds": pick.uniform(0.05, seconds)}
        faults = FAULTS if options.faults else None
        folder = home / str(number)
        outcome = kill.killed(folder, deep=deep, faults=faults, **how)
        found = outcome.faults(held, clean=not options.faults)
        alive = outcome.codes[0] >= 0
        wheres["not killed: it was over" if alive else outcome.where] += 1
        doubled += len(outcome.doubled)
        under_way += len(outcome.in_flight)
        if found:
            bad.append(f"{number}: {how}, deep {deep}, {outcome.where}: {'; '.join(found)}")
            print(bad[-1], flush=True)
        else:
            shutil.rmtree(folder)
    print(f"{options.points} kills in {time.monotonic() - began:.0f} s, {len(bad)} of them wrong")
    print(f"records in flight {under_way}, records sent twice {doubled}")
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
