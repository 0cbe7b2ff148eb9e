"""The store over time: packed, shortened as set, read while it is written."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from connectors.records import TABLES, to_arrow
from sync import run, upkeep
from sync.config import Config, load
from sync.errors import ConfigError, PlanError
from sync.private import is_open
from sync.redo import apply_plan
from sync.retention import Retention
from sync.settings import General
from sync.store import Store
from sync.workspace import opened
from tests.sync import fakes

START = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def row(ref: str, at: datetime, status: str = "open") -> dict[str, object]:
    return {"source": "desk", "id": ref, "account_ref": "1", "known_at": at, "status": status}


def statuses(store: Store, known_at: datetime | None = None) -> dict[str, str]:
    with duckdb.connect() as con:
        sql = f"SELECT id, status FROM ({store.latest('tickets', known_at)})"
        return dict(con.sql(sql).fetchall())


def versions(store: Store) -> int:
    with duckdb.connect() as con:
        return con.sql(f"SELECT count(*) FROM {store.scan('tickets')}").fetchall()[0][0]


@pytest.fixture
def place(tmp_path) -> Path:
    return tmp_path / "data"


def tidy(place: Path, now: datetime, **settings) -> None:
    general = General(data=str(place))
    config = Config(place.parent / "x.toml", {}, general, store=Retention(**settings))
    with opened(config, now) as work:
        upkeep.tidy(work)


@pytest.fixture
def store(place: Path) -> Store:
    """Five days of one ticket that opens and closes, and of one that stays."""
    made = Store(str(place))
    for day in range(5):
        changed = row("1", START + day * DAY, f"s{day}")
        rows = [changed, row("2", START)] if day == 0 else [changed]
        made.append("tickets", to_arrow("tickets", rows))
    return made


def test_small_files_go_together_and_the_old_ones_stay_for_readers(store, place) -> None:
    before = {known: statuses(store, START + known * DAY) for known in range(5)}
    tidy(place, datetime.now(UTC), compact_files=2)
    assert len(store.files("tickets")) == 1
    assert {known: statuses(store, START + known * DAY) for known in range(5)} == before
    assert len(list((place / "tickets").glob("*.parquet"))) == 6
    assert not any(is_open(file) for file in place.rglob("*.parquet"))


def test_old_files_are_deleted_after_their_time(store, place) -> None:
    tidy(place, datetime.now(UTC), compact_files=2, old_files="0s")
    assert len(list((place / "tickets").glob("*.parquet"))) == 1
    assert statuses(store) == {"1": "s4", "2": "open"}


def test_replaced_versions_go_after_their_time_and_no_other(store, place) -> None:
    now = START + 5 * DAY
    tidy(place, now)
    assert versions(store) == 6
    tidy(place, now, versions="2d")
    assert versions(store) == 3  # s3 held two days ago; s4 holds now; the other never changed
    assert statuses(store, now - 2 * DAY) == {"1": "s3", "2": "open"}
    assert store.append("tickets", to_arrow("tickets", [row("2", now), row("1", now, "s4")])) == {}


def test_snapshots_go_after_their_time_but_never_the_last(place) -> None:
    store, stamp = Store(str(place)), pa.timestamp("us", tz="UTC")
    for number in (1, 2, 3):
        known_at = pa.array([START + number * DAY], stamp)
        kept = pa.table({"run": [number], "replayed": [False], "known_at": known_at})
        store.add("scores", kept)
    for now, left in ((START + 10 * DAY, [2, 3]), (START + 100 * DAY, [3])):
        tidy(place, now, scores="8d")
        with duckdb.connect() as con:
            found = con.sql(f"SELECT run FROM {store.scan('scores')}").fetchall()
        assert sorted(number for (number,) in found) == left


def test_readers_are_not_disturbed_while_it_is_written_and_packed(store, place) -> None:
    over, seen, wrong = threading.Event(), [], []

    def read() -> None:
        while not over.is_set():
            try:
                seen.append(len(statuses(Store(str(place)))))
            except Exception as error:  # noqa: BLE001 - whatever it is, the test tells
                wrong.append(error)
                return

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(12):
        new = [row(f"{number}-{n}", START + 9 * DAY) for n in range(50)]
        store.append("tickets", to_arrow("tickets", new))
        tidy(place, START + 20 * DAY, compact_files=3, versions="1d")
    over.set()
    for reader in readers:
        reader.join()
    assert not wrong
    assert seen
    assert all((count - 2) % 50 == 0 for count in seen)  # whole commits only
    assert len(statuses(store)) == 602


def test_no_table_has_a_place_for_what_people_wrote() -> None:
    written = {"subject", "title", "body", "text", "description", "comment", "comments", "notes"}
    assert not written & {column.name for table in TABLES.values() for column in table.columns}


def runs(config: Config, table: str) -> set[int]:
    scan = Store(config.data).scan(table)
    if scan is None:
        return set()
    with duckdb.connect() as con:
        return {run for (run,) in con.sql(f"SELECT DISTINCT run FROM {scan}").fetchall()}


def test_snapshots_of_plans_go_once_they_are_applied_or_old(deploy) -> None:
    config = deploy(crm=fakes.customers(["Ada", "Bo"], tickets=1))
    first = run.make_plan(config, now=fakes.NOW)
    second = run.make_plan(config, now=fakes.NOW + DAY)
    assert runs(config, "planned") == {first.run, second.run}
    applied = apply_plan(config, str(second.run), now=fakes.NOW + 2 * DAY)
    assert runs(config, "scores") == {applied.run}
    run.pull(config, now=fakes.NOW + 3 * DAY)
    assert runs(config, "planned") == {first.run}
    run.pull(config, now=fakes.NOW + 40 * DAY)
    assert runs(config, "planned") == set()


def test_a_plan_whose_scores_are_gone_is_not_applied(deploy) -> None:
    config = deploy(crm=fakes.customers(["Ada", "Bo"], tickets=1))
    made = run.make_plan(config, now=fakes.NOW)
    with pytest.raises(PlanError, match="plan 1 are not kept any more"):
        apply_plan(config, str(made.run), now=fakes.NOW + 40 * DAY)
    assert not fakes.SYSTEMS["crm"].writes


def test_what_cannot_be_packed_is_logged_and_stops_nothing(deploy, caplog) -> None:
    config = deploy(crm=fakes.customers(["Ada"], tickets=1))
    run.sync(config, now=fakes.NOW)
    (file, *_) = Path(config.data, "scores").glob("*.parquet")
    file.write_bytes(b"")
    config.file.write_text(config.file.read_text() + '[store]\nscores = "1d"\n')
    assert run.pull(load(config.file), now=fakes.NOW + DAY).exit_code == 0
    assert any("not packed" in line and str(file) in line for line in caplog.messages)


def test_settings_are_read_and_wrong_ones_refused(deploy) -> None:
    config = deploy(crm=fakes.customers(["Ada"]))
    text = config.file.read_text()
    config.file.write_text(text + '[store]\nversions = "1095d"\nold_files = "1d"\n')
    assert load(config.file).store.versions == 1095 * DAY
    config.file.write_text(text + "[store]\nversions = 3\nkeep = 1\n")
    with pytest.raises(ConfigError) as told:
        load(config.file)
    assert "store.keep" in str(told.value)
    assert "store.versions" in str(told.value)
