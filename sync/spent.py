"""What each connection has spent of its vendor's day: requests of the runs within it."""

import json
from collections import Counter
from datetime import datetime, timedelta

import sqlalchemy as sa

from . import schema
from .journal import Journal

DAY = timedelta(days=1)


def spent(journal: Journal, now: datetime) -> Counter[str]:
    """Return connection -> requests of the runs that began within a day before ``now``.

    A run that was killed has left no report, and is not counted.
    """
    table = schema.runs
    query = sa.select(table.c.report).where(
        table.c.started_at > now - DAY, table.c.report.is_not(None)
    )
    with journal.begin() as connection:
        reports = [json.loads(text) for text in connection.execute(query).scalars()]
    found: Counter[str] = Counter()
    for report in reports:
        for entry in report.get("connections", ()):
            found[entry["name"]] += sum(entry.get("made", {}).values())
    return found
