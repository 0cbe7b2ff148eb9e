"""What changes between two models on the data that is stored, and which change does it.

The changed keys are applied one after another, in the order of ``scoring.differing``, and the
same facts scored after each. A change's part is what the score moved in its step, so the parts
of an account add up to its whole difference; what two changes do together counts for the later.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

import pyarrow as pa

from scoring import Model, Snapshot, load_model
from scoring.differing import steps, touches
from sync.config import Config
from sync.errors import SyncError
from sync.fields import NO_DATA
from sync.progress import Progress
from sync.workspace import Workspace

from .check import headlines
from .files import ModelFile
from .stored import Stored, reading_only, stored

MOVERS = 25
"""Winners, and losers, that are told."""
LEAST = 0.05
"""Points from which an account counts as moved: it shows with one decimal."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What one step of the way did to the score that is told of.

    Attributes:
        keys: Dotted paths of what was changed.
        text: The same in words.
        mean: Points, over the accounts that have a value before and after.
        moved: Accounts that it moved.
        least: The largest fall, in points (0 or less).
        most: The largest rise.
        bands: Accounts whose band it changed.
    """

    keys: tuple[str, ...]
    text: str
    mean: float
    moved: int
    least: float
    most: float
    bands: int


@dataclass(frozen=True, slots=True)
class Moved:
    """An account whose score or band differs.

    Attributes:
        account_id: Stable id.
        name: Its name.
        before: Value under the first model; None: no data.
        after: Under the second.
        band_before: Band under the first.
        band_after: Under the second.
        parts: Points by change (place in ``ModelDiff.effects``), largest first; they sum to
            after - before.
        turns: The changes in whose step the band changed.
    """

    account_id: str
    name: str
    before: float | None
    after: float | None
    band_before: str
    band_after: str
    parts: Sequence[tuple[int, float]]
    turns: Sequence[int]

    @property
    def points(self) -> float:
        """The difference; 0 where either value is missing."""
        return 0.0 if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, slots=True)
class Distribution:
    """One score's bands under a model.

    Attributes:
        mean: Of the values; None: there are none.
        bands: Band -> accounts, worst first, ``no data`` last.
    """

    mean: float | None
    bands: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ModelDiff:
    """Two models on the same data.

    Attributes:
        before: The first model's file.
        after: The second's.
        as_of: The moment that was scored.
        score: The score that is told of.
        accounts: All.
        effects: What each change did, in the order in which they were applied.
        distributions: Score -> before and after; None where a model lacks it.
        bands: Accounts that change band, by their difference.
        losers: The largest falls.
        winners: The largest rises.
    """

    before: str
    after: str
    as_of: datetime
    score: str
    accounts: int
    effects: Sequence[Effect]
    distributions: Mapping[str, tuple[Distribution | None, Distribution | None]]
    bands: Sequence[Moved]
    losers: Sequence[Moved]
    winners: Sequence[Moved]


@dataclass(slots=True)
class _Way:
    """One score along the way: values and bands of all accounts, step by step."""

    score: str
    values: list[list[float | None]] = field(default_factory=list)
    bands: list[list[str]] = field(default_factory=list)

    def stay(self) -> None:
        """Take a step that moves nothing."""
        self.values.append(self.values[-1])
        self.bands.append(self.bands[-1])

    def add(self, snapshot: Snapshot) -> None:
        """Take one step's result."""
        rows = _rows(snapshot.scores, self.score)
        self.values.append(rows.column("value").to_pylist())
        self.bands.append([band or NO_DATA for band in rows.column("band").to_pylist()])

    def parts(self, at: int) -> list[float]:
        """Return an account's points by step; a step without a value passes its part on."""
        values = [step[at] for step in self.values]
        if values[0] is None or values[-1] is None:
            return [0.0] * (len(values) - 1)
        last, found = values[0], []
        for value in values[1:]:
            found.append(0.0 if value is None else value - last)
            last = last if value is None else value
        return found

    def turns(self, at: int) -> list[int]:
        """Return the steps in which an account's band changed."""
        bands = [step[at] for step in self.bands]
        return [step for step, (one, other) in enumerate(pairwise(bands)) if one != other]


