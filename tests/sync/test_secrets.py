"""Secrets that their use replaces: kept in their file, by one process at a time."""

import logging
import threading
from pathlib import Path
from typing import Any

import filelock
import pytest
import requests

from connectors.base import Context
from connectors.errors import SetupError, TransientError
from connectors.hubspot import Settings as HubSpotSettings
from connectors.hubspot import connect as hubspot
from connectors.salesforce import Settings as SalesforceSettings
from connectors.salesforce import connect as salesforce
from sync import secrets
from sync.errors import SyncError
from sync.logs import clean
from sync.secrets import exchange, resolve
from tests.connectors.hubspot import account as hubspot_account
from tests.connectors.salesforce import org as salesforce_org
from tests.connectors.zendesk.account import WsgiAdapter

URL = "http://127.0.0.1:9"
VENDORS = ("salesforce", "hubspot")


@pytest.fixture(autouse=True)
def _nothing_warned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_LOST", set())


def test_what_replaces_a_secret_goes_into_its_file_for_the_owner_only(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("first\n")
    (tmp_path / "real").chmod(0o644)
    (tmp_path / "token").symlink_to("real")
    assert exchange("file:token", tmp_path, lambda value: f"after-{value}")
    assert (tmp_path / "token").is_symlink()
    assert (tmp_path / "real").read_text() == "after-first\n"
    assert (tmp_path / "real").stat().st_mode & 0o777 == 0o600
    assert clean("now after-first") == "now ***"


def test_a_secret_that_stays_the_same_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first")
    before = (tmp_path / "token").stat().st_ino
    assert exchange("file:token", tmp_path, str)
    assert (tmp_path / "token").stat().st_ino == before


def test_a_use_that_fails_leaves_the_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first")

    def refused(_: str) -> str:
        raise SetupError("no")

    with pytest.raises(SetupError):
        exchange("file:token", tmp_path, refused)
    assert (tmp_path / "token").read_text() == "first"
    assert exchange("file:token", tmp_path, str)  # and nothing is locked


def test_the_environment_cannot_keep_it_and_says_so_once(monkeypatch, caplog) -> None:
    monkeypatch.setenv("A_TOKEN", "first-value")
    for _ in range(2):
        assert not exchange("env:A_TOKEN", Path(), lambda _: "second-value")
    (told,) = caplog.messages
    assert "env:A_TOKEN" in told
    assert "file:PATH" in told
    assert "-value" not in told


def test_a_file_that_cannot_be_written_says_so(tmp_path: Path, caplog, monkeypatch) -> None:
    (tmp_path / "token").write_text("first")

    def no_lock(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(filelock.FileLock, "acquire", no_lock)

    def full(path: Path, _: str) -> None:
        raise SyncError(f"{path}: cannot be written (no space left)")

    monkeypatch.setattr(secrets, "replace_text", full)
    assert not exchange("file:token", tmp_path, lambda _: "second")
    assert "file:token" in caplog.messages[0]


def test_one_at_a_time_uses_a_secret(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("0")
    used: list[str] = []

    def use(value: str) -> str:
        used.append(value)
        return str(int(value) + 1)

    threads = [
        threading.Thread(target=exchange, args=("file:token", tmp_path, use)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(used) == ["0", "1", "2", "3"]
    assert (tmp_path / "token").read_text() == "4\n"


def test_a_secret_in_use_by_others_for_long_is_an_error_that_passes(tmp_path, monkeypatch) -> None:
    (tmp_path / "token").write_text("first")
    monkeypatch.setattr(secrets, "_PATIENCE", 0.01)

    def inside(_: str) -> str:
        with pytest.raises(TransientError, match="another process"):
            exchange("file:token", tmp_path, str)
        return "second"

    assert exchange("file:token", tmp_path, inside)


class Vendor:
    """A stand-in whose app rotates refresh tokens, and connections to it as processes make them."""

    def __init__(self, kind: str, folder: Path, *, rotates: bool = True) -> None:
        self.folder = folder
        if kind == "salesforce":
            self.app: Any = salesforce_org.organisation()
            self.grants = self.app.org.access
            self._connect, self._settings, self.stream = salesforce, SalesforceSettings, "Account"
            kind_of_auth, client = "refresh_token", self.app.credentials["client_id"]
        else:
            self.app = hubspot_account.account()
            self.grants = self.app.access.app
            self._connect, self._settings, self.stream = hubspot, HubSpotSettings, "companies"
            kind_of_auth, client = "oauth", self.grants.client_id
        self.grants.rotates = rotates
        (folder / "app").write_text(self.grants.client_secret)
        (folder / "token").write_text(self.grants.refresh_token)
        self.auth = {
            "kind": kind_of_auth, "client_id": client,
            "client_secret": "file:app", "refresh_token": "file:token",
        }  # fmt: skip

    def process(self, **auth: str) -> Any:
        """Return a connection that knows nothing of earlier ones."""
        context = Context(
            lambda reference: resolve(reference, self.folder),
            salesforce_org.NOW,
            wait=self.app.clock.advance,
            exchange=lambda reference, use: exchange(reference, self.folder, use),
        )
        settings = self._settings.model_validate({"base_url": URL, "auth": self.auth | auth})
        to: Any = self._connect("crm", settings, context)
        self.wire = Losing(self.app)
        to._http.mount("http://", self.wire)
        return to

    def read(self, to: Any) -> None:
        list(to.read(self.stream, None))


class Losing(WsgiAdapter):
    """Loses the answers to the next requests for a token, after they were worked off."""

    lost = 0

    def send(self, request: Any, **more: Any) -> Any:
        answer = super().send(request, **more)
        if "/token" in request.path_url and self.lost:
            self.lost -= 1
            raise requests.ConnectionError
        return answer


@pytest.mark.parametrize("kind", VENDORS)
def test_the_next_process_gets_in_with_the_rotated_token(kind, tmp_path, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    vendor = Vendor(kind, tmp_path)
    first = vendor.grants.refresh_token
    for _ in range(2):
        one = vendor.process()
        vendor.read(one)
        vendor.app.expire_tokens()
        vendor.read(one)
        shown = "".join([repr(one), repr(one._http), repr(one._http.context), caplog.text])
        assert vendor.grants.refresh_token not in shown
    assert vendor.grants.refresh_token != first
    assert (tmp_path / "token").read_text().strip() == vendor.grants.refresh_token
    assert not [one for one in vendor.process().check() if "refresh" in one.what]


@pytest.mark.parametrize("kind", VENDORS)
def test_a_rotated_token_in_the_environment_is_warned_of(kind, tmp_path, monkeypatch) -> None:
    vendor = Vendor(kind, tmp_path)
    monkeypatch.setenv("A_TOKEN", vendor.grants.refresh_token)
    one = vendor.process(refresh_token="env:A_TOKEN")
    vendor.grants.rotates = False
    (early,) = [problem for problem in one.check() if "refresh token" in problem.what]
    assert not early.fatal
    assert "env:A_TOKEN" in early.what
    vendor.app.expire_tokens()
    vendor.grants.rotates = True
    vendor.read(one)
    vendor.app.expire_tokens()
    vendor.read(one)  # for this process it serves
    (told,) = [problem for problem in one.check() if "refresh token" in problem.what]
    assert told.fatal
    assert "env:A_TOKEN" in told.what
    assert "file:PATH" in told.todo
    with pytest.raises(SetupError):
        vendor.read(vendor.process(refresh_token="env:A_TOKEN"))


@pytest.mark.parametrize("kind", VENDORS)
def test_a_lost_answer_is_asked_for_again(kind, tmp_path) -> None:
    vendor = Vendor(kind, tmp_path, rotates=False)
    one = vendor.process()
    vendor.wire.lost = 1
    vendor.read(one)
    assert one.stats.retried == 1


@pytest.mark.parametrize("kind", VENDORS)
def test_a_rotated_token_whose_answer_was_lost_says_what_to_do(kind, tmp_path) -> None:
    vendor = Vendor(kind, tmp_path)
    one = vendor.process()
    vendor.wire.lost = 1
    with pytest.raises(SetupError, match=r"answer was lost.*authorize the app again") as caught:
        vendor.read(one)
    assert vendor.grants.refresh_token not in str(caught.value)
