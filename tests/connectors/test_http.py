"""The one Session: what it retries, refuses, counts and never tells."""

import gzip
import io
import logging
import socket
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import responses

from connectors.base import Context
from connectors.errors import QuotaError, RequestError, SetupError, TransientError
from connectors.http import Http
from connectors.pacing import Bucket, Clock, Pacer, Quota
from connectors.rules import Rules, Seen, Token

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
URL = "https://api.example"
SECRET = "a-very-secret-token"


class Vendor(Rules):
    vendor = "Vendor"
    buckets = (Bucket(3, 10.0), Bucket(1, 60.0, "export"))

    def observe(self, response: requests.Response) -> Seen:
        used = response.headers.get("X-Used")
        hold = response.headers.get("X-Hold")
        return Seen(
            quota=Quota(100, int(used)) if used else None,
            holds={"": float(hold)} if hold else {},
        )


class Waits(list[float]):
    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def wire():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def http(waits: Waits, **options: Any) -> Http:
    spent = options.pop("spent", 0)
    context = Context(secret=lambda _: SECRET, now=NOW, wait=waits, spent=spent)
    rules = options.pop("rules", Rules())
    return Http(URL, rules, context, **options)


def test_a_fault_is_retried_and_counted(wire, waits) -> None:
    wire.get(f"{URL}/a", status=503)
    wire.get(f"{URL}/a", body=requests.ConnectionError("reset"))
    wire.get(f"{URL}/a", json={"ok": 1})
    one = http(waits)
    assert one.json("GET", "a", operation="read a") == {"ok": 1}
    assert one.stats.made == {"read a": 3}
    assert one.stats.retried == 2
    assert len(waits) == 2
    assert all(0.4 < wait < 40 for wait in waits)


def test_it_gives_up_with_the_place_and_the_reason(wire, waits) -> None:
    wire.get(f"{URL}/a/b", status=502)
    with pytest.raises(TransientError, match="The service: GET /a/b: answered 502"):
        http(waits).json("GET", "a/b", params={"q": "personal"})
    assert len(wire.calls) == Rules.attempts


@pytest.mark.parametrize(
    ("fault", "sent"),
    [
        ({"status": 500}, 1),
        ({"status": 429}, Rules.attempts),
        ({"body": requests.ReadTimeout()}, 1),
    ],
)
def test_a_write_is_sent_again_only_if_it_cannot_have_been_done(wire, waits, fault, sent) -> None:
    wire.post(f"{URL}/a", **fault)
    with pytest.raises(TransientError):
        http(waits).json("POST", "a")
    assert len(wire.calls) == sent


def test_a_write_marked_idempotent_is_sent_again(wire, waits) -> None:
    wire.post(f"{URL}/a", status=500)
    wire.post(f"{URL}/a", json=[1])
    assert http(waits).json("POST", "a", idempotent=True) == [1]


def test_every_request_has_a_timeout_a_librarys_too(wire, waits) -> None:
    wire.get(f"{URL}/a", json={})
    one = http(waits)
    one.json("GET", "a")
    one.get(f"{URL}/a", timeout=None)
    one.send(requests.Request("GET", f"{URL}/a").prepare())
    kept = [call.request.req_kwargs["timeout"] for call in wire.calls]
    assert kept == [Rules.timeout] * 3


def test_a_server_that_never_answers_ends_in_a_clear_error(waits) -> None:
    class Quick(Rules):
        timeout = (1.0, 0.05)
        attempts = 2

    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"http://127.0.0.1:{mute.getsockname()[1]}"
        one = Http(address, Quick(), Context(secret=str, now=NOW, wait=waits))
        with pytest.raises(TransientError, match=r"GET /a.*no answer in time"):
            one.json("GET", "a")
    assert one.stats.retried == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "7"},
        {"Retry-After": "Sat, 21 Nov 2026 12:00:07 GMT", "Date": "Sat, 21 Nov 2026 12:00:00 GMT"},
    ],
)
def test_retry_after_is_seconds_or_a_date(wire, waits, headers) -> None:
    wire.get(f"{URL}/a", status=429, headers=headers)
    wire.get(f"{URL}/a", json={})
    http(waits).json("GET", "a")
    assert waits == [7.0]


