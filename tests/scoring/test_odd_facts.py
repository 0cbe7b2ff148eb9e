"""Facts as nobody means them, scored on PostgreSQL as on DuckDB."""

from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from scoring import Model
from tests.scoring.same import with_duckdb
from tests.scoring.small import NOW, accounts, ago, model, rows, run

pytestmark = pytest.mark.postgres
COUNT = '[signals.x]\ntable = "tickets"\naggregate = "count"\nwindow = "30d"'
SUM = '[signals.x]\ntable = "usage"\naggregate = "sum"\nof = "count"'
SHARE = f'{COUNT}\nper = "s"\n[signals.s]\nfield = "seats"'
LONG = "c" * 60
NAMED = model(
    COUNT,
    rest=f"""
[segments."it's; --"]
where = '''"{LONG}" = '{"v" * 2000}' '''
[segments.two]
where = '''"a""b;-- DROP TABLE x; '" = 'y''; --' '''
""",
)
PEOPLE = accounts(
    {LONG: "v" * 2000, "a\"b;-- DROP TABLE x; '": "x"},
    {LONG: None, "a\"b;-- DROP TABLE x; '": "y'; --"},
)
TICKETS = rows([{"account": 1, "opened_at": NOW}, {"account": 2, "opened_at": NOW}])
NULLS = {name: pa.nulls(2) for name in ("source", "id", "opened_at")}


def used(*counts: tuple[float, float]) -> pa.Table:
    """Uses of account 1: days ago and count; all of one record."""
    listed = [{"account": 1, "day": ago(days=days), "count": count} for days, count in counts]
    return rows([{**each, "id": "same"} for each in listed])


@pytest.mark.parametrize(
    ("declared", "facts", "expected"),
    [
        pytest.param(NAMED, {"accounts": PEOPLE, "tickets": TICKETS}, {1: 1, 2: 1}, id="names"),
        pytest.param(
            NAMED,
            {"accounts": PEOPLE, "tickets": pa.table({"account": [1, 2], **NULLS})},
            {1: 0, 2: 0},
            id="a table of nulls",
        ),
        pytest.param(
            NAMED,
            {"accounts": PEOPLE.slice(0, 0), "tickets": TICKETS.slice(0, 0)},
            {},
            id="no account, no row",
        ),
        pytest.param(
            model('[signals.x]\nfield = "seats"'),
            {"accounts": pa.table({"account": [1], "seats": pa.nulls(1)})},
            {1: None},
            id="a column of nulls",
        ),
        pytest.param(
            model(SUM), {"usage": used((1, 5), (1, 5), (1, -3))}, {1: 7}, id="negative, twice"
        ),
        pytest.param(
            model(SUM), {"usage": used((-1, 9), (0, 4))}, {1: 4}, id="a day still to come"
        ),
        pytest.param(
            model(SUM),
            {"usage": used((1, float("nan")), (1, float("inf")), (1, 2))},
            {1: 2},
            id="NaN and infinity",
        ),
        pytest.param(
            model(SHARE),
            {"accounts": accounts({"seats": 0}, {"seats": 2}), "tickets": TICKETS},
            {1: None, 2: 0.5},
            id="no seats",
        ),
    ],
)
def test_odd_facts_have_one_meaning(
    server: Any, declared: Model, facts: dict[str, Any], expected: dict[int, float | None]
) -> None:
    given = {"accounts": accounts(), **facts}
    with run(declared, given) as snapshot:
        found = {row["account"]: row["x"] for row in snapshot.signals.to_pylist()}
    assert found == pytest.approx(expected)
    assert not with_duckdb(declared, given, NOW, server)


def test_segments_that_overlap_give_an_account_to_the_first(server: Any) -> None:
    both = accounts({LONG: "v" * 2000, "a\"b;-- DROP TABLE x; '": "y'; --"})
    given = {"accounts": both, "tickets": TICKETS.slice(0, 1)}
    with run(NAMED, given, as_of=NOW + timedelta(days=1)) as snapshot:
        assert snapshot.scores.to_pylist()[0]["segment"] == "it's; --"
    assert not with_duckdb(NAMED, given, NOW, server)
