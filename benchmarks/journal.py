"""What the journal costs: an apply with it, beside the same writes with nothing noted.

``python benchmarks/journal.py [--updates 20000] [--latency 0.05] [--url URL] [--lifted]``:
HubSpot's stand-in, in a process of its own, answers each batch of 100 after the latency. The two
ways take turns, best of three. With the journal, the time counts from keeping the plan to the
last answer, and keeping what the target holds now. HubSpot's rate limit sets the pace of both;
``--lifted`` takes it away, so that only the latency is left to hide behind.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from standins import Wanted, connected, own, served

from connectors.base import FieldUpdate, SilentLog
from sync import writes
from sync.apply import Applier
from sync.journal import Journal
from sync.lease import lease
from sync.plan import Plan, PlannedWrite, checksum, counts
from sync.progress import Silent
from sync.store import Store
from sync.summary import PlanReport

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SYSTEM = "hubspot"
TURNS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updates", type=int, default=20_000)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--url", default="", help="of the journal; SQLite by default")
    parser.add_argument("--lifted", action="store_true")
    options = parser.parse_args()
    wanted = Wanted(SYSTEM, options.updates, latency=options.latency, lifted=options.lifted)
    seconds: dict[str, list[float]] = {"bare": [], "noted": []}
    with tempfile.TemporaryDirectory(prefix="journal-") as folder, served(wanted) as stand_in:
        journal = Journal(options.url or f"sqlite:///{folder}/journal.sqlite")
        applier = Applier(journal, Store(folder), NOW, Silent())
        refs, _ = stand_in.ask("refs")
        connected(SYSTEM, stand_in).create_fields(tuple(own(SYSTEM)))

        def bare(plan: Plan) -> None:
            updates = [
                FieldUpdate(w.ref, {n: v for n, (_, v) in w.change.items()}) for w in plan.writes
            ]
            assert all(r.ok for r in connected(SYSTEM, stand_in).write(updates, SilentLog()))

        def noted(plan: Plan) -> None:
            number = writes.save(journal, 1, plan, NOW)
            journal.flush()
            with lease(journal):
                report = applier.apply(connected(SYSTEM, stand_in), number, plan.writes)
            assert report.ok == len(plan.writes)

        for turn in range(TURNS):
            for name, way in (("bare", bare), ("noted", noted)):
                seconds[name].append(_timed(way, _plan(refs, turn)))
        journal.close()
    without, with_it = min(seconds["bare"]), min(seconds["noted"])
    limit = "no rate limit" if options.lifted else "HubSpot's rate limit"
    print(
        f"{len(refs):,} updates, {options.latency * 1000:.0f} ms latency, {limit},"
        f" journal on {journal.engine.dialect.name}, best of {TURNS}"
    )
    print(f"without journal {without:.2f} s, with it {with_it:.2f} s")
    print(f"overhead {100 * (with_it / without - 1):.1f} %")


def _timed(way: Callable[[Plan], None], plan: Plan) -> float:
    began = time.monotonic()
    way(plan)
    return time.monotonic() - began


def _plan(refs: Sequence[str], turn: int) -> Plan:
    band = ("red", "green")[turn % 2]
    told = f"2026-11-2{turn}T06:00:00Z"
    rows = tuple(
        PlannedWrite(ref, at, _change(f"{(at + turn) % 100}.0", band, f"Uses it {turn}", told))
        for at, ref in enumerate(refs)
    )
    report = PlanReport(SYSTEM, None, checksum(SYSTEM, rows), len(rows), len(rows), **counts(rows))
    return Plan(SYSTEM, rows, report)


def _change(*values: str) -> dict[str, tuple[str | None, str | None]]:
    return {spec.name: (None, value) for spec, value in zip(own(SYSTEM), values, strict=True)}


if __name__ == "__main__":
    main()
