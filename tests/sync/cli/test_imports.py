"""What the start of a command costs: nobody waits for clients that it does not use."""

import subprocess
import sys
from pathlib import Path

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
import sys
from sync.cli import main
sys.argv = ["pulsefield", "--version"]
try:
    main()
except SystemExit:
    pass
import duckdb, pyarrow
print(pyarrow.array([{"a": 1}]).to_pylist(), duckdb.sql("SELECT 1").fetchall())
print({"numpy", "pandas"} & set(sys.modules))
"""


def test_a_command_that_asks_no_system_imports_no_client() -> None:
    done = subprocess.run(
        [sys.executable, "-c", READS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert UNUSED.isdisjoint(done.stdout.split())


def test_what_arrow_can_do_without_is_not_loaded_where_it_is_installed() -> None:
    command = [sys.executable, "-c", ARROW]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-2:] == ["[{'a': 1}] [(1,)]", "set()"]
