"""Texts that are few in a large table are counted by bits, and are as many as by group-bys."""

from collections.abc import Sequence
from datetime import timedelta

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import scoring.few
from scoring import Model, load_model, score
from scoring.engines import DuckEngine
from scoring.facts import context
from scoring.few import with_few
from tests.scoring.both import arrow
from tests.scoring.generated import NOW, facts, model
from tests.scoring.same import snapshots
from tests.scoring.test_rollup import WIDE, busy

COUNTED = """
name = "features"
[signals.used_30d]
table = "usage"
aggregate = "distinct"
of = "feature"
window = "30d"
[signals.change]
table = "usage"
aggregate = "distinct"
of = "feature"
window = "30d"
compare = "change"
[metrics.used]
signal = "used_30d"
worst = 0
best = 9
[metrics.change]
signal = "change"
worst = -1
best = 0
[scores.health]
weights = { used = 1, change = 1 }
"""
ODD = ["", "it's", '"', "a;b", "x" * 10_000, "é", " a", "a", "A", "{value}", "%s", "\\"]
FEATURES = load_model(COUNTED)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row is enough to look at a table."""
    monkeypatch.setattr(scoring.few, "LOOK", 1)


def differences(declared: Model, rows: dict[str, pa.Table]) -> list[str]:
    with (
        duckdb.connect() as con,
        pytest.MonkeyPatch.context() as patch,
        score(declared, rows, as_of=NOW, connection=con) as by_bits,
    ):
        patch.setattr(scoring.few, "LOOK", 10**9)
        with score(declared, rows, as_of=NOW, connection=con) as by_groups:
            return snapshots(by_groups, by_bits)


def used(features: Sequence[str | None], before: Sequence[str] = ()) -> dict[str, pa.Table]:
    """Two accounts: one uses each feature twice, the other the first only; some 40 days ago."""
    every = [*features, *features, features[0], *before]
    keys = [1] * (2 * len(features)) + [2] + [1] * len(before)
    times = [NOW] * (len(every) - len(before)) + [NOW - timedelta(days=40)] * len(before)
    columns = {
        "account": keys,
        "day": pa.array(times, pa.timestamp("us")),
        "feature": pa.array(every, pa.string()),
    }
    return {"accounts": pa.table({"account": [1, 2]}), "usage": pa.table(columns)}


def known(rows: dict[str, pa.Table]) -> dict[tuple[str, str], Sequence[str]]:
    """The columns that are told to hold few texts."""
    engine = DuckEngine()
    return dict(with_few(context(FEATURES, engine, rows, NOW), engine).few)


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 10**9))
def test_generated_models_have_the_same_answers(small: None, seed: int) -> None:
    assert not differences(model(seed), arrow(facts(seed)))
    assert not differences(WIDE, arrow(busy(seed)))


def test_odd_texts_are_told_apart(small: None) -> None:
    rows = used([*ODD, None])
    assert known(rows) == {("usage", "feature"): sorted(ODD)}
    with score(FEATURES, rows, as_of=NOW) as found:
        assert found.signals.column("used_30d").to_pylist() == [len(ODD), 1]


def test_each_window_has_its_own(small: None) -> None:
    rows = used(["a", "b"], before=["b", "c", "d"])
    with score(FEATURES, rows, as_of=NOW) as found:
        assert found.signals.column("used_30d").to_pylist() == [2, 1]
        assert found.signals.column("change").to_pylist() == [pytest.approx(2 / 3 - 1), None]


@pytest.mark.parametrize("texts", [[str(n) for n in range(61)], ["a", "b\0"]])
def test_what_has_no_bits_is_counted_all_the_same(small: None, texts: list[str]) -> None:
    rows = used(texts)
    assert not known(rows)
    with score(FEATURES, rows, as_of=NOW) as found:
        assert found.signals.column("used_30d").to_pylist() == [len(texts), 1]


def test_a_column_without_texts_counts_nothing(small: None) -> None:
    rows = used([None])
    assert not known(rows)
    with score(FEATURES, rows, as_of=NOW) as found:
        assert found.signals.column("used_30d").to_pylist() == [0, 0]


@pytest.mark.parametrize(("look", "few"), [(10, 20), (61, 60)])
def test_texts_after_the_first_rows_count(
    monkeypatch: pytest.MonkeyPatch, look: int, few: int
) -> None:
    monkeypatch.setattr(scoring.few, "LOOK", look)
    texts = [f"{number:02}" for number in range(few + 1)]
    assert known(used([None, *texts[:few]])) == {("usage", "feature"): texts[:few]}
    assert bool(known(used([None, *texts]))) == (few < 60)


def test_small_tables_are_not_looked_through() -> None:
    assert not known(used(ODD))
