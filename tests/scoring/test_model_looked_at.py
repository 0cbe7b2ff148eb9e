"""What can be said about a model without data: weights, reach, bands, curves, differences."""

import tomllib

import pytest

from scoring import Model, load_model, shipped_model
from scoring.differing import differences, steps
from scoring.drawing import drawings
from scoring.load import model_of
from scoring.placing import segment_matches
from scoring.remarks import remarks, span
from scoring.weighing import reach, shares
from tests.scoring.small import accounts, model, run

SHIPPED = ("default", "support", "small_book", "trials")
SEATS = '[signals.a]\nfield = "seats"\n'


def metrics(**curves: str) -> str:
    return "".join(f'[metrics.{name}]\nsignal = "a"\n{text}\n' for name, text in curves.items())


def weighed(declared: Model, score: str, segment: str | None = None) -> dict[object, float]:
    return {(one.via, one.metric): one.share for one in shares(declared, score, segment)}


LINE = "worst = 0\nbest = 10"


def kinds(declared: Model, name: str) -> set[tuple[str, str]]:
    return {(one.kind, one.name) for one in remarks(declared) if one.score == name}


def test_weights_go_down_to_the_metrics_and_sum_to_one() -> None:
    declared = model(
        SEATS,
        metrics(m=LINE, n=LINE, o=LINE),
        "[scores.part]\nweights = { m = 3, n = 1 }\n"
        "[scores.health]\nweights = { part = 4, n = 1 }\n",
        "[segments.big]\nwhere = 'seats > 5'\nweights.part = { m = 0 }\n",
    )
    assert weighed(declared, "health") == pytest.approx(
        {(("part",), "m"): 0.6, (("part",), "n"): 0.2, ((), "n"): 0.2}, abs=1e-12
    )
    assert [one.share for one in shares(declared, "health", "big")] == [0.8, 0.2]
    assert reach(declared, "health") == pytest.approx({"m": 60, "n": 40})


@pytest.mark.parametrize("name", SHIPPED)
def test_every_weight_of_a_shipped_model_is_told(name: str) -> None:
    declared = load_model(shipped_model(name))
    for score in declared.scores:
        for segment in (None, *declared.segments):
            assert sum(one.share for one in shares(declared, score, segment)) == pytest.approx(1)


def test_reach_is_what_moving_the_metric_does_to_the_score() -> None:
    declared = model(
        '[signals.a]\nfield = "seats"\n[signals.b]\nfield = "term_months"\n',
        '[metrics.m]\nsignal = "a"\nworst = 0\nbest = 10\n'
        '[metrics.n]\nsignal = "b"\nworst = 0\nbest = 10\n',
        "[scores.health]\nweights = { m = 1, n = 3 }\nworst_pull = 0.4\n",
    )
    facts = {"accounts": accounts(*({"seats": s, "term_months": 10} for s in (0, 10)))}
    with run(declared, facts) as snapshot:
        low, high = (r["value"] for r in snapshot.scores.to_pylist())
    assert high - low == pytest.approx(reach(declared, "health")["m"])


def test_a_metric_reaches_no_farther_than_its_curve() -> None:
    curve = 'curve = "steps"\nsteps = [[0, 20], [5, 60]]'
    declared = model(SEATS, metrics(m=curve, n=LINE), "[scores.health]\nweights = { m=3, n=1 }\n")
    assert reach(declared, "health") == pytest.approx({"m": 30, "n": 25})
    assert not kinds(declared, "health") & {("decides alone", "m")}


def test_band_that_no_value_can_reach_is_named() -> None:
    curve = 'curve = "steps"\nsteps = [[0, 20], [5, 60]]'
    declared = model(SEATS, metrics(m=curve, n=curve), "[scores.health]\nweights = { m=1, n=1 }\n")
    assert span(declared, "health") == (20, 60)
    assert ("unreachable band", "green") in kinds(declared, "health")
    assert ("unreachable band", "yellow") not in kinds(declared, "health")


def test_points_and_caps_by_band_make_a_band_reachable() -> None:
    curve = 'curve = "steps"\nsteps = [[0, 20], [5, 60]]'
    lifted = "[scores.health.adjustments.up]\nwhen = 'a > 3'\npoints = 20\n"
    floored = "[scores.health.floors.up]\nwhen = 'a > 3'\nat_least = 'green'\n"
    for more in (lifted, floored):
        declared = model(SEATS, metrics(m=curve), "[scores.health]\nweights = { m = 1 }\n" + more)
        assert ("unreachable band", "green") not in kinds(declared, "health")


def test_score_of_indicators_skips_the_bands_between_its_values() -> None:
    switch = 'curve = "indicator"\nbest = 5'
    declared = model(SEATS, metrics(m=switch), "[scores.health]\nweights = { m = 1 }\n")
    assert ("unreachable band", "yellow") in kinds(declared, "health")
    declared = model(
        SEATS, metrics(m=switch, n=switch), "[scores.health]\nweights = { m = 1, n = 1 }\n"
    )
    assert ("unreachable band", "yellow") not in kinds(declared, "health")


