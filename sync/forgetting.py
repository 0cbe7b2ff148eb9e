"""Forgetting one customer: every row about it leaves the store, its history and the journal.

The systems themselves are not touched. What is left behind is a run of kind ``forget``, which
says when, and not who.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from connectors.records import TABLES
from scoring import duck

from . import erasing, history, unjournal
from .candidates import Key
from .config import Config
from .current import running
from .erasing import among
from .explaining import lookup
from .quoting import literal
from .rollup import Matched, match_all
from .store import HELD
from .tickets import SUFFIX
from .workspace import Workspace, opened


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What is, or would be, forgotten.

    Attributes:
        records: ``connection:id`` of the customer's records.
        rows: Table of the store -> versions of rows.
        journal: Table of the journal -> rows.
        still_there: Records that their system still has, as far as was read: a later read
            brings them back unless they are deleted there.
        applied: Whether it was done.
    """

    records: tuple[str, ...]
    rows: Mapping[str, int]
    journal: Mapping[str, int]
    still_there: tuple[str, ...] = ()
    applied: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is forgotten: keys of accounts, their records, and names that reports may hold."""

    accounts: tuple[int, ...]
    records: tuple[Key, ...]
    names: tuple[str, ...]
    live: tuple[Key, ...] = field(default=())

    def refs(self) -> dict[str, list[str]]:
        """Connection -> the vendor's ids."""
        found: dict[str, list[str]] = {}
        for connection, ref in self.records:
            found.setdefault(connection, []).append(ref)
        return found


def forget(
    config: Config, account: str, *, apply: bool = False, now: datetime | None = None
) -> Forgotten:
    """Find everything that is kept about one customer, and with ``apply`` remove it.

    Safe to repeat: after a crash in the middle, the same command finishes the work.

    Args:
        config: The deployment.
        account: As for ``run.explain``; of a customer that no source has any more, its stable
            id, ``connection:id``, or its exact name.
        apply: Remove it; else only count.
        now: The time, aware; the clock's by default.

    Raises:
        LookupError: no such customer, or several.
        BusyError: a run works at the moment (only with ``apply``).
        StoreError, JournalError: what was not removed yet is still there; run it again.
    """
    with opened(config, now) as work:
        if not apply:
            return _counted(work, subject_of(work, account))
        with running(work, "forget") as (current, held):
            subject = subject_of(work, account)
            told = _counted(work, subject)
            for name, predicate in predicates(work, subject):
                held.check()
                erasing.erase(work.store, name, predicate)
            unjournal.erase(work.journal, subject.accounts, subject.records, subject.names)
            current.ended()
        return Forgotten(told.records, told.rows, told.journal, told.still_there, applied=True)


def _counted(work: Workspace, subject: Subject) -> Forgotten:
    counts = {n: erasing.count(work.store, n, p) for n, p in predicates(work, subject)}
    noted = unjournal.about(work.journal, subject.accounts, subject.records, subject.names)
    return Forgotten(
        records=_written(subject.records),
        rows={name: count for name, count in counts.items() if count},
        journal={name: len(rows) for name, rows in noted.items()},
        still_there=_written(subject.live),
    )


def _written(keys: Sequence[Key]) -> tuple[str, ...]:
    return tuple(f"{connection}:{ref}" for connection, ref in keys)


def subject_of(work: Workspace, text: str) -> Subject:
    """Find a customer, also one that no source has any more.

    Raises:
        LookupError: no such customer, or several.
    """
    with duck.connect() as con:
        matched = match_all(work, con)
        kept = _stored(work, con)
        live = {key for each in matched.identities.accounts for key in each.records}
        try:
            found, _ = lookup(work, con, matched, text)
        except LookupError:
            records = _gone(work, kept, live, text.strip())
            if not records:
                raise
            accounts = unjournal.accounts_named(work.journal, records)
        else:
            records = {*found.records, *_merged(matched, found.records)}
            accounts = [found.account, *unjournal.accounts_named(work.journal, records)]
    keys = tuple(sorted(records))
    names = {name for key in keys for name in kept.get(key, ())}
    return Subject(
        accounts=unjournal.joined(work.journal, accounts),
        records=keys,
        names=tuple(sorted(names)),
        live=tuple(key for key in keys if key in live),
    )


