"""When a plan is unsafe: each limit that it passed, in one sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

from .settings import Limits


@dataclass(frozen=True, slots=True)
class Moves:
    """What a plan would do to the values that one target holds.

    Attributes:
        held: Records that hold a value in a field that limits look at.
        replaced: Of them, those with a value replaced by one ``step`` or more away, or with
            a value that Pulsefield did not write replaced by any other.
        cleared: Of them, those with a value cleared.
        bands: Of them, those that change band.
        mean_before: Mean of the held health values of records that keep one; None: none.
        mean_after: Mean of their new values.
        foreign: Fields with values that Pulsefield did not write.
    """

    held: int = 0
    replaced: int = 0
    cleared: int = 0
    bands: int = 0
    mean_before: float | None = None
    mean_after: float | None = None
    foreign: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Against:
    """This portfolio beside the last run's.

    Attributes:
        accounts: Accounts now.
        accounts_before: Then; None: there was none.
        coverage: Mean coverage of health now, 0..1.
        coverage_before: Then.
    """

    accounts: int
    accounts_before: int | None = None
    coverage: float | None = None
    coverage_before: float | None = None


def unsafe(name: str, limits: Limits, moves: Moves, against: Against) -> tuple[str, ...]:
    """Return why a plan should not be applied; nothing if it is safe.

    Args:
        name: The target's name, for the sentences.
        limits: What is allowed.
        moves: What would happen to the held values.
        against: The portfolio beside the last run's.
    """
    reasons = (*_shares(limits, moves), *_means(limits, moves, against))
    return tuple(f"{name}: {reason}" for reason in reasons)


def _shares(limits: Limits, moves: Moves) -> Sequence[str]:
    if moves.held < limits.at_least:
        return []
    found = []
    counts = (
        ("replaced", moves.replaced, limits.replaced, "would have values replaced"),
        ("cleared", moves.cleared, limits.cleared, "would have values cleared"),
        ("bands", moves.bands, limits.bands, "would change band"),
    )
    for limit, count, allowed, what in counts:
        if count > allowed * moves.held:
            foreign = f" ({', '.join(moves.foreign)} hold values that Pulsefield never wrote)"
            hint = foreign if limit == "replaced" and moves.foreign else ""
            found.append(
                f"{count} of {moves.held} records ({count / moves.held:.0%}) {what}{hint};"
                f" limit {limit} is {allowed:.0%}"
            )
    return found


def _means(limits: Limits, moves: Moves, against: Against) -> Sequence[str]:
    found = []
    if moves.held >= limits.at_least and moves.mean_before is not None:
        move = (moves.mean_after or 0.0) - moves.mean_before
        if abs(move) > limits.mean_move:
            found.append(
                f"the mean health would move by {move:+.1f} points;"
                f" limit mean_move is {limits.mean_move:g}"
            )
    if against.accounts_before and against.accounts_before >= limits.at_least:
        gone = 1 - against.accounts / against.accounts_before
        if gone > limits.fewer:
            found.append(
                f"there are {against.accounts} accounts where there were"
                f" {against.accounts_before}; limit fewer is {limits.fewer:.0%}"
            )
    if against.coverage is not None and against.coverage_before is not None:
        fell = 100 * (against.coverage_before - against.coverage)
        if fell > limits.coverage:
            found.append(
                f"the mean coverage fell by {fell:.0f} points;"
                f" limit coverage is {limits.coverage:g}"
            )
    return found
