"""What docs/library.md shows is what its snippets print."""

import contextlib
import io
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.postgres import Postgres

PAGE = Path(__file__).parents[2] / "docs" / "library.md"
KINDS = {"int64": "bigint", "string": "text", "timestamp[us]": "timestamp"}
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def ran(folder: Path) -> dict[str, Any]:
    """Run the snippets one after another, and return the names that they leave."""
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    names: dict[str, Any] = {"folder": folder}
    for (kind, code), (after, text) in pairwise([*blocks, ("", "")]):
        if kind != "python":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102 - the page's own text
        assert printed.getvalue() == (text if after == "text" else "")
    return names


def test_snippets_print_what_the_page_says(tmp_path: Path) -> None:
    assert "on_spark" in ran(tmp_path)


@pytest.mark.postgres
def test_the_postgresql_snippet_scores_tables_that_live_there(
    postgres: Postgres, tmp_path: Path
) -> None:
    names, url = ran(tmp_path), postgres.database()
    tables = {"accounts": "crm.accounts", "usage": "usage", "interactions": "calls"}
    with psycopg.connect(url) as connection:
        connection.execute("CREATE SCHEMA crm")
        for name, relation in tables.items():
            data = names["facts"][name]
            kinds = ", ".join(f"{f.name} {KINDS[str(f.type)]}" for f in data.schema)
            connection.execute(f"CREATE TABLE {relation} ({kinds})")
            marks = ", ".join(["%s"] * data.num_columns)
            rows = [list(row.values()) for row in data.to_pylist()]
            connection.cursor().executemany(f"INSERT INTO {relation} VALUES ({marks})", rows)
    assert names["on_postgres"](url) == pytest.approx([81.25, 32.5], abs=1e-9)


@pytest.mark.java
@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas")
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_the_spark_snippet_scores_frames(spark: Any, tmp_path: Path) -> None:
    assert ran(tmp_path)["on_spark"](spark, tmp_path) == pytest.approx([81.25, 32.5], abs=1e-9)


@pytest.mark.parametrize("name", ["weighing.shares", "remarks.remarks", "drawing.drawings"])
def test_names_at_the_end_are_there(name: str) -> None:
    module, function = name.split(".")
    assert f"`scoring.{name}`" in PAGE.read_text(encoding="utf-8")
    assert callable(getattr(__import__(f"scoring.{module}", fromlist=[function]), function))
