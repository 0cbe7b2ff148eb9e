"""From stored records to scores: match, make facts, score, compare with earlier."""

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import duckdb

from connectors.findings import Findings
from scoring import Snapshot, score

from . import contradictions, decisions, facts, history
from .candidates import Key, prepare
from .config import ConfigError
from .errors import Issue
from .identity import Identities, identify
from .match import Matching, match
from .pairing import MatchReport
from .scored import Portfolio, portfolio
from .workspace import Workspace


@dataclass(frozen=True, slots=True)
class Matched:
    """Accounts, and the relations that scoring wants.

    Attributes:
        identities: All accounts.
        aliases: Merged record -> the record that holds its data now.
        facts: Relations on the connection.
        report: What is told about it.
    """

    identities: Identities
    aliases: Mapping[Key, Key]
    facts: facts.Facts
    report: MatchReport


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

    Raises:
        ConfigError: the file of pins cannot be used.
    """
    work.progress.start("match", "accounts", None)
    settings = work.config.match
    rows = facts.account_rows(con, work.store, known_at)
    candidates = prepare(rows, work.ranks, settings.free_mail)
    found = match(
        candidates,
        settings=settings,
        pins=pins(work),
        decisions=decisions.decisions(work.journal),
    )
    identities = identify(work.journal, found.groups, candidates.aliases, keep=known_at is None)
    made = facts.build(
        con,
        work.store,
        identities.accounts,
        candidates.aliases,
        reads=work.journal.reads(),
        known_at=known_at,
    )
    made = contradictions.check(con, made)
    parked = Findings()
    parked.merge(candidates.findings)
    parked.merge(made.parked)
    work.progress.finish("match", "accounts")
    report = _report(found, identities, parked)
    return Matched(identities, candidates.aliases, made, report)


def pins(work: Workspace) -> list[tuple[Key, Key]]:
    """Read the file of pinned records: columns ``account,connection,id``.

    Raises:
        ConfigError: it cannot be read, lacks a column, or names an unknown connection.
    """
    given = work.config.match.pins
    if not given:
        return []
    path = work.config.folder / Path(given).expanduser()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        issue = Issue("match.pins", repr(given), f"the file cannot be read: {error}")
        raise ConfigError(work.config.file, [issue]) from error
    held: dict[str, list[Key]] = {}
    for number, row in enumerate(rows, 2):
        cells = [(row.get(name) or "").strip() for name in ("account", "connection", "id")]
        if not all(cells) or cells[1] not in work.config.connections:
            names = ", ".join(work.config.connections)
            allowed = f"line {number} needs account, connection (one of {names}) and id"
            raise ConfigError(work.config.file, [Issue("match.pins", repr(given), allowed)])
        held.setdefault(cells[0], []).append((cells[1], cells[2]))
    return [pair for keys in held.values() for pair in pairwise(keys)]


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
    relations = matched.facts.relations
    rates = dict(work.config.rates) or None
    last = history.last(con, work.store) if times.known_at is None else None
    snapshot = score(
        work.model,
        relations,
        as_of=times.as_of,
        connection=con,
        previous=None if last is None else last.scores,
        overrides=decisions.overrides(work.journal),
        rates=rates,
    )
    then = times.as_of - timedelta(days=work.config.general.change_days)
    past = history.before(con, work.store, then, work.model_sum)
    replay = None
    if past is None:
        replay = score(work.model, relations, as_of=then, connection=con, rates=rates)
        past = history.Past(then, replay.scores)
    fields = [field for target in work.fields.values() for field in target]
    told = {field.score for field in fields if field.part == "reasons"}
    names = [name for name in work.model.scores if name in told or name == work.main]
    people = con.sql("SELECT account, account_id, name FROM fact_accounts").to_arrow_table()
    found = portfolio(
        snapshot, people, past=past, language=work.config.general.language, tell=names
    )
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
