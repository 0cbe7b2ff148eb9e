"""Who is told what, how often, and how a receiver can trust it."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from connectors.serving import Listener
from sync.config import load
from sync.journal import Journal
from sync.service import alerts
from sync.service.alerts import Alert, Teller
from sync.service.scheduler import Scheduler, Site
from sync.summary import AccountScore, ConnectionReport, PlanReport
from tests.sync import fakes
from tests.sync.service.simulated import START, SimulatedClock, deployment, report

KEY = "a key that only two know"
FAILED = Alert("failed_run", "scores", "run 3: the answer <broke> off")


class Receiver:
    """Keeps what it is sent; answers with ``status``."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict, bytes]] = []
        self.status = "200 OK"
        self.listener = Listener(self._app, "127.0.0.1", 0)

    def _app(self, environ, start):
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        self.got.append((environ["PATH_INFO"], environ, body))
        start(self.status, [("Content-Length", "0")])
        return [b""]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.port}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.listener.stop()


@pytest.fixture
def journal(tmp_path) -> Iterator[Journal]:
    opened = Journal(f"sqlite:///{tmp_path}/journal.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def config(tmp_path, receiver, monkeypatch):
    monkeypatch.setenv("SLACK", f"{receiver.url}/services/secretpart")
    monkeypatch.setenv("HOOK", f"{receiver.url}/hook")
    monkeypatch.setenv("KEY", KEY)

    def made(text: str):
        return load(deployment(tmp_path, "", f"[alerts]\n{text}\n"))

    return made


SLACK = 'slack = "env:SLACK"'
HOOK = 'webhook = "env:HOOK"\nkey = "env:KEY"'


def test_slack_gets_text_that_breaks_none_of_its_own_signs(config, receiver, journal) -> None:
    assert Teller(config(SLACK), START).tell([FAILED], journal) == 1
    ((path, _, body),) = receiver.got
    assert path == "/services/secretpart"
    told = json.loads(body)
    assert set(told) == {"text"}
    assert "did not do all of its work" in told["text"]
    assert "&lt;broke&gt;" in told["text"]


def test_a_receiver_can_check_who_sent_it_and_when(config, receiver, journal) -> None:
    Teller(config(HOOK), START).tell([FAILED], journal)
    ((_, environ, body),) = receiver.got
    stamp = environ["HTTP_X_PULSEFIELD_TIMESTAMP"]
    expected = hmac.new(KEY.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert environ["HTTP_X_PULSEFIELD_SIGNATURE"] == f"sha256={expected}"
    assert int(stamp) == int(START.timestamp())
    told = json.loads(body)
    assert told["event"] == "failed_run"
    assert told["items"][0]["subject"] == "scores"


def test_the_same_is_told_again_only_after_the_cooldown(config, receiver, journal) -> None:
    loaded = config(f'{SLACK}\ncooldown = "2h"')
    told = [
        Teller(loaded, START + timedelta(hours=hours)).tell([FAILED], journal)
        for hours in (0, 1, 2, 3)
    ]
    assert told == [1, 0, 1, 0]


def test_what_has_passed_is_news_the_next_time(config, receiver, journal) -> None:
    teller = Teller(config(SLACK), START)
    teller.tell([FAILED], journal)
    teller.passed(journal, "failed_run", "scores")
    assert teller.tell([FAILED], journal) == 1


def test_what_nobody_took_is_told_again_and_no_address_is_logged(
    config, receiver, journal, caplog
) -> None:
    receiver.status = "403 Forbidden"
    teller = Teller(config(f"{SLACK}\n{HOOK}"), START)
    assert teller.tell([FAILED], journal) == 0
    assert "alert not sent" in caplog.text
    assert "secretpart" not in caplog.text
    receiver.status = "200 OK"
    assert teller.tell([FAILED], journal) == 2


def test_only_what_is_asked_for_is_told(config, receiver, journal) -> None:
    assert Teller(config(f'{SLACK}\non = ["stale_source"]'), START).tell([FAILED], journal) == 0
    assert not receiver.got


def test_a_report_tells_of_failures_unsafe_plans_and_who_fell() -> None:
    fallen = AccountScore("crm:1", "Acme", 21.0, "red", -30.0, "Health 21")
    told = alerts.of_report(
        "scores",
        report(
            7,
            connections=(ConnectionReport("desk", "zendesk", error="no answer in time"),),
            plans=(PlanReport("crm", 1, "x", 9, 9, unsafe=("9 of 9 values are cleared",)),),
            fallen=(fallen,),
        ),
    )
    assert [(one.event, one.subject) for one in told] == [
        ("unsafe_plan", "scores"),
        ("failed_run", "scores"),
        ("fell_to_red", "crm:1"),
    ]
    assert "9 of 9" in told[0].text
    assert "no answer in time" in told[1].text


def test_a_source_is_stale_after_its_time() -> None:
    ages = {"crm": timedelta(hours=37), "desk": timedelta(hours=35)}
    (told,) = alerts.of_reads(ages, timedelta(hours=36))
    assert told.subject == "crm"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('slack = "https://hooks.slack.com/x"', "env:NAME or file:PATH"),
        ('webhook = "env:HOOK"', "needs a key"),
        ('on = ["failed"]', "failed_run"),
        ('cooldown = "6 hours"', "1h30m"),
    ],
)
def test_settings_that_cannot_be(config, text: str, told: str) -> None:
    with pytest.raises(Exception, match=told):
        config(text)


def test_a_scheduled_run_with_an_unsafe_plan_writes_nothing_and_alerts_once_in_a_cooldown(
    deploy, receiver, monkeypatch
) -> None:
    for name, value in (("SLACK", f"{receiver.url}/slack"), ("HOOK", f"{receiver.url}/hook")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KEY", KEY)
    crm = fakes.customers([f"C{number}" for number in range(12)])
    crm.held = {f"{number + 1}": {"pulsefield_health": "1200"} for number in range(12)}
    rest = f'[schedule.scores]\nevery = "1h"\n[alerts]\n{SLACK}\n{HOOK}\ncooldown = "150m"\n'
    file = deploy(crm=crm, extra=rest).file
    clock = SimulatedClock()
    served = Scheduler(file, Site(clock=clock))
    told = []
    for _ in range(4):
        served.look()
        told.append([json.loads(body) for path, _, body in receiver.got if path == "/hook"])
        clock.move(timedelta(hours=1))
    assert crm.writes == []
    assert [len(each) for each in told] == [1, 1, 1, 2]
    assert told[0][0]["event"] == "unsafe_plan"
    assert "12 of 12 records (100%) would have values replaced" in told[0][0]["items"][0]["text"]
    slack = [json.loads(body)["text"] for path, _, body in receiver.got if path == "/slack"]
    assert len(slack) == 2
    assert "Nothing was written, as the plan is unsafe" in slack[0]
    assert all("HTTP_X_PULSEFIELD_SIGNATURE" in e for path, e, _ in receiver.got if path == "/hook")
