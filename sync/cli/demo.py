"""``demo`` and ``simulator``: the whole job, or just the systems, on this machine."""

import contextlib
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from connectors import simulator as simulated
from connectors.simulator.facts import System
from connectors.simulator.faults import Faults
from connectors.simulator.readback import Held, read_back
from sync import rehearsal, run
from sync.config import Config, load
from sync.errors import SyncError
from sync.summary import RunReport

from . import views
from .output import Output, grid
from .work import show_applied, show_plans, show_portfolio


def run_demo(customers: int, seed: int, folder: Path | None) -> None:
    """Run the demo and print it."""
    began = time.monotonic()
    out = Output()
    with _kept(folder) as home, simulated.start(customers, seed) as simulator:
        config = load(rehearsal.write(simulator, home))
        _head(out, "1  Three systems, one portfolio")
        out.show(_systems(simulator, customers))
        _head(out, "2  The fields that scores go to")
        out.show(_created(config))
        first = _sync(out, config)
        _head(out, "3  Read, matched, scored")
        out.show(views.reading(first.connections))
        show_portfolio(out, first)
        _head(out, "4  Planned and written")
        show_plans(out, first, shown=3)
        show_applied(out, first)
        _head(out, "5  Once more: nothing is left to do")
        second = _sync(out, config)
        out.show(views.reading(second.connections), "", views.plans(second.plans))
        _head(out, "6  Read back over plain HTTP")
        out.show(*_held(simulator, config, first))
        _head(out, "7  Requests")
        out.show(_requests(first, second))
        out.show("", _end(folder, time.monotonic() - began))


@contextlib.contextmanager
def _kept(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="pulsefield-demo-") as name:
        yield Path(name)


def _head(out: Output, title: str) -> None:
    out.show("", Rule(Text(title, style="bold"), align="left", style="dim"))


def _sync(out: Output, config: Config) -> RunReport:
    with out.progress() as progress:
        return run.sync(config, apply=True, progress=progress)


def _systems(simulator: simulated.Simulator, customers: int) -> Table:
    table = grid("system", "served at", "")
    for system, url in simulator.urls.items():
        table.add_row(system, url, Text("a stand-in that keeps the vendor's rules", style="dim"))
    table.add_row(
        "portfolio", f"{customers:,} customers", Text("18 months of history", style="dim")
    )
    return table


def _created(config: Config) -> Table:
    table = grid("system", ">made", "*fields")
    for name, states in run.create_fields(config).items():
        ready = [state.name for state in states if state.exists and state.writable]
        table.add_row(name, str(len(ready)), ", ".join(ready))
    return table


def _held(simulator: simulated.Simulator, config: Config, report: RunReport) -> list[Table | Text]:
    """What each system holds for the riskiest account that all three know."""
    for account in report.worst:
        records = run.explain(config, account.account_id).records
        held = [read_back(simulator, name, refs[0]) for name, refs in records.items()]
        if len(held) == len(simulator.urls):
            return [Text(account.name, style="bold"), _table(held)]
    return [Text("No account of this portfolio is in all three systems.")]


def _table(held: list[Held]) -> Table:
    table = grid("system", "field", "*value")
    for entry in held:
        for number, (name, value) in enumerate(entry.values.items()):
            table.add_row(entry.system if number == 0 else "", name, value)
    return table


def _requests(*reports: RunReport) -> Table:
    table = grid("system", ">1st run", ">least", ">2nd run", ">least ")
    for pair in zip(*(report.connections for report in reports), strict=True):
        cells = [str(sum(n.values())) for entry in pair for n in (entry.made, entry.least)]
        table.add_row(pair[0].name, *cells)
    return table


def _end(folder: Path | None, seconds: float) -> Text:
    text = Text(f"Done in {seconds:.1f} s. ", style="bold")
    if folder is None:
        text.append("`pulsefield demo --folder DIR` keeps configuration, store and journal.")
    else:
        text.append(f"Configuration, store and journal are in {folder}.")
    return text


def serve(
    customers: int, seed: int, port: int, folder: Path, *, latency: float, faults: float
) -> None:
    """Serve the simulated systems until interrupted or terminated.

    Raises:
        SyncError: a port is taken, or the folder cannot be written.
    """
    out = Output()
    part = faults / 4
    spoiled = Faults(too_many=part, server_error=part, cut=part, expire=part)
    ports: dict[System, int] = {"salesforce": port, "hubspot": port + 1, "zendesk": port + 2}
    stopped = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopped.set())
    try:
        simulator = simulated.start(customers, seed, latency=latency, faults=spoiled, ports=ports)
    except OSError as error:
        text = f"ports {port} to {port + 2}: {error.strerror}; --port chooses others"
        raise SyncError(text) from error
    with simulator:
        file = rehearsal.write(simulator, folder)
        out.show(_systems(simulator, customers))
        out.show("", f"Ready: pulsefield sync --config {file}", "Stop with Ctrl-C.")
        stopped.wait()
    out.show("Stopped.")
