from datetime import UTC, timedelta, timezone
from math import sqrt
from typing import Any

import pytest

from scoring import Model
from tests.scoring.small import NOW, accounts, ago, model, row, rows, run, unexplained, values

SIGNALS = (
    '[signals.a]\nfield = "seats"\n[signals.b]\nfield = "mrr"\n[signals.c]\nfield = "term_months"\n'
)
METRICS = "".join(f'[metrics.{n}]\nsignal = "{n}"\nworst = 0\nbest = 100\n{{{n}}}\n' for n in "abc")


def three(scores: str, rest: str = "", **policies: str) -> Model:
    """Three metrics that are plain numbers 0..100 of the account."""
    texts = {name: f"missing = {policies[name]}" if name in policies else "" for name in "abc"}
    return model(SIGNALS, METRICS.format(**texts), scores, rest)


def given(*numbers: tuple[float | None, ...], **more: list[Any]) -> dict[str, Any]:
    extra = [{name: column[n] for name, column in more.items()} for n in range(len(numbers))]
    return {
        "accounts": accounts(
            *(
                {"seats": a, "mrr": b, "term_months": c, **e}
                for (a, b, c), e in zip(numbers, extra, strict=True)
            )
        )
    }


PLAIN = "[scores.health]\nweights = { a = 2, b = 1, c = 1 }\n"
FACTS = given((80, 40, 20), (60, 20, None), (10.0, None, None), (None, None, None))


def test_a_score_is_the_weighted_mean_with_peers_for_the_unknown() -> None:
    with run(three(PLAIN), FACTS) as snapshot:
        found = values(snapshot)
        assert found[1] == pytest.approx((160 + 40 + 20) / 4)
        assert found[2] == pytest.approx((120 + 20 + 20) / 4), "c of peers is 20"
        assert found[3] == pytest.approx((20 + 30 + 20) / 4), "half of the weight is enough"
        assert found[4] is None
        assert row(snapshot, 2)["coverage"] == 0.75
        assert row(snapshot, 4)["band"] == "no data"
        assert unexplained(snapshot) < 1e-9


def test_spread_is_what_the_unknown_could_change() -> None:
    with run(three(PLAIN), FACTS) as snapshot:
        assert row(snapshot, 1)["spread"] == 0
        assert row(snapshot, 3)["spread"] == pytest.approx(sqrt(10**2 + 0**2) / 4), (
            "b: 40 and 20, sd 10"
        )


@pytest.mark.parametrize(
    ("policy", "expected"),
    [('"worst"', (120 + 20 + 0) / 4), ("70", (120 + 20 + 70) / 4), ('"exclude"', (120 + 20) / 3)],
)
def test_other_policies_for_the_unknown(policy: str, expected: float) -> None:
    with run(three(PLAIN, c=policy), FACTS) as snapshot:
        assert values(snapshot)[2] == pytest.approx(expected)
        assert unexplained(snapshot) < 1e-9


@pytest.mark.parametrize("policy", ['"peers"', '"worst"', "70", '"exclude"'])
def test_what_nobody_observed_leaves_every_sum(policy: str) -> None:
    with run(three(PLAIN, c=policy), given((80, 40, None), (60, 20, None))) as snapshot:
        assert values(snapshot) == {1: pytest.approx(200 / 3), 2: pytest.approx(140 / 3)}
        assert row(snapshot)["coverage"] == 1
        assert unexplained(snapshot) < 1e-9
        missing = snapshot.missing.to_pylist()
        assert {"account": 1, "score": "health", "metric": "c", "table": "accounts"} in missing


def test_coverage_below_the_minimum_gives_no_score() -> None:
    scores = PLAIN + "min_coverage = 0.75\n"
    with run(three(scores), FACTS) as snapshot:
        assert [values(snapshot)[n] is None for n in (1, 2, 3, 4)] == [False, False, True, True]
        assert row(snapshot, 3)["coverage"] == 0.5
        assert snapshot.ledger([3]).num_rows == 0


def test_small_segments_are_pulled_toward_the_portfolio() -> None:
    numbers = [(50, 90, 0)] * 2 + [(50, 30, 0)] * 8 + [(50, None, 0)]
    plans = ["x"] * 2 + ["y"] * 8 + ["x"]
    rest = "[segments.x]\nwhere = \"plan = 'x'\""
    with run(three(PLAIN, rest), given(*numbers, plan=plans)) as snapshot:
        whole = (2 * 90 + 8 * 30) / 10
        peers = (2 * 90 + 10 * whole) / 12
        assert values(snapshot)[11] == pytest.approx((100 + peers) / 4)
        spread = (2 * 0 + 10 * 24) / 12
        assert row(snapshot, 11)["spread"] == pytest.approx(spread / 4)


