from datetime import timedelta

import pytest

from tests.scoring.small import NOW, accounts, model, rows, run


def goodness(curve: str, *mrr: float | None) -> list[float | None]:
    """Goodness of accounts whose signal has these values."""
    declared = model(
        '[signals.x]\nfield = "mrr"', f'[metrics.m]\nsignal = "x"\nmissing = "exclude"\n{curve}'
    )
    given = [{"mrr": value} for value in mrr]
    with run(declared, {"accounts": accounts(*given)}) as snapshot:
        return [row["value"] for row in snapshot.scores.to_pylist()]


@pytest.mark.parametrize(
    ("curve", "points"),
    [
        ("worst = 0.2\nbest = 0.8", {0.2: 0, 0.5: 50, 0.8: 100, 0.1: 0, 9: 100}),
        ("worst = 60\nbest = 7", {60: 0, 7: 100, 33.5: 50, 90: 0, -1: 100}),
        ('curve = "log"\nworst = 0\nbest = 99', {0: 0, 9: 50, 99: 100, -5: 0}),
        ('curve = "log"\nworst = 99\nbest = 0', {0: 100, 9: 50, 99: 0}),
        (
            'curve = "steps"\nsteps = [[0, 10], [1, 50], [5, 100]]',
            {-3: 10, 0: 10, 0.99: 10, 1: 50, 4.9: 50, 5: 100},
        ),
        (
            'curve = "band"\nlow = 0\nbest_low = 2\nbest_high = 10\nhigh = 30\nat_low = 40',
            {-1: 40, 0: 40, 1: 70, 2: 100, 10: 100, 20: 50, 30: 0, 31: 0},
        ),
        (
            'curve = "band"\nlow = 1\nbest_low = 1\nbest_high = 2\nhigh = 2',
            {0.9: 0, 1: 100, 2: 100, 2.1: 0},
        ),
        ('curve = "indicator"', {0: 0, 0.9: 0, 1: 100, 5: 100}),
        ('curve = "indicator"\nworst = 3\nbest = 1', {0: 100, 1: 100, 1.1: 0, 3: 0}),
        ('curve = "penalty"\npoints = 30', {0: 100, 1: 70, 4: 0}),
    ],
)
def test_a_curve_runs_through_its_points(curve: str, points: dict[float, float]) -> None:
    assert goodness(curve, *points) == pytest.approx(list(points.values()))
    assert goodness(curve, None, *points)[0] is None, "unknown stays unknown"


def test_growth_is_fifty_times_now_against_before() -> None:
    declared = model(
        '[signals.x]\ntable = "usage"\naggregate = "count"\nwindow = "7d"\ncompare = "ratio"',
        '[metrics.m]\nsignal = "x"\ncurve = "growth"',
    )
    day = NOW.date()
    made = [(1, 1), (1, 8), (1, 9), (2, 1), (2, 1), (2, 1), (2, 9)]
    facts = {"usage": rows([{"account": a, "day": day - timedelta(days=d)} for a, d in made])}
    with run(declared, {"accounts": accounts({}, {}), **facts}) as snapshot:
        assert [row["value"] for row in snapshot.scores.to_pylist()] == [25, 100]


def test_percentile_stands_among_those_with_a_value() -> None:
    curve = 'curve = "percentile"'
    assert goodness(curve, 5, 1, None, 3, 3) == [
        100,
        0,
        None,
        pytest.approx(100 / 3),
        pytest.approx(100 / 3),
    ]
    assert goodness(f"{curve}\nworst = 1\nbest = 0", 5, 1, 3) == [0, 100, 50]
    assert goodness(curve, None, 7) == [None, 50], "alone in the middle"


def test_percentile_is_of_the_segment_or_of_all() -> None:
    segments = "[segments.a]\nwhere = \"plan = 'a'\""
    given = [
        {"mrr": v, "plan": p}
        for v, p in [(1.0, "a"), (2.0, "a"), (3.0, "b"), (4.0, "b"), (5.0, "b")]
    ]
    for among, expected in (("segment", [0, 100, 0, 50, 100]), ("portfolio", [0, 25, 50, 75, 100])):
        metric = f'[metrics.m]\nsignal = "x"\ncurve = "percentile"\namong = "{among}"'
        declared = model('[signals.x]\nfield = "mrr"', metric, rest=segments)
        with run(declared, {"accounts": accounts(*given)}) as snapshot:
            assert [row["value"] for row in snapshot.scores.to_pylist()] == expected


def test_a_segment_has_numbers_of_its_own() -> None:
    segments = "[segments.a]\nwhere = \"plan = 'a'\"\nmetrics.m = { best = 5 }"
    declared = model('[signals.x]\nfield = "mrr"', rest=segments)
    with run(
        declared, {"accounts": accounts({"mrr": 4.0, "plan": "a"}, {"mrr": 4.0, "plan": "b"})}
    ) as snapshot:
        assert [row["value"] for row in snapshot.scores.to_pylist()] == [80, 40]
