"""``pulsefield score`` as a whole process, against ``python -c "import duckdb"``.

Run ``python benchmarks/process.py [FOLDER]``: a deployment that has been pulled; without one the
demo makes one of 500 customers. The least of five times each, as other processes only add.
Modules are compiled once before, as an installation has them, wherever this shell forbids it.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parent.parent
CALL = "from sync.cli import main; main()"
TURNS = 5


def ran(*arguments: str, folder: Path) -> float:
    """Return the seconds that a Python process takes."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    compiled = str(Path(tempfile.gettempdir()) / "pulsefield_compiled")
    began = perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=own | {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": compiled},
        check=True,
        capture_output=True,
    )
    return perf_counter() - began


def main(given: str = "") -> None:
    """Print the times and their ratio."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(given) if given else Path(text) / "demo"
        if not given:
            demo = ["demo", "--customers", "500", "--folder", str(folder)]
            ran("-c", CALL, *demo, folder=Path(text))
        score = min(ran("-c", CALL, "score", folder=folder) for _ in range(TURNS))
        least = min(ran("-c", "import duckdb", folder=folder) for _ in range(TURNS))
    print(f"pulsefield score {score:.2f} s, python -c 'import duckdb' {least:.2f} s")
    print(f"{score / least:.1f} x")


if __name__ == "__main__":
    main(*sys.argv[1:2])
