"""The journal: the same on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from connectors.base import WriteResult
from sync import bulk, letters, schema, writes
from sync.errors import JournalError
from sync.journal import Journal, Watermark
from sync.plan import Plan, PlannedWrite, checksum
from sync.pruning import prune
from sync.summary import PlanReport

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
VERSION_1 = [
    "CREATE TABLE meta (name VARCHAR(40) PRIMARY KEY, value TEXT NOT NULL)",
    "INSERT INTO meta VALUES ('version', '1')",
    (
        "CREATE TABLE plans (plan INTEGER PRIMARY KEY, run INTEGER NOT NULL,"
        " connection VARCHAR(60) NOT NULL, checksum VARCHAR(64) NOT NULL, made_at TIMESTAMP NOT NULL,"
        " state VARCHAR(20) NOT NULL, unsafe TEXT NOT NULL, forced TEXT)"
    ),
    "INSERT INTO plans VALUES (1, 1, 'crm', 'x', '2026-11-01 00:00:00', 'applied', '[]', NULL)",
    (
        'CREATE TABLE writes (plan INTEGER, "row" INTEGER, ref VARCHAR(200) NOT NULL,'
        " account INTEGER NOT NULL, change TEXT NOT NULL, state VARCHAR(10) NOT NULL,"
        " job VARCHAR(200), code VARCHAR(200), message TEXT, retryable BOOLEAN,"
        ' held BOOLEAN NOT NULL, PRIMARY KEY (plan, "row"))'
    ),
    (
        "INSERT INTO writes VALUES (1, 0, '7', 1, '{\"health\": [null, \"50\"]}', 'refused',"
        " NULL, 'LOCKED', 'no', FALSE, FALSE)"
    ),
]
"""What the first version left: the tables that the second one changed."""


@pytest.fixture
def journal(url: str) -> Iterator[Journal]:
    opened = Journal(url)
    yield opened
    opened.close()


def plan(*rows: PlannedWrite, connection: str = "crm") -> Plan:
    report = PlanReport(connection, None, checksum(connection, rows), len(rows), len(rows))
    return Plan(connection, rows, report)


def write(ref: str, value: str | None = "50", before: str | None = None) -> PlannedWrite:
    return PlannedWrite(ref, int(ref), {"health": (before, value)})


def test_times_and_texts_come_back_as_they_were(journal: Journal) -> None:
    told = NOW + timedelta(microseconds=123456)
    mark = Watermark('{"ę": "\\u0142"}', "sum", told.astimezone(timezone(timedelta(hours=5))))
    journal.save_watermark("crm", "accounts", mark, ("accounts", "contacts"))
    journal.save_watermark("crm", "accounts", mark, ("accounts",))
    assert journal.watermarks("crm") == {"accounts": mark}
    assert journal.reads() == [("crm", "accounts", told)]


def test_a_run_that_never_ended_was_interrupted(journal: Journal) -> None:
    first = journal.start_run("sync", NOW)
    second = journal.start_run("sync", NOW)
    journal.end_run(second, NOW, "done", accounts=5, as_of=NOW)
    third = journal.start_run("sync", NOW)
    with journal.begin() as db:
        states = dict(db.execute(sa.select(schema.runs.c.run, schema.runs.c.state)).all())
    assert states == {first: "interrupted", second: "done", third: "running"}
    assert journal.last_run(before=third)["accounts"] == 5


def test_writes_are_followed_row_by_row(journal: Journal) -> None:
    number = writes.save(journal, 1, plan(write("1"), write("2"), write("3")), NOW)
    with journal.begin() as db:
        writes.sent(db, number, [0, 1], "job-1")
    failed = WriteResult("2", ok=False, code="x" * 500, message="bad\x00byte " * 400)
    with journal.begin() as db:
        writes.answered(db, number, [(0, WriteResult("1", ok=True)), (1, failed)])
    assert [row.ref for row in writes.load(journal, number, ("ok",))] == ["1"]
    assert [row.ref for row in writes.load(journal, number, ("intended",))] == ["3"]
    assert [row.job for row in writes.load(journal, number, ("refused",))] == ["job-1"]
    assert letters.refused(journal, "crm") == {"2": {"health": "50"}}
    again = writes.save(journal, 2, plan(write("2")), NOW)
    with journal.begin() as db:
        writes.answered(db, again, [(0, WriteResult("2", ok=True))])
    assert letters.refused(journal, "crm") == {}


def test_a_refusal_is_of_its_target_only(journal: Journal) -> None:
    no = WriteResult("2", ok=False, code="X", message="no")
    yes = WriteResult("2", ok=True)
    for connection, result in (("crm", no), ("desk", yes)):
        number = writes.save(journal, 1, plan(write("2"), connection=connection), NOW)
        with journal.begin() as db:
            writes.answered(db, number, [(0, result)])
    assert letters.refused(journal, "crm") == {"2": {"health": "50"}}
    assert letters.refused(journal, "desk") == {}


def test_old_rows_are_deleted_and_dead_letters_kept(journal: Journal) -> None:
    old, days = NOW - timedelta(days=50), timedelta(days=30)
    first = journal.start_run("sync", old)
    number = writes.save(journal, first, plan(write("1"), write("2")), old)
    no = WriteResult("2", ok=False, code="X", message="no")
    with journal.begin() as db:
        writes.answered(db, number, [(0, WriteResult("1", ok=True)), (1, no)])
    writes.set_state(journal, number, "applied", applied_by=first)
    under_way = writes.save(journal, first, plan(write("3")), old)
    writes.set_state(journal, under_way, "applying", applied_by=first)
    idle = journal.start_run("pull", old)
    last = journal.start_run("sync", NOW)
    assert prune(journal, NOW, days) == 1
    assert letters.refused(journal, "crm") == {"2": {"health": "50"}}
    assert len(writes.load(journal, under_way, ("intended",))) == 1
    with journal.begin() as db:
        assert set(db.execute(sa.select(schema.runs.c.run)).scalars()) == {first, last}
    assert idle not in {first, last}
    assert prune(journal, NOW, days) == 0


def test_a_failed_transaction_leaves_nothing(journal: Journal) -> None:
    double = plan(write("1"), write("1"))
    with pytest.raises(JournalError), journal.begin() as db:
        db.execute(schema.plans.insert().values(plan=1, run=1))  # lacks what must be there
    number = writes.save(journal, 1, double, NOW)
    taken = schema.meta.insert().values(name="version", value="x")
    with pytest.raises(JournalError, match="cannot be used"), journal.begin() as db:  # noqa: PT012 - one transaction
        db.execute(schema.writes.update().values(state="ok"))
        db.execute(taken)
    assert len(writes.load(journal, number, ("intended",))) == 2


def test_a_plan_that_cannot_be_kept_whole_is_told_and_leaves_nothing(journal: Journal) -> None:
    row = (1, 0, "7", 7, "{}", "intended", False)
    with pytest.raises(JournalError, match="cannot be used"), journal.begin() as db:
        bulk.insert(db, writes.KEPT, [row, row])
    assert writes.load(journal, 1, ("intended",)) == []
    texts = ["\\N", "a\tb\nc", "", "ę'\"", "\\."]
    with journal.begin() as db:
        rows = [(2, at, text, at, text, "intended", True) for at, text in enumerate(texts)]
        bulk.insert(db, writes.KEPT, rows)
        found = db.execute(sa.select(schema.writes.c.ref, schema.writes.c.change)).all()
    assert [tuple(row) for row in found] == [(text, text) for text in texts]


@contextmanager
def database(url: str) -> Iterator[sa.Connection]:
    """One transaction beside the journal."""
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as db:
        yield db
    engine.dispose()


def leave_version_1(url: str) -> None:
    with database(url) as db:
        for statement in VERSION_1:
            db.exec_driver_sql(statement)
        named = {"meta", "plans", "writes", "reads", "memberships", "bases"}
        same = [table for name, table in schema.metadata.tables.items() if name not in named]
        schema.metadata.create_all(db, tables=same)


def test_an_older_journal_is_brought_to_this_version(url: str) -> None:
    leave_version_1(url)
    for _ in range(2):  # the second time there is nothing to do
        journal = Journal(url)
        assert letters.refused(journal, "crm") == {"7": {"health": "50"}}
        with journal.begin() as db:
            assert db.execute(sa.select(schema.plans.c.applied_by)).scalars().all() == [1]
        journal.close()


def shape(journal: Journal) -> dict[str, tuple[set[str], set[str]]]:
    """Table -> its columns and indexes."""
    with journal.begin() as db:
        found = sa.inspect(db)
        return {
            table: (
                {str(column["name"]) for column in found.get_columns(table)},
                {str(index["name"]) for index in found.get_indexes(table)},
            )
            for table in schema.metadata.tables
        }


def test_migrations_end_where_a_new_journal_begins(url: str, tmp_path) -> None:
    leave_version_1(url)
    fresh, migrated = Journal(f"sqlite:///{tmp_path}/fresh.sqlite"), Journal(url)
    found, wanted = shape(migrated), shape(fresh)
    fresh.close()
    migrated.close()
    for table, (columns, indexes) in wanted.items():
        assert found[table][0] == columns
        assert found[table][1] >= indexes


@pytest.mark.parametrize(
    ("version", "told"), [("99", "install the newer Pulsefield"), ("x", "another program's")]
)
def test_a_newer_or_foreign_journal_is_left_alone(url: str, version: str, told: str) -> None:
    Journal(url).close()
    with database(url) as db:
        db.execute(schema.meta.update().values(value=version))
    with pytest.raises(JournalError, match=told):
        Journal(url)
    with database(url) as db:
        assert db.execute(sa.select(schema.meta.c.value)).scalar() == version


@pytest.mark.parametrize(
    "bad", ["mysql://u:hunter2@h/d", "no url", "postgresql://u:hunter2@127.0.0.1:1/d"]
)
def test_an_unusable_url_is_named_without_its_password(bad: str) -> None:
    with pytest.raises(JournalError) as caught:
        Journal(bad)
    assert "journal" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_damaged_file_is_named_and_left_alone(tmp_path) -> None:
    file = tmp_path / "journal.sqlite"
    file.write_bytes(b"no database at all" * 500)
    before = file.read_bytes()
    with pytest.raises(JournalError, match="not a database"):
        Journal(f"sqlite:///{file}")
    assert file.read_bytes() == before