def test_the_first_segment_that_matches_wins_with_weights_of_its_own() -> None:
    rest = '[segments.x]\nwhere = "plan = \'x\'"\nweights.health = { a = 0, b = 3 }\n[segments.all]\nwhere = "plan is not null"\n'
    with run(
        three(PLAIN, rest), given((80, 40, 20), (80, 40, 20), (80, 40, 20), plan=["x", "y", None])
    ) as snapshot:
        found = snapshot.scores.to_pylist()
        assert [r["segment"] for r in found] == ["x", "all", None]
        assert [r["value"] for r in found] == [pytest.approx(140 / 4), 55, 55]
        names = [r["name"] for r in snapshot.ledger([1]).to_pylist()]
        assert names == ["b", "c"], "a part of no weight is no part"


def test_worst_pull_keeps_one_dying_part_from_being_averaged_away() -> None:
    with run(three(PLAIN + "worst_pull = 0.5\n"), FACTS) as snapshot:
        assert values(snapshot)[1] == pytest.approx(55 - 0.5 * (55 - 20))
        assert unexplained(snapshot) < 1e-9


DEEP = """
[scores.inner]
weights = { a = 1, b = 1 }
min_coverage = 0.5
[scores.outer]
weights = { inner = 3, c = 1 }
[scores.health]
weights = { outer = 1, a = 1 }
worst_pull = 0.3
"""


def test_scores_feed_scores_with_their_coverage_as_observedness() -> None:
    facts = given((80, 40, 20), (60, None, 40), (None, None, 10))
    with run(three(DEEP), facts) as snapshot:
        inner, outer = values(snapshot, "inner"), values(snapshot, "outer")
        assert inner == {1: 60, 2: pytest.approx((60 + 40) / 2), 3: None}
        peers = (60 + 50) / 2
        assert outer[2] == pytest.approx((3 * (0.5 * 50 + 0.5 * peers) + 40) / 4)
        assert row(snapshot, 2, "outer")["coverage"] == pytest.approx((1.5 + 1) / 4)
        assert outer[3] is None
        assert unexplained(snapshot) < 1e-9
        parts = {
            (p["part"], p["name"], p["via"]) for p in snapshot.ledger([2], "health").to_pylist()
        }
        assert {
            ("metric", "a", "outer/inner"),
            ("metric", "c", "outer"),
            ("metric", "a", ""),
            ("peers", "inner", "outer"),
        } <= parts


EVENTS = """
[signals.asked]
table = "outcomes"
aggregate = "days_since"
where = "kind = 'churn_notice'"
"""


def eventful(scores: str) -> Model:
    return model(SIGNALS + EVENTS, METRICS.format(a="", b="", c=""), PLAIN + scores)


def test_adjustments_halve_with_the_age_of_their_event() -> None:
    scores = '[scores.health.adjustments.left]\nevent = "asked"\npoints = -16\nhalf_life = "30d"\n'
    told = {"outcomes": rows([{"account": 1, "kind": "churn_notice", "at": ago(days=60)}])}
    with run(eventful(scores), {**given((80, 40, 20), (80, 40, 20)), **told}) as snapshot:
        assert values(snapshot) == {1: pytest.approx(55 - 4), 2: 55}
        assert unexplained(snapshot) < 1e-9
        part = next(p for p in snapshot.ledger([1]).to_pylist() if p["part"] == "adjustment")
        assert (part["name"], part["points"], part["signal"], part["evidence"]) == (
            "left",
            -4,
            "asked",
            ["s:r0"],
        )


def test_the_sum_of_adjustments_is_limited_either_way() -> None:
    scores = "max_points = 10\n" + "".join(
        f'[scores.health.adjustments.{name}]\nwhen = "b > {limit}"\npoints = {points}\n'
        for name, limit, points in [("one", 10, 8), ("two", 30, 7), ("three", 90, -50)]
    )
    with run(eventful(scores), given((50, 40, 20), (50, 20, 20), (50, 95, 20))) as snapshot:
        base = {1: 40, 2: 35, 3: (100 + 95 + 20) / 4}
        assert values(snapshot) == {1: 50, 2: 43, 3: pytest.approx(base[3] - 10)}
        assert unexplained(snapshot) < 1e-9


