"""One customer's rows in the journal: found, counted, and removed for good."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from . import basis, schema
from .candidates import Key
from .journal import Journal

ACCOUNTS, MEMBERS, WRITES = schema.accounts, schema.members, schema.writes
MEMBERSHIPS, BASES = schema.memberships, schema.bases
DECISIONS, OVERRIDES, RUNS = schema.decisions, schema.overrides, schema.runs
_REPORTS = sa.select(RUNS.c.run, RUNS.c.report).where(RUNS.c.report.is_not(None))


def accounts_named(journal: Journal, records: Iterable[Key]) -> list[int]:
    """Return the keys of accounts that these records named and that have no other record."""
    wanted = set(records)
    with journal.begin() as db:
        named = db.execute(sa.select(ACCOUNTS.c.account, ACCOUNTS.c.connection, ACCOUNTS.c.ref))
        found = {row.account for row in named if (row.connection, row.ref) in wanted}
        members = db.execute(sa.select(MEMBERS).where(MEMBERS.c.account.in_(found))).all()
    return sorted(found - {m.account for m in members if (m.connection, m.ref) not in wanted})


def joined(journal: Journal, accounts: Iterable[int]) -> tuple[int, ...]:
    """Return these accounts and all that went into them, ascending."""
    with journal.begin() as db:
        rows = db.execute(sa.select(ACCOUNTS.c.account, ACCOUNTS.c.joined_into)).all()
    found, fresh = set(accounts), True
    while fresh:
        fresh = bool(more := {r.account for r in rows if r.joined_into in found} - found)
        found |= more
    return tuple(sorted(found))


def records_of(journal: Journal, account_id: str) -> set[Key]:
    """Return the record that named an account, by its stable id, and its members."""
    with journal.begin() as db:
        row = db.execute(sa.select(ACCOUNTS).where(ACCOUNTS.c.account_id == account_id)).first()
        if row is None:
            return set()
        members = db.execute(sa.select(MEMBERS).where(MEMBERS.c.account == row.account)).all()
    return {(row.connection, row.ref)} | {(m.connection, m.ref) for m in members}


def about(
    journal: Journal, accounts: Sequence[int], records: Sequence[Key], names: Collection[str]
) -> dict[str, list[dict[str, Any]]]:
    """Return table -> rows about these accounts and records, where there are any.

    Of what is in force (``bases``) these are the pins, and of reports (``runs``) the examples.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    with journal.begin() as db:
        for table, where in _conditions(accounts, records):
            found[table.name] = [
                dict(row) for row in db.execute(sa.select(table).where(where)).mappings()
            ]
        found[BASES.name] = [
            {"since": row.since, "pins": pins}
            for row in db.execute(sa.select(BASES))
            if (pins := basis.pinned(row.settings, set(records)))
        ]
        words = [*names, *(f"{connection}:{ref}" for connection, ref in records)]
        named = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in words))
        found[RUNS.name] = [
            {"run": row.run, "example": example}
            for row in db.execute(_REPORTS)
            for example in _examples(json.loads(row.report))
            if words and named.search(example)
        ]
    return {name: rows for name, rows in found.items() if rows}


def _examples(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, entry in value.items():
            if key == "examples" and isinstance(entry, list):
                yield from map(str, entry)
            else:
                yield from _examples(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _examples(entry)


def erase(
    journal: Journal, accounts: Sequence[int], records: Sequence[Key], names: Collection[str]
) -> None:
    """Remove them, and the examples in reports of earlier runs that name them.

    SQLite's file is written anew, so that no free page holds them; PostgreSQL frees its pages
    at its next vacuum.
    """
    words = {*names, *(ref for _, ref in records)}
    with journal.begin() as db:
        for table, where in _conditions(accounts, records):
            db.execute(table.delete().where(where))
        for since, settings in db.execute(sa.select(BASES.c.since, BASES.c.settings)).all():
            if basis.pinned(settings, set(records)):
                clean = basis.without(settings, set(records))
                db.execute(BASES.update().where(BASES.c.since == since).values(settings=clean))
        for run, text in db.execute(_REPORTS).all():
            clean = json.dumps(_without(json.loads(text), words))
            if clean != text:
                db.execute(RUNS.update().where(RUNS.c.run == run).values(report=clean))
    _shred(journal)


def _conditions(
    accounts: Sequence[int], records: Sequence[Key]
) -> list[tuple[sa.Table, sa.ColumnElement[bool]]]:
    sides = [(DECISIONS.c.left_connection, DECISIONS.c.left_ref)]
    sides.append((DECISIONS.c.right_connection, DECISIONS.c.right_ref))
    told = [sa.tuple_(*side).in_(records) for side in sides]
    members, named = (
        (table, sa.or_(table.c.account.in_(accounts), _of(table).in_(records)))
        for table in (MEMBERS, MEMBERSHIPS)
    )
    return [
        (WRITES, WRITES.c.account.in_(accounts)),
        (OVERRIDES, OVERRIDES.c.account.in_(accounts)),
        (DECISIONS, sa.or_(*told)),
        members,
        named,
        (ACCOUNTS, ACCOUNTS.c.account.in_(accounts)),
    ]


def _of(table: sa.Table) -> sa.Tuple:
    return sa.tuple_(table.c.connection, table.c.ref)


def _without(value: Any, words: Collection[str]) -> Any:
    """Return a report without the examples in which one of the words stands."""
    if isinstance(value, dict):
        return {
            key: [each for each in entry if not any(word in str(each) for word in words)]
            if key == "examples" and isinstance(entry, list)
            else _without(entry, words)
            for key, entry in value.items()
        }
    return [_without(entry, words) for entry in value] if isinstance(value, list) else value


def _shred(journal: Journal) -> None:
    if journal.engine.dialect.name != "sqlite":
        return
    with journal.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        raw = db.connection.dbapi_connection
        if raw is not None:  # past SQLAlchemy, which would begin a transaction first
            raw.commit()
            for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                raw.cursor().execute(statement).close()
