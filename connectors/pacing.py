"""When the next request may leave: rates over a sliding window, holds, and the daily quota."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

GENERAL = ""


class Clock:
    """The run's time, moved on by what has passed since; the only way to wait.

    Args:
        now: The run's time, aware, UTC.
        sleep: Waits. One that returns at once moves this clock all the same.
    """

    def __init__(self, now: datetime, sleep: Callable[[float], None]) -> None:
        self._start = now
        self._origin = time.monotonic()
        self._skipped = 0.0
        self._sleep = sleep
        self._lock = threading.Lock()

    def elapsed(self) -> float:
        """Return seconds since the run's time, waits included."""
        return time.monotonic() - self._origin + self._skipped

    def now(self) -> datetime:
        """Return the time, aware, UTC."""
        return self._start + timedelta(seconds=self.elapsed())

    def wait(self, seconds: float) -> None:
        """Wait; what the sleep did not really take is added to this clock."""
        if seconds <= 0:
            return
        until = self.elapsed() + seconds
        self._sleep(seconds)
        with self._lock:
            self._skipped += max(0.0, until - self.elapsed())


@dataclass(frozen=True, slots=True)
class Bucket:
    """A rate limit: so many requests in any window of so many seconds.

    Attributes:
        requests: How many.
        seconds: The window.
        name: ``GENERAL`` holds for every request; others for the requests that name them.
    """

    requests: int
    seconds: float
    name: str = GENERAL


@dataclass(frozen=True, slots=True)
class Quota:
    """The vendor's daily quota as its last answer told.

    Attributes:
        limit: Requests a day.
        used: By everyone.
        own: By this application, if the vendor tells.
        resets_at: When it starts again, if known.
    """

    limit: int
    used: int
    own: int | None = None
    resets_at: datetime | None = None


class _Window:
    def __init__(self, bucket: Bucket) -> None:
        self.requests = bucket.requests
        self.seconds = bucket.seconds
        self.held_until = 0.0
        self._sent: deque[float] = deque()

    def earliest(self, now: float) -> float:
        while self._sent and self._sent[0] <= now - self.seconds:
            self._sent.popleft()
        start = max(now, self.held_until)
        if len(self._sent) >= self.requests:
            start = max(start, self._sent[-self.requests] + self.seconds)
        return start

    def book(self, at: float) -> None:
        self._sent.append(at)


class Pacer:
    """Gives each request its time to leave; shared by all threads of a connection."""

    def __init__(self, buckets: Iterable[Bucket]) -> None:
        self._windows = {bucket.name: _Window(bucket) for bucket in buckets}
        self._lock = threading.Lock()

    def book(self, bucket: str, now: float) -> float:
        """Take the next free place in the general and the named bucket; return its time."""
        with self._lock:
            windows = [self._windows[n] for n in {GENERAL, bucket} if n in self._windows]
            at = max((window.earliest(now) for window in windows), default=now)
            for window in windows:
                window.book(at)
            return at

    def hold(self, bucket: str, until: float) -> None:
        """Let nothing that uses a bucket leave before a time."""
        with self._lock:
            window = self._windows.get(bucket)
            if window is None:
                window = self._windows[bucket] = _Window(Bucket(1_000_000, 1, bucket))
            window.held_until = max(window.held_until, until)

    def resize(self, bucket: str, requests: int) -> None:
        """Take over the limit that the vendor states in its answers."""
        with self._lock:
            if bucket in self._windows and requests > 0:
                self._windows[bucket].requests = requests
