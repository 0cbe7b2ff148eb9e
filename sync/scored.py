"""Scores in the form that targets and reports need: one list per score and part, with words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from scoring import Model, Snapshot
from scoring.explain import LIMIT, Explainer, Headline
from scoring.phrases import Part

from .beside import TEXT_LENGTH, Beside
from .beside import part as beside_part
from .fields import NO_DATA
from .history import Past


@dataclass(frozen=True, slots=True)
class ScoreRows:
    """One score of every account, in the order of ``Scored.accounts``.

    Attributes:
        value: 0..100, or None.
        band: Name, ``no data`` where there is no value.
        coverage: 0..1.
        spread: Points, or None.
        segment: Name, or None.
        change: Against the baseline; None where either is missing.
        reasons: Sentence; ``""`` where it was not asked for.
    """

    value: list[float | None]
    band: list[str]
    coverage: list[float]
    spread: list[float | None]
    segment: list[str | None]
    change: list[float | None]
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class Portfolio:
    """All scores of one moment.

    Attributes:
        as_of: The time that they hold for, aware.
        model: The model.
        accounts: Keys, ascending.
        account_ids: Stable ids, in that order.
        names: Names, in that order.
        scores: Score -> its rows.
        told: (score, language) -> its sentences, where they are asked for in another language.
        language: Of the sentences else.
        beside: (score, account) -> what a person set beside it.
    """

    as_of: datetime
    model: Model
    accounts: list[int]
    account_ids: list[str]
    names: list[str]
    scores: Mapping[str, ScoreRows]
    told: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    language: str = "en"
    beside: Mapping[tuple[str, int], Beside] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The model's name and version, as one text."""
        return f"{self.model.name} {self.model.version}"

    def explainer(self, language: str = "") -> Explainer:
        """Return what makes sentences; in the portfolio's own language unless told."""
        return Explainer(self.model, language or self.language)

    def part(self, score: str, part: str, language: str = "") -> Sequence[Any]:
        """Return one part of one score, in the order of ``accounts``; reasons in a language."""
        if part == "reasons" and (score, language) in self.told:
            return self.told[score, language]
        if part == "scored_at":
            return [self.as_of] * len(self.accounts)
        if part == "model":
            return [self.version] * len(self.accounts)
        if part.startswith("override"):
            return self._override(score, part, language)
        found: Sequence[Any] = getattr(self.scores[score], part)
        if part == "coverage":  # people read percents
            return [100 * share for share in found]
        return found

    def _override(self, score: str, part: str, language: str) -> list[Any]:
        if not self.beside:
            return [None] * len(self.accounts)
        held = beside_part(self.beside, score, part, self.explainer(language))
        return [held.get(account) for account in self.accounts]


def portfolio(
    snapshot: Snapshot,
    people: pa.Table,
    *,
    past: Past | None,
    language: str,
    tell: Iterable[tuple[str, str]] = (("health", ""),),
) -> Portfolio:
    """Put a snapshot into lists, with the change against an earlier one, and sentences.

    Args:
        snapshot: From scoring, still open.
        people: account, account_id, name; any order.
        past: Baseline of the change.
        language: Of the sentences.
        tell: Scores that get sentences, each with a language of its own, or ``""``.
    """
    order = people.sort_by("account").to_pydict()
    keys: list[int] = order["account"]
    earlier = past.values() if past else {}
    scores = {}
    for name in snapshot.model.scores:
        rows = _rows(snapshot.scores, name)
        before = [earlier.get((key, name)) for key in keys]
        change = [
            None if now is None or then is None else now - then
            for now, then in zip(rows["value"], before, strict=True)
        ]
        blank = [""] * len(keys)
        scores[name] = ScoreRows(**rows, change=change, reasons=blank)
    found = Portfolio(
        as_of=snapshot.as_of.replace(tzinfo=UTC),
        model=snapshot.model,
        accounts=keys,
        account_ids=order["account_id"],
        names=[name or key for name, key in zip(order["name"], order["account_id"], strict=True)],
        scores=scores,
        language=language,
    )
    told = {
        (name, code): _told(
            found, snapshot, name, past, Explainer(snapshot.model, code or language)
        )
        for name, code in dict.fromkeys(tell)
        if name in scores
    }
    for name, plain in scores.items():
        scores[name] = replace(plain, reasons=told.pop((name, ""), plain.reasons))
    return replace(found, told=told)


def _rows(scores: pa.Table, name: str) -> dict[str, list[Any]]:
    kept = scores.filter(pa.compute.equal(scores.column("score"), name)).sort_by("account")
    rows = {part: kept.column(part).to_pylist() for part in ("value", "spread", "segment")}
    rows["band"] = [band or NO_DATA for band in kept.column("band").to_pylist()]
    rows["coverage"] = [share or 0.0 for share in kept.column("coverage").to_pylist()]
    return rows


def _told(
    found: Portfolio, snapshot: Snapshot, name: str, past: Past | None, explainer: Explainer
) -> list[str]:
    """Return the sentences of one score."""
    told = [""] * len(found.accounts)
    parts = _parts(snapshot.reasons(LIMIT + 2, [name], measured=False))
    rows = found.scores[name]
    today = found.as_of.date()
    since = past.as_of.date() if past else None
    adoption = found.scores["adoption"].value if "adoption" in found.scores else None
    missing = _missing(snapshot, name) if None in rows.value else {}
    for at, account in enumerate(found.accounts):
        value, change = rows.value[at], rows.change[at]
        before = None if value is None or change is None else value - change
        head = Headline(
            score=name,
            value=value,
            band=rows.band[at],
            coverage=rows.coverage[at],
            today=today,
            before=before,
            since=since if before is not None else None,
        )
        if value is None:
            told[at] = explainer.no_data(head, missing.get(account, ()), length=TEXT_LENGTH)
            continue
        beside = adoption if name == "health" else None
        also = explainer.disagreement(value, beside[at]) if beside else None
        told[at] = explainer.sentence(
            head, parts.get(account, ()), also=(also,) if also else (), length=TEXT_LENGTH
        )
    return told


def _parts(reasons: pa.Table) -> dict[int, list[Part]]:
    names = ("account", "part", "name", "points", "value")
    columns = (reasons.column(name).to_pylist() for name in names)
    found: dict[int, list[Part]] = {}
    for account, part, name, points, value in zip(*columns, strict=True):
        found.setdefault(account, []).append(Part(part, name or "", points, value))
    return found


def _missing(snapshot: Snapshot, score: str) -> dict[int, list[str]]:
    table = snapshot.missing_of([score])
    columns = (table.column(name).to_pylist() for name in ("account", "metric"))
    found: dict[int, list[str]] = {}
    for account, metric in zip(*columns, strict=True):
        found.setdefault(account, []).append(metric)
    return found
