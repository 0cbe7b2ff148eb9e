"""What the journal tells about earlier runs, plans and dead letters."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from . import saved, schema
from .config import Config
from .errors import PlanError
from .journal import Journal
from .letters import DeadLetter
from .letters import dead_letters as letters_of
from .saved import PlanSet
from .summary import Change

RUNS, PLANS, WRITES = schema.runs, schema.plans, schema.writes


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run.

    Attributes:
        run: Its number.
        kind: pull, score, plan, sync, rollback or retry.
        state: running, done, failed or interrupted.
        started_at: When.
        ended_at: When, or None.
        accounts: Accounts of the snapshot that it kept, or None.
        written: Records written.
        refused: Records refused.
        forced: Why it applied an unsafe plan, or None.
    """

    run: int
    kind: str
    state: str
    started_at: datetime
    ended_at: datetime | None
    accounts: int | None
    written: int
    refused: int
    forced: str | None


@dataclass(frozen=True, slots=True)
class PastPlan:
    """One target's part of what a run planned or applied.

    Attributes:
        connection: The target.
        made_by: The run that made it.
        applied_by: The run that applied it, or None.
        state: made, applying, applied or stopped.
        unsafe: Why it should not be applied.
        rows: State of a write -> how many.
    """

    connection: str
    made_by: int
    applied_by: int | None
    state: str
    unsafe: tuple[str, ...]
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class RunDetail:
    """A run with everything that the journal has of it.

    Attributes:
        run: The run.
        plans: What it planned or applied.
        report: Its report as plain data; empty if it did not end.
    """

    run: PastRun
    plans: tuple[PastPlan, ...]
    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """A saved plan, field by field.

    Attributes:
        plan: The plan.
        changes: Target -> every change, by record.
        creates: Target -> fields that are missing, and made first; targets with any.
    """

    plan: PlanSet
    changes: dict[str, tuple[Change, ...]]
    creates: dict[str, tuple[str, ...]]


@contextmanager
def _journal(config: Config) -> Iterator[Journal]:
    journal = Journal(config.journal)
    try:
        yield journal
    finally:
        journal.close()


def runs(config: Config, limit: int = 20) -> list[PastRun]:
    """Return the latest runs, latest first."""
    with _journal(config) as journal:
        return _runs(journal, sa.select(RUNS).order_by(RUNS.c.run.desc()).limit(limit))


def run_detail(config: Config, run: int) -> RunDetail:
    """Return one run.

    Raises:
        PlanError: there is none of that number.
    """
    with _journal(config) as journal:
        found = _runs(journal, sa.select(RUNS).where(RUNS.c.run == run))
        if not found:
            raise PlanError(f"there is no run {run}; `pulsefield runs` lists them")
        with journal.begin() as db:
            text = db.execute(sa.select(RUNS.c.report).where(RUNS.c.run == run)).scalar()
        return RunDetail(found[0], tuple(_plans(journal, run)), json.loads(text) if text else {})


def plan_shown(config: Config, wanted: str) -> ShownPlan:
    """Return a saved plan, field by field.

    Args:
        config: The deployment.
        wanted: Its number, or ``NUMBER@CHECKSUM``.

    Raises:
        PlanError: there is none.
    """
    with _journal(config) as journal:
        found = saved.load(journal, wanted)
        parts = {part.connection: tuple(saved.changes(journal, part)) for part in found.parts}
        return ShownPlan(found, parts, saved.creates(journal, found.run))


def dead_letters(config: Config) -> list[DeadLetter]:
    """Return the dead letters of all targets, oldest first."""
    with _journal(config) as journal:
        return letters_of(journal)


def _runs(journal: Journal, query: sa.Select[Any]) -> list[PastRun]:
    with journal.begin() as db:
        rows = db.execute(query).all()
        of = [row.run for row in rows]
        counted = db.execute(
            sa.select(PLANS.c.applied_by, WRITES.c.state, sa.func.count().label("rows"))
            .join(WRITES, WRITES.c.plan == PLANS.c.plan)
            .where(PLANS.c.applied_by.in_(of), WRITES.c.state.in_(("ok", "refused")))
            .group_by(PLANS.c.applied_by, WRITES.c.state)
        ).all()
    counts = {(row.applied_by, row.state): row.rows for row in counted}
    return [
        PastRun(
            run=row.run,
            kind=row.kind,
            state=row.state,
            started_at=row.started_at,
            ended_at=row.ended_at,
            accounts=row.accounts,
            written=counts.get((row.run, "ok"), 0),
            refused=counts.get((row.run, "refused"), 0),
            forced=row.forced,
        )
        for row in rows
    ]


def _plans(journal: Journal, run: int) -> Iterator[PastPlan]:
    query = sa.select(PLANS).where((PLANS.c.run == run) | (PLANS.c.applied_by == run))
    states = sa.select(WRITES.c.state, sa.func.count().label("rows")).group_by(WRITES.c.state)
    with journal.begin() as db:
        for row in db.execute(query.order_by(PLANS.c.plan)).all():
            rows = db.execute(states.where(WRITES.c.plan == row.plan)).all()
            yield PastPlan(
                connection=row.connection,
                made_by=row.run,
                applied_by=row.applied_by,
                state=row.state,
                unsafe=tuple(json.loads(row.unsafe)),
                rows={entry.state: entry.rows for entry in rows},
            )
