"""The store in an object store: the same commands, on a stand-in of S3 on loopback."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import requests

from sync import run
from sync.config import Config, load
from sync.disclosing import kept
from sync.errors import StoreError
from sync.forgetting import forget
from sync.store import Store
from tests.sync import fakes
from tests.sync.cli.shell import Shell
from tests.sync.test_forgetting import LATER, SECRET
from tests.sync.test_run import NAMES

NOW = fakes.NOW


SERVE = """
import logging, sys
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(*server.get_host_and_port(), sep=":", flush=True)
sys.stdin.read()
"""
"""Serves until its input ends; a process of its own, as deltalake stops the threads of this one."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield f"http://{process.stdout.readline().strip()}"
        process.communicate()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """An empty bucket; what it wants is in the environment and nowhere else."""
    requests.post(f"{server}/moto-api/reset", timeout=10)
    requests.put(f"{server}/scores", timeout=10).raise_for_status()
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return "s3://scores/pulsefield"


@pytest.fixture
def config(deploy, bucket: str, tmp_path: Path) -> Config:
    names = [*NAMES[:2], SECRET, *NAMES[3:]]
    general = f'data = "{bucket}"\njournal = "sqlite:///{tmp_path}/journal.sqlite"'
    crm, desk = fakes.customers(names, tickets=2), fakes.customers(names[:4], tickets=1)
    return deploy(crm=crm, desk=desk, general=general)


class Bucket:
    """The bucket as another client sees it."""

    def __init__(self, server: str) -> None:
        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "eu-west-1"}
        self.client = boto3.client("s3", endpoint_url=server, **keys)

    def names(self, word: str = "") -> list[str]:
        found = self.client.list_objects_v2(Bucket="scores")["Contents"]
        return [entry["Key"] for entry in found if word in entry["Key"]]

    def get(self, key: str) -> bytes:
        return self.client.get_object(Bucket="scores", Key=key)["Body"].read()

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket="scores", Key=key, Body=content)


@pytest.fixture
def objects(server: str, bucket: str) -> Bucket:
    return Bucket(server)


def test_the_whole_job_runs_and_ends_as_in_a_folder(config, objects, tmp_path) -> None:
    first = run.sync(config, now=NOW)
    assert (first.exit_code, [done.ok for done in first.applied]) == (0, [7, 4])
    again = run.sync(config, now=NOW)
    assert [plan.updates for plan in again.plans] == [0, 0]
    found = run.score_now(config, now=LATER, as_of=first.as_of, known_at=NOW).scores
    text = config.file.read_text(encoding="utf-8")
    config.file.write_text(
        text.replace("s3://scores/pulsefield", "local").replace("journal =", "#")
    )
    run.create_fields(load(config.file))
    run.pull(load(config.file), now=NOW)
    local = run.score_now(load(config.file), now=LATER, as_of=first.as_of).scores
    assert found.select(["name", "score", "value"]) == local.select(["name", "score", "value"])
    assert any(key.startswith("pulsefield/tickets/_delta_log/") for key in objects.names())
    copied = list((tmp_path / "cache").rglob("*.parquet"))
    assert copied
    assert not any(file.stat().st_mode & 0o077 for file in copied)


def test_the_commands_work(config, monkeypatch, capsys) -> None:
    shell = Shell(monkeypatch, capsys, config.file)
    for command in (["pull"], ["score"], ["sync", "--apply"], ["show"], ["export", SECRET]):
        ran = shell(*command)
        assert ran.code == 0, ran.err
        assert "wJalrXUtnFEMI" not in ran.out + ran.err


def test_a_customer_is_handed_out_and_forgotten(config, objects, tmp_path) -> None:
    run.sync(config, now=NOW)
    told = kept(config, SECRET, now=LATER)
    assert {"tickets", "usage", "scores", "held/crm"} <= set(told.store)
    words = (SECRET.encode(), SECRET.lower().encode())
    before = objects.names()
    assert any(SECRET.encode() in objects.get(key) for key in before)
    forget(config, SECRET, apply=True, now=LATER)
    with pytest.raises(LookupError):
        kept(config, SECRET, now=LATER)
    left = objects.names()
    assert not set(before) <= set(left)
    assert not any(word in objects.get(key) for key in left for word in words)
    cached = [file.read_bytes() for file in (tmp_path / "cache").rglob("*.parquet")]
    assert not any(SECRET.encode() in content for content in cached)


def test_tables_are_packed_and_old_files_and_copies_go(
    config, objects, tmp_path, monkeypatch
) -> None:
    config.file.write_text(
        config.file.read_text()
        + '[store]\ncompact_files = 2\nold_files = "0s"\ncopies = "copies"\n'
    )
    monkeypatch.setattr("sync.copies.UNUSED", -1.0)
    for number in range(4):
        fakes.SYSTEMS["crm"].put("tickets", f"new{number}", account_ref="1", opened_at=NOW)
        run.pull(load(config.file), now=NOW)
        run.score_now(load(config.file), now=NOW)
    run.pull(load(config.file), now=NOW)
    assert len(objects.names("/tickets/part-")) <= 2
    assert len(list((tmp_path / "copies" / "tickets").glob("*.parquet"))) <= 2
    assert not (tmp_path / "cache").exists()


def test_a_cut_off_object_is_named_and_so_is_a_server_that_is_not_there(
    config, objects, monkeypatch
) -> None:
    run.sync(config, now=NOW)
    (key, *_) = objects.names("/usage/part-")
    objects.put(key, objects.get(key)[:100])
    for file in Store(config.data).copies.folder.rglob("*.parquet"):
        file.unlink()
    with pytest.raises(StoreError, match=f"s3://scores/{key}"):
        run.score_now(config, now=LATER)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_RETRIES", "0")
    with pytest.raises(StoreError, match="cannot be used"):
        run.score_now(config, now=LATER)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("AWS_ALLOW_INVALID_CERTIFICATES", "true", "always verified"),
        ("allow_invalid_certificates", "1", "always verified"),
        ("AWS_ENDPOINT_URL", "http://storage.example.com", "plain http"),
    ],
)
def test_certificates_are_verified_and_nothing_leaves_in_the_clear(
    config, monkeypatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(StoreError, match=told):
        run.pull(config, now=NOW)
