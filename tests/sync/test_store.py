"""Tables at rest: nothing doubled, nothing overwritten, replayed as it was known."""

import hashlib
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa
import pytest

from connectors.records import to_arrow
from sync.errors import JournalError, StoreError
from sync.journal import Journal
from sync.store import Store

DAY = datetime(2026, 11, 1, tzinfo=UTC)


def tickets(*ids: str, at: datetime = DAY, status: str = "open", **more) -> pa.Table:
    rows = [
        {"source": "desk", "id": ref, "account_ref": "1", "known_at": at, "status": status, **more}
        for ref in ids
    ]
    return to_arrow("tickets", rows)


def read(store: Store, name: str = "tickets", known_at: datetime | None = None) -> dict[str, str]:
    with duckdb.connect() as con:
        rows = con.sql(f"SELECT id, status FROM ({store.latest(name, known_at)})").fetchall()
    return dict(rows)


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(str(tmp_path / "data"))


def test_the_same_rows_again_double_nothing(store: Store) -> None:
    assert store.append("tickets", tickets("1", "2")) == {"desk": 2}
    assert store.append("tickets", tickets("1", "2", at=DAY + timedelta(1))) == {}
    assert store.append("tickets", tickets("2", "3")) == {"desk": 1}


def test_the_latest_version_holds_and_earlier_ones_replay(store: Store) -> None:
    store.append("tickets", tickets("1", "2"))
    store.append("tickets", tickets("1", at=DAY + timedelta(1), status="solved"))
    assert read(store) == {"1": "solved", "2": "open"}
    assert read(store, known_at=DAY) == {"1": "open", "2": "open"}


def test_later_versions_are_found_where_the_log_does_not_tell_of_them(store: Store) -> None:
    # Delta tells the least and most of a table's first 32 columns, and row_prior is the last.
    many = {f"own_{n}": pa.array(["x"]) for n in range(32)}
    for days, status in enumerate(["open", "solved"]):
        rows = tickets("1", at=DAY + timedelta(days), status=status)
        for name, column in many.items():
            rows = rows.append_column(name, column)
        store.append("tickets", rows)
    assert read(store) == {"1": "solved"}


def test_a_value_that_goes_back_is_a_new_version(store: Store) -> None:
    for days, status in enumerate(["open", "solved", "open"]):
        store.append("tickets", tickets("1", at=DAY + timedelta(days), status=status))
    assert read(store) == {"1": "open"}
    assert read(store, known_at=DAY + timedelta(1)) == {"1": "solved"}


def test_two_versions_in_one_batch_keep_their_order(store: Store) -> None:
    both = pa.concat_tables(
        [tickets("1"), tickets("1", status="solved"), tickets("1", status="solved")]
    )
    assert store.append("tickets", both) == {"desk": 2}
    assert read(store) == {"1": "solved"}


def test_a_new_column_joins_later_and_changes_no_old_row(store: Store) -> None:
    row = {"source": "crm", "id": "1", "known_at": DAY, "name": "A", "domains": ["a.com"]}
    store.append("accounts", to_arrow("accounts", [row]))
    wider = to_arrow("accounts", [row, row | {"id": "2", "arr": 5.0}], {"arr": "number"})
    assert store.append("accounts", wider) == {"crm": 1}
    assert "arr" in store.columns("accounts")


def test_a_stamp_alone_is_no_new_version_of_an_account(store: Store) -> None:
    row = {"source": "crm", "id": "1", "known_at": DAY, "name": "A", "updated_at": DAY}
    store.append("accounts", to_arrow("accounts", [row]))
    later = row | {"known_at": DAY + timedelta(1), "updated_at": DAY + timedelta(1)}
    assert store.append("accounts", to_arrow("accounts", [later])) == {}


def test_a_column_that_changes_its_type_is_a_clear_error(store: Store) -> None:
    row = {"source": "crm", "id": "1", "known_at": DAY}
    store.append("accounts", to_arrow("accounts", [row | {"arr": 5.0}], {"arr": "number"}))
    text = to_arrow("accounts", [row | {"id": "2", "arr": "x"}], {"arr": "string"})
    with pytest.raises(StoreError, match="accounts"):
        store.append("accounts", text)
    assert store.append("accounts", to_arrow("accounts", [row | {"id": "3"}])) == {"crm": 1}


