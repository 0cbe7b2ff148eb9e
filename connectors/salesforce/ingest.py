"""Bulk 2.0 ingest of field values, with the job's states driven by us."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from connectors.base import FieldUpdate, WriteLog, WriteResult
from connectors.errors import RequestError, SetupError, TransientError

from .bulk import NULL, Jobs, to_csv
from .client import Client

# Characters: at four bytes each at most, and quotes doubled, they are less than the 150 MB as
# base64 that Salesforce takes; commonly a byte each, which keeps memory small and restarts short.
_LARGEST = 25_000_000
# Rows that no job writes in a second, whatever triggers are switched off: asking before is in
# vain. Loads of millions are told to take minutes. # unconfirmed
_FASTEST = 50_000
_TRIES = 3  # jobs for the same rows, where the answers to uploads get lost
_RETRYABLE = {"UNABLE_TO_LOCK_ROW", "UNKNOWN_EXCEPTION", "SERVER_UNAVAILABLE"}
_BAD_HEADER = "InvalidBatch"  # a column of the upload, so all rows alike
_JOB = {
    "object": "Account",
    "operation": "update",
    "contentType": "CSV",
    "lineEnding": "LF",
    "columnDelimiter": "COMMA",
}


class Ingest:
    """Writes by ingest jobs.

    Args:
        client: The organisation.
        operation: Under which name requests are counted.
    """

    def __init__(self, client: Client, operation: str) -> None:
        self._jobs = Jobs(client, "ingest", operation)

    def parts(self, updates: Sequence[FieldUpdate]) -> Iterator[Sequence[FieldUpdate]]:
        """Yield updates in parts that one upload takes; no record twice in one."""
        part: list[FieldUpdate] = []
        refs: set[str] = set()
        size = 0
        for update in updates:
            texts = update.values.values()
            more = sum(map(len, filter(None, texts))) + 6 * len(texts) + 24
            if part and (size + more > _LARGEST or update.ref in refs):
                yield part
                part, refs, size = [], set(), 0
            part.append(update)
            refs.add(update.ref)
            size += more
        if part:
            yield part

    def run(self, part: Sequence[FieldUpdate], log: WriteLog) -> Iterator[WriteResult]:
        """Write one part by one job and yield a result for each update, in order.

        Raises:
            SetupError: a field is not there, or hidden from the running user.
        """
        job = self._begun(part, log)
        state = self._jobs.wait(job, len(part) / _FASTEST)
        reason = str(state.get("errorMessage"))[:300]
        if reason.startswith(_BAD_HEADER) and not state.get("numberRecordsProcessed"):
            raise SetupError(
                f"Salesforce: the write job {job} failed: {reason}; "
                "run `pulsefield fields --create` to create and grant the fields"
            )
        yield from self._outcome(job, state, part)

    def _begun(self, part: Sequence[FieldUpdate], log: WriteLog) -> str:
        """Start a job; one that took its data twice is aborted and made anew."""
        refs = [update.ref for update in part]
        log.sending(refs)
        text = to_csv(_lines(part))
        for _ in range(_TRIES):
            job = self._jobs.create(_JOB)
            log.job(refs, job)
            if self._jobs.upload(job, text):
                return job
            self._jobs.abort(job)
        raise TransientError(f"Salesforce: uploads of write jobs, last {job}, kept breaking off")

    def adopt(self, job: str, updates: Sequence[FieldUpdate]) -> Iterator[WriteResult]:
        """Yield the results of a job that an earlier process started.

        A job that never got its data is aborted, one that is gone is told so; their rows may
        be sent again.
        """
        try:
            state = self._jobs.state(job)
            if state["state"] == "Open":
                self._jobs.abort(job)
            state = self._jobs.wait(job)
        except RequestError as error:
            reason = f"the job is not there any more ({error.code})"
            yield from _unknown(updates, "JOB_GONE", reason)
            return
        yield from self._outcome(job, state, updates)

    def _outcome(
        self, job: str, state: dict[str, Any], part: Sequence[FieldUpdate]
    ) -> Iterator[WriteResult]:
        """Yield results: what is acknowledged is written, whatever the job's state says."""
        told = state["state"] == "JobComplete" and state.get("numberRecordsProcessed") == len(part)
        failed = {} if told and not state.get("numberRecordsFailed") else self._rows(job, "failed")
        written = None if told else self._rows(job, "successful")
        reason = str(state.get("errorMessage") or "not processed by the job")[:300]
        for update in part:
            if update.ref in failed:
                yield _failure(update.ref, failed[update.ref].get("sf__Error", ""))
            elif written is None or update.ref in written:
                yield WriteResult(update.ref, ok=True)
            else:
                yield from _unknown([update], "NOT_PROCESSED", reason)

    def _rows(self, job: str, which: str) -> dict[str, dict[str, str]]:
        rows = self._jobs.rows(job, which)
        return {row.get("Id") or row.get("sf__Id") or "": row for row in rows}


def _lines(part: Sequence[FieldUpdate]) -> Iterator[list[str]]:
    names = list(dict.fromkeys(chain.from_iterable(update.values for update in part)))
    yield ["Id", *names]
    for update in part:
        values = update.values
        yield [
            update.ref,
            *[NULL if (cell := values.get(name, "")) is None else cell for name in names],
        ]


def _failure(ref: str, text: str) -> WriteResult:
    """Return the result of ``CODE:message:fields``."""
    code, _, rest = text.partition(":")
    message = rest.rpartition(":")[0] or rest
    return WriteResult(
        ref, ok=False, code=code, message=message[:300], retryable=code in _RETRYABLE
    )


def _unknown(updates: Sequence[FieldUpdate], code: str, reason: str) -> Iterator[WriteResult]:
    for update in updates:
        yield WriteResult(update.ref, ok=False, code=code, message=reason, retryable=True)