def test_a_long_retry_after_ends_politely(wire, waits) -> None:
    wire.get(f"{URL}/a", status=429, headers={"Retry-After": "7200"})
    with pytest.raises(QuotaError) as caught:
        http(waits).json("GET", "a")
    assert not waits
    assert abs(caught.value.resumes_at - NOW - timedelta(hours=2)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"body": "<html>login</html>", "content_type": "text/html"}, "web page"),
        ({"body": '{"a": [1, 2', "content_type": "application/json"}, "cut off"),
        ({"body": "", "content_type": "application/json"}, "nothing"),
        (
            {
                "body": gzip.compress(b'{"a": 1}' * 99, mtime=0)[:40],
                "headers": {"Content-Encoding": "gzip"},
            },
            "cut off|nothing",
        ),
        ({"body": b"not gzip", "headers": {"Content-Encoding": "gzip"}}, "damaged"),
    ],
)
@pytest.mark.parametrize("library", [False, True])
def test_a_body_that_makes_no_sense_is_fetched_again(wire, waits, answer, reason, library) -> None:
    """A client library that decodes later gets the same care."""

    def ask() -> Any:
        one = http(waits)
        return one.request("GET", "a").json() if library else one.json("GET", "a")

    answer = {"content_type": "application/json"} | answer
    wire.get(f"{URL}/a", **answer)
    with pytest.raises(TransientError, match=reason):
        ask()
    assert len(wire.calls) == Rules.attempts
    wire.reset()
    wire.get(f"{URL}/a", **answer)
    wire.get(f"{URL}/a", json={"a": "ü"})
    assert ask() == {"a": "ü"}


def test_json_is_utf8_whatever_the_header_says(wire, waits) -> None:
    kind = "application/json; charset=iso-8859-1"
    wire.get(f"{URL}/a", body='{"a": "Zoë"}'.encode(), content_type=kind)
    assert http(waits).json("GET", "a") == {"a": "Zoë"}
    wire.get(f"{URL}/b", body='{"a": "Zoë"}'.encode("latin-1"), content_type=kind)
    assert http(waits).json("GET", "b") == {"a": "Zoë"}


def test_a_download_that_breaks_off_begins_anew(wire, waits) -> None:
    wire.get(f"{URL}/a", body=b"1,2\n3", headers={"Count": "2"})
    wire.get(f"{URL}/a", body=b"1,2\n3,4\n", headers={"Count": "2"})
    file = io.BytesIO()

    def check(headers: Any) -> None:
        if not file.getvalue().endswith(b"\n"):
            raise TransientError("cut")

    http(waits).download("a", file, check)
    assert file.read() == b"1,2\n3,4\n"


