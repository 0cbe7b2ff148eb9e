"""DuckDB as everything opens it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_no_progress_bar_where_python_runs_no_file() -> None:
    asked = (
        "from scoring.duck import connect; "
        "print(connect().sql(\"SELECT current_setting('enable_progress_bar')\").fetchall())"
    )
    command = [sys.executable, "-c", asked]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout == "[(False,)]\n"
