"""Stable ids of accounts, kept in the journal: the same customer keeps its key over runs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from . import schema
from .candidates import Key
from .journal import Journal


@dataclass(frozen=True, slots=True)
class Account:
    """One customer.

    Attributes:
        account: Small integer key, for joins.
        account_id: Stable text, for people and programs: the record that first named it.
        records: Its records, in connection order.
    """

    account: int
    account_id: str
    records: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Identities:
    """All accounts of a run.

    Attributes:
        accounts: In the order of the groups.
        joins: Earlier accounts that went into another one.
        splits: Earlier accounts whose records are in several now.
    """

    accounts: tuple[Account, ...]
    joins: int
    splits: int


@dataclass(frozen=True, slots=True)
class _Known:
    """What the journal has: key -> (stable id, naming record), and record -> key."""

    names: Mapping[int, tuple[str, Key]]
    members: Mapping[Key, int]


def identify(
    journal: Journal,
    groups: Sequence[tuple[Key, ...]],
    aliases: Mapping[Key, Key],
    *,
    noted: datetime | None = None,
    known_at: datetime | None = None,
) -> Identities:
    """Give each group its account.

    A group keeps the account that its records had; of several, the oldest. An account whose
    records are parted stays with the record that named it, else with the most of them.

    Args:
        journal: Where accounts are kept.
        groups: Records of one customer each.
        aliases: Merged record -> the record that holds its data now.
        noted: The run's time: what is new is kept, as of then; None: nothing is.
        known_at: Begin with the accounts that records had then; None: now.
    """
    known = _load(journal, known_at)
    chosen, joined, splits = _keep(groups, known)
    top = max(known.names, default=0)
    taken = {name for name, _ in known.names.values()}
    accounts = []
    fresh: list[tuple[int, str, Key]] = []
    for group in groups:
        account = chosen.get(group)
        if account is None:
            top += 1
            account = top
            name = _free_name(group[0], taken)
            fresh.append((account, name, group[0]))
        else:
            name = known.names[account][0]
        accounts.append(Account(account, name, group))
    members = {key: account.account for account in accounts for key in account.records}
    members |= {old: members[new] for old, new in aliases.items() if new in members}
    if noted is not None:
        _save(journal, fresh, joined, _changes(known.members, members), noted)
    return Identities(tuple(accounts), len(joined), splits)


def _load(journal: Journal, known_at: datetime | None) -> _Known:
    accounts = schema.accounts
    with journal.begin() as db:
        names = {
            row.account: (row.account_id, (row.connection, row.ref))
            for row in db.execute(sa.select(accounts))
        }
        held = _present(db) if known_at is None else _then(db, known_at)
    return _Known(names, held)


def _present(db: sa.Connection) -> dict[Key, int]:
    rows = db.execute(sa.select(schema.members))
    return {(row.connection, row.ref): row.account for row in rows}


def _then(db: sa.Connection, known_at: datetime) -> dict[Key, int]:
    """Return what records belonged to at a time; of those that had no account yet, the first."""
    held: dict[Key, int | None] = {}
    log = schema.memberships
    for row in db.execute(sa.select(log).order_by(log.c.since)):
        if row.since <= known_at:
            held[row.connection, row.ref] = row.account
        else:
            held.setdefault((row.connection, row.ref), row.account)
    return {key: account for key, account in held.items() if account is not None}


def prune(db: sa.Connection, cut: datetime) -> None:
    """Delete what is not needed to tell what was so at a time or later."""
    log, other = schema.memberships, schema.memberships.alias()
    of = (other.c.connection == log.c.connection) & (other.c.ref == log.c.ref)
    later = sa.exists().where(of, other.c.since > log.c.since, other.c.since <= cut)
    db.execute(log.delete().where(later))


def _keep(
    groups: Sequence[tuple[Key, ...]], known: _Known
) -> tuple[dict[tuple[Key, ...], int], dict[int, int], int]:
    """Return group -> earlier account, account -> the one it went into, and the splits."""
    claims: dict[int, Counter[tuple[Key, ...]]] = {}
    for group in groups:
        for key in group:
            if key in known.members:
                claims.setdefault(known.members[key], Counter())[group] += 1
    chosen: dict[tuple[Key, ...], int] = {}
    joined: dict[int, int] = {}
    for account in sorted(claims):
        naming = known.names[account][1]
        wanted = sorted(
            claims[account].items(), key=lambda claim: (naming not in claim[0], -claim[1], claim[0])
        )
        free = [group for group, _ in wanted if group not in chosen]
        if free:
            chosen[free[0]] = account
        else:
            joined[account] = chosen[wanted[0][0]]
    return chosen, joined, sum(len(claim) > 1 for claim in claims.values())


def _free_name(key: Key, taken: set[str]) -> str:
    base = name = f"{key[0]}:{key[1]}"
    number = 2
    while name in taken:
        name, number = f"{base}#{number}", number + 1
    taken.add(name)
    return name


def _changes(before: Mapping[Key, int], after: Mapping[Key, int]) -> dict[Key, int | None]:
    """Return the records whose account changed; None: it has none any more."""
    changed: dict[Key, int | None] = {k: a for k, a in after.items() if before.get(k) != a}
    return changed | {key: None for key in before if key not in after}


def _save(
    journal: Journal,
    fresh: Sequence[tuple[int, str, Key]],
    joined: Mapping[int, int],
    changed: Mapping[Key, int | None],
    now: datetime,
) -> None:
    accounts, members, log = schema.accounts, schema.members, schema.memberships
    into = accounts.update().where(accounts.c.account == sa.bindparam("from_account"))
    record = (members.c.connection == sa.bindparam("of_connection")) & (
        members.c.ref == sa.bindparam("of_ref")
    )
    made = [
        {"account": account, "account_id": name, "connection": key[0], "ref": key[1]}
        for account, name, key in fresh
    ]
    held = [
        {"connection": key[0], "ref": key[1], "account": account}
        for key, account in changed.items()
        if account is not None
    ]
    with journal.begin() as db:
        _many(db, accounts.insert(), made)
        moved = [{"from_account": old, "joined_into": new} for old, new in joined.items()]
        _many(db, into, moved)
        gone = [{"of_connection": key[0], "of_ref": key[1]} for key in changed]
        _many(db, members.delete().where(record), gone)
        _many(db, members.insert(), held)
        again = (log.c.connection == sa.bindparam("of_connection")) & (
            log.c.ref == sa.bindparam("of_ref")
        )
        _many(db, log.delete().where(again, log.c.since == now), gone)
        since = [
            {"connection": key[0], "ref": key[1], "account": account, "since": now}
            for key, account in changed.items()
        ]
        _many(db, log.insert(), since)


def _many(db: sa.Connection, statement: sa.Executable, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        db.execute(statement, rows)
