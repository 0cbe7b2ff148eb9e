"""kill -9 at any point: the next run ends where an undisturbed one does."""

import random
import signal

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


def spread(trace: list[str], seed: int) -> list[kill.Kill]:
    """Points in every part of a run, and half of them after the first write was planned."""
    planned = trace.index("after plan")
    pick = random.Random(seed)
    early = [pick.randrange(1, planned) for _ in range(POINTS // 2)]
    late = [pick.randrange(planned, len(trace)) for _ in range(POINTS - len(early))]
    return [kill.Kill(fatal) for fatal in early + late]


@pytest.mark.parametrize("deep", [False, True], ids=["batches", "jobs"])
def test_killed_anywhere(tmp_path, undisturbed, deep: bool) -> None:
    held, trace = undisturbed[deep]
    for number, fatal in enumerate(spread(trace, seed=11)):
        outcome = kill.killed(tmp_path / str(number), [fatal], deep=deep)
        assert outcome.faults(held, clean=True) == [], f"{outcome.wheres}, {fatal}"


def test_killed_again_and_again_while_it_recovers(tmp_path, undisturbed) -> None:
    held, trace = undisturbed[False]
    planned = trace.index("after plan")
    kills = [kill.Kill(planned + more) for more in (60, -40, -20)]
    outcome = kill.killed(tmp_path / "home", kills, deep=False)
    assert outcome.faults(held, clean=True) == [], outcome.wheres
    # What is left to recover, and so how far the last run gets, depends on the threads' pace.
    assert outcome.codes[:2] == [-signal.SIGKILL] * 2


def test_killed_while_systems_fail_too(tmp_path, undisturbed) -> None:
    held, trace = undisturbed[False]
    fatal = kill.Kill(trace.index("after plan") + 40)
    outcome = kill.killed(tmp_path / "home", [fatal], deep=False, faults=FAULTS)
    assert outcome.faults(held, clean=False) == [], outcome.wheres
