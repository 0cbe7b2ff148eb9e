"""What the last stored scores could not see, in order of what it would be worth to connect it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connectors.base import Problem
from scoring import Model, duck
from scoring.references import of_signal
from scoring.weighing import portions

from .history import TABLE
from .workspace import Workspace

LEAST = 0.02
"""Share of the weight from which something missing is worth a line; our default."""


@dataclass(frozen=True, slots=True)
class Unobserved:
    """A component whose weight is not fully observed.

    Attributes:
        part: The component, or a metric of the main score itself.
        share: Of the main score's weight that is unobserved in it, mean over all accounts, 0..1.
        without: Accounts in which it has no value at all.
        accounts: All.
        unread: Tables of it that no connection has read.
    """

    part: str
    share: float
    without: int
    accounts: int
    unread: Sequence[str]


def unobserved(work: Workspace) -> list[Unobserved]:
    """Return what is unobserved in the last stored run, the most valuable first.

    The shares sum to 1 - the mean coverage of the main score where all of its parts are scores
    and every part was observed for somebody. Nothing where that run had another model.
    """
    scan = work.store.scan(TABLE)
    if scan is None:
        return []
    with duck.connect() as con:
        rows = con.execute(
            "SELECT score, segment, count(*), sum(CASE WHEN value IS NULL THEN 0"  # noqa: S608 - ours
            f" ELSE coalesce(coverage, 0) END), count(*) - count(value) FROM {scan}"
            f" WHERE NOT replayed AND run = (SELECT max(run) FROM {scan} WHERE NOT replayed)"
            " AND model = $1 GROUP BY ALL",
            [work.model_sum],
        ).fetchall()
    return sorted(_found(work, rows), key=lambda one: (-one.share, one.part))


def _found(
    work: Workspace, rows: Sequence[tuple[str, str | None, int, float, int]]
) -> Iterator[Unobserved]:
    model = work.model
    accounts = sum(row[2] for row in rows if row[0] == work.main)
    read = {table for _, table, _ in work.journal.reads()}
    lost: dict[str, float] = {}
    without: dict[str, int] = {}
    for score, segment, count, covered, empty in rows:
        known = segment if segment in model.segments else None
        share = portions(model, work.main, known).get(score, 0.0)
        lost[score] = lost.get(score, 0.0) + share * (count - covered)
        without[score] = without.get(score, 0) + empty
    for part in model.parts_of(work.main):
        if lost.get(part, 0.0) > 0:
            unread = sorted(set(tables(model, part)) - read)
            yield Unobserved(part, lost[part] / accounts, without[part], accounts, unread)


def tables(model: Model, part: str) -> list[str]:
    """Return the tables that a score or metric needs."""
    if part in model.scores:
        every = [table for each in model.parts_of(part) for table in tables(model, each)]
    else:
        every, todo = [], [model.metrics[part].signal]
        while todo:
            signal = model.signals[todo.pop()]
            every += [signal.table, *(each.table for each in of_signal("", signal))]
            todo += [name for name in signal.per if isinstance(name, str)]
    return list(dict.fromkeys(every))


def problems(work: Workspace) -> Iterator[Problem]:
    """Yield what to connect, the most valuable first, as warnings."""
    for one in unobserved(work):
        if one.share < LEAST:
            break
        what = f"{100 * one.share:.0f} % of the weight of {work.main} is unobserved"
        yield Problem(f"{work.main}, {one.part}", what, _todo(one), fatal=False)


def _todo(one: Unobserved) -> str:
    if one.unread:
        return f"connect {one.part}: no connection reads {', '.join(one.unread)}"
    share = round(100 * one.without / one.accounts)
    if share:
        told = f"{share} % of the customers have no {one.part} score"
        return f"{told}; `pulsefield model check` names what is missing"
    return "`pulsefield model check` names the metrics that are missing"
