import csv
import os
from datetime import UTC, datetime

import pytest

from connectors.base import Context, FieldSpec, FieldUpdate, SilentLog, Source, Target
from connectors.errors import SetupError
from connectors.tables import Settings, connect

HEALTH = FieldSpec("health", "Health", "number")
BAND = FieldSpec("band", "Band", "choice", options=(("red", "Red"),))


@pytest.fixture
def to(tmp_path):
    (tmp_path / "accounts.csv").write_text("id,name\n1,A\n2,B\n")
    entry = {"table": "accounts", "file": "accounts.csv", "id": "id", "map": {"name": "name"}}
    settings = Settings(folder=str(tmp_path), output="scores.csv", objects={"accounts": entry})
    context = Context(secret=str, now=datetime(2026, 11, 21, tzinfo=UTC), own_fields=(HEALTH, BAND))
    return connect("sheets", settings, context)


def update(ref, **values):
    return FieldUpdate(ref, values)


def write(to, *updates):
    return list(to.write(updates, SilentLog()))


def rows(tmp_path):
    with (tmp_path / "scores.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_it_is_source_and_target(to):
    assert isinstance(to, Source)
    assert isinstance(to, Target)


def test_one_row_per_account_and_later_values_replace_earlier_ones(to, tmp_path):
    results = write(to, update("1", health="61.5", band="red"), update("2", health="80.0"))
    assert [(result.ref, result.ok) for result in results] == [("1", True), ("2", True)]
    write(to, update("1", health="62.0", band=None))
    assert rows(tmp_path) == [
        {"account": "1", "health": "62.0", "band": ""},
        {"account": "2", "health": "80.0", "band": ""},
    ]


def test_no_update_touches_nothing(to, tmp_path):
    assert write(to) == []
    assert not (tmp_path / "scores.csv").exists()


def test_fields_need_no_permission(to, tmp_path):
    assert all(s.exists and s.writable and not s.problem for s in to.field_states([HEALTH, BAND]))
    to.create_fields([HEALTH, BAND])
    assert (tmp_path / "scores.csv").read_text() == "account,health,band\n"


def test_what_is_held_comes_with_the_accounts(to):
    write(to, update("1", health="61.5", band="red"))
    [page] = to.read("accounts", None)
    assert page.tables["held"].to_pylist() == [{"id": "1", "health": "61.5", "band": "red"}]
    assert list(to.read("accounts", page.watermark)) == []


def test_an_edit_by_hand_is_seen_though_the_accounts_are_unchanged(to, tmp_path):
    write(to, update("1", health="61.5"))
    [first] = to.read("accounts", None)
    text = (tmp_path / "scores.csv").read_text()
    (tmp_path / "scores.csv").write_text(text.replace("61.5", "99"))
    [page] = to.read("accounts", first.watermark)
    assert page.records == 0
    assert page.tables["held"].to_pylist()[0]["health"] == "99.0"
    assert list(to.read("accounts", page.watermark)) == []


def test_a_foreign_file_is_left_alone(to, tmp_path):
    (tmp_path / "scores.csv").write_text("customer,revenue\n1,5\n")
    with pytest.raises(SetupError, match="choose another output"):
        write(to, update("1", health="61.5"))
    assert (tmp_path / "scores.csv").read_text() == "customer,revenue\n1,5\n"


def test_a_failing_write_leaves_the_old_file_whole(to, tmp_path, monkeypatch):
    write(to, update("1", health="61.5"))
    before = (tmp_path / "scores.csv").read_text()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SetupError, match="No space left"):
        write(to, update("1", health="10.0"))
    assert (tmp_path / "scores.csv").read_text() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["accounts.csv", "scores.csv"]


def test_only_the_owner_may_read_the_scores(to, tmp_path):
    write(to, update("1", health="61.5"))
    assert (tmp_path / "scores.csv").stat().st_mode & 0o077 == 0


def test_adopting_writes_the_same_values(to, tmp_path):
    results = list(to.adopt("none", [update("1", health="61.5")]))
    assert [result.ok for result in results] == [True]
    assert rows(tmp_path)[0]["health"] == "61.5"
