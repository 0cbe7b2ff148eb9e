"""What the journal costs: an apply with it, beside the same writes with nothing noted.

``python -m benchmarks.journal [--updates 20000] [--latency 0.05] [--url URL]``: HubSpot's
stand-in answers every batch of 100 after the latency; the two ways take turns, best of three.
"""

import argparse
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from typing import Any

from connectors import hubspot, simulator
from connectors.base import Context, FieldSpec, SilentLog
from sync import writes
from sync.apply import Applier
from sync.journal import Journal
from sync.plan import Plan, PlannedWrite, checksum, counts
from sync.progress import Silent
from sync.store import Store
from sync.summary import PlanReport

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SPECS = tuple(
    FieldSpec(f"pulsefield_{name}", name, "number")
    for name in ("health", "change", "adoption", "engagement", "coverage")
)
TURNS = 3


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--updates", type=int, default=20_000)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--url", default="", help="of the journal; SQLite by default")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="journal-") as folder,
        simulator.start(
            options.updates,
            systems=("hubspot",),
            latency=options.latency,
            facts=False,
            clock=lambda: time.time() + 50 * time.monotonic(),  # no rate limit between two turns
        ) as systems,
    ):
        journal = Journal(options.url or f"sqlite:///{folder}/journal.sqlite")
        store = Store(folder)
        connect = partial(_connection, systems)
        connect().create_fields(SPECS)
        app: Any = systems.apps["hubspot"]
        refs = [str(ref) for ref in app.state.store("companies").ids()]
        seconds: dict[str, list[float]] = {"bare": [], "journal": []}
        for turn in range(TURNS):
            plan = _plan(refs, turn)
            updates = [_saved(row, write).update for row, write in enumerate(plan.writes)]
            seconds["bare"].append(_timed(lambda u=updates: list(connect().write(u, SilentLog()))))
            number = writes.save(journal, 1, plan, NOW)
            journal.flush()
            applier = Applier(journal, store, NOW, Silent())
            seconds["journal"].append(_timed(lambda n=number, a=applier: a.apply(connect(), n)))
        journal.close()
    bare, noted = min(seconds["bare"]), min(seconds["journal"])
    print(f"{len(refs):,} updates, {options.latency * 1000:.0f} ms latency, best of {TURNS}")
    print(f"without journal {bare:.2f} s, with journal and held values {noted:.2f} s")
    print(f"overhead {100 * (noted / bare - 1):.1f} %")


def _saved(row: int, write: PlannedWrite) -> writes.Saved:
    return writes.Saved(row, write.ref, write.account, write.change)


def _timed(work: Any) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _connection(systems: Any, _name: str = "hubspot") -> Any:
    token = systems.credentials["hubspot"]["token"]
    told = {"auth": {"kind": "token", "token": "env:TOKEN"}, "base_url": systems.urls["hubspot"]}
    settings = hubspot.Settings.model_validate(told)
    context = Context(secret=lambda _: token, now=datetime.now(UTC), own_fields=SPECS)
    return hubspot.connect("hubspot", settings, context)


def _plan(refs: list[str], turn: int) -> Plan:
    names = [spec.name for spec in SPECS]
    rows = tuple(
        PlannedWrite(ref, at, dict.fromkeys(names, (None, f"{(at + turn) % 100}.0")))
        for at, ref in enumerate(refs)
    )
    report = PlanReport(
        "hubspot", None, checksum("hubspot", rows), len(rows), len(rows), **counts(rows)
    )
    return Plan("hubspot", rows, report)


if __name__ == "__main__":
    main()
