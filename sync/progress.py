"""How a long run tells what it is doing: a protocol, and one that says nothing."""

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


class Silent:
    """A Progress that shows nothing."""

    def start(self, stage: Stage, what: str, total: int | None) -> None:
        """Show nothing."""

    def advance(self, stage: Stage, what: str, count: int) -> None:
        """Show nothing."""

    def finish(self, stage: Stage, what: str) -> None:
        """Show nothing."""
