import socket
import threading
import time

import pytest
import requests

from connectors.simulator import Faults, start

QUERY = "/services/data/v67.0/query"
SOQL = {"q": "SELECT Id, Name FROM Account"}


@pytest.fixture
def simulator():
    with start(40, systems=("salesforce",)) as running:
        yield running


def session_of(simulator):
    """A session with a token, and the base URL."""
    url, secrets = simulator.urls["salesforce"], simulator.credentials["salesforce"]
    session = requests.Session()
    form = {"grant_type": "client_credentials"}
    auth = (secrets["client_id"], secrets["client_secret"])
    answer = session.post(f"{url}/services/oauth2/token", data=form, auth=auth, timeout=5)
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return session, url


def ask(session, url, timeout=5):
    return session.get(url + QUERY, params=SOQL, timeout=timeout)


def test_all_three_are_served_until_stopped():
    running = start(20)
    assert set(running.urls) == set(running.credentials) == {"salesforce", "hubspot", "zendesk"}
    for url in running.urls.values():
        assert requests.get(f"{url}/__log__", timeout=5).json()["total"] == 0
    running.stop()
    running.stop()
    for url in list(running.urls.values()):
        with pytest.raises(requests.ConnectionError):
            requests.get(url, timeout=5)


def test_a_port_can_be_chosen_and_a_taken_one_is_an_error(simulator):
    port = int(simulator.urls["salesforce"].rsplit(":", 1)[1])
    with pytest.raises(OSError, match="in use"):
        start(5, systems=("salesforce",), ports={"salesforce": port})


def test_connections_are_kept_alive_and_requests_logged(simulator):
    session, url = session_of(simulator)
    for _ in range(4):
        assert ask(session, url).status_code == 200
    pools = session.get_adapter(url).poolmanager.pools
    (key,) = pools.keys()
    assert pools[key].num_connections == 1
    log = requests.get(f"{url}/__log__", timeout=5).json()
    assert log["requests"].count(["GET", QUERY, 200]) == 4
    assert log["total"] == 5


def test_writes_are_read_back_over_http(simulator):
    session, url = session_of(simulator)
    record = ask(session, url).json()["records"][0]
    path = f"{url}{record['attributes']['url']}"
    assert session.patch(path, json={"Description": "käse"}, timeout=5).status_code == 204
    assert session.get(path, timeout=5).json()["Description"] == "käse"


def test_concurrent_requests_agree(simulator):
    session, url = session_of(simulator)
    expected, answers = ask(session, url).json(), []

    def work():
        mine, _ = session_of(simulator)
        answers.extend(ask(mine, url).json() for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 40


def test_forced_faults_come_in_order_and_leave_no_trace_after(simulator):
    session, url = session_of(simulator)
    good = ask(session, url).json()
    injector = simulator.faults["salesforce"]
    injector.force("too_many", path="/query")
    refused = ask(session, url)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    injector.force("server_error")
    assert ask(session, url).status_code == 503
    injector.force("html")
    page = ask(session, url)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html")
    injector.force("expire")
    assert ask(session, url).json()[0]["errorCode"] == "INVALID_SESSION_ID"
    session, url = session_of(simulator)
    assert ask(session, url).json() == good
    assert simulator.apps["salesforce"].log.count("/query", 429) == 1


@pytest.mark.parametrize("at", [0, 1, 100])
def test_a_connection_cut_at_a_byte(simulator, at):
    session, url = session_of(simulator)
    simulator.faults["salesforce"].force("cut", at=at)
    with pytest.raises(requests.RequestException):
        ask(session, url)
    assert ask(session, url).status_code == 200


@pytest.mark.parametrize("kind", ["truncate", "gzip"])
def test_answers_without_their_end(simulator, kind):
    session, url = session_of(simulator)
    simulator.faults["salesforce"].force(kind)
    with pytest.raises((requests.JSONDecodeError, requests.exceptions.ContentDecodingError)):
        ask(session, url).json()


def test_a_cut_write_was_carried_out(simulator):
    session, url = session_of(simulator)
    record = ask(session, url).json()["records"][0]
    path = f"{url}{record['attributes']['url']}"
    simulator.faults["salesforce"].force("cut", at=0)
    with pytest.raises(requests.RequestException):
        session.patch(path, json={"Description": "kept"}, timeout=5)
    assert session.get(path, timeout=5).json()["Description"] == "kept"


def test_hanging_outlasts_the_client_and_not_the_stop(simulator):
    session, url = session_of(simulator)
    simulator.faults["salesforce"].force("hang")
    with pytest.raises(requests.Timeout):
        ask(session, url, timeout=0.05)
    began = time.monotonic()
    simulator.stop()
    assert time.monotonic() - began < 3


def test_rates_are_kept_and_seeded():
    def outcome(seed):
        faults = Faults(seed=seed, too_many=0.2, server_error=0.1, path="/query")
        with start(10, systems=("salesforce",), faults=faults) as running:
            session, url = session_of(running)
            return [ask(session, url).status_code for _ in range(100)]

    first = outcome(3)
    assert first == outcome(3)
    assert first != outcome(4)
    assert 10 <= first.count(429) <= 32
    assert 3 <= first.count(500) + first.count(503) <= 20


def test_unknown_fault(simulator):
    with pytest.raises(ValueError, match="none of"):
        simulator.faults["salesforce"].force("meteor")


def test_only_loopback_is_bound(simulator):
    host, port = simulator.urls["salesforce"].removeprefix("http://").split(":")
    assert host == "127.0.0.1"
    with socket.create_connection((host, int(port)), timeout=5) as raw:
        raw.sendall(b"GET /__log__ HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 200")