def _merged(matched: Matched, records: Sequence[Key]) -> set[Key]:
    return {old for old, new in matched.aliases.items() if new in records}


def _stored(work: Workspace, con: duckdb.DuckDBPyConnection) -> dict[Key, tuple[str, ...]]:
    """Every account record ever stored -> the names that it had."""
    scan = work.store.scan("accounts")
    if scan is None:
        return {}
    rows = con.sql(
        f"SELECT source, id, list(DISTINCT name ORDER BY name) FILTER (name IS NOT NULL)"  # noqa: S608
        f" FROM {scan} GROUP BY ALL"
    ).fetchall()
    return {(source, ref): tuple(names or ()) for source, ref, names in rows}


def _gone(
    work: Workspace, kept: Mapping[Key, Sequence[str]], live: set[Key], text: str
) -> set[Key]:
    """Records that no source has any more, by id or name; and what a crash left.

    Raises:
        LookupError: several by that id or name.
    """
    exact = {key for key in kept if text == f"{key[0]}:{key[1]}"} - live
    exact = exact or unjournal.records_of(work.journal, text) - live
    low = text.casefold()
    loose = exact or {
        key for key, names in kept.items() if text == key[1] or low in map(str.casefold, names)
    }
    found = loose - live
    if len(found) > 1 and not exact:
        listed = ", ".join(_written(sorted(found)))
        raise LookupError(f"{len(found)} deleted records are {text!r}: {listed}; give one of them")
    return found


def predicates(work: Workspace, subject: Subject) -> list[tuple[str, str]]:
    """Table -> SQL that finds the customer's rows; ``accounts`` last, as it tells who it is."""
    refs = subject.refs()
    numbers = ", ".join(map(str, subject.accounts)) or "NULL"
    found = [(name, f"account IN ({numbers})") for name in (history.TABLE, history.PLANNED)]
    for connection, ids in refs.items():
        found.append((HELD + connection, among("id", ids)))
        tickets = _ids(work, "tickets", connection, ids)
        found.append((HELD + connection + SUFFIX, among("id", tickets)))
    for name in TABLES:
        if name != "accounts":
            parts = [_of(work, name, connection, ids) for connection, ids in refs.items()]
            found.append((name, " OR ".join(parts) or "false"))
    accounts = [f"(source = {literal(c)} AND {among('id', ids)})" for c, ids in refs.items()]
    return [*found, ("accounts", " OR ".join(accounts) or "false")]


def _of(work: Workspace, name: str, connection: str, refs: Sequence[str]) -> str:
    """SQL that finds rows of a customer.

    Of a row that came to it from another customer every version goes, or else an old one would
    hold again; of a row that left it, only the versions that were its own.
    """
    own = among("account_ref", refs)
    came = among("id", _ids(work, name, connection, refs, moved=True))
    return f"(source = {literal(connection)} AND ({own} OR {came}))"


def _ids(
    work: Workspace, name: str, connection: str, refs: Sequence[str], *, moved: bool = False
) -> list[str]:
    """Ids of rows that are a customer's now; with ``moved`` those that were another's before."""
    latest = work.store.latest(name)
    if latest is None:
        return []
    own = among("account_ref", refs)
    came = f"AND id IN (SELECT id FROM every_version WHERE NOT coalesce({own}, false))"  # noqa: S608 - quoted
    with duck.connect() as con:
        con.execute(f"CREATE VIEW every_version AS FROM {work.store.scan(name)}")
        con.execute(f"CREATE VIEW latest AS {latest}")
        rows = con.sql(
            f"SELECT id FROM latest WHERE source = {literal(connection)} AND {own}"  # noqa: S608 - quoted
            f" {came if moved else ''} ORDER BY id"
        )
        return [row[0] for row in rows.fetchall()]
