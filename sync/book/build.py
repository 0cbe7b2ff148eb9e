"""Scores that are still open for questions -> the book."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import duckdb

from scoring import Snapshot
from scoring.phrases import Phrases
from sync import history as stored
from sync.fields import band_options
from sync.overriding import of_portfolio
from sync.rollup import Matched, Scores
from sync.workspace import Workspace

from . import past
from .accounts import accounts, currency_of
from .model import Band, Book, Scale, Source, headlines
from .parts import ledger, movers


def build(
    work: Workspace, con: duckdb.DuckDBPyConnection, matched: Matched, scores: Scores
) -> Book:
    """Return everything that people look at.

    Args:
        work: The deployment.
        con: Where it was matched and scored.
        matched: Accounts and their records.
        scores: Still open.
    """
    people, main = scores.portfolio, work.main
    phrases = Phrases(work.model, work.config.general.language)
    then = people.as_of - timedelta(days=work.config.general.change_days)
    kept = past.kept(con, work.store, people.as_of)
    found = stored.before(con, work.store, then, work.model_sum)
    with _then(work, con, matched, scores, found) as before:
        told = movers(scores.snapshot, before, people, main, phrases)
        since, bands = (then, before.scores) if found is None else (found.as_of, found.scores)
    names = ("account", "score", "band")
    was = {
        account: band
        for account, name, band in zip(*(bands.column(n).to_pylist() for n in names), strict=True)
        if name == main
    }
    money = currency_of(con, work.model.currency, work.config.rates)
    moments = past.thinned(kept, past.HISTORY - 1)
    return Book(
        as_of=people.as_of,
        since=since,
        model=people.version,
        language=work.config.general.language,
        main=main,
        scales=tuple(_scale(work, name, phrases) for name in people.scores),
        currency=money[0],
        accounts=accounts(con, people, was, money, owners=work.config.general.report_owners),
        trend=past.trend(con, work.store, past.thinned(kept, past.TREND), people),
        history=past.history(con, work.store, moments, people, headlines(main, people.scores)),
        ledger=ledger(scores.snapshot, main, phrases, people),
        movers=told,
        sources=_sources(work, con, matched),
        overrides=tuple(of_portfolio(people)),
    )


@contextmanager
def _then(
    work: Workspace,
    con: duckdb.DuckDBPyConnection,
    matched: Matched,
    scores: Scores,
    found: stored.Past | None,
) -> Iterator[Snapshot]:
    """Score the time that changes are against from what is known now, for its ledger."""
    if scores.replay is not None:
        yield scores.replay
        return
    when = scores.portfolio.as_of if found is None else found.as_of
    with matched.facts.scored(con, work.model, when, work.config.rates) as snapshot:
        yield snapshot


def _scale(work: Workspace, name: str, phrases: Phrases) -> Scale:
    lows = work.model.bands_of(name).borders or {}
    bands = [
        Band(band, phrases.band(band), lows.get(band)) for band, _ in band_options(work.model, name)
    ]
    return Scale(name, phrases.score(name), tuple(bands))


def _sources(
    work: Workspace, con: duckdb.DuckDBPyConnection, matched: Matched
) -> tuple[Source, ...]:
    counted = dict(
        con.sql("SELECT connection, count(DISTINCT account) FROM members GROUP BY ALL").fetchall()
    )
    reads = list(work.journal.reads())
    return tuple(
        Source(
            name=name,
            kind=entry.kind,
            records=matched.report.records.get(name, 0),
            accounts=counted.get(name, 0),
            tables={table: time for source, table, time in sorted(reads) if source == name},
        )
        for name, entry in work.config.connections.items()
        if entry.read
    )
