"""Reading a record twice changes no score, of any shipped model."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from scoring import duck, load_model, shipped_model
from scoring.tables import COLUMNS
from sync.config import Config
from sync.modelling.stored import reading_only, stored
from sync.store import ADDED
from sync.workspace import Workspace
from tests.scoring.both import near
from tests.sync.book.stored import NOW, deployment

MODELS = ("default", "support", "small_book", "trials")


def values(config: Config) -> dict[str, dict[tuple[str, str], Any]]:
    """Model -> account and score -> value."""
    work = Workspace(reading_only(config), NOW + timedelta(hours=2))
    found = {}
    try:
        with stored(work) as data:
            for name in MODELS:
                with data.scored(load_model(shipped_model(name))) as snapshot:
                    rows = snapshot.scores.to_pylist()
                found[name] = {(row["account_id"], row["score"]): row["value"] for row in rows}
    finally:
        work.close()
    return found


def read_again(config: Config) -> int:
    """Store every record once more, as a later read brings it; returns how many."""
    work, count = Workspace(reading_only(config), NOW), 0
    try:
        with duck.connect() as con:
            for name in COLUMNS:
                scan = work.store.scan(name)
                if scan is not None:
                    rows = con.sql(f"FROM {scan}").to_arrow_table().drop_columns(list(ADDED))
                    at = rows.schema.get_field_index("known_at")
                    later = pa.array(
                        [NOW + timedelta(hours=1)] * rows.num_rows, rows.schema[at].type
                    )
                    work.store.append(name, rows.set_column(at, "known_at", later), always=True)
                    count += rows.num_rows
    finally:
        work.close()
    return count


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Any:
    config = deployment(Path(tmp_path_factory.mktemp("twice")), 20, snapshots=0)
    before = values(config)
    assert read_again(config) > 200
    return before, values(config)


@pytest.mark.parametrize("name", MODELS)
def test_reading_a_record_twice_changes_nothing(both: Any, name: str) -> None:
    before, after = (side[name] for side in both)
    assert any(value is not None for value in before.values())
    assert before.keys() == after.keys()
    assert all(near(before[key], after[key]) for key in before)
