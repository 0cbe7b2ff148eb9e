"""Books made directly, without store or scoring: as large and as odd as a test wants them."""

import random
from datetime import UTC, date, datetime, timedelta

from sync.book.model import (
    Accounts,
    Band,
    Book,
    ChangePart,
    History,
    Leaf,
    Ledger,
    Moment,
    Mover,
    Scale,
    Source,
)
from sync.scored import ScoreRows
from tests.sync.book.stored import NASTY

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
BANDS = (
    Band("red", "red", 0),
    Band("yellow", "yellow", 40),
    Band("green", "green", 80),
    Band("no data", "no data", None),
)
SCORES = ("usage", "adoption", "engagement", "health")
LEAVES = tuple(
    Leaf("metric", f"m{at}", "Usage", f"metric {at}", ("share", "days", "ratio")[at % 3], "usage")
    for at in range(38)
)


def band(value: float | None) -> str:
    if value is None:
        return "no data"
    return "red" if value < 40 else "yellow" if value < 80 else "green"


def book(count: int, *, seed: int = 7, names: tuple[str, ...] = NASTY, moments: int = 26) -> Book:
    """Return a book; the first accounts have the given names and fell, the next ones rose."""
    chance = random.Random(seed)
    scores = {name: _rows(chance, count, name) for name in SCORES}
    every = [
        *names,
        *(f"Customer {at} {chance.choice(('Nord', 'Süd', 'Øst', 'West'))}" for at in range(count)),
    ][:count]
    accounts = Accounts(
        keys=range(1, count + 1),
        ids=[f"crm:{at:05d}" for at in range(count)],
        names=every,
        facts={
            "segment": [chance.choice(("SMB", "Enterprise", None)) for _ in range(count)],
            "lifecycle": ["churned" if at % 50 == 49 else "customer" for at in range(count)],
            "plan": [chance.choice(("Starter", "=Plan()")) for _ in range(count)],
            "seats": [chance.randint(1, 90) for _ in range(count)],
            "renewal_at": [date(2026, 12, 1) + timedelta(days=chance.randint(0, 400)) for _ in range(count)],
            "auto_renew": [chance.random() < 0.5 for _ in range(count)],
        },
        revenue=[round(chance.lognormvariate(6, 1), 2) if at % 9 else None for at in range(count)],
        scores=scores,
        band_before=[band(None if v is None or c is None else v - c) for v, c in zip(scores["health"].value, scores["health"].change, strict=True)],
    )  # fmt: skip
    times = [AS_OF - timedelta(days=14 * at) for at in range(moments - 1, -1, -1)]
    return Book(
        as_of=AS_OF, since=AS_OF - timedelta(days=30), model="made 1", language="en", main="health",
        scales=tuple(Scale(name, name.capitalize(), BANDS) for name in SCORES), currency="EUR", accounts=accounts,
        trend=tuple(
            Moment(time, name, {"red": place + 1, "yellow": count - place - 1}, 40.0 + place)
            for place, time in enumerate(times) for name in SCORES
        ),
        history=History(times, {name: [[*(chance.uniform(0, 100) for _ in times[1:]), value] for value in scores[name].value] for name in SCORES[1:]}),
        ledger=_ledger(scores["health"].value, chance),
        movers=_movers(scores["health"], min(len(names), count)),
        sources=(Source("crm", "tables", count, count, {"accounts": AS_OF, "usage": AS_OF}),),
    )  # fmt: skip


def _rows(chance: random.Random, count: int, name: str) -> ScoreRows:
    values = [None if at % 40 == 39 else chance.uniform(5, 100) for at in range(count)]
    change = [
        None if value is None else max(value - 100, min(value, chance.gauss(0, 8)))
        for value in values
    ]
    return ScoreRows(
        value=values, band=[band(value) for value in values], coverage=[chance.random() for _ in range(count)],
        spread=[None] * count, segment=[None] * count, change=change,
        reasons=["" if name != "health" else f"Health {value or 0:.0f}: usage down <b>20 %</b> (-4), invoice paid late (-3)" for value in values],
    )  # fmt: skip


def _ledger(values: list[float | None], chance: random.Random) -> Ledger:
    rows = []
    for at, value in enumerate(values):
        if value is not None:
            points = [chance.uniform(-4, 4) for _ in LEAVES[1:]]
            points.append(value - 50 - sum(points))
            rows += [
                (at, leaf, each, chance.uniform(0, 300), 50.0, 1.0, 1 / 38)
                for leaf, each in enumerate(points)
            ]
    account, leaf, points_, value_, goodness, observed, weight = (
        list(column) for column in zip(*rows, strict=True)
    )
    return Ledger(LEAVES, account, leaf, points_, value_, goodness, observed, weight)  # type: ignore[arg-type]


def _movers(rows: ScoreRows, named: int) -> tuple[Mover, ...]:
    found = []
    for at in range(named):
        value, change = rows.value[at] or 0.0, rows.change[at] or 0.0
        parts = (
            ChangePart("behaviour", "usage down <i>30 %</i>", change - 1),
            ChangePart("peers", "peers changed", 1.0),
        )
        found.append(Mover(at, value - change, value, parts))
    return tuple(sorted(found, key=lambda m: (m.now > m.before, -abs(m.now - m.before))))
