"""DuckDB as everything opens it."""

import subprocess
import sys
from pathlib import Path

from tests.scoring.small import NOW, rows, signal

ROOT = Path(__file__).parents[2]


def test_no_progress_bar_where_python_runs_no_file() -> None:
    asked = (
        "from scoring.duck import connect; "
        "print(connect().sql(\"SELECT current_setting('enable_progress_bar')\").fetchall())"
    )
    command = [sys.executable, "-c", asked]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout == "[(False,)]\n"


def test_a_text_may_hold_half_of_what_quotes_a_name() -> None:
    declared = """table = "interactions"\naggregate = "count"\nwhere = '''channel = 'it''s 5"''''"""
    table = rows([{"account": 1, "at": NOW, "channel": text} for text in ("it's 5\"", "5")])
    assert signal(declared, {"interactions": table}) == 1
