"""Ending on SIGTERM: a run may finish, else it ends at a safe point, else the process leaves.

Every point is safe in the sense that the next run finishes what was begun; at a safe point even
nothing is sent twice.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from connectors.errors import TransientError
from sync.logs import LOGGER
from sync.progress import Progress, Stage

GRACE = 20.0
"""Seconds that a scheduled run is given to finish."""
LAST = 28.0
"""Seconds after which the process leaves, whatever it does: orchestrators kill after 30."""


class StoppedError(TransientError):
    """The run was told to end; it is taken up by the next one."""


class Stop:
    """Whether the process was told to end.

    Args:
        leave: Ends the process at once.
        timer: Calls something after seconds; replaced in tests.
        grace: Seconds that a run is given to finish.
    """

    def __init__(
        self,
        leave: Callable[[int], object] = os._exit,
        timer: Callable[[float, Callable[[], object]], threading.Timer] = threading.Timer,
        grace: float | None = None,
    ) -> None:
        self._asked = threading.Event()
        self._leave = leave
        self._timer = timer
        self._grace = GRACE if grace is None else grace
        self._timers: list[threading.Timer] = []
        self.overdue = False

    @property
    def asked(self) -> bool:
        """Whether it was."""
        return self._asked.is_set()

    def ask(self) -> None:
        """Tell it to end; the second time it leaves at once."""
        if self.asked:
            self._leave(1)
        self._asked.set()
        for seconds, call in ((self._grace, self._hurry), (LAST, lambda: self._leave(1))):
            timer = self._timer(seconds, call)
            timer.daemon = True
            timer.start()
            self._timers.append(timer)

    def wait(self, seconds: float) -> bool:
        """Wait, at most until told to end; return whether it was."""
        return self._asked.wait(seconds)

    def done(self) -> None:
        """Nothing is left to be ended."""
        for timer in self._timers:
            timer.cancel()

    def _hurry(self) -> None:
        self.overdue = True
        LOGGER.warning("the run is ended at the next safe point")


@contextmanager
def on_signals(stop: Stop) -> Iterator[None]:
    """Let SIGTERM and Ctrl-C tell a Stop."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, lambda _number, _frame: stop.ask())
    try:
        yield
    finally:
        stop.done()
        for number, handler in before.items():
            signal.signal(number, handler)


class Stoppable:
    """A Progress that ends a run that is overdue: between pages read, and rows written.

    Args:
        inner: Told everything.
        stop: Whether to end.
    """

    def __init__(self, inner: Progress, stop: Stop) -> None:
        self._inner = inner
        self._stop = stop

    def start(self, stage: Stage, what: str, total: int | None) -> None:
        """Pass it on, or end.

        Raises:
            StoppedError: the run is overdue.
        """
        self._check()
        self._inner.start(stage, what, total)

    def advance(self, stage: Stage, what: str, count: int) -> None:
        """Pass it on, or end.

        Raises:
            StoppedError: the run is overdue.
        """
        self._inner.advance(stage, what, count)
        self._check()

    def finish(self, stage: Stage, what: str) -> None:
        """Pass it on."""
        self._inner.finish(stage, what)

    def _check(self) -> None:
        if self._stop.overdue:
            raise StoppedError("told to end; the next run goes on from here")
