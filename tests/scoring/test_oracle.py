"""The engine against the oracle, on generated models and facts."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.scoring.both import differences, run
from tests.scoring.generated import NOW, before, facts, model, overrides

SEEDS = st.integers(0, 10**9)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,  # the same examples in every run: a failure is never a surprise
    suppress_health_check=[HealthCheck.too_slow],
)
@given(SEEDS)
def test_engine_and_oracle_agree(seed: int) -> None:
    rows = facts(seed)
    keys = [account["account"] for account in rows.accounts]
    beside = {"previous": before(seed, keys), "overrides": overrides(seed, keys)}
    assert not differences(run(model(seed), rows, NOW, **beside))
