"""Reports out of what a run found."""

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from .fields import band_options
from .history import Past
from .rollup import Matched, Scores
from .scored import Portfolio
from .summary import AccountScore, ConnectionReport, RunReport, ScoreReport
from .tickets import parent
from .workspace import main

WORST = 20


def of_scores(matched: Matched, scores: Scores) -> dict[str, Any]:
    """Return the parts of a RunReport that matching and scoring fill."""
    people = scores.portfolio
    told = main(people.model)
    return {
        "as_of": people.as_of,
        "matching": matched.report,
        "scores": tuple(_score(people, name) for name in people.scores),
        "worst": _worst(people, told),
        "fallen": _fallen(people, told, scores.last),
        "model": (people.model.name, people.model.version),
    }


def marks(people: Portfolio) -> dict[str, object]:
    """Return the columns of ``runs`` that tell which snapshot was kept."""
    return {"as_of": people.as_of, "accounts": len(people.accounts), "model": people.version}


def _score(people: Portfolio, name: str) -> ScoreReport:
    rows = people.scores[name]
    counts = Counter(rows.band)
    bands = {band: counts.pop(band, 0) for band, _ in band_options(people.model, name)}
    values = [value for value in rows.value if value is not None]
    return ScoreReport(
        score=name,
        bands=bands | dict(counts),
        mean=sum(values) / len(values) if values else None,
        coverage=sum(rows.coverage) / len(rows.coverage) if rows.coverage else 0.0,
    )


def _worst(people: Portfolio, main: str) -> tuple[AccountScore, ...]:
    rows = people.scores[main]
    places = [at for at, value in enumerate(rows.value) if value is not None]
    places.sort(key=lambda at: (rows.value[at] or 0.0, people.account_ids[at]))
    return tuple(_account(people, main, at) for at in places[:WORST])


def _account(people: Portfolio, main: str, at: int) -> AccountScore:
    rows = people.scores[main]
    return AccountScore(
        account_id=people.account_ids[at],
        name=people.names[at],
        value=rows.value[at],
        band=rows.band[at],
        change=rows.change[at],
        reasons=rows.reasons[at],
        segment=rows.segment[at],
    )


def _fallen(people: Portfolio, main: str, last: Past | None) -> tuple[AccountScore, ...]:
    """Return the accounts that came to the worst band since the last snapshot, by their id."""
    if last is None:
        return ()
    worst, rows = band_options(people.model, main)[0][0], people.scores[main]
    columns = (last.scores.column(name).to_pylist() for name in ("account", "score", "band"))
    before = {account: band for account, score, band in zip(*columns, strict=True) if score == main}
    places = [
        at
        for at, account in enumerate(people.accounts)
        if rows.band[at] == worst and account in before and before[account] != worst
    ]
    places.sort(key=lambda at: people.account_ids[at])
    return tuple(_account(people, main, at) for at in places)


def table(people: Portfolio) -> pa.Table:
    """Return all scores as one table, by account, then in the model's order."""
    count = len(people.accounts)
    tables = []
    for place, (name, rows) in enumerate(people.scores.items()):
        texts = {"band": rows.band, "segment": rows.segment, "reasons": rows.reasons}
        texts |= {"override": people.part(name, "override")}
        numbers = {"value": rows.value, "coverage": rows.coverage}
        numbers |= {"spread": rows.spread, "change": rows.change}
        columns = {
            "account": pa.array(people.accounts, pa.int64()),
            "place": pa.array([place] * count, pa.int64()),
            "account_id": pa.array(people.account_ids, pa.string()),
            "name": pa.array(people.names, pa.string()),
            "score": pa.array([name] * count, pa.string()),
            **{key: pa.array(column, pa.float64()) for key, column in numbers.items()},
            **{key: pa.array(column, pa.string()) for key, column in texts.items()},
        }
        tables.append(pa.table(columns))
    every = pa.concat_tables(tables).sort_by([("account", "ascending"), ("place", "ascending")])
    order = ["account_id", "name", "score", "value", "band", "coverage", "spread"]
    return every.select([*order, "segment", "change", "reasons", "override"])


def with_problems(
    reports: Sequence[ConnectionReport], problems: Mapping[str, tuple[str, bool]]
) -> list[ConnectionReport]:
    """Add what keeps targets from being written to."""
    found = []
    for report in reports:
        own = [problem for name, problem in problems.items() if parent(name) == report.name]
        if own and report.error is None:
            text, setup = "; ".join(text for text, _ in own), any(person for _, person in own)
            found.append(dataclasses.replace(report, error=text, setup=setup))
        else:
            found.append(report)
    return found


def as_json(report: RunReport) -> str:
    """Return a report as JSON, without the lists of accounts and records."""
    short = dataclasses.replace(report, worst=(), fallen=())
    if short.matching is not None:
        counts = dataclasses.replace(short.matching, review=())
        short = dataclasses.replace(short, matching=counts)
    plans = tuple(dataclasses.replace(plan, examples=(), edited=()) for plan in short.plans)
    applied = tuple(dataclasses.replace(done, refused=()) for done in short.applied)
    short = dataclasses.replace(short, plans=plans, applied=applied)
    return json.dumps(dataclasses.asdict(short), default=_text)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
