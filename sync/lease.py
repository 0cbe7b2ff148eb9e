"""One run at a time, over all processes and hosts that share a journal.

A batch is noted as sent while the lease is held (``fence``), and leaves after that. What remains
is a process that is stopped for longer than a lease between the two, such as a suspended host:
its batch may leave after another run took over. No vendor takes a condition with a batch that
would refuse it. While the process lives the lease is renewed every ``BEAT``, so four minutes are
left at least, and one try of a request takes 70 s at most. The values are absolute, and mostly
those that the other run sent again; if it has planned others since, the next run finds the late
ones in what the target holds, as an edit by hand.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

import sqlalchemy as sa

from . import schema
from .clock import Clock, SystemClock
from .errors import BusyError, JournalError
from .journal import Journal

LEASE = timedelta(minutes=5)
"""A lease that was not renewed for this long is free."""
BEAT = LEASE / 5
"""Renewed this often."""
_MINE = (
    sa.select(schema.leases.c.holder)
    .where(
        schema.leases.c.name == sa.bindparam("lease"), schema.leases.c.holder == sa.bindparam("by")
    )
    .with_for_update(read=True)
)
TAKEN = "the lease was taken over by another run; this one stops"


class Lease:
    """A lease that is held, and renewed from time to time.

    Attributes:
        lost: Whether someone else took it over; a run must not write any more then.
    """

    def __init__(self, journal: Journal, name: str, clock: Clock) -> None:
        self._journal = journal
        self._name = name
        self._clock = clock
        self.lost = False

    def check(self) -> None:
        """Make sure that it is still held.

        Raises:
            BusyError: it was taken over.
        """
        self._renew()
        if self.lost:
            raise BusyError(TAKEN)

    def _renew(self) -> None:
        table = schema.leases
        mine = (table.c.name == self._name) & (table.c.holder == self._journal.holder)
        until = self._clock.now() + LEASE
        with self._journal.begin() as db:
            changed = db.execute(table.update().where(mine).values(expires_at=until))
            self.lost = not changed.rowcount

    def beat(self) -> None:
        """Renew it, unless it is lost."""
        # A journal out of reach is tried again; ``check`` tells before anything is written.
        with suppress(JournalError):
            if not self.lost:
                self._renew()


@contextmanager
def lease(journal: Journal, name: str = "run", clock: Clock | None = None) -> Iterator[Lease]:
    """Hold a lease.

    Args:
        journal: Where it is kept.
        name: What is done by one at a time.
        clock: The time; the machine's own by default.

    Raises:
        BusyError: someone else holds it.
    """
    clock = clock or SystemClock()
    _take(journal, name, clock.now())
    held = Lease(journal, name, clock)
    rest = clock.every(BEAT, held.beat)
    try:
        yield held
    finally:
        rest()
        release(journal, name)


def fence(db: sa.Connection, holder: str, name: str = "run") -> None:
    """Make sure that a lease is held while a transaction lasts: nobody takes it over meanwhile.

    Raises:
        BusyError: it was taken over.
    """
    if db.execute(_MINE, {"lease": name, "by": holder}).first() is None:
        raise BusyError(TAKEN)


def release(journal: Journal, name: str = "run") -> None:
    """Give a lease back, if it is still this process's."""
    table = schema.leases
    mine = (table.c.name == name) & (table.c.holder == journal.holder)
    with journal.begin() as db:
        db.execute(table.delete().where(mine))


def _take(journal: Journal, name: str, now: datetime) -> None:
    table = schema.leases
    query = sa.select(table).where(table.c.name == name).with_for_update()
    with journal.begin() as db:
        row = db.execute(query).first()
        if row is not None and row.expires_at > now and _alive(row.holder):
            raise BusyError(_busy(row.holder, row.taken_at, row.expires_at - now))
        db.execute(table.delete().where(table.c.name == name))
        values = {"name": name, "holder": journal.holder, "taken_at": now}
        try:
            db.execute(table.insert().values(values | {"expires_at": now + LEASE}))
        except sa.exc.IntegrityError as error:  # where a row that is not there cannot be locked
            raise BusyError("another run began at the same moment; wait for it to end") from error


def _busy(holder: str, since: datetime, left: timedelta) -> str:
    told = f"another run ({holder}) works since {since:%Y-%m-%d %H:%M:%S} UTC; "
    if left <= 2 * LEASE:
        return told + "wait for it to end"
    # No lease is that long: one of the two clocks was moved.
    return f"{told}its lease ends in {left}, so this clock or that one is wrong; put it right"


def _alive(holder: str) -> bool:
    """Whether a holder may still run; another host's always may, until its lease expires."""
    host, pid, _ = holder.rsplit(":", 2)
    if host != socket.gethostname():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
