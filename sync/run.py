"""The one place that knows the order: pull, match, roll up, score, plan, apply.

Every function opens what it needs, does its part under the lease, closes everything, and
returns what there is to tell. Nothing here prints.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from connectors.base import FieldState, Problem

from .config import Config
from .progress import Progress
from .summary import RunReport

__all__ = ["Explanation", "Scored", "check", "explain", "pull", "score_now", "sync"]


@dataclass(frozen=True, slots=True)
class Scored:
    """The scores of the whole portfolio.

    Attributes:
        report: Of the run.
        scores: Arrow table, one row per account and score: the columns of
            ``Snapshot.scores`` and ``name``, ``change`` and ``reasons``.
    """

    report: RunReport
    scores: pa.Table


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one account has its score.

    Attributes:
        account_id: Stable id.
        name: Its name.
        sentence: The largest parts in words.
        scores: Its rows of ``Scored.scores``.
        ledger: Its rows of ``Snapshot.ledger()`` for the score that was asked for.
        records: Connection -> the vendor's ids that make up the account.
    """

    account_id: str
    name: str
    sentence: str
    scores: Sequence[Mapping[str, object]]
    ledger: Sequence[Mapping[str, object]]
    records: Mapping[str, tuple[str, ...]]


def pull(
    config: Config,
    *,
    progress: Progress | None = None,
    now: datetime | None = None,
    full: bool = False,
) -> RunReport:
    """Read what changed in every source, and store it.

    Args:
        config: The deployment.
        progress: Told how it goes on.
        now: The run's time, aware; the clock's by default.
        full: Read everything again, not from the watermarks.

    Raises:
        BusyError, JournalError, StoreError, ConfigError. What a source does wrong is in the
        report (``ConnectionReport.error``), and the others are still read.
    """
    raise NotImplementedError


def score_now(
    config: Config,
    *,
    progress: Progress | None = None,
    now: datetime | None = None,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> Scored:
    """Match and score what is stored; reads no source and writes no target.

    Args:
        config: The deployment.
        progress: Told how it goes on.
        now: The run's time, aware; the clock's by default.
        as_of: Replay: what was true then. The snapshot of a replay is not kept.
        known_at: Replay: what we knew then.

    Raises:
        ModelError: the model, or data that does not fit it.
    """
    raise NotImplementedError


def sync(
    config: Config,
    *,
    apply: bool = True,
    force: str | None = None,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> RunReport:
    """Pull, match, score, plan, and apply what is safe.

    An unsafe plan of any target stops the writing to every target: the report's ``unsafe``
    names the reasons, and nothing is written unless ``force`` gives a reason.

    Args:
        config: The deployment.
        apply: False stops after the plan (a dry run).
        force: Why an unsafe plan is to be applied; kept in the journal.
        progress: Told how it goes on.
        now: The run's time, aware; the clock's by default.
    """
    raise NotImplementedError


def make_plan(
    config: Config,
    *,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> RunReport:
    """Pull, match, score and plan; write nothing to any target. The plans are kept."""
    return sync(config, apply=False, progress=progress, now=now)


def explain(config: Config, account: str, *, score: str = "health") -> Explanation:
    """Say why an account has its score.

    Args:
        config: The deployment.
        account: Its stable id, a vendor's id of it (``connection:id`` or the id alone), its
            exact name, or the beginning of its name where only one fits.
        score: A score of the model.

    Raises:
        LookupError: no such account, or more than one; the message lists the nearest.
    """
    raise NotImplementedError


def check(config: Config) -> list[Problem]:
    """Find everything that would keep a sync from working; writes nothing anywhere."""
    raise NotImplementedError


def field_states(config: Config) -> dict[str, list[FieldState]]:
    """Return the state of every target field, by connection."""
    raise NotImplementedError


def create_fields(config: Config) -> dict[str, list[FieldState]]:
    """Create the target fields that are missing, and return the new states."""
    raise NotImplementedError
