"""Writing through faults: every good row once, every bad row with its reason, none lost.

    python benchmarks/faults.py [--updates 100000] [--systems hubspot] [--latency 0.0]

5 % of the answers are 429, 2 % are 500 or 503, and 1 % of the accounts refuse to be written. The
same records are then read through the same faults. Rate limits are lifted.
"""

import argparse
from collections import Counter
from collections.abc import Callable
from typing import Any

from pull import ACCOUNTS, EXTRA
from standins import SYSTEMS, Served, Wanted, connection, measured, own, served
from write import values

from connectors.base import FieldUpdate, SilentLog
from connectors.simulator import Faults

FAULTS = Faults(too_many=0.05, server_error=0.02, retry_after=1)
BAD = 0.01


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updates", type=int, default=100_000)
    parser.add_argument("--systems", default=",".join(SYSTEMS))
    parser.add_argument("--latency", type=float, default=0.0)
    args = parser.parse_args()
    print("system        rows  written  twice refused  lost | requests answers | read | wall s")
    for system in args.systems.split(","):
        wanted = Wanted(system, args.updates, "", args.latency, FAULTS, BAD, lifted=True)
        with served(wanted) as stand_in:
            check(system, stand_in)


def check(system: str, stand_in: Served) -> None:
    to = (stand_in.url, stand_in.credentials)
    refs, bad = stand_in.ask("refs")
    connection(system, *to).create_fields(tuple(own(system)))
    read = measured(reading, system, *to).value  # before writing: exports withhold a minute
    sample = measured(writing, system, *to, refs)
    done, refused, made = sample.value
    written = stand_in.ask("written")
    twice = sum(count > 1 for count in written.values())
    lost = len(refs) - len(done) - len(refused)
    answers = " ".join(f"{status}:{count}" for status, count in sorted(stand_in.ask("log").items()))
    print(
        f"{system:10s} {len(refs):7d} {len(done):8d} {twice:6d} {len(refused):7d} {lost:5d} | "
        f"{made:8d} {answers} | {read} | {sample.wall:.1f} {Counter(refused.values())}",
        flush=True,
    )
    assert done == set(refs) - bad == set(written)
    assert set(refused) == bad
    assert all("SIMULATED_REFUSAL" in reason for reason in refused.values())
    assert (twice, lost) == (0, 0)
    assert read == len(refs)


def writing(
    system: str, url: str, secrets: dict[str, str], refs: list[str]
) -> Callable[[], tuple[set[str], dict[str, str], int]]:
    """Return a call that writes; it returns rows written, reasons of others, and requests."""
    to = connection(system, url, secrets)
    updates = [FieldUpdate(ref, values(system)) for ref in refs]

    def every() -> tuple[set[str], dict[str, str], int]:
        results = list(to.write(updates, SilentLog()))
        assert [result.ref for result in results] == refs
        done = {result.ref for result in results if result.ok}
        refused = {result.ref: result.code for result in results if not result.ok}
        return done, refused, sum(to.stats.made.values())

    return every


def reading(system: str, url: str, secrets: dict[str, str]) -> Callable[[], int]:
    """Return a call that reads all accounts; it returns how many came, each counted once."""
    to = connection(system, url, secrets, **EXTRA.get(system, {}))

    def every() -> int:
        ids: set[Any] = set()
        for page in to.read(ACCOUNTS[system], None):
            if "accounts" in page.tables:
                ids.update(page.tables["accounts"].column("id").to_pylist())
        return len(ids)

    return every


if __name__ == "__main__":
    main()
