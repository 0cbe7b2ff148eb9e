"""What Prometheus can read: counts of this process, and the state that the last run left."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from sync.files import replace_bytes
from sync.summary import RunReport

PREFIX = "pulsefield"


class Metrics:
    """All metrics of one process; its own registry. Labels hold names of the configuration."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._reads: dict[str, datetime] = {}
        self._runs = self._counter("runs", "Runs that ended.", "schedule", "result")
        self._records = self._counter("records", "Records that sources sent.", "connection")
        self._rows = self._counter("rows", "Rows new or changed.", "connection", "table")
        self._requests = self._counter("requests", "Requests sent.", "connection", "operation")
        self._retries = self._counter("retries", "Requests sent again.", "connection")
        self._failures = self._counter("failures", "Times that it failed.", "connection")
        self._written = self._counter("written", "Records written.", "connection")
        self._refused = self._counter("refused", "Records refused.", "connection")
        self._alerts = self._counter("alerts", "Things told by webhook.")
        self._unsafe = self._gauge("unsafe_reasons", "Of the last run's plans.", "schedule")
        self._seconds = self._gauge("run_seconds", "Time of the last run.", "schedule")
        self._success = self._gauge(
            "last_success_timestamp_seconds", "End of the last run without failure.", "schedule"
        )
        self._quota = self._gauge(
            "quota_left_ratio", "Share of the daily quota that nobody used.", "connection"
        )
        self._read = self._gauge(
            "data_timestamp_seconds", "When a source was last read to its end.", "connection"
        )
        self._age = self._gauge("data_age_seconds", "Time since then.", "connection")
        self._accounts = self._gauge("accounts", "Accounts in a band.", "score", "band")
        self._mean = self._gauge("score_mean", "Mean of a score, 0 to 100.", "score")
        self._coverage = self._gauge("coverage_ratio", "Mean coverage of a score.", "score")

    def ran(self, schedule: str, report: RunReport, now: datetime) -> None:
        """Take a run that came to its end."""
        failed = report.exit_code > 1 or any(c.error for c in report.connections)
        result = {3: "unsafe"}.get(report.exit_code, "failed" if failed else "done")
        self._runs.labels(schedule, result).inc()
        self._seconds.labels(schedule).set(report.seconds)
        self._unsafe.labels(schedule).set(len(report.unsafe))
        if result == "done":
            self._success.labels(schedule).set(now.timestamp())
        self._connections(report)
        for score in report.scores:
            for band, count in score.bands.items():
                self._accounts.labels(score.score, band).set(count)
            if score.mean is not None:
                self._mean.labels(score.score).set(score.mean)
            self._coverage.labels(score.score).set(score.coverage)

    def _connections(self, report: RunReport) -> None:
        for entry in report.connections:
            self._records.labels(entry.name).inc(entry.records)
            self._retries.labels(entry.name).inc(entry.retried)
            self._failures.labels(entry.name).inc(int(entry.error is not None))
            for table, count in entry.rows.items():
                self._rows.labels(entry.name, table).inc(count)
            for operation, count in entry.made.items():
                self._requests.labels(entry.name, operation).inc(count)
            if entry.quota_used is not None:
                self._quota.labels(entry.name).set(max(0.0, 1 - entry.quota_used))
        for applied in (*report.applied, *report.resumed):
            self._written.labels(applied.connection).inc(applied.ok)
            self._refused.labels(applied.connection).inc(len(applied.refused))

    def failed(self, schedule: str) -> None:
        """Take a run that an error ended."""
        self._runs.labels(schedule, "failed").inc()

    def told(self, count: int) -> None:
        """Take alerts that were sent."""
        self._alerts.inc(count)

    def read(self, reads: Mapping[str, datetime]) -> None:
        """Take when each source was last read to its end."""
        self._reads = dict(reads)

    def text(self, now: datetime) -> bytes:
        """Return everything in Prometheus' text format."""
        for name, time in self._reads.items():
            self._read.labels(name).set(time.timestamp())
            self._age.labels(name).set(max(timedelta(0), now - time).total_seconds())
        return generate_latest(self.registry)

    def write(self, path: Path, now: datetime) -> None:
        """Write a file for node_exporter's textfile collector, whole or not at all.

        Others may read it, as node_exporter runs as another user.

        Raises:
            SyncError: it cannot be written.
        """
        replace_bytes(path, self.text(now))
        path.chmod(0o644)

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", about, labels, registry=self.registry)

    def _gauge(self, name: str, about: str, *labels: str) -> Gauge:
        return Gauge(f"{PREFIX}_{name}", about, labels, registry=self.registry)
