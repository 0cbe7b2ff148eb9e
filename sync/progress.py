"""How a long run tells what it is doing: a protocol, and one that says nothing."""

from collections.abc import Callable
from typing import Literal, Protocol, TypeAlias

Stage: TypeAlias = Literal["pull", "match", "score", "plan", "apply"]


class Progress(Protocol):
    """Told how a run goes on; may be called from several threads."""

    def start(self, stage: Stage, what: str, total: int | None) -> None:
        """Tell that something begins; ``total`` in records, None where it is not known."""

    def advance(self, stage: Stage, what: str, count: int) -> None:
        """Tell that so many more records are through."""

    def finish(self, stage: Stage, what: str) -> None:
        """Tell that it is over."""


class Tally:
    """A Progress that counts, and tells each thing that is over."""

    def __init__(self, told: Callable[[Stage, str, int], None]) -> None:
        self._told = told
        self._counts: dict[tuple[Stage, str], int] = {}

    def start(self, stage: Stage, what: str, total: int | None) -> None:
        """Begin to count."""
        del total
        self._counts[stage, what] = 0

    def advance(self, stage: Stage, what: str, count: int) -> None:
        """Count."""
        self._counts[stage, what] = self._counts.get((stage, what), 0) + count

    def finish(self, stage: Stage, what: str) -> None:
        """Tell what was counted."""
        self._told(stage, what, self._counts.pop((stage, what), 0))


class Silent:
    """A Progress that shows nothing."""

    def start(self, stage: Stage, what: str, total: int | None) -> None:
        """Show nothing."""

    def advance(self, stage: Stage, what: str, count: int) -> None:
        """Show nothing."""

    def finish(self, stage: Stage, what: str) -> None:
        """Show nothing."""
