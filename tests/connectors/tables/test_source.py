import gzip
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from connectors.base import Context, Source, Target
from connectors.errors import SetupError
from connectors.tables import Settings, connect

NOW = datetime(2026, 11, 21, tzinfo=UTC)
USAGE = {
    "table": "usage",
    "file": "usage.csv",
    "account": "account",
    "map": {"day": "day", "feature": "feature", "count": "n"},
}
ACCOUNTS = {"table": "accounts", "file": "accounts.csv", "id": "id", "map": {"name": "name"}}


def connection(folder, entry, **settings):
    context = Context(secret={"env:DB": "sqlite://"}.__getitem__, now=NOW)
    chosen = Settings(folder=str(folder), objects={"it": entry}, **settings)
    return connect("sheets", chosen, context)


def read(folder, entry, since=None, **settings):
    """Return the rows of an object, the last watermark, and findings by kind."""
    rows, mark, found = [], since, {}
    pages = list(connection(folder, entry, **settings).read("it", since))
    for page in pages:
        rows += page.tables[entry["table"]].to_pylist()
        mark = page.watermark or mark
        for finding in page.findings:
            found[finding.kind] = finding
    return SimpleNamespace(rows=rows, mark=mark, found=found, pages=pages)


def put(folder, name, text, encoding="utf-8"):
    (folder / name).write_bytes(text.encode(encoding))


def test_a_csv_file_becomes_a_canonical_table(tmp_path):
    put(tmp_path, "usage.csv", "account,day,feature,n\nA,2026-11-01,export,3\n")
    got = read(tmp_path, USAGE)
    [one] = got.rows
    assert (one["source"], one["account_ref"], one["day"]) == ("sheets", "A", date(2026, 11, 1))
    assert (one["feature"], one["count"], one["known_at"]) == ("export", 3.0, NOW)
    assert got.found == {}


def test_gzip_separators_encodings_and_quoted_line_ends(tmp_path):
    text = 'account;day;feature;n\nA;2026-11-01;"a;b\nc";3\nB;2026-11-01;Größe;4\n'
    (tmp_path / "usage.csv.gz").write_bytes(gzip.compress(text.encode("cp1252")))
    got = read(tmp_path, USAGE | {"file": "usage.csv.gz", "encoding": "cp1252"})
    assert [one["feature"] for one in got.rows] == ["a;b\nc", "Größe"]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    put(tmp_path, "usage.csv", "\ufeffaccount,day,feature,n\nA,2026-11-01,x,3\n")
    assert read(tmp_path, USAGE).rows[0]["account_ref"] == "A"


def test_parquet_keeps_its_types(tmp_path):
    table = pa.table({"account": [1], "day": [date(2026, 11, 1)], "feature": ["x"], "n": [3]})
    pq.write_table(table, tmp_path / "usage.parquet")
    [one] = read(tmp_path, USAGE | {"file": "usage.parquet"}).rows
    assert (one["account_ref"], one["day"], one["count"]) == ("1", date(2026, 11, 1), 3.0)


def test_blank_numbers_are_null_and_the_row_stays(tmp_path):
    put(tmp_path, "accounts.csv", "id,name,total\n1,A, \n2,B,29.85\n3,C,\n")
    entry = ACCOUNTS | {"map": {"total": {"field": "total", "type": "number"}}}
    got = read(tmp_path, entry)
    assert [one["total"] for one in got.rows] == [None, 29.85, None]
    assert got.found["blank"].examples == ("1",)


def test_sentinels_of_the_users_own(tmp_path):
    put(tmp_path, "accounts.csv", "id,name,state\n1,GONE,-100\n2,B,3\n")
    state = {"field": "state", "type": "number", "null": ["-100"]}
    got = read(
        tmp_path, ACCOUNTS | {"map": {"name": {"field": "name", "null": ["gone"]}, "state": state}}
    )
    assert (got.rows[0]["name"], got.rows[0]["state"], got.rows[1]["state"]) == (None, None, 3.0)
    assert got.found["sentinel"].count == 1


def test_day_and_month_are_decided_from_the_whole_column_over_all_files(tmp_path):
    put(tmp_path, "u1.csv", "account,day,feature,n\nA,09/12/2011,x,1\n")
    put(tmp_path, "u2.csv", "account,day,feature,n\nA,13/12/2011,x,1\n")
    got = read(tmp_path, USAGE | {"file": "u*.csv"})
    assert [one["day"] for one in got.rows] == [date(2011, 12, 9), date(2011, 12, 13)]


