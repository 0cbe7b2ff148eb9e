from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from scoring import Snapshot
from tests.scoring.small import NOW, accounts, ago, model, row, rows, run

SIGNALS = '[signals.x]\nfield = "mrr"\n[signals.y]\nfield = "seats"'
METRIC = '[metrics.m]\nsignal = "x"\nworst = 0\nbest = 100\nmissing = "exclude"'
SCORE = "[scores.health]\nweights = { m = 1 }\n"


def banded(
    *mrr: float | None, more: str = "", rest: str = "", seats: int = 0, **beside: Any
) -> Snapshot:
    declared = model(SIGNALS, METRIC, SCORE + more, rest)
    given = accounts(*({"mrr": value, "seats": seats} for value in mrr))
    return run(declared, {"accounts": given}, **beside)


def bands(snapshot: Snapshot) -> list[str]:
    with snapshot:
        return [r["band"] for r in snapshot.scores.to_pylist()]


def last(*snapshots: tuple[float | None, str]) -> pa.Table:
    return rows(
        [
            {"account": n, "score": "health", "value": v, "band": b}
            for n, (v, b) in enumerate(snapshots, 1)
        ]
    )


def test_the_lower_border_belongs_to_the_band() -> None:
    found = bands(banded(0.0, 39.9, 40.0, 79.9, 80.0, 100.0, None))
    assert found == ["red", "red", "yellow", "yellow", "green", "green", "no data"]


@pytest.mark.parametrize(
    ("value", "before", "expected"),
    [
        (82.9, (79.0, "yellow"), "yellow"),
        (83.0, (79.0, "yellow"), "green"),
        (77.1, (81.0, "green"), "green"),
        (77.0, (81.0, "green"), "yellow"),
        (81.0, (66.0, "yellow"), "yellow"),
        (81.1, (66.0, "yellow"), "green"),
        (79.0, (95.0, "green"), "yellow"),
        (41.0, (39.0, "red"), "red"),
        (81.0, (39.0, "red"), "green"),
        (81.0, (None, "no data"), "green"),
        (81.0, (79.0, "a band of another model"), "green"),
    ],
)
def test_a_band_changes_once_its_border_is_passed_or_after_a_jump(
    value: float, before: tuple[float | None, str], expected: str
) -> None:
    assert bands(banded(value, previous=last(before))) == [expected]


def test_without_a_dead_band_the_border_is_all() -> None:
    rest = "[bands]\nborders = { bad = 0, good = 50 }\ndead_band = 0\njump = 0\n"
    assert bands(banded(50.0, 49.9, rest=rest, previous=last((49.0, "bad"), (50.0, "good")))) == [
        "good",
        "bad",
    ]


def test_a_cap_changes_the_band_at_once() -> None:
    more = '[scores.health.caps.late]\nwhen = "y > 3"\nat_most = 39\n'
    before = last((42.0, "yellow"))
    assert bands(banded(41.0, more=more, seats=0, previous=before)) == ["yellow"]
    assert bands(banded(41.0, more=more, seats=9, previous=before)) == ["red"]


def test_a_band_limit_leaves_the_value_and_names_itself() -> None:
    more = (
        '[scores.health.caps.urgent]\nwhen = "y > 3"\nat_most = "yellow"\n'
        '[scores.health.floors.new]\nwhen = "y = 5"\nat_least = "yellow"\n'
    )
    with banded(90.0, 50.0, 10.0, more=more, seats=5) as snapshot:
        found = [(r["value"], r["band"], r["limited_by"]) for r in snapshot.scores.to_pylist()]
    assert found == [(90, "yellow", "urgent"), (50, "yellow", ""), (10, "yellow", "new")]


def test_quantiles_follow_the_portfolio() -> None:
    rest = "[bands]\nquantiles = { low = 0, middle = 0.25, high = 0.75 }\n"
    found = bands(banded(10.0, 20.0, 30.0, 40.0, 50.0, None, rest=rest))
    assert found == ["low", "middle", "middle", "high", "high", "no data"]
    assert bands(banded(7.0, 7.0, 7.0, rest=rest)) == ["high"] * 3, "all alike"


def test_a_segment_has_borders_of_its_own() -> None:
    rest = '[segments.big]\nwhere = "mrr > 50"\nborders.health = { green = 60 }\n'
    assert bands(banded(50.0, 60.0, rest=rest)) == ["yellow", "green"]


def test_growth_needs_the_best_band_and_its_signals() -> None:
    for value, seats, expected in [(90.0, 9, True), (90.0, 1, False), (70.0, 9, False)]:
        with banded(value, more='growth = "y > 3"\n', seats=seats) as snapshot:
            assert row(snapshot)["growth"] is expected


def test_replaying_history_day_by_day_gives_the_same_bands() -> None:
    values = [79.0, 82.0, 84.0, 78.0, 76.0, 79.0, 95.0, 78.0, 39.0, 41.0, 44.0]

    def replay() -> list[str]:
        previous: Any = None
        found = []
        for value in values:
            with banded(value, previous=previous) as snapshot:
                previous = snapshot.scores
                found.append(row(snapshot)["band"])
        return found

    assert replay() == replay()
    assert replay() == ["yellow"] * 2 + ["green"] * 2 + ["yellow"] * 2 + [
        "green",
        "yellow",
        "red",
        "red",
        "yellow",
    ]


GOOD = {
    "account": 1,
    "score": "health",
    "value": 20.0,
    "band": "red",
    "reason": "told me so",
    "author": "kim",
    "set_at": ago(days=3),
    "expires_at": NOW + timedelta(days=1),
}


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({}, "active"),
        ({"expires_at": None}, "active"),
        ({"reason": " "}, "no reason"),
        ({"reason": None}, "no reason"),
        ({"expires_at": NOW}, "expired"),
        ({"value": 120.0}, "not 0..100"),
        ({"band": "purple"}, "no such band"),
        ({"value": None, "band": None}, "empty"),
        ({"set_at": NOW + timedelta(days=1)}, None),
    ],
)
def test_an_override_stands_beside_the_score_while_it_counts(
    changed: dict[str, Any], state: str | None
) -> None:
    given = pa.Table.from_pylist([{**GOOD, **changed}], schema=pa.Table.from_pylist([GOOD]).schema)
    with banded(90.0, overrides=given) as snapshot:
        found = row(snapshot)
    assert (found["value"], found["band"]) == (90, "green")
    assert found["override_state"] == state
    expected = (GOOD | changed)["band"] if state == "active" else None
    assert found["override_band"] == expected
    assert (found["override_reason"] is not None) == (state == "active")


def test_the_latest_override_is_the_one() -> None:
    older = {**GOOD, "set_at": ago(days=9), "value": 70.0, "band": "yellow"}
    with banded(90.0, overrides=pa.Table.from_pylist([older, GOOD])) as snapshot:
        assert row(snapshot)["override_value"] == 20
