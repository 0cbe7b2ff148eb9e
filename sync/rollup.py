"""From stored records to scores: match, make facts, score, compare with earlier."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import duckdb

from connectors.findings import Findings
from scoring import Snapshot

from . import basis, beside, contradictions, decisions, facts, history, overrides
from .basis import Basis
from .candidates import Key, prepare
from .identity import Identities, identify
from .match import Matching, match
from .pairing import MatchReport
from .scored import Portfolio, portfolio
from .workspace import Workspace, main


@dataclass(frozen=True, slots=True)
class Matched:
    """Accounts, and the relations that scoring wants.

    Attributes:
        identities: All accounts.
        aliases: Merged record -> the record that holds its data now.
        facts: Relations on the connection.
        report: What is told about it.
        basis: What else scores rest on.
    """

    identities: Identities
    aliases: Mapping[Key, Key]
    facts: facts.Facts
    report: MatchReport
    basis: Basis


@dataclass(frozen=True, slots=True)
class Times:
    """Which time is scored.

    Attributes:
        as_of: What was true then.
        known_at: What we knew then; None: everything.
    """

    as_of: datetime
    known_at: datetime | None = None


def match_all(
    work: Workspace, con: duckdb.DuckDBPyConnection, known_at: datetime | None = None
) -> Matched:
    """Join the records of all sources to accounts, and make the facts.

    Args:
        work: The opened deployment; accounts that are new are kept only where a run goes on.
        con: Where the facts are made.
        known_at: As it was known then; None: now.

    Raises:
        ConfigError: the file of pins cannot be used.
        ModelError: the model of that time is none that this Pulsefield knows.
    """
    work.progress.start("match", "accounts", None)
    rests_on = basis.basis(work, known_at)
    rows = facts.account_rows(con, work.store, known_at)
    candidates = prepare(rows, rests_on.ranks, rests_on.match.free_mail)
    found = match(
        candidates,
        settings=rests_on.match,
        pins=rests_on.pins,
        decisions=decisions.decisions(work.journal, known_at),
    )
    noted = work.now if known_at is None and work.run is not None else None
    identities = identify(
        work.journal, found.groups, candidates.aliases, noted=noted, known_at=known_at
    )
    made = facts.build(
        con,
        work.store,
        identities.accounts,
        candidates.aliases,
        reads=work.journal.reads(known_at),
        known_at=known_at,
    )
    made = contradictions.check(con, made, (known_at or work.now).date())
    parked = Findings()
    parked.merge(candidates.findings)
    parked.merge(made.parked)
    work.progress.finish("match", "accounts")
    report = _report(found, identities, parked)
    return Matched(identities, candidates.aliases, made, report, rests_on)


def _report(found: Matching, identities: Identities, parked: Findings) -> MatchReport:
    records: Counter[str] = Counter()
    joined: Counter[int] = Counter()
    unmatched: Counter[str] = Counter()
    for group in found.groups:
        connections = {key[0] for key in group}
        records.update(key[0] for key in group)
        joined[len(connections)] += 1
        if len(connections) == 1:
            unmatched.update(key[0] for key in group)
    return MatchReport(
        records=dict(records),
        accounts=len(found.groups),
        joined=dict(sorted(joined.items())),
        rules=found.rules,
        unmatched=dict(unmatched),
        review=found.review,
        parked=tuple(parked),
        joins=identities.joins,
        splits=identities.splits,
    )


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of one moment, still open for questions.

    Attributes:
        snapshot: From scoring.
        portfolio: The same in lists, with sentences and changes.
        last: The last kept snapshot, or None.
        replay: A baseline that was made for the change and is not kept yet, or None.
    """

    snapshot: Snapshot
    portfolio: Portfolio
    last: history.Past | None
    replay: Snapshot | None


def score_all(
    work: Workspace, con: duckdb.DuckDBPyConnection, matched: Matched, times: Times
) -> Scores:
    """Score every account, and compare with the scores ``change_days`` ago.

    Where no snapshot is that old, the moment is replayed from the facts.

    Raises:
        ModelError: the model, or data that does not fit it.
    """
    work.progress.start("score", "accounts", None)
    made, rests_on = matched.facts, matched.basis
    if times.known_at is None and work.run is not None:
        basis.note(work, rests_on)
    model, rates = rests_on.model, rests_on.rates
    last = history.last(con, work.store, times.known_at)
    said = beside.standing(work, con, model, (times.as_of, times.known_at))
    before = None if last is None else last.scores
    given = {"previous": before, "overrides": overrides.table(said)}
    snapshot = made.scored(con, model, times.as_of, rates, **given)
    then = times.as_of - timedelta(days=work.config.general.change_days)
    past = history.before(con, work.store, then, rests_on.model_sum, times.known_at)
    replay = None
    if past is None:
        replay = made.scored(con, model, then, rates)
        past = history.Past(then, replay.scores)
    fields = [field for target in work.fields.values() for field in target]
    told = {(field.score, field.choice.language) for field in fields if field.part == "reasons"}
    tell = sorted(told | {(main(model), "")})
    people = con.sql("SELECT account, account_id, name FROM fact_accounts").to_arrow_table()
    found = portfolio(snapshot, people, past=past, language=work.config.general.language, tell=tell)
    found = replace(found, beside=beside.judged(said, snapshot.scores))
    work.progress.finish("score", "accounts")
    return Scores(snapshot, found, last, replay)


def keep(work: Workspace, run: int, scores: Scores, *, planned: bool = False) -> None:
    """Keep a snapshot, and the baseline that was replayed for it.

    Args:
        work: The opened deployment.
        run: The run that it belongs to.
        scores: The scores.
        planned: Keep it aside, until the plan made of it is applied.
    """
    marks = {"run": run, "model": work.model_sum}
    kept = [(scores.snapshot, False)]
    kept += [(scores.replay, True)] if scores.replay is not None else []
    for snapshot, replayed in kept:
        rows = history.rows(snapshot, marks | {"replayed": replayed}, work.now)
        work.store.add(history.PLANNED if planned else history.TABLE, rows)
