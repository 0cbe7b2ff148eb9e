from typing import Any

import pyarrow as pa
import pytest

from scoring import Snapshot, change, load_model, shipped_model
from tests.scoring.small import ago, model, rows, run, values
from tests.scoring.test_ledger import portfolio
from tests.scoring.test_scores import METRICS, PLAIN, SIGNALS, given, three


def sums(parts: pa.Table) -> dict[tuple[int, str], float]:
    found: dict[tuple[int, str], float] = {}
    for part in parts.to_pylist():
        key = part["account"], part["score"]
        found[key] = found.get(key, 0.0) + part["points"]
    return found


def by_kind(parts: pa.Table, account: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in parts.to_pylist():
        if part["account"] == account:
            found[part["kind"]] = found.get(part["kind"], 0.0) + part["points"]
    return {kind: pytest.approx(points) for kind, points in found.items()}


def between(before: Snapshot, now: Snapshot, **beside: Any) -> pa.Table:
    parts = change(
        before.model, before.ledger(evidence=False), now.ledger(evidence=False), **beside
    )
    earlier = {(r["account"], r["score"]): r["value"] for r in before.scores.to_pylist()}
    found = sums(parts)
    for r in now.scores.to_pylist():
        then = earlier[r["account"], r["score"]]
        if then is not None and r["value"] is not None:
            moved = found.get((r["account"], r["score"]), 0.0)
            assert abs(moved - (r["value"] - then)) < 1e-9
        else:
            assert (r["account"], r["score"]) not in found
    return parts


def test_behaviour_coverage_and_peers_are_told_apart() -> None:
    before = given((80, 40, 20), (60, 20, 20), (60, 20, 40), (60, 20, None), (None, None, None))
    now = given((70, 40, 20), (60, 20, None), (60, 20, 60), (60, 20, None), (60, 20, 20))
    with run(three(PLAIN), before) as one, run(three(PLAIN), now) as other:
        parts = between(one, other)
    assert by_kind(parts, 1) == {"behaviour": 2 * -10 / 4}
    assert by_kind(parts, 2) == {"coverage": (100 / 3 - 20) / 4}
    assert by_kind(parts, 3) == {"behaviour": 20 / 4}
    assert by_kind(parts, 4) == {"peers": pytest.approx((100 / 3 - 80 / 3) / 4)}
    assert by_kind(parts, 5) == {}, "no value before"


def test_an_excluded_part_that_goes_missing_is_coverage() -> None:
    declared = three(PLAIN, c='"exclude"')
    with (
        run(declared, given((80, 40, 20), (1, 1, 1))) as one,
        run(declared, given((80, 40, None), (1, 1, 2))) as other,
    ):
        parts = between(one, other)
    assert set(by_kind(parts, 1)) == {"coverage"}
    assert set(by_kind(parts, 2)) == {"behaviour"}


def test_caps_and_adjustments_have_parts_of_their_own() -> None:
    scores = (
        PLAIN
        + '[scores.health.caps.x]\nwhen = "b > 90"\nat_most = 30\n[scores.health.adjustments.y]\nwhen = "c > 90"\npoints = -5\n'
    )
    declared = model(SIGNALS, METRICS.format(a="", b="", c=""), scores)
    with (
        run(declared, given((80, 40, 20), (80, 40, 20))) as one,
        run(declared, given((80, 95, 20), (80, 40, 95))) as other,
    ):
        parts = between(one, other)
    assert by_kind(parts, 1) == {"behaviour": 55 / 4, "caps": 30 - (55 + 55 / 4)}
    assert by_kind(parts, 2) == {"behaviour": 75 / 4, "adjustments": -5}


def test_a_new_model_is_told_apart_from_what_customers_did() -> None:
    heavier = three(PLAIN.replace("b = 1", "b = 5"))
    before, now = given((80, 40, 20)), given((70, 40, 20))
    with (
        run(three(PLAIN), before) as one,
        run(three(PLAIN), now) as bridge,
        run(heavier, now) as other,
    ):
        parts = between(one, other, same_facts=bridge.ledger(evidence=False))
        expected = values(other)[1] - values(bridge)[1]
    assert by_kind(parts, 1) == {"behaviour": -5, "model": expected}


def test_the_default_model_over_a_month_adds_up() -> None:
    declared = load_model(shipped_model("default"))
    facts = portfolio()
    more = rows(
        [
            {
                "account": k,
                "opened_at": ago(days=n),
                "priority": "urgent",
                "first_reply_minutes": 500.0,
            }
            for k in (1, 2)
            for n in range(5)
        ]
    )
    later = {
        **facts,
        "tickets": pa.concat_tables([facts["tickets"], more], promote_options="default"),
    }
    del later["interactions"]
    with run(declared, facts, as_of=ago(days=20)) as one, run(declared, later) as other:
        parts = between(one, other)
    assert {"behaviour", "coverage", "peers"} <= set(parts.column("kind").to_pylist())
