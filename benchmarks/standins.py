"""The vendors' stand-ins in a process of their own, filled to any size, and measured calls.

Nothing here leaves loopback. A stand-in holds a generated portfolio whose rows are repeated under
new ids until there are as many as wanted, so that a million takes seconds to make.
"""

import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle, islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pyarrow as pa
from rendered import Busy, Rendered

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from connectors.base import Context, FieldSpec
from connectors.registry import load
from connectors.simulator import Faults, start
from connectors.simulator.hubspot_store import Record
from connectors.simulator.names import salesforce_id
from connectors.simulator.salesforce_schema import PREFIXES
from connectors.simulator.zendesk_jobs import Jobs
from connectors.simulator.zendesk_state import METRIC_IDS

SYSTEMS = ("salesforce", "hubspot", "zendesk")
FIELDS = (
    FieldSpec("pulsefield_health", "Health", "number"),
    FieldSpec("pulsefield_band", "Band", "choice", options=(("red", "Red"), ("green", "Green"))),
    FieldSpec("pulsefield_reasons", "Reasons", "longtext"),
    FieldSpec("pulsefield_scored_at", "Scored at", "datetime"),
)
_SPREAD = 20  # rows changed in one second
_FREE = 1_000_000  # requests in a window where a limit is lifted


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be served.

    Attributes:
        system: Which vendor.
        records: Accounts, and records of the child object.
        child: Name of the child object; empty: none.
        latency: Seconds before each answer.
        faults: What goes wrong.
        bad: Share of the accounts whose writes are refused.
        lifted: Whether the vendor's rate limits are taken away, so that the rest can be seen.
        job: Seconds that Salesforce takes at least to work off an upload; Zendesk takes its own.
        rendered: Whether a page that was asked for once is there at once from then on.
    """

    system: str
    records: int
    child: str = ""
    latency: float = 0.05
    faults: Faults = field(default_factory=Faults)
    bad: float = 0.0
    lifted: bool = False
    job: float = 0.0
    rendered: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """What a call cost.

    Attributes:
        value: What it returned.
        wall: Seconds.
        cpu: Seconds of its process, system time included.
        peak: Megabytes that its process needed at most.
    """

    value: Any
    wall: float
    cpu: float
    peak: float


class Served:
    """A stand-in that is being served."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.url, self.credentials = pipe.recv()

    def ask(self, what: str | float) -> Any:
        """Return ``refs`` (ids of accounts), ``log`` (requests by status) or ``written``.

        Or ``busy``: seconds of work that its answers took since it was asked last. A number is
        the new latency.
        """
        self._pipe.send(what)
        return self._pipe.recv()


@contextmanager
def served(wanted: Wanted) -> Iterator[Served]:
    """Serve until left."""
    spawn = get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(wanted, theirs), daemon=True)
    process.start()
    try:
        yield Served(ours)
    finally:
        ours.send("stop")
        process.join()


def measured(work: Callable[..., Callable[[], Any]], *args: Any) -> Sample:
    """Make ``work(*args)`` in a new process, call what it returns, and measure the call."""
    spawn = get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_run, args=(theirs, work, args))
    process.start()
    theirs.close()
    sample: Sample = ours.recv()
    process.join()
    return sample


def connected(system: str, served: Served, **settings: Any) -> Any:
    """Return a connection of ours to a stand-in."""
    return connection(system, served.url, served.credentials, **settings)


def connection(system: str, url: str, credentials: dict[str, str], **settings: Any) -> Any:
    """Return a connection of ours."""
    auth = {
        "salesforce": {"kind": "client_credentials", "client_id": credentials.get("client_id")}
        | {"client_secret": "client_secret"},
        "hubspot": {"kind": "token", "token": "token"},
        "zendesk": {"kind": "token", "token": "token"},
    }[system]
    fields = tuple(own(system))
    context = Context(credentials.__getitem__, datetime.now(UTC), fields)
    connector = load(system)
    chosen = connector.Settings(base_url=url, auth=auth, budget=1.0, **settings)
    return connector.connect(system, chosen, context)


def own(system: str) -> Iterator[FieldSpec]:
    """Yield our fields under the names that a system wants."""
    for spec in FIELDS:
        name = f"{spec.name.title()}__c" if system == "salesforce" else spec.name
        yield FieldSpec(name, spec.label, spec.type, options=spec.options)


def _run(pipe: Connection, work: Callable[..., Callable[[], Any]], args: tuple[Any, ...]) -> None:
    call = work(*args)
    pa.array([None])  # imports pandas where that is installed
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    value = call()
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    pipe.send(Sample(value, wall, cpu, after.ru_maxrss / 1024))


