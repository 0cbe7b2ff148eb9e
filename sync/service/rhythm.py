"""When a piece of work is due: pure arithmetic on times."""

import hashlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

from .settings import Schedule


def due(schedule: Schedule, last: datetime | None, now: datetime) -> datetime:
    """Return the slot that comes after the last one that was done.

    A slot that is not after ``now`` is due. Of several that were missed only the latest is
    returned: after a sleep the work is done once.

    Args:
        schedule: Its rhythm.
        last: The last slot that was done, aware; None: it never ran. Then ``every`` is due at
            once, and ``cron`` at its next time.
        now: Aware.
    """
    if schedule.every is not None:
        return now if last is None else _next(last, schedule.every, now)
    zone = ZoneInfo(schedule.zone)
    after = now if last is None else last
    slot = _cron(schedule.cron, after.astimezone(zone))
    if slot > now:
        return slot
    # A second later, as the search goes back from before its start.
    latest = _cron(schedule.cron, (now + timedelta(seconds=1)).astimezone(zone), reverse=True)
    return max(slot, latest)


def _next(last: datetime, every: timedelta, now: datetime) -> datetime:
    missed = (now - last) // every
    return last + every * max(1, missed)


def _cron(expression: str, start: datetime, *, reverse: bool = False) -> datetime:
    return next(CronSim(expression, start, reverse=reverse)).astimezone(UTC)


def delay(schedule: Schedule, slot: datetime, place: str) -> timedelta:
    """Return how much later than its slot the work starts here.

    Args:
        schedule: Its jitter.
        slot: The slot.
        place: What tells this place from others; equal places get equal delays.
    """
    digest = hashlib.sha256(f"{place} {slot.timestamp()}".encode()).digest()
    share = int.from_bytes(digest[:4]) / 2**32
    return schedule.jitter * share
