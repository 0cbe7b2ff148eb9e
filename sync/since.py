"""Why one account's score is not what it was: a change in parts that add up.

The earlier score is the one that was stored. What was known then is scored anew with today's
model, for its ledger; two ledgers of one model are what ``scoring.change`` splits. What the
stored score differs from that by is the model's part where the model is another one, and else
the part of what cannot be replayed (records that came later, matching, rates).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from scoring import Snapshot, change, duck
from scoring.change import KINDS
from scoring.explain import LEAST, LIMIT, Explainer, Headline, joined
from scoring.phrases import Phrases

from . import history, rollup
from .book.parts import words
from .config import Config
from .explaining import find
from .fields import NO_DATA
from .moments import Then, moment
from .rollup import Matched, Scores, Times
from .workspace import Workspace, opened

RECORDS = "records"
"""The part of what cannot be replayed."""
OVERRIDE = "override"
ALL_KINDS = (*KINDS, RECORDS, OVERRIDE)
EXACT = 1e-9
"""Points below which two ways of adding up agree."""


@dataclass(frozen=True, slots=True)
class ChangePart:
    """One reason of the change.

    Attributes:
        kind: behaviour, coverage, peers, adjustments, caps, model, records or override.
        name: Of the metric, adjustment, cap or component; ``""`` where there is none.
        via: Component scores on the way down, joined by ``/``.
        text: In words of the language asked for.
        points: Signed.
    """

    kind: str
    name: str
    via: str
    text: str
    points: float


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """The change of one account's score.

    Attributes:
        account_id: Stable id.
        name: Its name.
        score: Which.
        since: The moment that it is compared with.
        before: The value then; None: no data.
        now: The value now; None: no data.
        band_before: The band then.
        band_now: The band now.
        kinds: Kind -> points; they sum to now - before, to 1e-9.
        parts: The same one by one, largest first.
        override: A person's score that stands beside it now, in words; ``""``: none.
        sentence: The largest parts in words.
    """

    account_id: str
    name: str
    score: str
    since: Then
    before: float | None
    now: float | None
    band_before: str
    band_now: str
    kinds: Mapping[str, float]
    parts: Sequence[ChangePart]
    override: str
    sentence: str


def explain_since(
    config: Config, account: str, since: str, *, score: str = "health", now: datetime | None = None
) -> ScoreChange:
    """Say why a score is not what it was.

    Args:
        config: The deployment; its language is that of the words.
        account: As in ``run.explain``.
        since: A run's number, or an ISO date or time: the last score stored by then, of the
            week before; where there is none, what the score would have been then.
        score: A score of the model.
        now: The time, aware; the clock's by default.

    Raises:
        LookupError: no such account, score, run or date.
    """
    with opened(config, now) as work, duck.connect() as con:
        if score not in work.model.scores:
            raise LookupError(f"no score {score!r}; there are: {', '.join(work.model.scores)}")
        matched = rollup.match_all(work, con)
        scores = rollup.score_all(work, con, matched, Times(work.as_of))
        found = find(scores.portfolio, matched.identities.accounts, account)
        then = moment(work, con, since)
        with _replayed(work, (con, matched), then, found.account) as before:
            return _told(work, scores, before, then, (found.account, score))


@contextmanager
def _replayed(
    work: Workspace, present: tuple[duckdb.DuckDBPyConnection, Matched], then: Then, account: int
) -> Iterator[Snapshot]:
    """Score that moment with today's model, from what was known then where that is kept."""
    with duck.connect() as past:
        chosen = present
        if then.known_at is not None:
            matched = rollup.match_all(work, past, then.known_at)
            if account in {one.account for one in matched.identities.accounts}:
                chosen = past, matched
        con, held = chosen
        with held.facts.scored(con, work.model, then.as_of, work.config.rates) as snapshot:
            yield snapshot


