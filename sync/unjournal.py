"""One customer's rows in the journal: found, counted, and removed for good."""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from . import schema
from .candidates import Key
from .journal import Journal

ACCOUNTS, MEMBERS, WRITES = schema.accounts, schema.members, schema.writes
DECISIONS, OVERRIDES = schema.decisions, schema.overrides
PLANS, RUNS = schema.plans, schema.runs


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


def count(journal: Journal, accounts: Sequence[int], records: Sequence[Key]) -> dict[str, int]:
    """Return table -> rows about these accounts and records, where there are any."""
    found = {}
    with journal.begin() as db:
        for table, where in _conditions(accounts, records):
            query = sa.select(sa.func.count()).select_from(table).where(where)
            found[table.name] = db.execute(query).scalar() or 0
    return {name: rows for name, rows in found.items() if rows}


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
        reports = db.execute(sa.select(RUNS.c.run, RUNS.c.report).where(RUNS.c.report.is_not(None)))
        for run, text in reports.all():
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
    member = sa.tuple_(MEMBERS.c.connection, MEMBERS.c.ref).in_(records)
    return [
        (WRITES, WRITES.c.account.in_(accounts)),
        (OVERRIDES, OVERRIDES.c.account.in_(accounts)),
        (DECISIONS, sa.or_(*told)),
        (MEMBERS, sa.or_(MEMBERS.c.account.in_(accounts), member)),
        (ACCOUNTS, ACCOUNTS.c.account.in_(accounts)),
    ]


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
