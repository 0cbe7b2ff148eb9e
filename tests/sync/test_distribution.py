"""The shipped models on the simulator's customers, of whom it knows who left and who is loyal."""

import statistics
from collections import Counter

import pytest

from benchmarks.distribution import Rows, rated

MODELS = ("default", "support", "small_book")


@pytest.fixture(scope="module")
def rows() -> dict[str, Rows]:
    return dict(rated(MODELS, customers=100))


@pytest.mark.parametrize("name", MODELS)
def test_the_churned_are_flagged_and_the_loyal_are_not(rows: dict[str, Rows], name: str) -> None:
    churned, loyal = rows[name]["churned"], rows[name]["loyal"]
    values = [[row["value"] for row in of if row["value"] is not None] for of in (churned, loyal)]
    below, above = map(statistics.median, values)
    assert above - below > 25
    bands = [Counter(row["band"] for row in of) for of in (churned, loyal)]
    assert bands[0]["red"] >= len(values[0]) / 2
    assert bands[1]["red"] <= len(loyal) / 10
