"""Who may import whom, who may print, sleep, open sockets or read the clock."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("connectors", "scoring", "sync")
ALLOWED = {"connectors": set(), "scoring": set(), "sync": {"connectors", "scoring"}}
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
SIMULATOR = ROOT / "connectors" / "simulator"


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Absolute modules that a file imports, at any depth."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


def calls(path: Path) -> Iterator[str]:
    """Dotted names of what a file calls."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_rooms_are_entered_in_one_direction(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    entered = {module.split(".")[0] for module in imports(path)} & set(ROOMS)
    assert entered - {room} <= ALLOWED[room]


@pytest.mark.parametrize("path", FILES, ids=name)
def test_only_the_command_line_prints(path: Path) -> None:
    printing = {"print", "Console", "rich.print"} & set(calls(path))
    assert not printing or path.parent.name == "cli"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_only_the_session_sleeps(path: Path) -> None:
    sleeping = {call for call in calls(path) if call in {"sleep", "time.sleep"}}
    allowed = path == ROOT / "connectors" / "http.py" or path.is_relative_to(SIMULATOR)
    assert not sleeping or allowed


@pytest.mark.parametrize("path", FILES, ids=name)
def test_duckdb_is_opened_in_one_place(path: Path) -> None:
    assert "duckdb.connect" not in set(calls(path)) or path == ROOT / "scoring" / "duck.py"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_only_sync_reads_clock_and_environment(path: Path) -> None:
    if path.relative_to(ROOT).parts[0] == "sync" or path.is_relative_to(SIMULATOR):
        return
    clock = {"datetime.now", "datetime.utcnow", "time.time", "date.today", "datetime.today"}
    environment = {"os.getenv", "os.environ.get", "getenv"}
    assert not set(calls(path)) & (clock | environment)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_scoring_opens_nothing(path: Path) -> None:
    if path.relative_to(ROOT).parts[0] != "scoring":
        return
    doors = {"socket", "requests", "urllib", "http", "os", "subprocess", "sqlite3", "sqlalchemy"}
    assert not {module.split(".")[0] for module in imports(path)} & doors
    assert not {"open", "Path"} & set(calls(path))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_files_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", FILES, ids=name)
def test_functions_stay_small(path: Path) -> None:
    long = [f.name for f in functions(path) if (f.end_lineno or 0) - f.lineno + 1 > 50]
    assert not long


def test_most_functions_are_short() -> None:
    lengths = sorted((f.end_lineno or 0) - f.lineno + 1 for path in FILES for f in functions(path))
    if lengths:
        assert lengths[int(len(lengths) * 0.95)] <= 30
