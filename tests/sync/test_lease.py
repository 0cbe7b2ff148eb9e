"""One run at a time: on SQLite and on PostgreSQL."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from connectors.base import Context, FieldUpdate, WriteLog, WriteResult
from sync import schema, writes
from sync.apply import Applier
from sync.errors import BusyError
from sync.journal import Journal
from sync.lease import lease
from sync.plan import Plan, PlannedWrite, checksum
from sync.progress import Silent
from sync.store import Store
from sync.summary import PlanReport
from tests.sync import fakes

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.fixture
def both(url: str) -> Iterator[tuple[Journal, Journal]]:
    """One journal as two processes have it."""
    first, second = Journal(url), Journal(url)
    yield first, second
    first.close()
    second.close()


def expire(journal: Journal) -> None:
    with journal.begin() as db:
        past = datetime.now(UTC) - timedelta(minutes=1)
        db.execute(schema.leases.update().values(expires_at=past))


def states(journal: Journal, plan: int) -> list[str]:
    with journal.begin() as db:
        query = sa.select(schema.writes.c.state).where(schema.writes.c.plan == plan)
        return list(db.execute(query.order_by(schema.writes.c.row)).scalars())


def planned(journal: Journal, refs: Sequence[str]) -> tuple[int, tuple[PlannedWrite, ...]]:
    rows = tuple(PlannedWrite(ref, int(ref), {"health": (None, "50.0")}) for ref in refs)
    report = PlanReport("crm", None, checksum("crm", rows), len(rows), len(rows))
    number = writes.save(journal, 1, Plan("crm", rows, report), NOW)
    writes.set_state(journal, number, "applying")
    return number, rows


class Interrupted(fakes.Memory):
    """A target during whose second batch something happens."""

    def __init__(self, then) -> None:
        super().__init__("crm", fakes.Settings(), Context(secret=str, now=NOW))
        self._then = then

    def write(self, updates: Sequence[FieldUpdate], log: WriteLog) -> Iterator[WriteResult]:
        for at, result in enumerate(super().write(updates, log)):
            if at == self.settings.batch:
                self._then()
            yield result


def test_one_holder_at_a_time(both) -> None:
    mine, other = both
    with lease(mine) as held:
        with pytest.raises(BusyError, match="wait for it to end"), lease(other):
            pass
        held.check()
    with lease(other) as held:
        held.check()


def test_a_lease_that_outlasts_every_lease_tells_of_the_clock(both) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    row = {"name": "run", "holder": "elsewhere:1:x", "taken_at": later, "expires_at": later}
    with both[0].begin() as db:
        db.execute(schema.leases.insert().values(row))
    with pytest.raises(BusyError, match="clock or that one is wrong"), lease(both[0]):
        pass


def test_who_lost_the_lease_sends_no_more_and_the_other_settles_what_was_in_flight(
    both, tmp_path
) -> None:
    mine, other = both
    system = fakes.SYSTEMS["crm"] = fakes.System()
    number, rows = planned(mine, [str(ref) for ref in range(1, 8)])
    store = Store(str(tmp_path / "data"))
    with ExitStack() as later:

        def take_over() -> None:
            expire(mine)
            later.enter_context(lease(other))

        target = Interrupted(take_over)
        with pytest.raises(BusyError, match="taken over"), lease(mine) as held:
            Applier(mine, store, NOW, Silent()).apply(target, number, rows)
        with pytest.raises(BusyError):
            held.check()
        assert [update.ref for update in system.writes] == ["1", "2", "3", "4"]
        assert states(other, number) == ["ok"] * 2 + ["sent"] * 2 + ["intended"] * 3
        report = Applier(other, store, NOW, Silent()).recover(Interrupted(lambda: None), number)
    assert (report.ok, report.error) == (2, None)
    assert [update.ref for update in system.writes[4:]] == ["3", "4"]
    assert states(other, number) == ["ok"] * 4 + ["dropped"] * 3


def test_nothing_is_sent_without_the_lease(both, tmp_path) -> None:
    system = fakes.SYSTEMS["crm"] = fakes.System()
    number, rows = planned(both[0], ["1", "2"])
    applier = Applier(both[0], Store(str(tmp_path / "data")), NOW, Silent())
    with lease(both[1]), pytest.raises(BusyError):
        applier.apply(Interrupted(lambda: None), number, rows)
    assert system.writes == []
    assert states(both[0], number) == ["intended"] * 2