def _serve(wanted: Wanted, pipe: Connection) -> None:
    system: Any = wanted.system
    simulator = start(
        300, latency=wanted.latency, faults=wanted.faults, systems=(system,), as_of=None
    )
    app: Any = simulator.apps[system]
    fill = {"salesforce": _salesforce, "hubspot": _hubspot, "zendesk": _zendesk}[system]
    refs, counted = fill(app, wanted)
    if wanted.lifted:
        _lift(app, system)
    bad = set(islice(refs, 0, None, round(1 / wanted.bad))) if wanted.bad else set()
    for ref in bad:
        (app.org if system == "salesforce" else app).fail_row(ref, "SIMULATED_REFUSAL")
    injector, busy = simulator.faults[system], Busy(Rendered(app) if wanted.rendered else app)
    if wanted.faults == Faults():
        injector.app = busy  # type: ignore[assignment] # enough of one where no fault is

    def wait(latency: float) -> None:
        injector.latency = latency

    answers: dict[str, Callable[[], Any]] = {
        "refs": lambda: (refs, bad),
        "written": lambda: dict(counted),
        "log": lambda: Counter(status for _, _, status in app.log.entries),
        "busy": busy.take,
    }
    with simulator:
        pipe.send((simulator.urls[system], dict(app.credentials)))
        while (what := pipe.recv()) != "stop":
            pipe.send(wait(what) if isinstance(what, float) else answers[what]())


def _counting(owner: type, method: str, ref: Callable[..., str]) -> Counter[str]:
    """Count calls of a method of a stand-in's class by record."""
    counted: Counter[str] = Counter()
    plain = getattr(owner, method)

    def call(*args: Any) -> Any:
        counted[ref(*args)] += 1
        return plain(*args)

    setattr(owner, method, call)
    return counted


def _hubspot(app: Any, wanted: Wanted) -> tuple[list[str], Counter[str]]:
    refs: list[str] = []
    for kind in filter(None, ("companies", wanted.child)):
        store = app.state.stores[kind]
        rows = [row.properties for row in store.records.values() if row.archived_at is None]
        for row in rows:
            row.pop("hs_merged_object_ids", None)
        store.records.clear()
        store._ids = {False: [], True: []}  # noqa: SLF001 - filled anew
        store._stamps.clear()  # noqa: SLF001
        first = 9_000_000_000
        store.load(
            Record(number, {**row, "hs_object_id": str(number)})
            for number, row in enumerate(islice(cycle(rows), wanted.records), first)
        )
        refs = refs or [str(number) for number in store.ids()]
    counted = _counting(
        type(app.state), "write", lambda _state, _store, record, _values: str(record.id)
    )
    return refs, counted


def _zendesk(app: Any, wanted: Wanted) -> tuple[list[str], Counter[str]]:
    tables = app.state.tables
    first = int(time.time()) - 600 - wanted.records // _SPREAD
    for name in filter(None, ("organizations", wanted.child)):
        table = tables[name]
        rows = [row for row in table.rows.values() if row.get("organization_id", 1)]
        _emptied(table)
        table.load(
            ({**row, "id": number}, first + (number - 1) // _SPREAD)
            for number, row in enumerate(islice(cycle(rows), wanted.records), 1)
        )
        if name == "tickets":
            metrics = tables["ticket_metrics"]
            old = [metrics.rows[row["id"] + METRIC_IDS] for row in rows]
            _emptied(metrics)
            metrics.load(
                ({**row, "id": number + METRIC_IDS, "ticket_id": number}, 0)
                for number, row in enumerate(islice(cycle(old), wanted.records), 1)
            )
    refs = [str(number) for number in tables["organizations"].ids()]
    counted: Counter[str] = Counter()
    start_job = Jobs.start

    def start_counting(jobs: Jobs, total: int, work: Callable[[], list[Any]]) -> Any:
        def counting() -> list[Any]:
            results = work()
            counted.update(str(row["id"]) for row in results if row.get("success"))
            return results

        return start_job(jobs, total, counting)

    Jobs.start = start_counting  # type: ignore[method-assign] # this process is the stand-in's
    return refs, counted


def _emptied(table: Any) -> None:
    for part in (table.rows, table.changed, table._ids):  # noqa: SLF001 - filled anew
        part.clear()


def _salesforce(app: Any, wanted: Wanted) -> tuple[list[str], Counter[str]]:
    org = app.org
    org.job_polls, org.job_seconds = 0, wanted.job
    refs: list[str] = []
    for entity in filter(None, ("Account", wanted.child)):
        table = org.tables[entity]
        rows = list(table.live())
        table.rows.clear()
        for number, row in enumerate(islice(cycle(rows), wanted.records), 1):
            ref = salesforce_id(PREFIXES[entity], 10_000_000_000 + number)
            table.rows[ref] = [ref, *row[1:]]
        refs = refs or list(table.rows)
    return refs, _counting(type(org), "touch", lambda _org, _table, row: str(row[0]))


def _lift(app: Any, system: str) -> None:
    if system == "salesforce":
        app.org.calls.limit = _FREE
        return
    limits = ("ten_seconds", "daily") if system == "hubspot" else ("general", "incremental")
    for name in limits:
        getattr(app.access, name).limit = _FREE
