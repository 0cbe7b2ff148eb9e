"""What the start of a command costs: nobody waits for clients that it does not use."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
UNUSED = {"simple_salesforce", "hubspot", "jwt", "cryptography", "requests", "filelock"}
READS = """
import sys
from pathlib import Path
import sync.cli.work
from sync.config import parse
text = '''
[connections.salesforce]
kind = "salesforce"
base_url = "https://acme.my.salesforce.com"
[connections.salesforce.auth]
kind = "client_credentials"
client_id = "x"
client_secret = "env:SALESFORCE"
[connections.hubspot]
kind = "hubspot"
[connections.hubspot.auth]
kind = "token"
token = "env:HUBSPOT"
[connections.zendesk]
kind = "zendesk"
base_url = "https://acme.zendesk.com"
[connections.zendesk.auth]
kind = "client_credentials"
client_id = "x"
client_secret = "env:ZENDESK"
[connections.files]
kind = "tables"
folder = "."
'''
assert len(parse(Path("pulsefield.toml").absolute(), text).connections) == 4
print("\\n".join(sys.modules))
"""
ARROW = """
import atexit, sys
from sync.cli import main
def at_the_end():
    import duckdb, pyarrow
    print(pyarrow.array([{"a": 1}]).to_pylist(), duckdb.sql("SELECT 1").fetchall())
    print({"numpy"} & set(sys.modules))
atexit.register(at_the_end)
sys.argv = ["pulsefield", *sys.argv[1:]]
main()
"""


def test_a_command_that_asks_no_system_imports_no_client() -> None:
    done = subprocess.run(
        [sys.executable, "-c", READS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert UNUSED.isdisjoint(done.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "code", "loaded"),
    [
        (["score", "--help"], 0, "set()"),
        (["score", "--config", "nowhere.toml"], 2, "set()"),
        (["pull", "--config", "nowhere.toml"], 2, "{'numpy'}"),
    ],
)
def test_a_command_that_asks_no_system_does_without_numpy(
    arguments: list[str], code: int, loaded: str
) -> None:
    command = [sys.executable, "-c", ARROW, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-2:] == ["[{'a': 1}] [(1,)]", loaded]
    assert (done.returncode, "nowhere.toml" in done.stderr) == (code, code == 2)


LEAVES = [sys.executable, "-c", "from sync.cli.main import _leave; print('much'); _leave(3)"]
BUFFERED = {**os.environ, "PYTHONUNBUFFERED": ""}


def test_all_is_told_before_it_leaves() -> None:
    done = subprocess.run(LEAVES, cwd=ROOT, env=BUFFERED, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, b"much\n", b"")


def test_nobody_need_read_to_the_end() -> None:
    process = subprocess.Popen(
        LEAVES, cwd=ROOT, env=BUFFERED, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    _, told = process.communicate()
    assert (process.returncode, told) == (3, b"")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_nobody_need_listen_at_all(closed: str) -> None:
    done = subprocess.run(f"{shlex.join(LEAVES)} {closed}", cwd=ROOT, shell=True, check=False)  # noqa: S602
    assert done.returncode == 3