def test_a_token_is_renewed_once_for_all_threads(wire, waits) -> None:
    logins: list[int] = []
    refused_together = threading.Barrier(8, timeout=10)

    def login(_: Http) -> Token:
        logins.append(1)
        return Token(f"Bearer {SECRET}-{len(logins)}")

    def answer(request: requests.PreparedRequest) -> Any:
        if request.headers["Authorization"] != f"Bearer {SECRET}-1":
            return (200, {}, "{}")
        refused_together.wait()
        return (401, {}, "{}")

    wire.add_callback("GET", f"{URL}/a", answer)
    one = http(waits, login=login)
    threads = [threading.Thread(target=one.json, args=("GET", "a")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(logins) == 2


def test_a_token_is_renewed_before_it_expires(wire, waits) -> None:
    wire.get(f"{URL}/a", json={})
    logins: list[int] = []

    def login(_: Http) -> Token:
        logins.append(1)
        return Token("Bearer x1", expires_in=100)

    one = http(waits, login=login)
    one.json("GET", "a")
    one.clock.wait(60)
    one.json("GET", "a")
    assert len(logins) == 1
    one.clock.wait(11)  # within 30 seconds of its end
    one.json("GET", "a")
    assert len(logins) == 2


def test_a_second_refusal_is_a_setup_error_without_the_secret(wire, waits, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    wire.get(f"{URL}/a", status=401, body=f"bad token {SECRET}")
    one = http(waits, login=lambda h: Token(f"Bearer {h.secret('env:X')}"))
    with pytest.raises(SetupError, match="credentials") as caught:
        one.json("GET", "a")
    assert len(wire.calls) == 2
    assert SECRET not in f"{caught.value!r} {one!r} {caplog.text} {Token(SECRET)!r}"


def test_a_vendor_that_echoes_a_secret_is_redacted(wire, waits) -> None:
    class Echo(Rules):
        def classify(self, response: requests.Response) -> RequestError:
            return RequestError(response.text, response.status_code)

    wire.get(f"{URL}/a", status=400, body=f"token {SECRET} is odd")
    one = http(waits, rules=Echo(), login=lambda h: Token(f"Bearer {h.secret('env:X')}"))
    with pytest.raises(RequestError, match=r"token \*\*\* is odd"):
        one.json("GET", "a")


def test_a_token_with_a_line_end_is_refused_without_showing_it(waits) -> None:
    one = http(waits, login=lambda _: Token(f"Bearer {SECRET}\nX: y"))
    with pytest.raises(SetupError, match="characters") as caught:
        one.json("GET", "a")
    assert SECRET not in str(caught.value)


def test_a_netrc_is_not_sent(wire, waits, tmp_path, monkeypatch) -> None:
    (tmp_path / ".netrc").write_text("machine api.example login me password hidden")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    wire.get(f"{URL}/a", json={})
    http(waits).json("GET", "a")
    assert "Authorization" not in wire.calls[0].request.headers


@pytest.mark.parametrize(
    "url", ["http://api.example", "ftp://api.example", "api.example", "https://me:pw@api.example"]
)
def test_only_https_is_accepted_and_no_password_in_it(url) -> None:
    with pytest.raises(SetupError):
        Http(url, Rules(), Context(secret=str, now=NOW))


@pytest.mark.parametrize("url", ["http://127.0.0.1:80", "http://localhost:1", "http://[::1]:8080"])
def test_loopback_may_be_plain(url) -> None:
    assert not Http(url, Rules(), Context(secret=str, now=NOW)).trust_env


def test_verification_cannot_be_switched_off(waits, monkeypatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    one = http(waits)
    with pytest.raises(SetupError, match="verification"):
        one.json("GET", "a", verify=False)
    one.verify = False
    with pytest.raises(SetupError, match="verification"):
        one.json("GET", "a")


@pytest.mark.parametrize(
    "link",
    ["https://evil.example/a", "//evil.example/a", "http://api.example/a", f"{URL}:8443/a"],
)
def test_other_hosts_are_refused_as_link_and_as_redirect(wire, waits, link) -> None:
    one = http(waits)
    with pytest.raises(SetupError, match=r"not this connection's host|plain http"):
        one.json("GET", link)
    wire.get(f"{URL}/r", status=302, headers={"Location": link})
    with pytest.raises(SetupError, match=r"not this connection's host|plain http"):
        one.json("GET", "r")
    assert len(wire.calls) == 1


def test_a_redirect_on_the_same_host_is_followed_for_reads_only(wire, waits) -> None:
    wire.get(f"{URL}/r", status=302, headers={"Location": "/a"})
    wire.get(f"{URL}/a", json={"a": 1})
    wire.post(f"{URL}/r", status=302, headers={"Location": "/a"})
    assert http(waits).json("GET", "r") == {"a": 1}
    with pytest.raises(SetupError, match="redirects a write"):
        http(waits).json("POST", "r")


def test_requests_are_paced_by_their_buckets(wire, waits) -> None:
    wire.get(f"{URL}/a", json={})
    one = http(waits, rules=Vendor())
    for _ in range(4):
        one.json("GET", "a")
    assert [round(wait) for wait in waits] == [10]
    one.json("GET", "a", bucket="export")
    one.json("GET", "a", bucket="export")
    assert round(sum(waits)) == 70


def test_a_hold_stops_everyone(wire, waits) -> None:
    wire.get(f"{URL}/a", json={}, headers={"X-Hold": "5"})
    one = http(waits, rules=Vendor())
    one.json("GET", "a")
    one.json("GET", "a")
    assert [round(wait) for wait in waits] == [5]


def test_the_pacer_gives_each_thread_its_own_place() -> None:
    pacer = Pacer([Bucket(10, 1.0)])
    times: list[float] = []
    lock = threading.Lock()

    def book() -> None:
        at = pacer.book("", 0.0)
        with lock:
            times.append(at)

    threads = [threading.Thread(target=book) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(times) == [float(second) for second in range(4) for _ in range(10)]


def test_the_budget_stops_before_it_is_passed_and_says_when_it_goes_on(wire, waits) -> None:
    wire.get(f"{URL}/a", json={}, headers={"X-Used": "20"})
    one = http(waits, budget=0.02)
    one.rules = Vendor()
    one.json("GET", "a")
    one.json("GET", "a")
    with pytest.raises(QuotaError, match=r"2 of 100 daily requests.*budget is 2%") as caught:
        one.json("GET", "a")
    assert caught.value.resumes_at > NOW
    assert str(caught.value).endswith("; requests are allowed again from 2026-11-21 13:00 UTC")
    assert len(wire.calls) == 2
    assert one.stats.quota_used == 0.2


def test_what_earlier_runs_spent_counts_towards_the_budget(wire, waits) -> None:
    wire.get(f"{URL}/a", json={}, headers={"X-Used": "20"})
    one = http(waits, rules=Vendor(), budget=0.1, spent=9)
    one.json("GET", "a")
    with pytest.raises(QuotaError, match="10 of 100 daily requests used by Pulsefield"):
        one.json("GET", "a")


def test_what_was_spent_before_the_vendors_day_began_does_not_count(wire, waits) -> None:
    wire.get(f"{URL}/a", json={}, headers={"X-Used": "2"})
    one = http(waits, rules=Vendor(), budget=0.1, spent=500)
    one.json("GET", "a")
    assert one.json("GET", "a") == {}


def test_the_last_of_the_quota_is_left_to_others(wire, waits) -> None:
    wire.get(f"{URL}/a", json={}, headers={"X-Used": "95"})
    one = http(waits)
    one.rules = Vendor()
    one.json("GET", "a")
    with pytest.raises(QuotaError, match="95 by everyone"):
        one.json("GET", "a")


def test_a_clock_whose_sleep_returns_at_once_moves_all_the_same() -> None:
    clock = Clock(NOW, lambda _: None)
    clock.wait(3600)
    assert timedelta(hours=1) <= clock.now() - NOW < timedelta(hours=1, minutes=1)