def test_an_undecidable_order_is_asked_for(tmp_path):
    put(tmp_path, "usage.csv", "account,day,feature,n\nA,09/12/2011,x,1\n")
    with pytest.raises(SetupError, match=r"'day'.*09/12/2011.*order"):
        read(tmp_path, USAGE)
    [problem] = connection(tmp_path, USAGE).check()
    assert "09/12/2011" in problem.what
    told = USAGE["map"] | {"day": {"field": "day", "order": "month_first"}}
    assert read(tmp_path, USAGE | {"map": told}).rows[0]["day"] == date(2011, 9, 12)


def test_the_decimal_mark_is_decided_from_the_whole_column(tmp_path):
    put(
        tmp_path,
        "usage.csv",
        'account,day,feature,n\nA,2026-11-01,x,"1.234"\nA,2026-11-02,x,"2,5"\n',
    )
    assert [one["count"] for one in read(tmp_path, USAGE).rows] == [1234.0, 2.5]


def test_two_columns_of_one_name(tmp_path):
    put(tmp_path, "usage.csv", "account,day,feature,n,n\nA,2026-11-01,x,3,4\n")
    with pytest.raises(SetupError, match=r"'n'; it is there more than once: map n \(1\)"):
        read(tmp_path, USAGE)
    got = read(tmp_path, USAGE | {"map": USAGE["map"] | {"count": "n (2)"}})
    assert got.rows[0]["count"] == 4.0
    assert got.found["column_named_twice"].examples == ("n",)


def test_two_parquet_columns_of_one_name_are_refused(tmp_path):
    table = pa.table([pa.array([1]), pa.array([2])], names=["n", "n"])
    pq.write_table(table, tmp_path / "usage.parquet")
    with pytest.raises(SetupError, match="more than one column is called 'n'"):
        read(tmp_path, USAGE | {"file": "usage.parquet"})


def test_a_missing_column_is_named_with_the_nearest_one(tmp_path):
    put(tmp_path, "usage.csv", "account,day,Feature,n\nA,2026-11-01,x,3\n")
    with pytest.raises(SetupError, match=r"no column 'feature'; did you mean 'Feature'"):
        read(tmp_path, USAGE)


def test_ragged_rows_are_left_out_and_counted_once(tmp_path):
    put(
        tmp_path,
        "usage.csv",
        "account,day,feature,n\nA,2026-11-01,x,3\nB,2026-11-01,x\nC,2026-11-01,x,3,4\n",
    )
    got = read(tmp_path, USAGE)
    assert [one["account_ref"] for one in got.rows] == ["A"]
    assert got.found["ragged_row"].count == 2


def test_ids_from_several_fields(tmp_path):
    put(tmp_path, "usage.csv", "account,day,feature,n\nA,2026-11-01,x,3\n")
    assert (
        read(tmp_path, USAGE | {"id": ["account", "day", "feature"]}).rows[0]["id"]
        == "A|2026-11-01|x"
    )


def test_rows_without_id_get_one_that_lasts(tmp_path):
    line, other = "A,2026-11-01,x,3\n", "B,2026-11-01,x,3\n"
    put(tmp_path, "usage.csv", "account,day,feature,n\n" + line + line + other)
    first = {one["id"] for one in read(tmp_path, USAGE).rows}
    put(tmp_path, "usage.csv", "account,day,feature,n\n" + other + line + line)
    second = {one["id"] for one in read(tmp_path, USAGE).rows}
    assert len(first) == 3
    assert first == second


def test_overlapping_files_double_nothing(tmp_path):
    head = "account,day,feature,n\n"
    lines = [f"A,2026-11-{day:02},x,3\n" for day in range(1, 21)]
    put(tmp_path, "u1.csv", head + "".join(lines[:12]))
    put(tmp_path, "u2.csv", head + "".join(lines[8:]))
    got = read(tmp_path, USAGE | {"file": "u*.csv"})
    assert len({one["id"] for one in got.rows}) == len(got.rows) == 20
    assert got.found["overlapping_row"].count == 4


def test_one_id_with_differing_content_keeps_every_row(tmp_path):
    head = "id,account,day,feature,n\n"
    lines = ["7,A,2026-11-01,x,3\n", "7,A,2026-11-02,x,3\n", "8,A,2026-11-02,x,1\n"]
    entry = USAGE | {"id": "id"}
    put(tmp_path, "usage.csv", head + "".join(lines))
    got = read(tmp_path, entry)
    assert sorted(one["day"].day for one in got.rows) == [1, 2, 2]
    assert len({one["id"] for one in got.rows}) == 3
    assert {"7", "8"} <= {one["id"] for one in got.rows}
    assert got.found["duplicate_id"].examples == ("7",)

    put(tmp_path, "usage.csv", head + "".join(reversed(lines)))
    assert {(o["id"], o["day"]) for o in read(tmp_path, entry).rows} == {
        (o["id"], o["day"]) for o in got.rows
    }


