"""The time, and what is done again and again beside other work; replaced in tests."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """Return the time, aware, UTC."""

    def every(self, period: timedelta, call: Callable[[], object]) -> Callable[[], None]:
        """Call something again and again; return what ends that."""


class SystemClock:
    """The machine's own clock; calls are made from a thread."""

    def now(self) -> datetime:
        """Return the time, aware, UTC."""
        return datetime.now(UTC)

    def every(self, period: timedelta, call: Callable[[], object]) -> Callable[[], None]:
        """Call something again and again; return what ends that."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(period.total_seconds()):
                call()

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()

        def end() -> None:
            over.set()
            thread.join()

        return end
