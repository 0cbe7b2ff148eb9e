"""Writing scores to each stand-in: requests, wall time, CPU time and memory.

    python benchmarks/write.py [--updates 100000] [--systems hubspot] [--latency 0.05] [--lifted]

Each update sets four fields of one account. Printed beside a hand-written loop over the same
batches:

- requests against the fewest: batches, and what every write needs beside them (log-in, the list of
  fields, a job's steps, and one question that finds it over for each full set of jobs);
- floor: the longest of what the vendor's rate limit allows and what its order of work does. Batches
  go in waves of as many as may be on their way at once; each takes its requests one after the other,
  the one that finds a job over included, at this latency, and what the vendor takes to work it off:
  a job is over ``--job`` seconds after its data is complete (Salesforce; 2 s as when the rivals were
  measured) or 0.2 s (Zendesk, as its stand-in). That is the vendor's time, the same for every
  client, which does not know it. What the client itself computes is in no floor;
- busy: seconds of computing by the stand-in meanwhile, in no floor either.

The stand-ins keep the vendors' limits: 190 requests in 10 s (HubSpot Enterprise), 2,500 a minute
(Zendesk with the High Volume add-on). ``--lifted`` takes them away.
"""

import argparse
import math
from collections.abc import Callable
from functools import partial
from typing import Any

from loops import WRITE
from standins import SYSTEMS, Served, Wanted, connection, measured, own, served

from connectors.base import FieldUpdate, SilentLog

BATCH = {"salesforce": math.inf, "hubspot": 100, "zendesk": 100}
LIMIT = {"salesforce": (math.inf, 0), "hubspot": (190, 10), "zendesk": (2_500, 60)}
"""Requests in any window of so many seconds."""

WORKERS = {"salesforce": 1, "hubspot": 4, "zendesk": 15}
ASKED = {"salesforce": 5, "hubspot": 1, "zendesk": 2}
"""Requests for a batch, one after the other, the one that tells of its end included."""

EXTRA = {"salesforce": 4, "hubspot": 0, "zendesk": 1}  # requests beside batches
SENT = ("87.5", "green", "Uses what it pays for", "2026-11-20T06:00:00Z")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updates", type=int, default=100_000)
    parser.add_argument("--systems", default=",".join(SYSTEMS))
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--lifted", action="store_true")
    parser.add_argument("--job", type=float, default=2.0)
    args = parser.parse_args()
    print(f"{args.updates:,} updates, {args.latency * 1000:.0f} ms latency, jobs of {args.job} s")
    print("system     requests (fewest)  floor   wall /floor /loop  busy | us/row  loop | peak MB")
    for system in args.systems.split(","):
        wanted = Wanted(
            system, args.updates, latency=args.latency, lifted=args.lifted, job=args.job
        )
        with served(wanted) as stand_in:
            compare(system, args, stand_in)


def compare(system: str, args: argparse.Namespace, stand_in: Served) -> None:
    to = (stand_in.url, stand_in.credentials)
    refs, _ = stand_in.ask("refs")
    connection(system, *to).create_fields(tuple(own(system)))
    stand_in.ask("busy")
    ours, busy = measured(writing, system, *to, refs), stand_in.ask("busy")
    done, made = ours.value
    written = stand_in.ask("written")
    assert done == len(refs) == len(written)
    assert set(written.values()) == {1}
    loop = measured(partial, WRITE[system], *to, rows(system, refs))
    assert loop.value == len(refs)
    batches = max(1, math.ceil(len(refs) / BATCH[system]))
    waves = math.ceil(batches / WORKERS[system])
    limit, window = LIMIT[system]
    pace = 0.0 if args.lifted else (batches - 1) // limit * window
    job = {"salesforce": args.job, "hubspot": 0.0, "zendesk": 0.2}[system]
    floor = max(pace, waves * (args.latency * ASKED[system] + job))
    fewest = batches + EXTRA[system] + (waves if system == "zendesk" else 0)
    print(
        f"{system:10s} {made:8d} ({fewest:6d}) {floor:6.2f} {ours.wall:6.2f} "
        f"{ours.wall / floor:6.2f} {ours.wall / loop.wall:5.2f} {busy:5.1f} | {ours.cpu / done * 1e6:6.1f} "
        f"{loop.cpu / done * 1e6:5.1f} | {ours.peak:4.0f} (loop {loop.peak:.0f})",
        flush=True,
    )


def values(system: str) -> dict[str, str | None]:
    """Return what is sent for each account."""
    return dict(zip((spec.name for spec in own(system)), SENT, strict=True))


def writing(
    system: str, url: str, secrets: dict[str, str], refs: list[str]
) -> Callable[[], tuple[int, int]]:
    """Return a call that writes by the connector; it returns rows written and requests."""
    to = connection(system, url, secrets)
    updates = [FieldUpdate(ref, values(system)) for ref in refs]

    def every() -> tuple[int, int]:
        done = sum(result.ok for result in to.write(updates, SilentLog()))
        return done, sum(to.stats.made.values())

    return every


def rows(system: str, refs: list[str]) -> list[dict[str, Any]]:
    """Return the same as the hand-written loops take it."""
    sent = values(system)
    if system == "zendesk":
        sent |= {"pulsefield_band": "pulsefield_band_green"}
    return [{"ref": ref, "values": sent} for ref in refs]


if __name__ == "__main__":
    main()
