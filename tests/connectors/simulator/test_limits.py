"""Rate limiters on a clock that stands still until it is moved."""

from connectors.simulator.limits import FixedWindow, ManualClock, RollingWindow


def test_rolling_window_refuses_until_the_oldest_request_is_a_window_old():
    clock = ManualClock(1000.0)
    limiter = RollingWindow(2, 10, clock)
    assert [limiter.take().remaining for _ in range(2)] == [1, 0]
    clock.advance(4)
    refused = limiter.take()
    assert (refused.allowed, refused.remaining, refused.reset) == (False, 0, 6)
    clock.advance(6)
    assert limiter.take().allowed


def test_refused_requests_do_not_count():
    clock = ManualClock(1000.0)
    limiter = RollingWindow(1, 10, clock)
    limiter.take()
    clock.advance(9)
    assert not limiter.take().allowed
    clock.advance(1)
    assert limiter.take().allowed


def test_keys_are_counted_apart():
    limiter = RollingWindow(1, 10, ManualClock())
    assert limiter.take("a").allowed
    assert limiter.take("b").allowed
    assert not limiter.take("a").allowed


def test_fixed_window_starts_anew_at_the_account_s_own_midnight():
    midnight_utc = 20_000 * 86_400.0
    clock = ManualClock(midnight_utc - 3_600 - 1)  # a second before midnight one hour east
    limiter = FixedWindow(1, 86_400, clock, offset=-3_600)
    first = limiter.take()
    assert (first.allowed, first.reset) == (True, 1)
    assert not limiter.take().allowed
    clock.advance(1)
    assert limiter.take().allowed
    assert limiter.used() == 1