def test_whole_numbers_become_others_and_lose_nothing(store: Store) -> None:
    """What an earlier version kept as whole numbers, or as shorter ones."""
    row = {"source": pa.array(["crm"]), "known_at": pa.array([DAY], pa.timestamp("us", "UTC"))}
    for at, kind in enumerate((pa.int32(), pa.int64(), pa.float64(), pa.int32())):
        value = pa.array([at + 0.5 if kind == pa.float64() else at], kind)
        store.append("accounts", pa.table({**row, "id": pa.array([str(at)]), "seats": value}))
    with duckdb.connect() as con:
        found = con.sql(f"SELECT id, seats FROM {store.scan('accounts')} ORDER BY id").fetchall()
    assert found == [("0", 0.0), ("1", 1.0), ("2", 2.5), ("3", 3.0)]


def test_a_column_that_rows_lack_is_null_in_them(store: Store) -> None:
    row = {"source": "crm", "id": "1", "known_at": DAY, "name": "A"}
    store.append("accounts", to_arrow("accounts", [row | {"arr": 5.0}], {"arr": "number"}))
    store.append("accounts", to_arrow("accounts", [row | {"id": "2"}]))
    with duckdb.connect() as con:
        found = con.sql(f"SELECT id, arr FROM {store.scan('accounts')} ORDER BY id").fetchall()
    assert found == [("1", 5.0), ("2", None)]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"hello " * 1000, None])
def test_a_damaged_file_is_named_and_other_tables_are_untouched(
    store: Store, tmp_path, content: bytes | None
) -> None:
    """``None``: its second half is missing."""
    store.append("tickets", tickets("1"))
    store.append("usage", to_arrow("usage", [{"source": "crm", "id": "1", "known_at": DAY}]))
    (file,) = (tmp_path / "data" / "tickets").glob("*.parquet")
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(StoreError, match=f"the table tickets at rest.*{file.name}"):
        store.append("tickets", tickets("1", "2"))
    assert store.append("usage", to_arrow("usage", [{"source": "a", "id": "1", "known_at": DAY}]))
    file.write_bytes(whole)
    assert store.append("tickets", tickets("1", "2")) == {"desk": 1}


@pytest.mark.parametrize("content", [b"", b"not a log\n", b'{"commitInfo":{"ti'])
def test_a_damaged_log_is_named(store: Store, tmp_path, content: bytes) -> None:
    store.append("tickets", tickets("1"))
    (file,) = (tmp_path / "data" / "tickets" / "_delta_log").glob("*.json")
    file.write_bytes(content)
    with pytest.raises(StoreError, match=f"the file .*{file.name}"):
        store.append("tickets", tickets("1"))


def test_a_foreign_folder_is_named(store: Store, tmp_path) -> None:
    log = tmp_path / "data" / "tickets" / "_delta_log"
    log.mkdir(parents=True)
    (log / "00000000000000000000.json").write_text("not a log\n")
    with pytest.raises(StoreError, match="tickets"):
        store.append("tickets", tickets("1"))


def test_a_journal_of_a_newer_version_is_left_alone(tmp_path) -> None:
    url = f"sqlite:///{tmp_path}/journal.sqlite"
    journal = Journal(url)
    with journal.begin() as db:
        db.exec_driver_sql("UPDATE meta SET value = '99' WHERE name = 'version'")
    journal.close()
    with pytest.raises(JournalError, match="install the newer Pulsefield"):
        Journal(url)


@pytest.mark.parametrize(
    ("url", "told"),
    [("nonsense", "no database URL"), ("sqlite:////proc/nope/journal.sqlite", "cannot be used")],
)
def test_a_journal_that_cannot_be(url: str, told: str) -> None:
    with pytest.raises(JournalError, match=told):
        Journal(url)


def test_a_journal_that_is_no_database(tmp_path) -> None:
    (tmp_path / "journal.sqlite").write_text("hello " * 1000)
    with pytest.raises(JournalError, match="cannot be used"):
        Journal(f"sqlite:///{tmp_path}/journal.sqlite")


def test_a_row_is_found_under_the_key_that_every_release_gives_it(store: Store) -> None:
    ids = [str(number) for number in range(3_000)]
    store.append("tickets", tickets(*ids))
    with duckdb.connect() as con:
        keys = dict(con.sql(f"SELECT id, row_key FROM {store.scan('tickets')}").fetchall())
    digests = {ref: hashlib.md5(f"desk\x1f{ref}".encode()).digest() for ref in ids}  # noqa: S324
    prime = 2**63 - 25
    assert keys == {ref: int.from_bytes(it, "little") % prime for ref, it in digests.items()}