def diff_models(
    before: ModelFile,
    after: ModelFile,
    config: Config,
    *,
    score: str | None = None,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> ModelDiff:
    """Score what is stored with two models, and with each step between them.

    Args:
        before: The first model.
        after: The second.
        config: The deployment with the data.
        score: The score that is told of; health, or the first headline, by default.
        now: The run's time, aware; the clock's by default.
        progress: Told how it goes on.

    Raises:
        ModelError: one of the models, or data that does not fit it.
        SyncError: nothing is stored, or both models lack the score.
    """
    models = [load_model(each.text, file=each.file) for each in (before, after)]
    told = score or headlines(models[0])[0]
    if any(told not in model.scores for model in models):
        shared = [name for name in models[0].scores if name in models[1].scores]
        raise SyncError(f"no score {told!r} in both models; there are: {', '.join(shared)}")
    work = Workspace(reading_only(config), now, progress)
    try:
        with stored(work) as data:
            if not data.accounts:
                raise SyncError("nothing is stored yet; run `pulsefield pull` first")
            return _told(data, (before, after), models, told)
    finally:
        work.close()


def _told(
    data: Stored, files: tuple[ModelFile, ModelFile], models: Sequence[Model], score: str
) -> ModelDiff:
    way, labels = _Way(score), []
    tables = [tomllib.loads(each.text) for each in files]
    data.work.progress.start("score", "changes", None)
    with data.scored(models[0]) as snapshot:
        way.add(snapshot)
        first = _distributions(snapshot)
    for changes, model in steps(*tables, file=files[1].file):
        if any(touches(one, model, score) for one in changes):
            with data.scored(model) as snapshot:
                way.add(snapshot)
        else:
            way.stay()
        labels.append((tuple(one.key for one in changes), "; ".join(map(str, changes))))
        data.work.progress.advance("score", "changes", 1)
    data.work.progress.finish("score", "changes")
    with data.scored(models[1]) as snapshot:
        last = _distributions(snapshot)
    names = dict.fromkeys([*headlines(models[0]), *headlines(models[1]), score])
    moved = _moved(data, way)
    return ModelDiff(
        before=files[0].file,
        after=files[1].file,
        as_of=data.work.as_of.astimezone(UTC),
        score=score,
        accounts=data.accounts,
        effects=list(_effects(way, labels)),
        distributions={name: (first.get(name), last.get(name)) for name in names},
        bands=[one for one in moved if one.band_before != one.band_after],
        losers=[one for one in moved if one.points <= -LEAST][:MOVERS],
        winners=[one for one in reversed(moved) if one.points >= LEAST][:MOVERS],
    )


def _rows(scores: pa.Table, score: str) -> pa.Table:
    return scores.filter(pa.compute.equal(scores.column("score"), score)).sort_by("account")


def _distributions(snapshot: Snapshot) -> dict[str, Distribution]:
    found = {}
    for score in snapshot.model.scores:
        rows = _rows(snapshot.scores, score)
        counts = Counter(band or NO_DATA for band in rows.column("band").to_pylist())
        values = [value for value in rows.column("value").to_pylist() if value is not None]
        bands = snapshot.model.bands_of(score)
        order = [*(bands.borders or bands.quantiles or {}), NO_DATA]
        mean = sum(values) / len(values) if values else None
        found[score] = Distribution(mean, {band: counts[band] for band in order})
    return found


def _effects(way: _Way, labels: Sequence[tuple[tuple[str, ...], str]]) -> Iterator[Effect]:
    parts = [way.parts(at) for at in range(len(way.values[0]))]
    whole = [
        at
        for at, (first, last) in enumerate(zip(way.values[0], way.values[-1], strict=True))
        if first is not None and last is not None
    ]
    for step, (keys, text) in enumerate(labels):
        points = [parts[at][step] for at in whole]
        flips = zip(way.bands[step], way.bands[step + 1], strict=True)
        yield Effect(
            keys,
            text,
            mean=sum(points) / len(points) if points else 0.0,
            moved=sum(abs(each) >= LEAST for each in points),
            least=min(points, default=0.0),
            most=max(points, default=0.0),
            bands=sum(one != other for one, other in flips),
        )


def _moved(data: Stored, way: _Way) -> list[Moved]:
    """Return the accounts with another value or band, the largest fall first."""
    people = data.con.sql(
        "SELECT account_id, coalesce(name, account_id) AS name FROM fact_accounts ORDER BY account"
    ).fetchall()
    found = []
    for at, (key, name) in enumerate(people):
        bands = way.bands[0][at], way.bands[-1][at]
        parts = [(step, each) for step, each in enumerate(way.parts(at)) if abs(each) > 1e-12]  # noqa: PLR2004 (rounding)
        if parts or bands[0] != bands[1]:
            parts.sort(key=lambda part: -abs(round(part[1], 6)))
            ends = way.values[0][at], way.values[-1][at]
            found.append(Moved(key, name, *ends, *bands, parts, way.turns(at)))
    return sorted(found, key=lambda one: (one.points, one.account_id))
