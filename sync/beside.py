"""What people set beside the scores of one moment, and whether it counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from scoring import Model
from scoring.explain import Explainer, joined
from scoring.explain import Override as Words

from . import overrides
from .overrides import Override
from .workspace import Workspace

COUNTS = "active"
TEXT_LENGTH = 255
"""UTF-16 units that every vendor's text fields take."""


@dataclass(frozen=True, slots=True)
class Beside:
    """One override as it stands.

    Attributes:
        said: What was said.
        state: ``active``, or why it counts for nothing: expired, no reason, not 0..100, ...
    """

    said: Override
    state: str

    @property
    def counts(self) -> bool:
        """Whether it counts."""
        return self.state == COUNTS

    @property
    def until(self) -> datetime | None:
        """The last instant on which it counts."""
        expires = self.said.expires_at
        return None if expires is None else expires.astimezone(UTC) - timedelta(microseconds=1)

    def text(self, explainer: Explainer) -> str:
        """Return it in words: what was set, by whom and why; or why it counts for nothing."""
        said = self.said
        words = Words(said.value, said.band, said.reason, said.author, self.state)
        return joined(explainer.override(words), (), TEXT_LENGTH)


def standing(
    work: Workspace,
    con: duckdb.DuckDBPyConnection,
    model: Model,
    times: tuple[datetime, datetime | None],
) -> list[Override]:
    """Return what stands at a time, of what is known, or was known then.

    Args:
        work: The deployment.
        con: With the relations of ``facts.build``.
        model: Whose scores.
        times: The time that scores hold for, and the time of knowing; None: now.
    """
    as_of, known_at = times
    said = overrides.of_store(con, work.store, model.scores, known_at)
    said += overrides.of_journal(con, work.journal, known_at)
    return overrides.standing(said, model, as_of)


def judged(said: Sequence[Override], scores: pa.Table) -> dict[tuple[str, int], Beside]:
    """Return (score, account) -> what stands beside it, with the state that scoring found."""
    if not said:
        return {}
    kept = scores.filter(pc.is_valid(scores.column("override_state")))
    columns = (kept.column(name).to_pylist() for name in ("score", "account", "override_state"))
    states = {(score, account): state for score, account, state in zip(*columns, strict=True)}
    held = {(each.score, each.account): each for each in said}
    return {key: Beside(held[key], state) for key, state in states.items()}


def part(
    beside: Mapping[tuple[str, int], Beside], score: str, name: str, explainer: Explainer
) -> Mapping[int, Any]:
    """Return account -> one part of what stands beside a score; a value or band that counts."""
    own = {account: each for (of, account), each in beside.items() if of == score}
    if name == "override":
        return {account: each.text(explainer) for account, each in own.items()}
    at = name.removeprefix("override_")
    return {account: getattr(each.said, at) for account, each in own.items() if each.counts}
