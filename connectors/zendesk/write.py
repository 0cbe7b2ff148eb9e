"""Bulk updates: 100 records at a time as jobs that are followed to each row."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from connectors.base import FieldUpdate, WriteLog, WriteResult
from connectors.errors import RequestError, SetupError, TransientError
from connectors.http import Http
from connectors.pages import in_order

from .carriers import Carrier
from .rules import TOO_MANY_JOBS

BATCH = 100  # Zendesk, Job Statuses and the TooManyValues error
_JOBS = "/api/v2/job_statuses"
_GONE: Mapping[str, Any] = {"status": "gone", "message": "the job's status is no longer kept"}
_FIRST_POLL, _SLOWEST_POLL, _SLOWER = 0.25, 5.0, 1.5  # seconds, seconds, factor
_SOONEST = 0.05  # seconds until a job is asked for again, at least
_SHARE = 0.3  # of a job's age, likewise
_EAGER = 0.9  # of the wait after which the last one was over: the next is asked for that soon
_SENDERS = 4  # batches on their way at once
_PATIENCE = 1800.0  # seconds that a job may take; Zendesk names no limit
_OVER = frozenset({"completed", "failed", "killed", "gone"})  # killed is unconfirmed
_ROWS_REFUSED = frozenset({400, 413, 422})  # what one row or the size of a batch may cause
# Row errors that may pass: somebody else was saving the same organization. # unconfirmed
_PASSING = frozenset({"Conflict", "DatabaseConflict", "LockTimeout"})


@dataclass(slots=True)
class _Flight:
    """Updates on their way."""

    updates: Sequence[FieldUpdate]
    job: str = ""
    results: Sequence[WriteResult] | None = None
    since: float = 0.0


class Writer:
    """Writes records of one kind.

    Args:
        http: The connection.
        carrier: What is written.
        max_jobs: Jobs at a time.
    """

    def __init__(self, http: Http, carrier: Carrier, max_jobs: int) -> None:
        self._http = http
        self._carrier = carrier
        self._max_jobs = max_jobs
        self._usual = _FIRST_POLL  # seconds that jobs take, as lately seen

    def write(self, updates: Sequence[FieldUpdate], log: WriteLog) -> Iterator[WriteResult]:
        """Yield one result for each update, in order.

        Zendesk ignores a field that it does not know without a word, so that its list of fields
        is looked at first: what ``field_states`` read last, or read here.

        Raises:
            SetupError: a field is not there, or credentials or permission fail.
        """
        names = dict.fromkeys(name for update in updates for name in update.values)
        ignored = self._carrier.ignored(names) if names else []
        if ignored:
            raise SetupError(
                f"Zendesk would ignore {', '.join(ignored)}: there is no such "
                f"{self._carrier.words}, or it is not active; run pulsefield fields --create"
            )
        flying: deque[_Flight] = deque()
        senders = min(_SENDERS, max(1, self._max_jobs // 2))
        submit = partial(self._submit, log=log)
        for flights in in_order(submit, self._batches(updates), senders, drain=True):
            flying.extend(flights)
            while len(flying) > self._max_jobs - senders:
                yield from self._land(flying, flying[0])
        while flying:
            # Nothing more is sent: a moment later, one question tells of all jobs.
            yield from self._land(flying, flying[-1])

    def _batches(self, updates: Sequence[FieldUpdate]) -> Iterator[Sequence[FieldUpdate]]:
        for start in range(0, len(updates), BATCH):
            self._http.stats.count(self._carrier.operation, least=1)
            yield updates[start : start + BATCH]

    def adopt(self, job: str, updates: Sequence[FieldUpdate]) -> Iterator[WriteResult]:
        """Yield the results of a job that an earlier process started."""
        flight = _Flight(updates, job, since=self._http.clock.elapsed())
        self._follow([flight], flight)
        yield from flight.results or ()

    def _submit(self, updates: Sequence[FieldUpdate], log: WriteLog) -> list[_Flight]:
        """Send a batch; when it is refused as a whole, halve it until the bad row is alone."""
        log.sending([update.ref for update in updates])
        body = {self._carrier.resource: [self._carrier.row(update) for update in updates]}
        try:
            answer = self._send(body)
        except RequestError as error:
            if error.status not in _ROWS_REFUSED:
                raise SetupError(f"{error}; check base_url") from None
            if len(updates) == 1:
                reason = WriteResult(updates[0].ref, ok=False, code=error.code, message=str(error))
                return [_Flight(updates, results=[reason])]
            middle = len(updates) // 2
            halves = (updates[:middle], updates[middle:])
            return [flight for half in halves for flight in self._submit(half, log)]
        job = (answer or {}).get("job_status") or {}
        if not job.get("id"):
            raise TransientError("Zendesk: update_many brought no job; nothing is known of it")
        log.job([update.ref for update in updates], str(job["id"]))
        return [_Flight(updates, str(job["id"]), since=self._http.clock.elapsed())]

    def _send(self, body: Mapping[str, Any]) -> Any:
        """PUT a batch; while the account has too many jobs, wait for some to end."""
        pause, waited = _FIRST_POLL, 0.0
        path = f"/api/v2/{self._carrier.resource}/update_many.json"
        how = {"operation": self._carrier.operation, "bucket": self._carrier.bucket}
        while True:
            try:
                return self._http.json("PUT", path, json=body, **how)
            except RequestError as error:
                if error.code != TOO_MANY_JOBS:
                    raise
                if waited > _PATIENCE:
                    raise TransientError(str(error)) from None
            self._http.clock.wait(pause)
            waited, pause = waited + pause, min(pause * _SLOWER, _SLOWEST_POLL)

    def _land(self, flying: deque[_Flight], after: _Flight) -> Iterator[WriteResult]:
        """Yield the oldest flight's results."""
        if flying[0].results is None:
            self._follow([flight for flight in flying if flight.results is None], after)
        yield from flying.popleft().results or ()

    def _follow(self, flights: Sequence[_Flight], after: _Flight) -> None:
        """Poll all jobs together until the first one is over.

        Begun when the one ``after`` may be over by what jobs took lately, then after shares of
        its age, so that the end is noticed soon whatever Zendesk takes.
        """
        clock, first, tries = self._http.clock, flights[0], 0
        self._http.stats.count("jobs", least=1)
        pause = due = after.since + self._usual - clock.elapsed()
        while True:
            clock.wait(pause)
            age, tries = clock.elapsed() - first.since, tries + 1
            for flight, job in zip(flights, self._statuses(flights), strict=True):
                if job.get("status") in _OVER:
                    flight.results = _results(flight.updates, job)
            if first.results is not None:
                break
            if age > _PATIENCE:
                raise TransientError(f"Zendesk: job {first.job} is not over after half an hour")
            pause = max(_SOONEST, min(_SLOWEST_POLL, age * _SHARE))
        if after is first and tries > 1:
            self._usual = min(age, self._usual * _SLOWER)
        elif after is first and due > 0:
            self._usual = max(_SOONEST, self._usual * _EAGER)

    def _statuses(self, flights: Sequence[_Flight]) -> list[Mapping[str, Any]]:
        """Return the jobs' statuses; one that is no longer kept (after a day) is ``gone``."""
        ids = [flight.job for flight in flights]
        path = f"{_JOBS}/{ids[0]}" if len(ids) == 1 else f"{_JOBS}/show_many"
        params = {} if len(ids) == 1 else {"ids": ",".join(ids)}
        try:
            body = self._http.json("GET", path, params=params, operation="jobs")
        except RequestError:
            body = {}
        jobs = [body["job_status"]] if body.get("job_status") else body.get("job_statuses") or ()
        known = {str(job.get("id")): job for job in jobs}
        return [known.get(job, _GONE) for job in ids]


def _results(updates: Sequence[FieldUpdate], job: Mapping[str, Any]) -> list[WriteResult]:
    """Return what became of each row: a job may be completed and rows of it have failed."""
    rows = [row for row in job.get("results") or () if isinstance(row, Mapping)]
    by_id = {str(row["id"]): row for row in rows if row.get("id") is not None}
    by_index = {row["index"]: row for row in rows if "index" in row and row.get("id") is None}
    code = f"Job{str(job.get('status')).title()}"
    why = str(job.get("message") or "the job ended without a result for this row")
    none = {"error": code, "details": why, "retryable": True}
    return [
        _result(update.ref, by_id.get(update.ref) or by_index.get(index) or none)
        for index, update in enumerate(updates)
    ]


def _result(ref: str, row: Mapping[str, Any]) -> WriteResult:
    """Return a row's result; a failed one has an error, and no ``success`` key."""
    error = row.get("error")
    if row.get("success") is True or (row.get("status") == "Updated" and not error):
        return WriteResult(ref, ok=True)
    code = str(error or "Unknown")
    reason = str(row.get("details") or row.get("message") or code)
    passing = code in _PASSING or bool(row.get("retryable"))
    return WriteResult(ref, ok=False, code=code, message=reason, retryable=passing)