def test_repeated_identical_rows_of_one_id_are_one(tmp_path):
    put(tmp_path, "usage.csv", "id,account,day,feature,n\n" + "7,A,2026-11-01,x,3\n" * 3)
    got = read(tmp_path, USAGE | {"id": "id"})
    assert len(got.rows) == 1
    assert got.found["repeated_row"].count == 2


def test_accounts_with_differing_content_are_refused_unless_told(tmp_path):
    put(tmp_path, "accounts.csv", "id,name\n1,Old\n1,New\n2,B\n")
    with pytest.raises(SetupError, match=r"1 ids.*such as 1;.*changed"):
        read(tmp_path, ACCOUNTS)
    got = read(tmp_path, ACCOUNTS | {"duplicates": "last"})
    assert {one["id"]: one["name"] for one in got.rows} == {"1": "New", "2": "B"}
    assert got.found["duplicate_id"].count == 2


def test_versions_of_one_account_for_today_and_for_a_replay(tmp_path):
    put(
        tmp_path, "accounts.csv", "id,name,at\n1,New,2026-05-01\n1,Old,2025-05-01\n2,B,2026-01-01\n"
    )
    got = read(tmp_path, ACCOUNTS | {"changed": "at"})
    versions = {(one["name"], one["known_at"]) for one in got.rows}
    assert versions == {
        ("Old", datetime(2025, 5, 1, tzinfo=UTC)),
        ("New", datetime(2026, 5, 1, tzinfo=UTC)),
        ("B", NOW),
    }
    assert all(one["updated_at"] is not None for one in got.rows)


def test_events_without_id_value_are_kept_and_accounts_without_one_are_not(tmp_path):
    line = ",A,2026-11-01,x,3\n"
    put(tmp_path, "usage.csv", "id,account,day,feature,n\n" + line * 2)
    got = read(tmp_path, USAGE | {"id": "id"})
    assert len({one["id"] for one in got.rows}) == 2
    assert got.found["no_id"].count == 2
    assert set(got.found["no_id"].examples) <= {one["id"] for one in got.rows}
    put(tmp_path, "accounts.csv", "id,name\n,Nobody\n2,B\n")
    got = read(tmp_path, ACCOUNTS)
    assert [one["name"] for one in got.rows] == ["B"]
    assert got.found["no_id"].count == len(got.found["no_id"].examples) == 1


def test_a_second_import_reads_nothing_until_file_or_mapping_change(tmp_path):
    put(tmp_path, "usage.csv", "account,day,feature,n\nA,2026-11-01,x,3\n")
    first = read(tmp_path, USAGE)
    assert read(tmp_path, USAGE, first.mark).pages == []

    remapped = USAGE | {"map": USAGE["map"] | {"count": {"field": "n", "scale": 2}}}
    assert read(tmp_path, remapped, first.mark).rows[0]["count"] == 6.0

    put(tmp_path, "usage.csv", "account,day,feature,n\nA,2026-11-01,x,3\nA,2026-11-02,x,4\n")
    second = read(tmp_path, USAGE, first.mark)
    assert first.rows[0]["id"] in {one["id"] for one in second.rows}
    assert len(second.rows) == 2


def test_with_a_changed_column_only_later_rows_are_read(tmp_path):
    put(tmp_path, "accounts.csv", "id,name,at\n1,A,2026-05-01\n2,B,2026-06-01\n")
    entry = ACCOUNTS | {"changed": "at"}
    first = read(tmp_path, entry)
    put(
        tmp_path,
        "accounts.csv",
        "id,name,at\n1,A,2026-05-01\n2,B,2026-06-01\n3,C,2026-07-01\n4,D,\n",
    )
    second = read(tmp_path, entry, first.mark)
    assert [one["name"] for one in second.rows] == ["B", "C", "D"]


def test_only_the_last_page_carries_the_watermark(tmp_path):
    lines = "".join(f"A,2026-11-01,f{n},1\n" for n in range(120_000))
    put(tmp_path, "usage.csv", "account,day,feature,n\n" + lines)
    pages = read(tmp_path, USAGE | {"id": ["account", "day", "feature"]}).pages
    assert sum(page.records for page in pages) == 120_000
    assert max(page.records for page in pages) <= 50_000
    assert [page.watermark is None for page in pages] == [True] * (len(pages) - 1) + [False]


