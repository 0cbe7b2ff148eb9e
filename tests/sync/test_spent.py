"""What of a vendor's day is spent: by the runs within it, whichever process they were."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Context
from sync import run
from sync.config import Config
from sync.journal import Journal
from sync.spent import spent
from tests.sync import fakes

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)


def note(journal: Journal, hours: float, **made: dict[str, int]) -> None:
    """Note a run that began some hours ago and made these requests."""
    began = NOW - timedelta(hours=hours)
    connections = [{"name": name, "made": counts} for name, counts in made.items()]
    report = json.dumps({"connections": connections})
    journal.end_run(journal.start_run("sync", began), began, "done", report=report)


def test_requests_of_all_runs_within_a_day_are_added(url: str) -> None:
    journal = Journal(url)
    note(journal, 25, crm={"read Account": 500})
    note(journal, 23, crm={"read Account": 5, "write Account": 2}, desk={"read tickets": 1})
    note(journal, 1, crm={"read Account": 4})
    journal.start_run("pull", NOW)  # still running
    assert spent(journal, NOW) == {"crm": 11, "desk": 1}
    journal.close()


def test_a_connection_is_told_what_earlier_runs_spent(
    deploy: Callable[..., Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []

    def connect(name: str, settings: Any, context: Context) -> Any:
        told.append(context.spent)
        return made(name, settings, context)

    config = deploy(crm=fakes.customers(["Acme"]))
    made = fakes.connect
    monkeypatch.setattr(fakes, "connect", connect)
    first = run.pull(config, now=NOW).connections[0]
    run.pull(config, now=NOW + timedelta(hours=1))
    run.pull(config, now=NOW + timedelta(days=2))
    assert told == [0, sum(first.made.values()), 0]
    assert told[1] > 0