def _told(
    work: Workspace, scores: Scores, before: Snapshot, then: Then, what: tuple[int, str]
) -> ScoreChange:
    account, score = what
    explainer = Explainer(work.model, work.config.general.language)
    phrases = explainer.phrases
    replay, new = (_row(side, account, score) for side in (before, scores.snapshot))
    old = replay if then.run is None else _kept(work, then, account, score)
    rows = _rows(scores.snapshot, before, what)
    parts = _parts(rows, scores.snapshot, what, phrases)
    ends = old["value"], new["value"]
    if None not in ends:
        rest = (ends[1] - ends[0]) - sum(part.points for part in parts)
        if abs(rest) > EXACT:
            same = then.model in {None, work.model_sum}
            kind = RECORDS if same else "model"
            parts.append(ChangePart(kind, "", "", explainer.words.word("parts", kind), rest))
    parts.sort(key=lambda part: -abs(round(part.points, 6)))
    kinds = {kind: sum(p.points for p in parts if p.kind == kind) for kind in ALL_KINDS}
    people = scores.portfolio
    stands = people.beside.get((score, account))
    at = people.accounts.index(account)
    return ScoreChange(
        account_id=people.account_ids[at],
        name=people.names[at],
        score=score,
        since=then,
        before=ends[0],
        now=ends[1],
        band_before=old["band"] or NO_DATA,
        band_now=new["band"] or NO_DATA,
        kinds=kinds,
        parts=parts,
        override=stands.text(explainer) if stands else "",
        sentence=_sentence(explainer, (old, new | {"today": people.as_of.date()}), then, parts),
    )


def _row(snapshot: Snapshot, account: int, score: str) -> dict[str, Any]:
    """Return one account's row of a score; all null where it was not there yet."""
    found = duckdb.from_arrow(snapshot.scores).filter(f"account = {account}").to_arrow_table()
    rows = [row for row in found.to_pylist() if row["score"] == score]
    return rows[0] if rows else dict.fromkeys(snapshot.scores.schema.names)


def _kept(work: Workspace, then: Then, account: int, score: str) -> dict[str, Any]:
    """Return value and band that were stored then; null where the account was not there."""
    scan = work.store.scan(history.TABLE)
    with duck.connect() as con:
        row = con.execute(
            f"SELECT value, band FROM {scan} WHERE NOT replayed AND run = $1"  # noqa: S608 - ours
            " AND account = $2 AND score = $3",
            [then.run, account, score],
        ).fetchone()
    return dict(zip(("value", "band"), row or (None, None), strict=True))


def _rows(now: Snapshot, before: Snapshot, what: tuple[int, str]) -> list[dict[str, Any]]:
    sides = [side.ledger([what[0]], what[1], evidence=False) for side in (before, now)]
    return [] if 0 in {side.num_rows for side in sides} else change(now.model, *sides).to_pylist()


def _parts(
    rows: Sequence[Mapping[str, Any]], now: Snapshot, what: tuple[int, str], phrases: Phrases
) -> list[ChangePart]:
    ledger = now.ledger([what[0]], what[1], evidence=False).to_pylist()
    values = {(row["account"], row["name"]): row["value"] for row in ledger}
    return [
        ChangePart(
            row["kind"], row["name"] or "", row["via"], words(row, values, phrases), row["points"]
        )
        for row in rows
    ]


def _sentence(
    explainer: Explainer,
    ends: tuple[Mapping[str, Any], Mapping[str, Any]],
    then: Then,
    parts: Sequence[ChangePart],
) -> str:
    old, new = ends
    head = Headline(
        score=new["score"],
        value=new["value"],
        band=new["band"] or NO_DATA,
        coverage=new["coverage"] or 0.0,
        today=new["today"],
        before=old["value"],
        since=then.as_of.date(),
        band_before=old["band"],
    )
    points: dict[str, float] = {}
    for part in parts:  # several metrics may say the same, such as that data became known
        points[part.text] = points.get(part.text, 0.0) + part.points
    worth = sorted(points.items(), key=lambda item: -abs(round(item[1], 6)))[:LIMIT]
    told = [f"{text} ({_shown(each, explainer)})" for text, each in worth if abs(each) >= LEAST]
    return joined(explainer.headline(head), told)


def _shown(points: float, explainer: Explainer) -> str:
    return explainer.words.number(points if abs(points) < 1 else round(points), sign=True)
