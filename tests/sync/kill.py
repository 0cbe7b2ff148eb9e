"""Kills a real ``pulsefield`` process with SIGKILL at a chosen point, over real HTTP.

The stand-ins are served by this process, the command line runs in another one that is forked
from a server with everything imported. Both live in a time that passes faster, so that nobody
waits for a vendor's pacing.
"""

import csv
import io
import json
import multiprocessing
import os
import resource
import signal
import sqlite3
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from requests.adapters import HTTPAdapter

from connectors import http, pacing
from connectors import simulator as simulated
from connectors.simulator.faults import FAULT
from sync import clock, domains, plan, rehearsal, rollup, run, workspace
from sync.cli import main
from sync.config import Config, load
from sync.facts import Facts
from sync.journal import Journal
from sync.service import stopping
from sync.store import Store

START = datetime(2026, 11, 20, 9, 5, tzinfo=UTC)
SPEED = 25
ATTEMPTS = 5
"""Runs after a kill until one ends well, where systems fail too."""
MODEL = """
name = "size"
version = "1"
signals.seats.field = "seats"
signals.mrr.field = "mrr"

[metrics.large]
signal = "seats"
worst = 0
best = 400

[metrics.paying]
signal = "mrr"
worst = 0
best = 4000

[scores.adoption]
weights = { large = 1 }

[scores.engagement]
weights = { paying = 1 }

[scores.health]
weights = { large = 1, paying = 2 }
"""
KEY = """
kind = "token"
token = "file:secrets/hubspot_token"
"""
OAUTH = """
kind = "oauth"
client_id = "{client_id}"
client_secret = "file:secrets/hubspot_client_secret"
refresh_token = "file:secrets/hubspot_refresh_token"
"""
"""Its tokens end, as a key's do not."""
_MODULES = ["sync.cli.app", "sync.cli.work", "sync.redo", "connectors.salesforce",
            "connectors.hubspot", "connectors.zendesk", "tests.sync.kill"]  # fmt: skip

domains.registrable("example.com")  # makes its table of suffixes: once for all forked processes


@dataclass(frozen=True)
class Pace:
    """A time that began at ``START`` and passes ``SPEED`` times as fast."""

    origin: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        return START + timedelta(seconds=SPEED * (time.monotonic() - self.origin))

    def seconds(self) -> float:
        return self.now().timestamp()


class Points:
    """Counts what a process passes, and ends it at the point of a number."""

    def __init__(self, fatal: int | None, trace: Path) -> None:
        self._fatal = fatal
        self._lock = threading.Lock()
        self._count = 0
        self._trace = trace.open("a", buffering=1, encoding="utf-8")

    def at(self, name: str) -> None:
        with self._lock:
            self._count += 1
            self._trace.write(name + "\n")
            if self._count == self._fatal:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, name: str, told: str) -> None:
        """Make a function of a class or module pass a point before and one after."""
        inner = getattr(owner, name)

        def outer(*args: Any, **named: Any) -> Any:
            self.at(f"before {told}")
            found = inner(*args, **named)
            self.at(f"after {told}")
            return found

        setattr(owner, name, outer)

    def arm(self) -> None:
        """Watch requests, commits of journal and store, matching, scoring and planning."""
        self.around(HTTPAdapter, "send", "request")
        self.around(Store, "_commit", "store")
        for name in ("match", "identify", "portfolio"):
            self.around(rollup, name, name)
        self.around(Facts, "scored", "score")
        self.around(plan, "make", "plan")
        sa.event.listen(sa.Engine, "commit", lambda _: self.at("before journal"))
        inner = Journal.begin

        @contextmanager
        def begin(journal: Journal) -> Iterator[sa.Connection]:
            with inner(journal) as connection:
                yield connection
            self.at("after journal")

        Journal.begin = begin  # type: ignore[method-assign]


@dataclass(frozen=True)
class How:
    """How a process goes.

    Attributes:
        trace: Where it notes the points that it passes.
        fatal: The number of the one that it dies at, or None.
        largest: Bytes that a file may have, as if the disk were full then; None: any.
        command: What is run.
        grace: Seconds that a scheduled run may go on after SIGTERM.
    """

    trace: Path
    fatal: int | None = None
    largest: int | None = None
    command: tuple[str, ...] = ("sync", "--apply", "--json")
    grace: float = stopping.GRACE


