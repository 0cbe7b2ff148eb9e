"""The one place that knows the order: pull, match, roll up, score, plan, apply.

Every function opens what it needs, does its part under the lease, closes everything, and
returns what there is to tell. Nothing here prints.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from connectors.base import FieldState, Problem, Target
from connectors.errors import SetupError
from scoring import duck

from . import reporting, rollup
from .config import Config
from .current import running
from .progress import Progress
from .rollup import Matched, Scores, Times
from .summary import RunReport
from .tickets import parent, ticket_targets
from .workspace import Workspace, opened

if TYPE_CHECKING:
    from .book import Book
    from .explaining import Explanation

__all__ = [
    "Scored",
    "book",
    "check",
    "create_fields",
    "explain",
    "field_states",
    "make_plan",
    "pull",
    "score_now",
    "sync",
]


@dataclass(frozen=True, slots=True)
class Scored:
    """The scores of the whole portfolio.

    Attributes:
        report: Of the run.
        scores: Arrow table, one row per account and score: account_id, name, score, value,
            band, coverage (0..1), spread, segment, change, reasons, override (in words).
    """

    report: RunReport
    scores: pa.Table


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
        SyncError, ModelError: see ``errors``. What a source does wrong is in the report
        (``ConnectionReport.error``), and the others are still read.
    """
    from . import pulling

    with opened(config, now, progress) as work, running(work, "pull") as (current, _):
        connections = pulling.pull_all(work, full=full)
        return current.ended(connections=pulling.counted(work, connections))


def score_now(
    config: Config,
    *,
    progress: Progress | None = None,
    now: datetime | None = None,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> Scored:
    """Match and score what is stored; reads no source, writes no target, keeps no snapshot.

    Args:
        config: The deployment.
        progress: Told how it goes on.
        now: The run's time, aware; the clock's by default.
        as_of: Replay: what was true then.
        known_at: Replay: what we knew then.

    Raises:
        ModelError: the model, or data that does not fit it.
    """
    with _opened(config, now, progress) as (work, con), running(work, "score") as (current, _):
        matched, scores = _scored(work, con, as_of, known_at)
        report = current.ended(**reporting.of_scores(matched, scores))
        return Scored(report, reporting.table(scores.portfolio))


def sync(
    config: Config,
    *,
    apply: bool = True,
    force: str | None = None,
    create: bool = False,
    tickets: bool = False,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> RunReport:
    """Pull, match, score, plan, and apply what is safe.

    An unsafe plan of any target, or a source never read to its end, stops the writing to all.

    Args:
        config: The deployment.
        apply: False stops after the plan (a dry run).
        force: Why an unsafe plan is to be applied; kept in the journal.
        create: Make the missing fields of a target that was never written to, as its plan says:
            for a run that a person started. Without, they keep the target from being written to.
        tickets: Only read what open tickets are in, write only to them, keep no snapshot.
        progress: Told how it goes on.
        now: The run's time, aware; the clock's by default.

    Raises:
        SyncError, ModelError: see ``errors``; what a system does wrong is in the report.
    """
    from . import pulling, writing

    kind = "sync" if apply else "plan"
    with _opened(config, now, progress) as (work, con), running(work, kind) as (current, held):
        only = _narrow(work) if tickets else None
        work.creates = create or not apply
        resumed = writing.recover(work, send=apply)
        connections = pulling.pull_all(work, only=only)
        matched, scores = _scored(work, con)
        planned = writing.plan_all(work, con, current.run, scores.portfolio, scores.last)
        stopped = writing.unread(work, connections) if apply else None
        current.add(resumed=resumed, plans=planned.reports, stopped=stopped)
        current.add(**reporting.of_scores(matched, scores))
        if not apply:
            rollup.keep(work, current.run, scores, planned=True)
        elif stopped is None and (force or not planned.unsafe):
            held.check()
            if not tickets:
                rollup.keep(work, current.run, scores)
                current.keep(reporting.marks(scores.portfolio))
            planned = writing.carry_out(work, current, planned, force)
        told = pulling.counted(work, reporting.with_problems(connections, planned.problems))
        return current.ended(connections=told)


def _narrow(work: Workspace) -> list[str]:
    """Let open tickets be the only targets; return the connections that they are in."""
    work.only = frozenset(ticket_targets(work.fields))
    if not work.only:
        raise SetupError("no connection writes to tickets; give one the setting ticket_context")
    return [parent(name) for name in work.only]


def make_plan(
    config: Config, *, progress: Progress | None = None, now: datetime | None = None
) -> RunReport:
    """Pull, match, score and plan; write nothing to any target. The plans are kept."""
    return sync(config, apply=False, progress=progress, now=now)


def explain(
    config: Config, account: str, *, score: str = "health", now: datetime | None = None
) -> "Explanation":
    """Say why an account has its score, from what is stored.

    Args:
        config: The deployment.
        account: Its stable id, a vendor's id of it (``connection:id`` or the id alone), its
            exact name, or the beginning of its name where only one fits.
        score: A score of the model.
        now: The time, aware; the clock's by default.

    Raises:
        LookupError: no such account, or more than one; the message lists the nearest.
    """
    from .explaining import explanation

    with _opened(config, now) as (work, con):
        if score not in work.model.scores:
            raise LookupError(f"no score {score!r}; there are: {', '.join(work.model.scores)}")
        matched, scores = _scored(work, con)
        return explanation(matched, scores, account, score)


def book(
    config: Config, *, progress: Progress | None = None, now: datetime | None = None
) -> "Book":
    """Return everything that people look at: scores of what is stored, with their past.

    Raises:
        ModelError: the model, or data that does not fit it.
    """
    from .book import build

    with _opened(config, now, progress) as (work, con):
        return build(work, con, *_scored(work, con))


def check(config: Config, *, now: datetime | None = None) -> list[Problem]:
    """Find everything that would keep a sync from working; writes nothing to any system."""
    from . import checks

    with opened(config, now) as work:
        return checks.problems(work)


def field_states(config: Config) -> dict[str, list[FieldState]]:
    """Return the state of every target field, by connection.

    Raises:
        SetupError, TransientError: a target cannot be asked.
    """
    with opened(config) as work:
        return {
            name: list(target.field_states([field.spec for field in work.fields[name]]))
            for name, target in _targets(work)
        }


def create_fields(config: Config) -> dict[str, list[FieldState]]:
    """Create the target fields that are missing, and return the new states.

    Raises:
        SetupError, TransientError: a field cannot be created, or has another type.
    """
    from . import own_fields

    with opened(config) as work:
        return {name: own_fields.create(work, name) for name, _ in _targets(work)}


def _targets(work: Workspace) -> Iterator[tuple[str, Target]]:
    for name, fields in work.fields.items():
        connection = work.connect(name)
        if fields and isinstance(connection, Target):
            yield name, connection


@contextmanager
def _opened(
    config: Config, now: datetime | None, progress: Progress | None = None
) -> Iterator[tuple[Workspace, duckdb.DuckDBPyConnection]]:
    """Open a deployment, and DuckDB beside it: that takes 20 ms, and Python is not needed."""
    with ThreadPoolExecutor(1) as beside:
        opening = beside.submit(duck.connect)
        with opened(config, now, progress) as work, opening.result() as con:
            yield work, con


def _scored(
    work: Workspace,
    con: duckdb.DuckDBPyConnection,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> tuple[Matched, Scores]:
    matched = rollup.match_all(work, con, known_at)
    return matched, rollup.score_all(work, con, matched, Times(as_of or work.as_of, known_at))
