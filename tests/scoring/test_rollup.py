"""Scores from what an earlier day kept are the scores of all rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring import Model, RollUp, load_model, roll_up, score, shipped_model
from tests.scoring.book import book
from tests.scoring.both import arrow
from tests.scoring.generated import NOW, ROWS, facts, model, row
from tests.scoring.oracle_signals import Facts
from tests.scoring.same import snapshots

HOUR = timedelta(hours=1)
BACK = [hours * HOUR for hours in (0, 6, 24, 36, 24 * 3, 24 * 4)]
BACK += [timedelta(days=days, hours=13, seconds=1187) for days in range(3)]
SEEDS = st.integers(0, 10**9)


@dataclass
class Day:
    """What is known now and what was before, and what lies between."""

    now: dict[str, pa.Table]
    before: dict[str, pa.Table]
    fresh: dict[str, pa.Table]
    stale: pa.Table


def day(rows: Facts, at: datetime, chance: Random) -> Day:
    """Rows that came since, rows that were others before, accounts and sources that are new."""
    now = arrow(rows)
    before: dict[str, pa.Table] = {}
    fresh: dict[str, pa.Table] = {}
    stale: set[int] = set()
    for name in rows.tables:
        table = now[name]
        new = [n for n in range(table.num_rows) if chance.random() < 0.3]
        old = [n for n in range(table.num_rows) if n not in new]
        was = chance.sample(range(table.num_rows), min(chance.choice([0, 0, 0, 2]), table.num_rows))
        owners = chance.sample(range(table.num_rows), len(was))
        owner = picked(table, owners)["account"]
        other = picked(table, was).set_column(0, "account", owner)
        fresh[name] = picked(table, new)
        before[name] = pa.concat_tables([picked(table, old), other])
        stale |= {*owner.to_pylist(), *picked(table, was)["account"].to_pylist()}
    before["accounts"] = now["accounts"].slice(0, chance.randint(1, len(rows.accounts)))
    read = [
        {
            "account": key,
            "table": name,
            "read_at": chance.choice([min(read, at), min(read, at), at, at - 5 * HOUR]),
        }
        for (key, name), read in rows.presence.items()
        if chance.random() < 0.9
    ]
    before["presence"] = pa.Table.from_pylist(read, schema=now["presence"].schema)
    gone = pa.table({"account": pa.array(sorted(stale), pa.int64())})
    return Day(now, before, fresh, gone)


def picked(table: pa.Table, places: list[int]) -> pa.Table:
    return table.take(pa.array(places, pa.int64()))


def stored(declared: Model, facts: dict[str, pa.Table], at: datetime, con: Any) -> RollUp:
    """A roll-up as files would hold it."""
    tables = list(facts)
    with roll_up(declared, facts, as_of=at, connection=con, tables=tables) as made:
        held = {n: con.sql(f'FROM "{name}"').to_arrow_table() for n, name in made.tables.items()}
        return RollUp(basis=made.basis, as_of=made.as_of, days=made.days, tables=held)


def differences(declared: Model, rows: Facts, chance: Random) -> list[str]:
    """What scores from a roll-up tell otherwise than those from all rows."""
    at = NOW - chance.choice(BACK)
    given = day(rows, at, chance)
    with duckdb.connect() as con:
        rolled = stored(declared, given.before, at, con).since(given.fresh, given.stale)
        with (
            score(declared, given.now, as_of=NOW, connection=con) as whole,
            score(declared, given.now, as_of=NOW, connection=con, rolled=rolled) as less,
        ):
            return snapshots(whole, less)


WIDE = load_model("""
name = "everything that is kept, and what is not"
[signals.days_30d]
table = "usage"
aggregate = "distinct"
of = "day"
window = "30d"
[signals.days_10w]
table = "usage"
aggregate = "distinct"
of = "day"
where = "count > 3"
window = "10w"
[signals.features_14d]
table = "usage"
aggregate = "distinct"
of = "feature"
window = "14d"
[signals.features_30d]
table = "usage"
aggregate = "distinct"
of = "feature"
where = "count >= 0"
window = "30d"
[signals.regular_28d]
table = "usage"
aggregate = "distinct"
of = "feature"
where = "count > 3"
window = "28d"
at_least = { of = "day", number = 3 }
[signals.regular_10w]
table = "usage"
aggregate = "distinct"
of = "feature"
window = "10w"
at_least = { of = "day", number = 9 }
[signals.often]
table = "usage"
aggregate = "distinct"
of = "feature"
window = "30d"
at_least = { of = "count", number = 2 }
[signals.features_ever]
table = "usage"
aggregate = "distinct"
of = ["feature", "count"]
[signals.used]
table = "usage"
aggregate = "sum"
of = "count"
window = "30d"
fresh_for = "3d"
expires_after = "60d"
[signals.most]
table = "usage"
aggregate = "max"
of = "count"
window = "7d"
[signals.mean]
table = "usage"
aggregate = "mean"
of = "count"
window = "28d"
compare = "ratio"
[signals.planned]
table = "usage"
aggregate = "count"
where = "account.plan = 'x'"
[signals.old]
table = "usage"
aggregate = "count"
where = "day <= as_of - 14d"
[signals.until]
table = "usage"
aggregate = "days_until"
[signals.since]
table = "usage"
aggregate = "days_since"
window = "30d"
empty = 40
[metrics.used]
signal = "used"
worst = 0
best = 50
[scores.health]
weights = { used = 1 }
min_coverage = 0
""")
QUICK = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


EDGES = [*range(-5, 3), *range(9, 16), *range(25, 32), *range(65, 72)]
"""Ages in days, at the borders of windows and as far beyond as a roll-up lasts."""


def busy(seed: int) -> Facts:
    """Facts with much usage close to the borders of windows, mostly read a moment ago."""
    made, chance = facts(seed), Random(seed)
    keys = [account["account"] for account in made.accounts]
    made.tables["usage"] = [
        {
            "account": chance.choice(keys),
            "source": "s",
            "id": f"{n}",
            **row(ROWS["usage"], chance),
            "day": (NOW - timedelta(days=chance.choice(EDGES))).date(),
        }
        for n in range(200)
    ]
    for key in keys:
        # Twelve hours before it was midnight, where days are right on the borders of windows.
        made.presence[key, "usage"] = NOW - chance.choice([0, 0, 12, 12, 30]) * HOUR
    return made


@QUICK
@given(SEEDS)
def test_every_kind_of_signal_is_the_same_from_what_was_kept(seed: int) -> None:
    assert not differences(WIDE, busy(seed), Random(seed))


@QUICK
@given(SEEDS)
def test_generated_models_score_the_same_from_what_was_kept(seed: int) -> None:
    assert not differences(model(seed), facts(seed), Random(seed))


@pytest.mark.parametrize("name", ["default", "trials"])
def test_shipped_models_score_the_same_from_what_was_kept(name: str) -> None:
    assert not differences(load_model(shipped_model(name)), book(), Random(7))
