"""When work is due."""

from datetime import UTC, datetime, timedelta

import pytest

from sync.service.rhythm import delay, due
from sync.service.settings import Schedule


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NIGHTLY = Schedule(cron="30 2 * * *", zone="Europe/Amsterdam")
OFTEN = Schedule(every="10m")


@pytest.mark.parametrize(
    ("schedule", "last", "now", "expected"),
    [
        (NIGHTLY, None, "2026-11-20T09:00", "2026-11-21T01:30"),
        (NIGHTLY, "2026-11-20T01:30", "2026-11-20T09:00", "2026-11-21T01:30"),
        (NIGHTLY, "2026-11-20T01:30", "2026-11-21T01:30", "2026-11-21T01:30"),
        (NIGHTLY, "2026-07-01T00:30", "2026-07-01T09:00", "2026-07-02T00:30"),  # summer time
        (OFTEN, None, "2026-11-20T09:03", "2026-11-20T09:03"),
        (OFTEN, "2026-11-20T09:03", "2026-11-20T09:05", "2026-11-20T09:13"),
        (OFTEN, "2026-11-20T09:03", "2026-11-20T09:13", "2026-11-20T09:13"),
    ],
)
def test_the_next_slot(schedule, last, now, expected) -> None:
    assert due(schedule, last and at(last), at(now)) == at(expected)


@pytest.mark.parametrize("schedule", [NIGHTLY, OFTEN])
def test_after_a_week_asleep_it_is_due_once(schedule) -> None:
    last, now = at("2026-11-10T01:30"), at("2026-11-17T09:04")
    slot = due(schedule, last, now)
    assert now - timedelta(days=1) < slot <= now
    assert due(schedule, slot, now) > now


@pytest.mark.parametrize("change", ["2026-03-28", "2026-10-24"])
def test_the_night_that_clocks_change_has_one_run(change) -> None:
    now, last, slots = at(f"{change}T06:00"), at(f"{change}T05:00"), []
    while now < at(f"{change}T06:00") + timedelta(days=1):
        now += timedelta(minutes=5)
        slot = due(NIGHTLY, last, now)
        if slot <= now:
            slots.append(slot)
            last = slot
    assert len(slots) == 1


def test_jitter_is_within_its_bound_and_differs_by_place() -> None:
    schedule = Schedule(every="10m", jitter="2m")
    slot = at("2026-11-20T09:00")
    delays = {delay(schedule, slot, f"host {n}") for n in range(50)}
    assert len(delays) == 50
    assert all(timedelta(0) <= one < timedelta(minutes=2) for one in delays)
    assert delay(schedule, slot, "a") == delay(schedule, slot, "a")
