"""Reading everything from each stand-in: wall time, CPU time and memory.

    python benchmarks/pull.py [--records 100000] [--systems hubspot,zendesk] [--latency 0.05]
                              [--only accounts|child] [--repeat 3] [--peak]

For each system its accounts and one child object are read by the connector and by a hand-written
loop that asks for the same pages and only decodes them. Printed:

- requests, and the fewest that page sizes allow: pages of records, and what every pull needs beside
  them (Salesforce: log-in, description, counts, job, and that it is over; HubSpot: properties);
- floor: seconds that the requests of this very pull take when they are sent again one after the
  other over one connection by ``http.client``, and what they bring is read and thrown away. That is
  latency times requests, and the time that the stand-in needs to send the pages (10 MB each of
  Salesforce). A cursor or locator is known only when its page has come, and what a job found when it
  is over, so no vendor allows a client to be faster by asking for several at once;
- wall/floor and wall/loop, cpu/loop: ratios; peak: megabytes of the reading process;
- busy: seconds that the stand-in itself worked meanwhile. With latency its pages are rendered
  before, by a run that is not measured: no vendor lets a client wait for Python's ``json.dumps``;
- rate: seconds that the vendor's limit allows at best, where that is longer. The stand-ins' limits
  are lifted: Zendesk's 10 exports a minute (30 with an add-on) would hide everything else.

``--repeat`` takes the best of several runs of each, in turns, where others use the machine as well.
``--peak`` reads once, by the connector, without latency, and prints its memory: for a million.
"""

import argparse
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from loops import BULK_ROWS, READ
from replay import recorded, replay
from standins import SYSTEMS, Sample, Served, Wanted, connected, connection, measured, served

Counts: TypeAlias = tuple[int, int]
CHILDREN = {"salesforce": "Task", "hubspot": "contacts", "zendesk": "tickets"}
ACCOUNTS = {"salesforce": "Account", "hubspot": "companies", "zendesk": "organizations"}
PAGE = {"salesforce": BULK_ROWS, "hubspot": 100, "zendesk": 1_000}
RATE = {"salesforce": math.inf, "hubspot": 19.0, "zendesk": 0.5}  # pages in a second
JOB = {"salesforce": 5, "hubspot": 1, "zendesk": 0}  # requests beside pages
EXTRA = {"zendesk": {"incremental_per_minute": 1_000}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--systems", default=",".join(SYSTEMS))
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--only", choices=("accounts", "child"))
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--peak", action="store_true")
    args = parser.parse_args()
    if not args.peak:
        print(f"{args.records:,} records, {args.latency * 1000:.0f} ms latency")
        print(
            "stream                requests (fewest)  floor   wall /floor /loop  busy | us/record  loop "
            "/loop | peak MB  loop |  rate"
        )
    for system in args.systems.split(","):
        streams = {"accounts": ACCOUNTS[system], "child": CHILDREN[system]}
        chosen = [name for kind, name in streams.items() if args.only in {None, kind}]
        child = streams["child"] if streams["child"] in chosen else ""
        wanted = Wanted(system, args.records, child, 0.0, lifted=True, rendered=not args.peak)
        with served(wanted) as stand_in:
            for stream in chosen:
                (peak if args.peak else compare)(system, stream, args, stand_in)


def peak(system: str, stream: str, args: argparse.Namespace, stand_in: Served) -> None:
    ours = measured(read, system, stream, stand_in.url, stand_in.credentials)
    assert ours.value[0] >= args.records
    print(f"{system + ' ' + stream:22s} {ours.wall:6.1f} s, peak {ours.peak:.0f} MB", flush=True)


def compare(system: str, stream: str, args: argparse.Namespace, stand_in: Served) -> None:
    fields = asked(system, stream, stand_in)
    to = (stand_in.url, stand_in.credentials)
    looped, pulled = (partial, READ[system], *to, stream, fields), (read, system, stream, *to)
    measured(*looped)  # the stand-in renders the pages
    sent = measured(recorded, *pulled).value
    stand_in.ask(args.latency)
    floors, loops, pulls, busy = [], [], [], 0.0
    for _ in range(args.repeat):
        floors.append(replay(stand_in.url, sent))
        loops.append(measured(*looped))
        stand_in.ask("busy")
        pulls.append(measured(*pulled))
        busy = stand_in.ask("busy")
    stand_in.ask(0.0)
    floor, loop, ours = min(floors), best(loops), best(pulls)
    records, made = ours.value
    assert loop.value == records >= args.records, (loop.value, records)
    assert made == len(sent)
    pages = math.ceil(args.records / PAGE[system])
    print(
        f"{system + ' ' + stream:22s} {made:7d} ({pages + JOB[system]:6d}) {floor:6.2f} "
        f"{ours.wall:6.2f} {ours.wall / floor:6.2f} {ours.wall / loop.wall:5.2f} {busy:5.1f} | "
        f"{ours.cpu / records * 1e6:9.1f} {loop.cpu / records * 1e6:5.1f} "
        f"{ours.cpu / loop.cpu:5.2f} | {ours.peak:7.0f} {loop.peak:5.0f} | "
        f"{pages / RATE[system]:5.0f}",
        flush=True,
    )


def best(samples: Sequence[Sample]) -> Sample:
    """Return the least wall and CPU time of equal calls, on a machine that others use; peak: most."""
    return Sample(
        samples[-1].value,
        min(sample.wall for sample in samples),
        min(sample.cpu for sample in samples),
        max(sample.peak for sample in samples),
    )


def read(system: str, stream: str, url: str, secrets: dict[str, str]) -> Callable[[], Counts]:
    """Return a call that reads a stream by the connector; it returns records and requests."""
    to = connection(system, url, secrets, **EXTRA.get(system, {}))

    def every() -> Counts:
        records = sum(page.records for page in to.read(stream, None))
        return records, sum(to.stats.made.values())

    return every


def asked(system: str, stream: str, stand_in: Served) -> tuple[str, ...]:
    """Return the fields that the connector asks for, so that the loop's pages are the same."""
    to = connected(system, stand_in)
    if system == "hubspot":
        return tuple(to._plans[stream].wanted)  # noqa: SLF001 - the loop is to ask alike
    if system == "salesforce":
        return tuple(to._reader.plan(stream).fields)  # noqa: SLF001
    return ()


if __name__ == "__main__":
    main()