def test_segment_s_borders_are_looked_at_too() -> None:
    curve = 'curve = "steps"\nsteps = [[0, 20], [5, 85]]'
    declared = model(
        SEATS,
        metrics(m=curve, n=LINE),
        "[scores.health]\nweights = { m = 1 }\n[scores.rest]\nweights = { n = 1 }\n",
        "[segments.big]\nwhere = 'seats > 5'\nborders.health = { green = 90 }\n",
    )
    (found,) = [one for one in remarks(declared) if one.name == "green" and one.score == "health"]
    assert (found.kind, found.segment) == ("unreachable band", "big")


def test_metric_that_decides_alone_is_named_and_an_equal_share_is_not() -> None:
    names = {f"m{n}": LINE for n in range(5)}
    even = ", ".join(f"{name} = 1" for name in names)
    declared = model(SEATS, metrics(**names), f"[scores.health]\nweights = {{ {even} }}\n")
    assert not kinds(declared, "health")
    tilted = even.replace("m0 = 1", "m0 = 3")
    declared = model(SEATS, metrics(**names), f"[scores.health]\nweights = {{ {tilted} }}\n")
    assert kinds(declared, "health") == {("decides alone", "m0")}


def test_what_nothing_uses_is_named() -> None:
    declared = model(SEATS + '[signals.spare]\nfield = "term_months"\n', metrics(m=LINE, idle=LINE))
    assert {("unused", "idle"), ("unused", "spare")} == kinds(declared, "")


@pytest.mark.parametrize(
    ("curve", "ends"),
    [
        (LINE, (0, 100)),
        ("worst = 10\nbest = 0", (100, 0)),
        ('curve = "log"\nworst = 0\nbest = 100', (0, 100)),
        ('curve = "penalty"\npoints = 20', (100, 0)),
        ('curve = "percentile"\nworst = 1\nbest = 0', (100, 0)),
        ('curve = "band"\nlow = 0\nbest_low = 2\nbest_high = 4\nhigh = 9\nat_high = 30', (0, 30)),
        ('curve = "steps"\nsteps = [[0, 10], [5, 90]]', (10, 90)),
    ],
)
def test_drawn_curve_goes_where_the_model_says(curve: str, ends: tuple[float, float]) -> None:
    (drawing,) = drawings(model(SEATS, metrics(m=curve)))
    assert (drawing.y[0], drawing.y[-1]) == pytest.approx(ends)
    assert list(drawing.x) == sorted(drawing.x)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_curve_of_a_shipped_model_is_drawn_within_its_bounds(name: str) -> None:
    declared = load_model(shipped_model(name))
    found = drawings(declared, 9)
    assert {one.metric for one in found} == set(declared.metrics)
    assert all(0 <= y <= 100 for one in found for y in one.y)


def test_accounts_match_every_segment_whose_condition_holds() -> None:
    declared = model(
        SEATS,
        rest="[segments.big]\nwhere = 'seats > 5'\n[segments.huge]\nwhere = 'seats > 50'\n",
    )
    facts = {"accounts": accounts({"seats": 60}, {"seats": 6}, {"seats": None})}
    with run(declared, facts) as snapshot:
        found = segment_matches(snapshot).sort_by("account").to_pydict()
    assert found == {
        "account": [1, 2, 3], "big": [True, True, False], "huge": [True, False, False]
    }  # fmt: skip


@pytest.mark.parametrize("before", SHIPPED)
@pytest.mark.parametrize("after", SHIPPED)
def test_changes_one_by_one_lead_from_any_shipped_model_to_any_other(
    before: str, after: str
) -> None:
    ends = [tomllib.loads(shipped_model(name)) for name in (before, after)]
    way = list(steps(*ends, file="after.toml"))
    made = [one for changes, _ in way for one in changes]
    assert made == differences(*ends)
    last = way[-1][1] if way else model_of(ends[0])
    wanted = model_of(ends[1])
    for part in ("signals", "metrics", "scores", "segments"):
        assert set(getattr(last, part)) == set(getattr(wanted, part))
    for score in wanted.scores:
        for segment in (None, *wanted.segments):
            assert weighed(last, score, segment) == pytest.approx(weighed(wanted, score, segment))
    assert list(last.segments) == list(wanted.segments)


def test_words_are_no_difference_and_order_of_segments_is_one() -> None:
    before = tomllib.loads(shipped_model("default"))
    after = tomllib.loads(shipped_model("default").replace('label = "Usage"', 'label = "Use"'))
    assert differences(before, after) == []
    after["segments"] = dict(reversed(after["segments"].items()))
    (only,) = differences(before, after)
    assert str(only).startswith("order of segments: trial, onboarding")
    (_, last), = steps(before, after, file="x")  # fmt: skip
    assert list(last.segments) == ["onboarding", "trial"]
