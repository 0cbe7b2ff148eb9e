"""What a person says about one score: it is to stand beside the computed one, or no more."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import duckdb
import sqlalchemy as sa

from scoring import Model, duck

from . import overrides, rollup, schema
from .beside import Beside
from .config import Config
from .explaining import lookup
from .fields import NO_DATA, band_options
from .overrides import Override
from .rollup import Times
from .scored import Portfolio
from .workspace import Workspace, opened


@dataclass(frozen=True, slots=True)
class Said:
    """An override to keep.

    Attributes:
        account: A name, a stable id, or a system's id.
        score: A score of the model.
        value: 0..100, or None.
        band: A band of the score, or None.
        reason: Why.
        author: Who.
        until: The last day, UTC, on which it counts.
    """

    account: str
    score: str
    value: float | None
    band: str | None
    reason: str
    author: str
    until: date


@dataclass(frozen=True, slots=True)
class Stands:
    """An override beside the score that it is about.

    Attributes:
        account_id: Stable id.
        name: The account's name.
        score: The score's name.
        value: As computed, 0..100, or None.
        band: As computed.
        beside: What was said, and whether it counts.
        text: The same in words.
    """

    account_id: str
    name: str
    score: str
    value: float | None
    band: str
    beside: Beside
    text: str


def keep(config: Config, said: Said, now: datetime | None = None) -> str:
    """Keep an override; the next score shows it. Return the account's name.

    It holds for the account, and for the one that this goes into.

    Raises:
        LookupError: no such account, score or band; or what would count for nothing: no reason,
            a value outside 0..100, a day that is over.
    """
    when = now or datetime.now(UTC)
    with opened(config, now) as work:
        _check(work.model, said, when.astimezone(UTC).date())
        with duck.connect() as con:
            account, name = _found(work, con, said.account)
        kept = Override(
            account=account,
            score=said.score,
            value=said.value,
            band=said.band,
            reason=said.reason.strip(),
            author=said.author,
            expires_at=overrides.through(said.until),
        )
        overrides.keep(work.journal, kept, when)
    return name


def end(config: Config, account: str, score: str, now: datetime | None = None) -> str:
    """Let an override hold no more. Return the account's name.

    Raises:
        LookupError: no such account or score, or there is none that was set here.
    """
    with opened(config, now) as work, duck.connect() as con:
        _known(work.model, score)
        found, name = _found(work, con, account)
        every = overrides.of_journal(con, work.journal)
        own = [one for one in every if (one.account, one.score) == (found, score)]
        overrides.end(work.journal, own, now or datetime.now(UTC))
        if not own:
            raise LookupError(
                f"nobody set {score} of {name} here; what a system's field says is ended there"
            )
    return name


def stands(config: Config, account: str | None = None, now: datetime | None = None) -> list[Stands]:
    """Return every override that stands, or those of one account, with what was computed.

    Raises:
        LookupError: no such account.
    """
    with opened(config, now) as work, duck.connect() as con:
        matched = rollup.match_all(work, con)
        only = None if account is None else lookup(work, con, matched, account)[0].account
        scores = rollup.score_all(work, con, matched, Times(work.as_of))
        found = of_portfolio(scores.portfolio)
        if only is None:
            return found
        return [each for each in found if each.beside.said.account == only]


def of_portfolio(people: Portfolio) -> list[Stands]:
    """Return what stands beside the scores of a portfolio, by account, then by score."""
    place = {account: at for at, account in enumerate(people.accounts)}
    words, order = people.explainer(), list(people.scores)
    rows = [
        Stands(
            account_id=people.account_ids[at],
            name=people.names[at],
            score=score,
            value=people.scores[score].value[at],
            band=people.scores[score].band[at],
            beside=each,
            text=each.text(words),
        )
        for (score, account), each in people.beside.items()
        if (at := place.get(account)) is not None
    ]
    return sorted(
        rows, key=lambda row: (row.name.casefold(), row.account_id, order.index(row.score))
    )


def _check(model: Model, said: Said, today: date) -> None:
    _known(model, said.score)
    if (said.value is None) == (said.band is None):
        raise LookupError("give a value or a band")
    if said.value is not None and not 0 <= said.value <= 100:  # noqa: PLR2004 - a score's range
        raise LookupError(f"{said.value:g} is not between 0 and 100")
    bands = [name for name, _ in band_options(model, said.score) if name != NO_DATA]
    if said.band is not None and said.band.casefold() not in map(str.casefold, bands):
        raise LookupError(f"{said.score} has no band {said.band!r}; it has {', '.join(bands)}")
    if not said.reason.strip():
        raise LookupError("give a reason: without one it would count for nothing")
    if said.until < today:
        raise LookupError(f"{said.until} is over: it would count for nothing")


def _known(model: Model, score: str) -> None:
    if score not in model.scores:
        raise LookupError(f"no score {score!r}; there are: {', '.join(model.scores)}")


def _found(work: Workspace, con: duckdb.DuckDBPyConnection, text: str) -> tuple[int, str]:
    """Return the key that an account has in the journal, and its name."""
    account, name = lookup(work, con, rollup.match_all(work, con), text)
    table = schema.accounts
    with work.journal.begin() as db:
        kept = db.execute(sa.select(table.c.account_id).where(table.c.account == account.account))
        if kept.scalar() != account.account_id:
            raise LookupError(f"{name} was never scored; run `pulsefield score` first")
    return account.account, name
