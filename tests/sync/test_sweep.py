"""Records that a complete read no longer brings."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from sync import run
from sync.config import Config, ConfigError, load
from sync.store import Store

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
CONFIG = """
[connections.files]
kind = "tables"
{output}
[connections.files.objects.customers]
table = "accounts"
file = "customers.csv"
id = "id"
complete = {complete}
map = {{ name = "name", domains = "site", started_at = "since" }}

[connections.files.objects.uses]
table = "usage"
file = "uses.csv"
account = "id"
complete = {complete}
map = {{ day = "day", count = "n" }}
"""


@pytest.fixture
def deploy(tmp_path: Path) -> Callable[..., Config]:
    def make(complete: str = "true") -> Config:
        file = tmp_path / "pulsefield.toml"
        file.write_text(CONFIG.format(complete=complete, output=""))
        return load(file)

    return make


def customers(config: Config, *rows: str) -> None:
    (config.folder / "customers.csv").write_text("\n".join(["id,name,site,since", *rows, ""]))


def uses(config: Config, *rows: str) -> None:
    (config.folder / "uses.csv").write_text("\n".join(["id,day,n", *rows, ""]))


def stored(config: Config, table: str, at: datetime | None = None) -> dict[str, bool]:
    latest = Store(config.data).latest(table, at)
    with duckdb.connect() as con:
        name = "name" if table == "accounts" else "count::INTEGER::VARCHAR"
        return dict(con.sql(f"SELECT {name}, deleted FROM ({latest})").fetchall())


def test_rows_that_left_a_complete_file_are_deleted_and_those_that_return_live(deploy) -> None:
    config = deploy()
    rows = ["1,Acme,acme.com,2024-01-01", "2,Brio,brio.com,2024-01-01"]
    customers(config, *rows)
    uses(config, "1,2026-11-01,5", "1,2026-11-02,6")
    run.pull(config, now=NOW)

    customers(config, rows[0])
    uses(config, "1,2026-11-01,5", "1,2026-11-02,7")  # a corrected row, of no id
    report = run.pull(config, now=NOW + timedelta(days=1))

    assert stored(config, "accounts") == {"Acme": False, "Brio": True}
    assert stored(config, "usage") == {"5": False, "6": True, "7": False}
    assert stored(config, "accounts", NOW) == {"Acme": False, "Brio": False}  # as was known then
    found = {f.where: f for f in report.connections[0].findings if f.kind == "gone"}
    assert (found["accounts"].count, found["accounts"].examples) == (1, ("2",))
    assert run.score_now(config, now=NOW + timedelta(days=1)).report.matching.accounts == 1

    assert not run.pull(config, now=NOW + timedelta(days=2)).connections[0].rows  # nothing changed
    customers(config, *rows)
    run.pull(config, now=NOW + timedelta(days=3))
    assert stored(config, "accounts") == {"Acme": False, "Brio": False}


def test_a_file_that_is_not_complete_loses_nothing(deploy) -> None:
    config = deploy("false")
    customers(config, "1,Acme,,", "2,Brio,,")
    uses(config, "1,2026-11-01,5")
    run.pull(config, now=NOW)
    customers(config, "1,Acme,,")
    run.pull(config, now=NOW + timedelta(days=1))
    assert stored(config, "accounts") == {"Acme": False, "Brio": False}


def test_only_the_one_object_of_a_table_can_be_complete(deploy, tmp_path: Path) -> None:
    deploy()
    file = tmp_path / "pulsefield.toml"
    more = '[connections.files.objects.more]\ntable = "usage"\nfile = "m.csv"\naccount = "id"\n'
    file.write_text(file.read_text() + more)
    with pytest.raises(ConfigError, match=r"complete is for the only object.*usage"):
        load(file)
