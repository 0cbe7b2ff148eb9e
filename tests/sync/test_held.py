"""What a target holds after writes: what was written, beside what was there."""

from datetime import UTC, datetime, timedelta

import pytest

from sync import held
from sync.store import HELD, Store
from sync.writes import Saved

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(str(tmp_path / "data"))


def keep(store: Store, minutes: int, **changes) -> None:
    rows = [Saved(at, ref, at, change) for at, (ref, change) in enumerate(changes.items())]
    held.keep(store, "crm", rows, NOW + timedelta(minutes=minutes))


def test_what_was_not_written_stays(store: Store) -> None:
    keep(store, 0, a={"health": [None, "50"], "band": [None, "red"]}, b={"health": [None, "7"]})
    keep(store, 1, a={"health": ["50", "60"]}, b={"health": ["7", None], "band": [None, "green"]})
    assert store.rows(HELD + "crm", ["a", "b"]) == {
        "a": {"health": "60", "band": "red"},
        "b": {"health": None, "band": "green"},
    }


def test_a_field_of_any_name_is_kept_and_a_record_that_was_never_read(store: Store) -> None:
    keep(store, 0, a={'odd "name"': [None, "1"]})
    keep(store, 1, a={"new_0": [None, "2"]}, c={"new_0": [None, "3"]})
    assert store.rows(HELD + "crm", ["a", "c"]) == {
        "a": {'odd "name"': "1", "new_0": "2"},
        "c": {'odd "name"': None, "new_0": "3"},
    }
