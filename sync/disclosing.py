"""Everything that is kept about one customer, to hand it out: what ``forget`` would remove."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scoring import duck

from . import unjournal
from .config import Config
from .forgetting import Subject, predicates, subject_of
from .store import ADDED
from .workspace import Workspace, opened


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept about one customer.

    Attributes:
        records: ``connection:id`` of its records.
        at: When this was looked up.
        store: Table of the store -> every version of its rows, as ISO texts and numbers.
        journal: Table of the journal -> rows.
    """

    records: tuple[str, ...]
    at: datetime
    store: Mapping[str, list[dict[str, Any]]]
    journal: Mapping[str, list[dict[str, Any]]]


def kept(config: Config, account: str, *, now: datetime | None = None) -> Kept:
    """Return everything that is kept about one customer; nothing is changed.

    Args:
        config: The deployment.
        account: As for ``forgetting.forget``.
        now: The time, aware; the clock's by default.

    Raises:
        LookupError: no such customer, or several.
    """
    with opened(config, now) as work:
        subject = subject_of(work, account)
        return Kept(
            records=tuple(f"{connection}:{ref}" for connection, ref in subject.records),
            at=work.now,
            store=_stored(work, subject),
            journal=unjournal.about(work.journal, subject.accounts, subject.records, subject.names),
        )


def _stored(work: Workspace, subject: Subject) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for name, predicate in predicates(work, subject):
        scan = work.store.scan(name)
        if scan is None:
            continue
        with duck.connect() as con:
            con.execute("SET TimeZone = 'UTC'")
            table = con.sql(
                f"SELECT * FROM {scan} WHERE {predicate} ORDER BY ALL"  # noqa: S608 - quoted
            ).to_arrow_table()
        rows = table.drop_columns([c for c in ADDED if c in table.column_names]).to_pylist()
        if rows:
            found[name] = rows
    return found
