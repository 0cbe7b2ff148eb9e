"""Where each metric's data comes from, and whether it does."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from connectors.base import Source
from connectors.errors import ConnectorError
from scoring import Model, Snapshot, duck
from scoring.declared import Signal
from scoring.references import of_signal
from sync.quoting import quote
from sync.workspace import Workspace

FED, NOBODY, EMPTY, UNREAD, NO_SOURCE = (
    "fed",
    "nobody has it",
    "empty column",
    "not read yet",
    "no source",
)


@dataclass(frozen=True, slots=True)
class Feed:
    """A metric's way from the sources.

    Attributes:
        metric: Its name.
        share: Of the main score's weight, 0..1.
        tables: Canonical tables that it needs.
        state: ``no source`` (no connection reads a table of it), ``not read yet``, ``empty
            column`` (of all stored rows), ``nobody has it`` (no account has a value), ``fed``.
        detail: Which table or column.
        observed: Share of the accounts that have a value; None: nothing is stored.
        median: Of the signal over those accounts; None: nobody has one.
    """

    metric: str
    share: float
    tables: tuple[str, ...]
    state: str
    detail: str = ""
    observed: float | None = None
    median: float | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    """Which tables come from where.

    Attributes:
        configured: Table -> connections whose streams feed it.
        read: Table -> connections that it was read from.
        silent: Connection -> why it could not say what it reads.
    """

    configured: Mapping[str, tuple[str, ...]]
    read: Mapping[str, tuple[str, ...]]
    silent: Mapping[str, str]


def sources(work: Workspace) -> Sources:
    """Ask every connection which tables it feeds; no system is asked."""
    configured: dict[str, list[str]] = {}
    read: dict[str, list[str]] = {}
    silent: dict[str, str] = {}
    for source, table, _ in work.journal.reads():
        if source in work.config.connections:
            read.setdefault(table, []).append(source)
    for name, entry in work.config.connections.items():
        try:
            connection = work.connect(name) if entry.read else None
        except ConnectorError as error:
            silent[name] = str(error)
            continue
        for stream in connection.streams() if isinstance(connection, Source) else ():
            for table in stream.tables:
                configured.setdefault(table, []).append(name)
    return Sources(_unique(configured), _unique(read), silent)


def _unique(found: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {table: tuple(dict.fromkeys(names)) for table, names in found.items()}


def tables_of(model: Model, signal: str) -> list[str]:
    """Return the tables that a signal and its divisors read."""
    declared = model.signals[signal]
    found = [declared.table]
    for divisor in declared.per:
        if isinstance(divisor, str):
            found += tables_of(model, divisor)
    return list(dict.fromkeys(found))


def unfed(model: Model, metric: str, known: Sources) -> tuple[str, str]:
    """Return state and detail of a metric by where its tables come from alone."""
    tables = tables_of(model, model.metrics[metric].signal)
    if not known.silent:  # what cannot be asked may well read it
        lacking = [t for t in tables if t not in known.configured and t not in known.read]
        if lacking:
            return NO_SOURCE, f"no connection reads {' or '.join(lacking)}"
    waiting = [table for table in tables if table not in known.read]
    return (UNREAD, f"{' and '.join(waiting)}: run `pulsefield pull`") if waiting else (FED, "")


def feeds(
    model: Model, shares: Mapping[str, float], known: Sources, snapshot: Snapshot | None
) -> list[Feed]:
    """Return every metric's feed, what is lost first, by weight.

    Args:
        model: The model.
        shares: Metric -> share of the main score.
        known: Where tables come from.
        snapshot: The stored data under this model, still open; None: nothing is stored.
    """
    seen = _observed(snapshot) if snapshot is not None else {}
    found = []
    for metric, declared in model.metrics.items():
        state, detail = unfed(model, metric, known)
        observed, median = seen.get(metric, (None, None))
        if observed:
            state, detail = FED, ""
        elif state == FED and observed == 0:
            state, detail = NOBODY, _unfit(model.signals[declared.signal])
        tables = tuple(tables_of(model, declared.signal))
        share = shares.get(metric, 0.0)
        found.append(Feed(metric, share, tables, state, detail, observed, median))
    order = [NO_SOURCE, UNREAD, EMPTY, NOBODY, FED]
    return sorted(
        found, key=lambda feed: (order.index(feed.state) == order.index(FED), -feed.share)
    )


def _unfit(signal: Signal) -> str:
    rows = f"no account has rows of {signal.table} that fit"
    return f"{rows}: {signal.where}" if signal.where else rows


def _observed(snapshot: Snapshot) -> dict[str, tuple[float, float | None]]:
    """Return metric -> share of accounts with an observed value, and the signal's median."""
    signals = snapshot.signals
    accounts = signals.num_rows
    if not accounts:
        return {}
    missing: Counter[str] = Counter()
    table = snapshot.missing.select(["account", "metric"]).group_by(["account", "metric"])
    missing.update(table.aggregate([]).column("metric").to_pylist())
    with duck.connect() as con:
        con.register("signals", signals)
        names = {metric.signal: None for metric in snapshot.model.metrics.values()}
        listed = ", ".join(f"median({quote(name)})" for name in names)
        row = con.sql(f"SELECT {listed} FROM signals").fetchall()[0]  # noqa: S608 - quoted names
    medians = dict(zip(names, row, strict=True))
    used = {part for score in snapshot.model.scores for part in snapshot.model.parts_of(score)}
    return {
        name: (1 - missing[name] / accounts, medians[metric.signal])
        for name, metric in snapshot.model.metrics.items()
        if name in used
    }


def emptied(
    feed: Feed, model: Model, con: duckdb.DuckDBPyConnection, relations: Mapping[str, str]
) -> Feed:
    """Name the column that is null in every stored row, where that is why nobody has a metric."""
    if feed.state != NOBODY:
        return feed
    empty: list[str] = []
    todo = [model.metrics[feed.metric].signal]
    while todo:
        signal = model.signals[todo.pop()]
        todo += [name for name in signal.per if isinstance(name, str)]
        empty += [
            f"{each.table}.{each.column}"
            for each in of_signal("", signal)
            if not _filled(con, relations.get(each.table), each.column)
        ]
    if not empty:
        return feed
    detail = f"{', '.join(dict.fromkeys(empty))}: empty in every stored row"
    return Feed(feed.metric, feed.share, feed.tables, EMPTY, detail, feed.observed, feed.median)


def _filled(con: duckdb.DuckDBPyConnection, relation: str | None, column: str) -> bool:
    if relation is None:
        return False
    names = {row[0] for row in con.execute(f"DESCRIBE {quote(relation)}").fetchall()}
    if column not in names:
        return False
    sql = f"SELECT count({quote(column)}) FROM {quote(relation)}"  # noqa: S608 - quoted
    return bool(con.execute(sql).fetchall()[0][0])