def test_floors_come_before_caps_so_that_a_cap_wins() -> None:
    scores = """
[scores.health.caps.overdue]
when = "b > 90"
at_most = 30
[scores.health.caps.later]
when = "b > 80"
at_most = 20
[scores.health.floors.strategic]
when = "c = 7"
at_least = 60
"""
    facts = given((80, 95, 20), (80, 85, 20), (80, 95, 7), (10, 0, 7), (80, 0, 7), (10, 85, 7))
    with run(eventful(scores), facts) as snapshot:
        assert values(snapshot) == {1: 20, 2: 20, 3: 20, 4: 60, 5: 60, 6: 20}
        limited = [r["limited_by"] for r in snapshot.scores.to_pylist()]
        assert limited[:3] == ["overdue,later", "later", "overdue,later"], "65.5 needs no floor"
        assert limited[3:] == ["strategic", "strategic", "strategic,later"]
        assert unexplained(snapshot) < 1e-9


def test_a_cap_above_the_value_changes_nothing() -> None:
    scores = '[scores.health.caps.x]\nwhen = "b > 0"\nat_most = 90\n'
    with run(eventful(scores), given((80, 40, 20))) as snapshot:
        assert (row(snapshot)["value"], row(snapshot)["limited_by"]) == (55, "")


def test_the_clamp_is_a_part_of_the_ledger() -> None:
    scores = 'max_points = 90\n[scores.health.adjustments.x]\nwhen = "b > 0"\npoints = 80\n'
    with run(eventful(scores), given((80, 40, 20))) as snapshot:
        assert values(snapshot)[1] == 100
        clamp = [p["points"] for p in snapshot.ledger([1]).to_pylist() if p["part"] == "clamp"]
        assert clamp == [pytest.approx(100 - 135)]
        assert unexplained(snapshot) < 1e-9


def test_an_old_answer_fades_into_what_peers_answer() -> None:
    signals = '[signals.a]\ntable = "surveys"\naggregate = "last"\nof = "score"\nfresh_for = "90d"\nexpires_after = "180d"'
    ages = {1: 90, 2: 135, 3: 180.5, 4: 10}
    facts = {
        "accounts": accounts({}, {}, {}, {}),
        "surveys": rows(
            [{"account": a, "at": ago(days=d), "score": float(a)} for a, d in ages.items()]
        ),
    }
    with run(model(signals, '[metrics.m]\nsignal = "a"\nworst = 0\nbest = 4'), facts) as snapshot:
        found = values(snapshot)
        peers = (25 + 50 + 100) / 3
        assert found == {
            1: 25,
            2: pytest.approx(0.5 * 50 + 0.5 * peers),
            3: pytest.approx(peers),
            4: 100,
        }
        assert [r["coverage"] for r in snapshot.scores.to_pylist()] == [1, 0.5, 0, 1]
        assert unexplained(snapshot) < 1e-9


def test_a_source_that_stopped_fades_its_metrics_but_never_to_zero() -> None:
    signals = '[signals.a]\ntable = "tickets"\naggregate = "count"\n'
    top = '[source_freshness]\nfresh_for = "10d"\nexpires_after = "20d"'
    presence = [
        {"account": n, "table": "tickets", "read_at": ago(days=d)}
        for n, d in ((1, 10), (2, 15), (3, 25))
    ]
    facts = {"accounts": accounts({}, {}, {}), "presence": rows(presence)}
    with run(
        model(signals, '[metrics.m]\nsignal = "a"\nworst = 5\nbest = 0', top=top), facts
    ) as snapshot:
        assert [r["coverage"] for r in snapshot.scores.to_pylist()] == [1, 0.5, 0]
        assert values(snapshot) == {1: 100, 2: 100, 3: 100}, "what its peers have"


def test_scaling_all_weights_changes_nothing() -> None:
    scaled = PLAIN.replace("a = 2, b = 1, c = 1", "a = 0.3, b = 0.15, c = 0.15")
    with run(three(PLAIN), FACTS) as one, run(three(scaled), FACTS) as other:
        for mine, theirs in zip(one.scores.to_pylist(), other.scores.to_pylist(), strict=True):
            assert mine == pytest.approx(theirs)


def test_as_of_may_carry_a_zone() -> None:
    elsewhere = NOW.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=-10)))
    facts = {"tickets": rows([{"account": 1, "opened_at": ago(hours=1)}])}
    declared = model('[signals.x]\ntable = "tickets"\naggregate = "days_since"')
    with run(declared, facts, as_of=elsewhere) as snapshot:
        assert snapshot.signals.to_pylist()[0]["x"] == pytest.approx(1 / 24)
