"""Serves the stand-ins over HTTP on loopback until stopped."""

import importlib
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, cast

from connectors.serving import QuietServer, check_free

from .facts import SYSTEMS, System
from .faults import App, Faults, Injector
from .limits import Clock
from .portfolio import Portfolio, generate

HOST = "127.0.0.1"
THREADS = 12
"""Requests that one stand-in handles at a time; more than any connector of ours sends."""


@dataclass(slots=True)
class Simulator:
    """Stand-ins being served; a context manager.

    Attributes:
        portfolio: What they serve.
        apps: System -> stand-in, with its log and hooks for tests.
        faults: System -> its injector of latency and faults.
        credentials: System -> what a client needs, by the name of the setting it goes to.
        urls: System -> base URL.
    """

    portfolio: Portfolio
    apps: Mapping[System, App]
    faults: Mapping[System, Injector]
    credentials: Mapping[System, Mapping[str, str]]
    urls: dict[System, str] = field(default_factory=dict)
    _servers: list[Any] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def serve(self, ports: Mapping[System, int]) -> None:
        """Bind and start; a port of 0 is any free one.

        Raises:
            OSError: a port is taken.
        """
        for system, injector in self.faults.items():
            port = ports.get(system, 0)
            check_free(HOST, port)
            server = QuietServer((HOST, port), injector, numthreads=THREADS)
            server.request_queue_size = 128
            server.prepare()
            thread = threading.Thread(target=server.serve, name=f"simulator-{system}", daemon=True)
            thread.start()
            self._servers.append(server)
            self._threads.append(thread)
            self.urls[system] = f"http://{HOST}:{server.bind_addr[1]}"

    def stop(self) -> None:
        """Stop serving; safe to call twice."""
        for injector in self.faults.values():
            injector.stopped.set()
        stopping = [threading.Thread(target=server.stop) for server in self._servers]
        for thread in stopping:
            thread.start()
        for thread in (*stopping, *self._threads):
            thread.join(timeout=5)
        self._servers.clear()
        self._threads.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


_MODULES: dict[System, str] = {
    "salesforce": ".salesforce",
    "hubspot": ".hubspot_loader",
    "zendesk": ".zendesk_loader",
}
"""Where each stand-in's ``build(portfolio, clock, facts=...)`` is; imported when it is served."""


def _build(system: System, portfolio: Portfolio, clock: Clock, *, facts: bool) -> App:
    module = importlib.import_module(_MODULES[system], __package__)
    return cast("App", module.build(portfolio, clock, facts=facts))


def start(
    customers: int = 500,
    seed: int = 7,
    as_of: datetime | None = None,
    *,
    latency: float = 0.0,
    faults: Faults | Mapping[System, Faults] | None = None,
    systems: Sequence[System] = SYSTEMS,
    ports: Mapping[System, int] | None = None,
    clock: Clock = time.time,
    facts: bool = True,
) -> Simulator:
    """Generate a portfolio and serve it; use it as a context manager or call ``stop``.

    Args:
        customers: Size of the portfolio.
        seed: Equal seeds give equal portfolios.
        as_of: The portfolio's present; by default what the clock says.
        latency: Seconds before each answer.
        faults: What goes wrong, for all systems or by system.
        systems: Which stand-ins.
        ports: Port by system; missing or 0 is any free one.
        clock: Seconds since the epoch: the vendors' time, limits and token expiry.
        facts: False serves the customers alone, as is enough for writing to very many.

    Raises:
        OSError: a port is taken.
    """
    portfolio = generate(customers, seed, as_of or datetime.fromtimestamp(clock(), UTC))
    apps = {system: _build(system, portfolio, clock, facts=facts) for system in systems}
    wanted = faults if isinstance(faults, Mapping) else dict.fromkeys(systems, faults or Faults())
    injectors = {
        system: Injector(app, system, wanted.get(system, Faults()), latency)
        for system, app in apps.items()
    }
    credentials = {system: app.credentials for system, app in apps.items()}
    simulator = Simulator(portfolio, apps, injectors, credentials)
    try:
        simulator.serve(ports or {})
    except OSError:
        simulator.stop()
        raise
    return simulator