def test_an_empty_file_is_read_once(tmp_path):
    put(tmp_path, "usage.csv", "account,day,feature,n\n")
    got = read(tmp_path, USAGE)
    assert got.rows == []
    assert got.mark


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("usage.csv", b"", "names no columns"),
        ("usage.csv", "account,day,feature,n\nA,2026-11-01,Größe,1\n".encode("cp1252"), "encoding"),
        (
            "usage.csv.gz",
            gzip.compress(b"account,day,feature,n\n" + b"A,2026-11-01,x,1\n" * 9, mtime=0)[:-12],
            "cannot be read",
        ),
        ("usage.csv.gz", b"account,day", "cannot be read"),
        ("usage.parquet", b"PAR1 not really", "cannot be read"),
    ],
)
def test_damaged_files_are_named(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SetupError, match=words) as caught:
        read(tmp_path, USAGE | {"file": name})
    assert name in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SetupError, match=r"no file matches 'usage\.csv'"):
        read(tmp_path, USAGE)


def test_accounts_come_first():
    chosen = Settings(objects={"u": USAGE, "a": ACCOUNTS})
    to = connect("x", chosen, Context(secret=str, now=NOW))
    assert [stream.name for stream in to.streams()] == ["a", "u"]
    assert isinstance(to, Source)
    assert not isinstance(to, Target)


@pytest.fixture
def database(tmp_path):
    url = f"sqlite:///{tmp_path / 'warehouse.db'}"
    engine = sa.create_engine(url)
    with engine.begin() as link:
        link.execute(sa.text("create table u (account, day, feature, n, at)"))
        link.execute(
            sa.text(
                "insert into u values ('A', '2026-11-01', 'x', 3, '2026-11-01'), ('B', '2026-11-02', 'y', 4, '2026-11-02')"
            )
        )
    yield url, engine
    engine.dispose()


def sql(url, query, **more):
    return (
        {key: value for key, value in USAGE.items() if key != "file"}
        | {"url": url, "query": query}
        | more
    )


def test_a_query_is_read_and_read_again_only_when_its_rows_change(tmp_path, database):
    url, engine = database
    entry = sql(url, "select * from u")
    first = read(tmp_path, entry)
    assert [one["count"] for one in first.rows] == [3.0, 4.0]
    assert read(tmp_path, entry, first.mark).pages == []
    with engine.begin() as link:
        link.execute(sa.text("update u set n = 5 where account = 'B'"))
    assert len(read(tmp_path, entry, first.mark).rows) == 2


@pytest.mark.parametrize("first", ["", ":since is null or "])
def test_a_query_may_ask_for_what_changed(tmp_path, database, first):
    url, _ = database
    query = f"select * from u where {first}at >= substr(:since, 1, 10)"
    entry = sql(url, query, changed="at", id="account")
    first = read(tmp_path, entry)
    assert len(first.rows) == 2
    assert [one["id"] for one in read(tmp_path, entry, first.mark).rows] == ["B"]


def test_what_a_query_writes_is_rolled_back(tmp_path, database):
    url, engine = database
    with pytest.raises(SetupError):
        read(tmp_path, sql(url, "delete from u"))
    with engine.connect() as link:
        assert link.execute(sa.text("select count(*) from u")).scalar() == 2


@pytest.mark.parametrize("query", ["select * from nowhere", "selec"])
def test_a_wrong_query_is_a_clear_error(tmp_path, database, query):
    with pytest.raises(SetupError, match="the query failed"):
        read(tmp_path, sql(database[0], query))


def test_the_database_url_comes_from_a_secret(tmp_path):
    assert read(
        tmp_path,
        sql("env:DB", "select 'A' as account, '2026-01-01' as day, 'x' as feature, 1 as n"),
    ).rows


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"file": ""}, "either file"),
        ({"url": "sqlite://", "query": "select 1"}, "either file"),
        ({"file": "", "query": "select 1"}, "belong together"),
        ({"file": "", "query": "select 1", "url": "postgresql://me:secret@host/db"}, "env:NAME"),
        ({"file": "", "query": "select 1", "url": "nonsense"}, "SQLAlchemy URL"),
        ({"table": "accounts", "map": {"name": "n"}}, "accounts need an id"),
        ({"map": {"dya": "day"}}, "did you mean 'day'"),
        ({"fiel": "x"}, "fiel"),
    ],
)
def test_wrong_settings_are_refused_without_showing_a_password(change, words):
    with pytest.raises(ValidationError, match=words) as caught:
        Settings(objects={"it": USAGE | change})
    assert "secret@" not in str(caught.value.errors(include_input=False))