def _child(config: Path, pace: Pace, how: How) -> None:
    """Be ``pulsefield``."""

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return pace.now().astimezone(tz)

    workspace.datetime = Shifted  # type: ignore[misc]
    if how.command[0] == "schedule":
        clock.datetime = Shifted  # type: ignore[misc]
        stopping.GRACE = how.grace
    fast = {"monotonic": lambda: SPEED * time.monotonic(), "sleep": lambda s: time.sleep(s / SPEED)}
    for module in (http, pacing):
        module.time = SimpleNamespace(**{**vars(time), **fast})  # type: ignore[attr-defined]
    Points(how.fatal, how.trace).arm()
    told = os.open(how.trace.with_suffix(".out"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(told, 1)
    os.dup2(told, 2)
    if how.largest is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (how.largest, resource.RLIM_INFINITY))
    sys.argv = ["pulsefield", *how.command, "--config", str(config)]
    main()


class Counted:
    """A stand-in whose accepted writes are counted by record, and those whose answer was cut."""

    def __init__(self, app: Any, sent: Counter[str], cut: Counter[str]) -> None:
        self._app = app
        self._sent = sent
        self._cut = cut

    def __getattr__(self, name: str) -> Any:
        return getattr(self._app, name)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        refs = list(_refs(environ))

        def note(status: str, *rest: Any) -> Any:
            if status < "3":
                self._sent.update(refs)
                if environ.get(FAULT) == "cut":
                    self._cut.update(refs)
            return start(status, *rest)

        return self._app(environ, note)


def _refs(environ: dict[str, Any]) -> Iterator[str]:
    """Yield the records that a request writes."""
    path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
    if method == "GET" or not path.endswith(
        (
            "composite/sobjects",
            "companies/batch/update",
            "update_many.json",
            "update_many",
            "/batches",
        )
    ):
        return
    body = environ["wsgi.input"].read()
    environ["wsgi.input"] = io.BytesIO(body)
    if path.endswith("/batches"):
        yield from (row["Id"] for row in csv.DictReader(io.StringIO(body.decode())))
        return
    told = json.loads(body)
    rows = told.get("records") or told.get("inputs") or told.get("organizations") or ()
    yield from (str(row["id"]) for row in rows)


@dataclass
class Rig:
    """A deployment with its systems, in a folder of its own."""

    folder: Path
    pace: Pace
    simulator: simulated.Simulator
    config: Config
    sent: Counter[str] = field(default_factory=Counter)
    cut: Counter[str] = field(default_factory=Counter)

    def start(self, how: "How") -> Any:
        """Start a command in another process, and return that."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_MODULES)
        (self.folder / "trace").write_text("", encoding="utf-8")
        process = context.Process(target=_child, args=(self.config.file, self.pace, how))
        process.start()
        return process

    def sync(self, fatal: int | None = None, seconds: float | None = None, **how: Any) -> int:
        """Run ``sync --apply``; kill it at a point or after some time; return its exit code."""
        process = self.start(How(self.folder / "trace", fatal, **how))
        process.join(seconds)
        if seconds is not None:
            process.kill()
        process.join()
        code: int = process.exitcode
        process.close()
        return code

    @property
    def trace(self) -> list[str]:
        """What the last run passed."""
        return (self.folder / "trace").read_text(encoding="utf-8").splitlines()

    def told(self) -> str:
        """What all runs printed."""
        return (self.folder / "trace.out").read_text(encoding="utf-8")

    def in_flight(self) -> set[str]:
        """Records of which the journal says that they were sent, and not what became of them."""
        file = self.config.journal.removeprefix("sqlite:///")
        if not Path(file).exists():
            return set()
        with sqlite3.connect(file) as db:
            there = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'writes'").fetchone()
            rows = db.execute("SELECT ref FROM writes WHERE state = 'sent'") if there else ()
            found = {row[0] for row in rows}
        db.close()
        return found

    def held(self) -> dict[str, dict[str, Any]]:
        """Return record -> field -> value of all three systems."""
        apps: Mapping[str, Any] = self.simulator.apps
        accounts = apps["salesforce"].org.table("Account")
        found = {row["Id"]: apps["salesforce"].org.record(row["Id"]) for row in _live(accounts)}
        companies = apps["hubspot"].state.store("companies")
        found |= {str(i): dict(companies.get(i).properties) for i in companies.ids()}
        apps["zendesk"].state.jobs.run_due()
        rows = apps["zendesk"].state.tables["organizations"].rows
        found |= {str(number): row["organization_fields"] for number, row in rows.items()}
        return {ref: _own(values) for ref, values in found.items() if any(_own(values).values())}


def _live(table: Any) -> Iterator[dict[str, Any]]:
    for row in table.live():
        yield {"Id": table.get(row, "Id")}


def _own(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: v for name, v in values.items() if name.lower().startswith("pulsefield_")}


@contextmanager
def rig(folder: Path, *, deep: bool, faults: simulated.Faults | None = None) -> Iterator[Rig]:
    """Set up systems and a deployment.

    Args:
        folder: Empty.
        deep: Few customers with all their records, through bulk jobs; else many, batch by batch.
        faults: What goes wrong, too.
    """
    pace = Pace()
    customers = 30 if deep else 260
    with simulated.start(customers, 7, START, clock=pace.seconds, facts=deep) as simulator:
        folder.mkdir()
        file = rehearsal.write(simulator, folder)
        (folder / "model.toml").write_text(MODEL, encoding="utf-8")
        text = file.read_text(encoding="utf-8").replace('"default"', '"model.toml"')
        known = simulator.credentials["hubspot"]
        for name in ("client_secret", "refresh_token"):
            (folder / "secrets" / f"hubspot_{name}").write_text(known[name], encoding="utf-8")
        text = text.replace(KEY, OAUTH.format_map(known))
        if deep:
            base = 'kind = "salesforce"\n'
            text = text.replace(base, f"{base}bulk_above = 10\n")
        file.write_text(text, encoding="utf-8")
        config = load(file)
        run.create_fields(config)
        made = Rig(folder, pace, simulator, config)
        for injector in simulator.faults.values():
            injector.app = Counted(injector.app, made.sent, made.cut)
            if faults:
                injector.spoil(faults)
        yield made


@dataclass(frozen=True)
class Kill:
    """When a run is killed: at the point of a number, or after seconds."""

    fatal: int | None = None
    seconds: float | None = None


@dataclass
class Outcome:
    """How a deployment ended whose first runs were killed, one after the other.

    Attributes:
        wheres: The last point that each of them passed.
        codes: Their exit codes.
        after: Those of the runs after them, until the work was done, and of one more.
        sent: Record -> how often it was written before that last run.
        in_flight: Record -> how many of them left it under way.
        cut: Record -> how many answers to writes of it did not arrive.
        held: What the systems hold in the end.
        idle: Records that the last run wrote.
    """

    wheres: list[str] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    after: list[int] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)
    in_flight: Counter[str] = field(default_factory=Counter)
    cut: Counter[str] = field(default_factory=Counter)
    held: dict[str, dict[str, Any]] = field(default_factory=dict)
    idle: int = 0

    @property
    def doubled(self) -> dict[str, int]:
        """Record -> how often it was written again."""
        return {ref: count - 1 for ref, count in self.sent.items() if count > 1}

    def faults(self, undisturbed: Mapping[str, Mapping[str, Any]], *, clean: bool) -> list[str]:
        """Return what is wrong with it; ``clean``: the systems did not fail, too."""
        lost = undisturbed.keys() - self.held.keys()
        wrong = [ref for ref, held in self.held.items() if undisturbed.get(ref) != held]
        found = [f"lost {len(lost)}"] if lost else []
        found += [f"wrong {len(wrong)}: {wrong[:3]}"] if wrong else []
        if self.idle:
            found.append(f"an unchanged run wrote {self.idle}")
        unknown = self.in_flight + self.cut
        often = [ref for ref, more in self.doubled.items() if more > unknown[ref]]
        found += [f"doubled {len(often)} that were not in flight: {often[:3]}"] if often else []
        if clean and (set(self.codes) - {0, -signal.SIGKILL} or any(self.after)):
            found.append(f"exit codes {self.codes}, then {self.after}")
        return found


def killed(
    folder: Path, kills: Iterable[Kill], *, deep: bool, faults: simulated.Faults | None = None
) -> Outcome:
    """Kill one sync after the other; then let one end, and another one find nothing to do."""
    found = Outcome()
    with rig(folder, deep=deep, faults=faults) as made:
        open_before: set[str] = set()
        for kill in kills:
            sent = made.sent.copy()
            found.codes.append(made.sync(kill.fatal, kill.seconds))
            found.wheres.append((made.trace or ["start"])[-1])
            still = {ref for ref in open_before if made.sent[ref] == sent[ref]}
            open_before = made.in_flight()
            found.in_flight.update(open_before - still)
        found.after.append(made.sync())
        while faults and found.after[-1] and len(found.after) < ATTEMPTS:  # a system kept failing
            found.after.append(made.sync())
        found.sent.update(made.sent)
        found.cut.update(made.cut)
        found.after.append(made.sync())
        found.held = made.held()
    found.idle = made.sent.total() - found.sent.total()
    return found
