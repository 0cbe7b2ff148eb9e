"""What people look at: the portfolio of one moment with its past, as plain frozen values."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sync.overriding import Stands
from sync.scored import ScoreRows


@dataclass(frozen=True, slots=True)
class Band:
    """One band of a score.

    Attributes:
        name: In the model; ``no data`` is one too.
        label: In the deployment's language.
        low: Lower bound in points; None where it is a share of the portfolio, or no data.
    """

    name: str
    label: str
    low: float | None


@dataclass(frozen=True, slots=True)
class Scale:
    """One score: its name, its label, and its bands, worst first."""

    name: str
    label: str
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Accounts:
    """All accounts, column by column, in one order.

    Attributes:
        keys: Account keys.
        ids: Stable ids.
        names: As a source writes them: any text.
        facts: Column -> values; ``FACTS`` of ``accounts``, None is unknown.
        revenue: Monthly, in the book's currency; None: not known or not convertible.
        scores: Score -> its rows.
        band_before: Band of the main score at the time the change is against; None: not known.
    """

    keys: Sequence[int]
    ids: Sequence[str]
    names: Sequence[str]
    facts: Mapping[str, Sequence[Any]]
    revenue: Sequence[float | None]
    scores: Mapping[str, ScoreRows]
    band_before: Sequence[str | None]

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, slots=True)
class Moment:
    """The distribution of one score in one snapshot.

    Attributes:
        as_of: The time that it holds for.
        score: Its name.
        bands: Band -> accounts.
        mean: Of the values; None without any.
        replayed: Computed afterwards, from the records.
        remodelled: Another model than in the moment before.
    """

    as_of: datetime
    score: str
    bands: Mapping[str, int]
    mean: float | None
    replayed: bool = False
    remodelled: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """Earlier values of each account.

    Attributes:
        times: Of the snapshots, ascending; the book's own moment comes last.
        values: Score -> one list for each account, as long as ``times``; None: no value.
    """

    times: Sequence[datetime]
    values: Mapping[str, Sequence[Sequence[float | None]]]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part of the main score, as it stands in ledgers.

    Attributes:
        part: metric, peers, worst_pull, adjustment, cap, floor or clamp.
        name: Of the metric, adjustment, cap or floor.
        via: Label of the score that it belongs to; ``""``: to the main one itself.
        label: In the deployment's language.
        unit: Of its signal.
        table: That its signal reads; ``""``: none.
    """

    part: str
    name: str
    via: str
    label: str
    unit: str
    table: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """The main score's parts of every account, column by column, by account.

    Attributes:
        leaves: The parts there are.
        account: Place in ``Accounts``.
        leaf: Place in ``leaves``.
        points, value, goodness, observed, weight: As in ``Snapshot.ledger``.
    """

    leaves: tuple[Leaf, ...]
    account: Sequence[int]
    leaf: Sequence[int]
    points: Sequence[float]
    value: Sequence[float | None]
    goodness: Sequence[float | None]
    observed: Sequence[float | None]
    weight: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class ChangePart:
    """One part of a change.

    Attributes:
        kind: One of scoring's ``KINDS``; ``later``: the past as it is known now differs from
            what was stored then; ``rest``: all that is too small to be told.
        label: In words.
        points: Signed.
    """

    kind: str
    label: str
    points: float


@dataclass(frozen=True, slots=True)
class Mover:
    """An account whose main score moved far.

    Attributes:
        account: Place in ``Accounts``.
        before: Value then.
        now: Value now.
        parts: Add up to ``now - before``, to 1e-9; the largest first, the rest last.
    """

    account: int
    before: float
    now: float
    parts: tuple[ChangePart, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """One connection.

    Attributes:
        name: As in the configuration.
        kind: Its connector.
        records: Account records.
        accounts: Accounts that have a record in it.
        tables: Canonical table -> when it was last read to its end.
    """

    name: str
    kind: str
    records: int
    accounts: int
    tables: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class Book:
    """Everything that the report, the exports and ``show`` tell.

    Attributes:
        as_of: The time that the scores hold for, aware.
        since: What changes are against, aware.
        model: Name and version.
        language: Of labels and sentences.
        main: The score that it is about.
        scales: Every score, in the model's order.
        currency: Of revenue, ISO 4217; ``""``: not known.
        accounts: All of them.
        trend: Moments by time, then by score; the last time is ``as_of``.
        history: Earlier values.
        ledger: Parts of the main score.
        movers: The accounts that fell and rose the most, falls first.
        sources: Connections, in the file's order.
        overrides: What people set beside scores, by account.
    """

    as_of: datetime
    since: datetime
    model: str
    language: str
    main: str
    scales: tuple[Scale, ...]
    currency: str
    accounts: Accounts
    trend: tuple[Moment, ...]
    history: History
    ledger: Ledger
    movers: tuple[Mover, ...]
    sources: tuple[Source, ...]
    overrides: tuple[Stands, ...] = ()

    def scale(self, score: str) -> Scale:
        """Return one score's scale."""
        return next(scale for scale in self.scales if scale.name == score)

    @property
    def headlines(self) -> tuple[str, ...]:
        """The scores that people ask for first: the main one, then adoption and engagement."""
        return headlines(self.main, [scale.name for scale in self.scales])

    def beside(self, score: str) -> dict[str, str]:
        """Return account id -> what a person set beside a score, in words."""
        return {one.account_id: one.text for one in self.overrides if one.score == score}

    @property
    def today(self) -> date:
        """The date of the scores."""
        return self.as_of.date()


def headlines(main: str, scores: Collection[str]) -> tuple[str, ...]:
    """Return the scores that people ask for first, of those that a model has."""
    wanted = dict.fromkeys((main, "adoption", "engagement"))
    return tuple(name for name in wanted if name in scores)
