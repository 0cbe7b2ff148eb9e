"""Old rows of the journal, deleted by setting."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from . import schema
from .journal import Journal
from .letters import answered_since

PLANS, WRITES, RUNS = schema.plans, schema.writes, schema.runs


def prune(journal: Journal, now: datetime, age: timedelta) -> int:
    """Delete runs older than an age, with their plans and writes; return how many writes.

    Kept whatever their age: dead letters, plans under way, and the last run that came to
    scores, with which the next one is compared. What was deleted cannot be rolled back.
    """
    cut = now - age
    old = sa.select(PLANS.c.plan).where(PLANS.c.made_at < cut, PLANS.c.state != "applying")
    letters = (
        sa.select(WRITES.c.plan, WRITES.c.row)
        .join(PLANS, PLANS.c.plan == WRITES.c.plan)
        .where(WRITES.c.state == "refused", PLANS.c.made_at < cut, ~answered_since())
    )
    with journal.begin() as db:
        kept = [(row.plan, row.row) for row in db.execute(letters)]
        spared = sa.tuple_(WRITES.c.plan, WRITES.c.row).in_(kept)
        gone = db.execute(WRITES.delete().where(WRITES.c.plan.in_(old), ~spared)).rowcount
        filled = sa.select(WRITES.c.plan)
        db.execute(PLANS.delete().where(PLANS.c.plan.in_(old), PLANS.c.plan.not_in(filled)))
        last = sa.select(sa.func.max(RUNS.c.run)).where(RUNS.c.accounts.is_not(None))
        used = sa.select(PLANS.c.run).union(
            sa.select(PLANS.c.applied_by).where(PLANS.c.applied_by.is_not(None))
        )
        db.execute(
            RUNS.delete().where(
                RUNS.c.started_at < cut,
                RUNS.c.state != "running",
                RUNS.c.run.not_in(used),
                RUNS.c.run != sa.func.coalesce(last.scalar_subquery(), 0),
            )
        )
    return int(gone)
