"""Bands on open tickets: from the plan to Zendesk's stand-in over HTTP, and back."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors import simulator as simulated
from connectors.simulator.zendesk import READY_TOKEN
from sync import run
from sync.config import Config, load
from sync.summary import ApplyReport, PlanReport, RunReport
from tests.connectors.zendesk.account import ticket

CONFIG = """
[pulsefield]
model = "model.toml"

[connections.helpdesk]
kind = "zendesk"
base_url = "{url}"
incremental_per_minute = 30
ticket_context = "{how}"

[connections.helpdesk.auth]
kind = "token"
token = "file:token"
"""
MODEL = """
name = "small"
version = "1"
[signals.open_tickets]
table = "tickets"
aggregate = "count"
window = "60d"
[metrics.calm]
signal = "open_tickets"
worst = 30
best = 0
[scores.health]
weights = { calm = 1 }
"""
OPEN = {"new", "open", "pending", "hold"}


class Desk:
    """A helpdesk being served, its time, and a deployment that reads and writes it."""

    def __init__(self, folder: Path, how: str) -> None:
        self.ahead = 0.0
        clock = lambda: time.time() + self.ahead  # noqa: E731 - two words
        began = datetime.fromtimestamp(clock() - 600, UTC)
        self.simulator = simulated.start(25, 7, began, systems=("zendesk",), clock=clock)
        self.app: Any = self.simulator.apps["zendesk"]
        for row in list(self.app.state.tables["tickets"].rows.values())[::9]:
            row["status"] = "open"
        (folder / "model.toml").write_text(MODEL)
        (folder / "token").write_text(READY_TOKEN)
        file = folder / "pulsefield.toml"
        file.write_text(CONFIG.format(url=self.simulator.urls["zendesk"], how=how))
        self.config: Config = load(file)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def sync(self, **options: Any) -> RunReport:
        return run.sync(self.config, now=self.now, **options)

    @property
    def tickets(self) -> dict[int, dict[str, Any]]:
        self.app.state.jobs.run_due()
        return self.app.state.tables["tickets"].rows

    def open(self) -> set[int]:
        return {number for number, row in self.tickets.items() if row["status"] in OPEN}

    def band(self, number: int) -> str | None:
        bands = [tag for tag in self.tickets[number]["tags"] if tag.startswith("pulsefield_")]
        assert len(bands) <= 1
        return bands[0] if bands else None


@pytest.fixture
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, request.param)
    with made.simulator:
        run.create_fields(made.config)
        yield made


def of_tickets(reports: Any) -> PlanReport | ApplyReport | None:
    return next((report for report in reports if report.connection == "helpdesk.tickets"), None)


@pytest.mark.parametrize("desk", ["tags", "field"], indirect=True)
def test_open_tickets_carry_their_customers_band_and_others_are_left_alone(desk: Desk) -> None:
    before = {number: list(row["tags"]) for number, row in desk.tickets.items()}
    dry = desk.sync(apply=False)
    assert of_tickets(dry.plans).updates == len(desk.open()) > 3  # type: ignore[union-attr]
    assert not [entry for entry in desk.app.log.entries if entry[0] == "PUT"]

    done = of_tickets(desk.sync().applied)
    assert (done.ok, done.refused, done.error) == (len(desk.open()), (), None)  # type: ignore[union-attr]
    for number, row in desk.tickets.items():
        organization = desk.app.record(row["organization_id"])["organization_fields"]
        held = organization["pulsefield_health_band"].removeprefix("pulsefield_health_band_")
        carried = [f"pulsefield_{held}"] if number in desk.open() else []
        assert row["tags"] == before[number] + carried

    desk.ahead += 120
    assert of_tickets(desk.sync().plans).updates == 0  # type: ignore[union-attr]


@pytest.mark.parametrize("desk", ["tags"], indirect=True)
def test_a_band_that_changes_a_tag_edited_by_hand_and_a_ticket_closed_meanwhile(desk: Desk) -> None:
    desk.sync()
    first, *others = sorted(desk.open())
    edited = next(
        n
        for n in others
        if desk.tickets[n]["organization_id"] != desk.tickets[first]["organization_id"]
    )
    desk.app.edit(edited, "tags", ["vip"], "tickets")
    organization = desk.tickets[first]["organization_id"]
    was, kept = desk.band(first), desk.band(others[-1])
    more = [ticket(9_000_000 + n, desk.now, organization_id=organization) for n in range(40)]
    for row, _ in more:
        row["created_at"] = (desk.now - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    desk.app.state.tables["tickets"].load(more)
    desk.ahead += 120
    run.pull(desk.config, now=desk.now)
    desk.app.edit(9_000_001, "status", "closed", "tickets")  # within the minute that is withheld

    told = of_tickets(desk.sync(force="forty tickets at once").applied)

    assert desk.band(first) not in {None, was}
    assert desk.band(9_000_000) == desk.band(first)
    assert desk.band(others[-1]) == kept
    assert desk.tickets[edited]["tags"][0] == "vip"
    assert desk.band(edited) is not None
    assert [row.code for row in told.refused] == ["Closed"]  # type: ignore[union-attr]
    assert desk.tickets[9_000_001]["tags"] == []


@pytest.mark.parametrize("desk", ["tags"], indirect=True)
def test_a_run_that_died_while_tickets_were_written_is_settled_by_the_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("connectors.zendesk.tickets._explained", die)
        with pytest.raises(KeyboardInterrupt):
            desk.sync()

    report = desk.sync()

    settled = of_tickets(report.resumed)
    assert (settled.ok, settled.error) == (len(desk.open()), None)  # type: ignore[union-attr]
    assert of_tickets(report.plans).updates == 0  # type: ignore[union-attr]
    assert all(desk.band(number) for number in desk.open())
