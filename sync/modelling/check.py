"""What a model comes to: its weights, curves, oddities, and how it meets the stored data."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from scoring import Model, ModelError, Problem, load_model
from scoring.drawing import Drawing, drawings
from scoring.placing import segment_matches
from scoring.remarks import Remark, remarks
from scoring.weighing import Share, reach, shares, top_scores
from sync.config import Config
from sync.workspace import Workspace

from .feeding import Feed, Sources, emptied, feeds, sources
from .files import ModelFile
from .stored import Stored, reading_only, stored

HEADLINES = ("health", "adoption", "engagement")


@dataclass(frozen=True, slots=True)
class Weights:
    """The effective weights of one score.

    Attributes:
        score: Its name.
        segment: Whose; None: accounts in no segment, and all whose segment changes nothing.
        shares: Down to the metrics; they sum to 1.
        reach: Metric -> points by which it alone can move the score.
    """

    score: str
    segment: str | None
    shares: Sequence[Share]
    reach: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Segments:
    """How the stored accounts fall into the segments.

    Attributes:
        accounts: All.
        members: Segment -> accounts that it is the first match of.
        matches: Segment -> accounts for which its condition holds.
        overlaps: Pairs of segments that share accounts: (first, other, accounts); the first
            one in the file gets them.
        none: Accounts in no segment.
    """

    accounts: int
    members: Mapping[str, int]
    matches: Mapping[str, int]
    overlaps: Sequence[tuple[str, str, int]]
    none: int


@dataclass(frozen=True, slots=True)
class ModelCheck:
    """A model, looked at from all sides.

    Attributes:
        file: Where it was read from.
        problems: Why it cannot be used; nothing else is told then.
        name: Of the model, with its version.
        weights: Of the headline scores, by score and segment.
        curves: Every metric's.
        remarks: What its author hardly means.
        feeds: Where each metric's data comes from, lost weight first; empty without a
            deployment.
        silent: Connection -> why it could not say what it reads.
        segments: None: nothing is stored, or the model has none.
    """

    file: str
    problems: Sequence[Problem] = ()
    name: str = ""
    weights: Sequence[Weights] = ()
    curves: Sequence[Drawing] = ()
    remarks: Sequence[Remark] = ()
    feeds: Sequence[Feed] = ()
    silent: Mapping[str, str] | None = None
    segments: Segments | None = None

    @property
    def ok(self) -> bool:
        """Whether the model can be used."""
        return not self.problems


def check_model(found: ModelFile, config: Config | None) -> ModelCheck:
    """Look at a model from all sides; asks no system, writes nothing.

    Args:
        found: The model.
        config: The deployment whose sources and stored data it is to meet; None: none.

    Raises:
        SyncError: the store or journal cannot be used.
    """
    try:
        model = load_model(found.text, file=found.file)
    except ModelError as error:
        return ModelCheck(found.file, error.problems)
    check = ModelCheck(
        file=found.file,
        name=f"{model.name} {model.version}",
        weights=[one for score in headlines(model) for one in weights(model, score)],
        curves=drawings(model),
        remarks=remarks(model),
    )
    if config is None:
        return check
    work = Workspace(reading_only(config))
    try:
        return _met(check, work, model)
    finally:
        work.close()


def headlines(model: Model) -> list[str]:
    """Return the scores that people look at first: those of three names, and the topmost."""
    return list(dict.fromkeys([*(n for n in HEADLINES if n in model.scores), *top_scores(model)]))


def weights(model: Model, score: str) -> list[Weights]:
    """Return a score's weights, and those of the segments where they differ."""
    found = [Weights(score, None, shares(model, score), reach(model, score))]
    for segment in model.segments:
        own = shares(model, score, segment)
        if own != found[0].shares:
            found.append(Weights(score, segment, own, reach(model, score, segment)))
    return found


def _met(check: ModelCheck, work: Workspace, model: Model) -> ModelCheck:
    """Add what only the deployment's sources and stored data can tell."""
    known = sources(work)
    main = headlines(model)[0]
    of_metric: dict[str, float] = {}
    for each in shares(model, main):
        of_metric[each.metric] = of_metric.get(each.metric, 0.0) + each.share
    with stored(work) as data:
        if not data.accounts:
            return replace(check, feeds=feeds(model, of_metric, known, None), silent=known.silent)
        try:
            return _scored(check, data, model, (of_metric, known))
        except ModelError as error:
            return ModelCheck(check.file, error.problems, name=check.name)


def _scored(
    check: ModelCheck, data: Stored, model: Model, how: tuple[Mapping[str, float], Sources]
) -> ModelCheck:
    with data.scored(model) as snapshot:
        found = [
            emptied(feed, model, data.con, data.matched.facts.relations)
            for feed in feeds(model, *how, snapshot)
        ]
        segments = _segments(segment_matches(snapshot).to_pylist(), model)
    return replace(check, feeds=found, silent=how[1].silent, segments=segments)


def _segments(rows: Sequence[Mapping[str, bool]], model: Model) -> Segments | None:
    if not model.segments:
        return None
    first: Counter[str] = Counter()
    matches: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    none = 0
    for row in rows:
        held = [name for name in model.segments if row[name]]
        none += not held
        first.update(held[:1])
        matches.update(held)
        pairs.update(combinations(held, 2))
    return Segments(
        accounts=len(rows),
        members={name: first[name] for name in model.segments},
        matches={name: matches[name] for name in model.segments},
        overlaps=[(*pair, count) for pair, count in pairs.most_common()],
        none=none,
    )
