"""Rate limiters as vendors run them, on an injectable clock so that tests never wait."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

Clock: TypeAlias = Callable[[], float]
"""Returns seconds since the epoch."""

DAY = 86_400.0


@dataclass(slots=True)
class ManualClock:
    """A clock that stands still until it is moved.

    Attributes:
        now: Seconds since the epoch.
    """

    now: float = 1_795_000_000.0  # 2026-11-18

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Move the clock on; usable as a ``wait`` function."""
        self.now += seconds


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a limiter says about one request.

    Attributes:
        allowed: Whether the request may pass; a refused one is not counted.
        limit: Requests per window.
        remaining: Requests left in this window after this one.
        reset: Seconds until there is more room.
    """

    allowed: bool
    limit: int
    remaining: int
    reset: float


class Limiter(Protocol):
    """Counts requests by key."""

    def take(self, key: str = "", cost: int = 1) -> Verdict:
        """Count a request, if it is allowed."""


@dataclass(slots=True)
class FixedWindow:
    """A counter that starts anew at the same moments for everybody.

    Attributes:
        limit: Requests per window.
        seconds: Length of the window.
        clock: Where the time comes from.
        offset: Seconds by which windows start later than the epoch's multiples, e.g. the
            difference of a time zone whose midnight counts.
    """

    limit: int
    seconds: float
    clock: Clock
    offset: float = 0.0
    _window: int = -1
    _used: dict[str, int] = field(default_factory=dict)

    def take(self, key: str = "", cost: int = 1) -> Verdict:
        """Count a request, if it is allowed."""
        position, within = divmod(self.clock() - self.offset, self.seconds)
        if int(position) != self._window:
            self._window = int(position)
            self._used.clear()
        used = self._used.get(key, 0)
        allowed = used + cost <= self.limit
        if allowed:
            used += cost
            self._used[key] = used
        return Verdict(allowed, self.limit, max(self.limit - used, 0), self.seconds - within)

    def used(self, key: str = "") -> int:
        """Return the requests counted in the window of the last request."""
        return self._used.get(key, 0)


@dataclass(slots=True)
class RollingWindow:
    """At most ``limit`` requests in any stretch of ``seconds``.

    Attributes:
        limit: Requests per stretch.
        seconds: Its length.
        clock: Where the time comes from.
    """

    limit: int
    seconds: float
    clock: Clock
    _taken: dict[str, deque[float]] = field(default_factory=dict)

    def take(self, key: str = "", cost: int = 1) -> Verdict:
        """Count a request, if it is allowed."""
        now = self.clock()
        taken = self._taken.setdefault(key, deque())
        while taken and taken[0] <= now - self.seconds:
            taken.popleft()
        allowed = len(taken) + cost <= self.limit
        if allowed:
            taken.extend([now] * cost)
        reset = taken[0] + self.seconds - now if taken else self.seconds
        return Verdict(allowed, self.limit, max(self.limit - len(taken), 0), reset)
