"""What Prometheus reads, and who may."""

import stat
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from connectors.errors import SetupError
from connectors.findings import Findings
from sync.config import load
from sync.service.listener import Health, listen
from sync.service.metrics import Metrics
from sync.summary import ApplyReport, ConnectionReport, Refused, ScoreReport, StreamReport
from tests.sync.service.simulated import START, SimulatedClock, deployment, report

CRM = ConnectionReport(
    "crm",
    "salesforce",
    streams=(StreamReport("Account", 12, full=False, complete=True),),
    rows={"accounts": 5},
    made={"query": 3},
    quota_used=0.25,
    findings=tuple(Findings()),
)
REPORT = report(
    1,
    connections=(CRM,),
    scores=(ScoreReport("health", {"red": 2, "green": 3}, 61.5, 0.8),),
    applied=(ApplyReport("crm", 1, 4, (Refused(1, "r", "LOCKED", "no", retryable=True),)),),
)


def values(text: bytes) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_a_run_is_counted() -> None:
    metrics = Metrics()
    metrics.ran("scores", REPORT, START)
    metrics.ran("scores", REPORT, START)
    metrics.failed("scores")
    metrics.read({"crm": START - timedelta(hours=2)})
    found = values(metrics.text(START))
    assert found["pulsefield_runs_total", "done", "scores"] == 2
    assert found["pulsefield_runs_total", "failed", "scores"] == 1
    assert found["pulsefield_records_total", "crm"] == 24
    assert found["pulsefield_rows_total", "accounts", "crm"] == 10
    assert found["pulsefield_requests_total", "crm", "query"] == 6
    assert found["pulsefield_quota_left_ratio", "crm"] == 0.75
    assert found["pulsefield_data_age_seconds", "crm"] == 7200
    assert found["pulsefield_accounts", "health", "red"] == 2
    assert found["pulsefield_written_total", "crm"] == 8
    assert found["pulsefield_refused_total", "crm"] == 2


def test_a_text_file_is_whole_and_others_may_read_it(tmp_path) -> None:
    metrics = Metrics()
    metrics.ran("scores", REPORT, START)
    metrics.write(tmp_path / "pulsefield.prom", START)
    assert values((tmp_path / "pulsefield.prom").read_bytes())["pulsefield_score_mean", "health"]
    assert stat.S_IMODE((tmp_path / "pulsefield.prom").stat().st_mode) == 0o644


@pytest.fixture
def served(tmp_path, monkeypatch) -> Iterator[tuple[str, SimulatedClock]]:
    monkeypatch.setenv("TOKEN", "open sesame")
    text = '[metrics]\nlisten = "127.0.0.1:0"\ntoken = "env:TOKEN"'
    clock, metrics = SimulatedClock(), Metrics()
    metrics.ran("scores", REPORT, START)
    health = Health(START, schedules={"scores": {"state": "done"}})
    listener = listen(load(deployment(tmp_path, "", text)), metrics, health, clock)
    assert listener is not None
    yield f"http://127.0.0.1:{listener.port}", clock
    listener.stop()


def test_metrics_want_the_token(served) -> None:
    url, _ = served
    assert requests.get(f"{url}/metrics", timeout=5).status_code == 401
    wrong = {"Authorization": "Bearer open"}
    assert requests.get(f"{url}/metrics", headers=wrong, timeout=5).status_code == 401
    right = {"Authorization": "Bearer open sesame"}
    answer = requests.get(f"{url}/metrics", headers=right, timeout=5)
    assert values(answer.content)["pulsefield_score_mean", "health"] == 61.5
    assert requests.post(f"{url}/metrics", timeout=5).status_code == 405
    assert requests.get(f"{url}/", timeout=5).status_code == 404


def test_health_is_told_to_everyone_and_its_details_to_some(served) -> None:
    url, clock = served
    answer = requests.get(f"{url}/healthz", timeout=5)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    right = {"Authorization": "Bearer open sesame"}
    details = requests.get(f"{url}/healthz", headers=right, timeout=5).json()
    assert details["schedules"] == {"scores": {"state": "done"}}
    clock.move(timedelta(minutes=6))
    assert requests.get(f"{url}/healthz", timeout=5).status_code == 503


def test_nothing_listens_to_others_without_a_token(tmp_path) -> None:
    config = load(deployment(tmp_path, "", '[metrics]\nlisten = "0.0.0.0:0"'))
    with pytest.raises(SetupError, match=r"give metrics\.token"):
        listen(config, Metrics(), Health(START), SimulatedClock())


def test_an_address_that_is_taken_is_told(tmp_path, served) -> None:
    port = served[0].rpartition(":")[2]
    config = load(deployment(tmp_path, "", f'[metrics]\nlisten = "127.0.0.1:{port}"'))
    with pytest.raises(SetupError, match="nothing can listen"):
        listen(config, Metrics(), Health(START), SimulatedClock())
