"""kill -9 at any point: the next run ends where an undisturbed one does."""

import random

import pytest

from connectors.simulator import Faults
from tests.sync import kill

POINTS = 5
"""For each shape; ``benchmarks/kill.py`` kills hundreds of times."""
FAULTS = Faults(too_many=0.02, server_error=0.02, cut=0.02, expire=0.01)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> dict[bool, tuple[dict, list[str]]]:
    """Shape -> what is held after one run that nobody disturbed, and the points it passed."""
    found = {}
    for deep in (False, True):
        with kill.rig(tmp_path_factory.mktemp("kill") / "home", deep=deep) as made:
            assert made.sync() == 0
            assert max(made.sent.values()) == 1
            found[deep] = made.held(), made.trace
    return found


def spread(trace: list[str], seed: int) -> list[int]:
    """Points in every part of a run, and half of them after the first write was planned."""
    planned = trace.index("after plan")
    pick = random.Random(seed)
    early = [pick.randrange(1, planned) for _ in range(POINTS // 2)]
    return early + [pick.randrange(planned, len(trace)) for _ in range(POINTS - len(early))]


@pytest.mark.parametrize("deep", [False, True], ids=["batches", "jobs"])
def test_killed_anywhere(tmp_path, undisturbed, deep: bool) -> None:
    held, trace = undisturbed[deep]
    for number, fatal in enumerate(spread(trace, seed=11)):
        outcome = kill.killed(tmp_path / str(number), deep=deep, fatal=fatal)
        assert outcome.faults(held, clean=True) == [], f"{outcome.where}, point {fatal}"


def test_killed_while_systems_fail_too(tmp_path, undisturbed) -> None:
    held, trace = undisturbed[False]
    fatal = trace.index("after plan") + 40
    outcome = kill.killed(tmp_path / "home", deep=False, fatal=fatal, faults=FAULTS)
    assert outcome.faults(held, clean=False) == [], outcome.where
