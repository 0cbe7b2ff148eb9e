"""Several connections of one kind: each reads and writes its own, and matching joins them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors import simulator as simulated
from sync import run
from sync.config import Config, load

ORG = """
[connections.{name}]
kind = "salesforce"
base_url = "{url}"
streams = ["Account", "Contact", "Case", "Task", "Event", "Opportunity"]

[connections.{name}.auth]
kind = "client_credentials"
client_id = "{client_id}"
client_secret = "file:secret"
"""
FILES = """
[connections.{name}]
kind = "tables"
output = "{name}-scores.csv"

[connections.{name}.objects.accounts]
table = "accounts"
file = "{name}.csv"
id = "id"
map = {{ name = "name", domains = "site", seats = "seats" }}
"""


@pytest.fixture
def orgs(tmp_path: Path) -> Iterator[dict[str, simulated.Simulator]]:
    now = datetime.now(UTC) - timedelta(minutes=5)
    with (
        simulated.start(12, 7, now, systems=("salesforce",)) as europe,
        simulated.start(9, 8, now, systems=("salesforce",)) as america,
    ):
        yield {"europe": europe, "america": america}


def deployed(folder: Path, *parts: str) -> Config:
    file = folder / "pulsefield.toml"
    file.write_text("".join(parts))
    return load(file)


def health(simulator: simulated.Simulator) -> dict[str, Any]:
    app: Any = simulator.apps["salesforce"]
    table = app.org.table("Account")
    return {table.get(row, "Id"): table.get(row, "Pulsefield_Health__c") for row in table.live()}


def test_two_salesforce_organisations(tmp_path: Path, orgs: dict[str, simulated.Simulator]) -> None:
    told = next(iter(orgs.values())).credentials["salesforce"]
    (tmp_path / "secret").write_text(told["client_secret"])
    config = deployed(
        tmp_path,
        *(
            ORG.format(name=name, url=one.urls["salesforce"], client_id=told["client_id"])
            for name, one in orgs.items()
        ),
    )
    made = run.create_fields(config)
    assert set(made) == {"europe", "america"}

    report = run.sync(config)

    records = report.matching.records  # type: ignore[union-attr]
    counts = {name: len(health(one)) for name, one in orgs.items()}
    assert records == counts
    assert {done.connection: done.ok for done in report.applied} == counts
    # Two organisations number their records alike: no value may go to the other one's account.
    shared = set(health(orgs["europe"])) & set(health(orgs["america"]))
    assert shared
    values = {name: health(one) for name, one in orgs.items()}
    assert any(values["europe"][ref] != values["america"][ref] for ref in shared), values
    again = run.sync(config)
    assert [plan.updates for plan in again.plans] == [0, 0]


def test_two_folders_of_tables_that_share_a_customer(tmp_path: Path) -> None:
    (tmp_path / "north.csv").write_text(
        "id,name,site,seats\n1,Acme B.V.,acme.com,5\n2,Brio,brio.nl,3\n"
    )
    (tmp_path / "south.csv").write_text(
        "id,name,site,seats\n1,Corda,corda.eu,7\n2,ACME,www.acme.com,9\n"
    )
    config = deployed(tmp_path, *(FILES.format(name=name) for name in ("north", "south")))
    run.create_fields(config)

    report = run.sync(config)

    matching = report.matching
    assert (matching.accounts, matching.records) == (3, {"north": 2, "south": 2})  # type: ignore[union-attr]
    written = {
        name: [
            line.split(",")[0]
            for line in (tmp_path / f"{name}-scores.csv").read_text().splitlines()[1:]
        ]
        for name in ("north", "south")
    }
    assert {name: sorted(refs) for name, refs in written.items()} == {
        "north": ["1", "2"],
        "south": ["1", "2"],
    }
    records = run.explain(config, "Acme B.V.").records
    assert {name: list(refs) for name, refs in records.items()} == {"north": ["1"], "south": ["2"]}
