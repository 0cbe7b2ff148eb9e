"""Scoring on a Spark session: the same answers as DuckDB."""

from datetime import UTC
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring import load_model, score, shipped_model
from tests.scoring.book import book
from tests.scoring.both import arrow, told
from tests.scoring.generated import NOW, before, facts, model, overrides
from tests.scoring.same import with_duckdb
from tests.scoring.small import accounts, ago, rows
from tests.scoring.small import model as small

pytestmark = [
    pytest.mark.java,
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),  # sockets of PySpark's
]


def previous(seed: int, keys: list[int]) -> pa.Table:
    """The last snapshot, as the engines take it."""
    found = [
        {"account": account, "score": name, "value": value, "band": band}
        for (account, name), (value, band) in before(seed, keys).items()
    ]
    kinds = [("account", pa.int64()), ("score", pa.string())]
    return pa.Table.from_pylist(
        found, schema=pa.schema([*kinds, ("value", pa.float64()), ("band", pa.string())])
    )


def test_a_shipped_model_has_duckdbs_answers(spark: Any) -> None:
    declared = load_model(shipped_model("trials"))
    assert not with_duckdb(declared, arrow(book()), NOW, spark, only="scores")


@pytest.mark.parametrize("seed", [3, 31])
def test_generated_models_have_duckdbs_answers(spark: Any, seed: int) -> None:
    made = facts(seed)
    keys = [row["account"] for row in made.accounts]
    beside = {"previous": previous(seed, keys), "overrides": told(overrides(seed, keys))}
    assert not with_duckdb(model(seed), arrow(made), NOW, spark, only="whole", **beside)


def test_facts_may_be_frames_files_and_tables(spark: Any, tmp_path: Path) -> None:
    odd = "o'dd `col`; -- \\ drop"
    declared = small(
        '[signals.x]\ntable = "tickets"\naggregate = "days_since"',
        rest=f"[segments.\"it's\"]\nwhere = '''\"{odd}\" = 'a\\b''c' '''",
    )
    zoned = pa.array([ago(days=1).replace(tzinfo=UTC)], pa.timestamp("us", tz="UTC"))
    pq.write_table(pa.table({"account": [1], "opened_at": zoned}), tmp_path / "tickets.parquet")
    given = {"accounts": accounts({odd: "a\\b'c"}), "tickets": rows([{"account": 1}])}
    given["accounts"] = spark.createDataFrame(given["accounts"])
    given["tickets"] = spark.read.parquet(str(tmp_path / "tickets.parquet"))
    zone = spark.conf.get("spark.sql.session.timeZone")
    with score(declared, given, as_of=NOW, connection=spark) as found:
        row = found.scores.to_pylist()[0]
        assert (row["value"], row["segment"]) == (pytest.approx(10), "it's")
    assert spark.conf.get("spark.sql.session.timeZone") == zone
    assert not [view.name for view in spark.catalog.listTables() if "pulsefield" in view.name]
