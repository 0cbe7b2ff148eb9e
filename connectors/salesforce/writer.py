"""Writes field values of Accounts: collections of 200, Bulk 2.0 above 2,000."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.base import FieldSpec, FieldUpdate, WriteLog, WriteResult
from connectors.errors import RequestError, SetupError, TransientError
from connectors.pages import in_order

from .client import Client
from .ingest import Ingest
from .rules import error_of

BATCH = 200
"""Records of one sObject Collections request."""

OPERATION = "write Account"

# Accounts are not each other's children, so that batches do not wait for each other's locks.
_WORKERS = 3
_LOCKED = "UNABLE_TO_LOCK_ROW"
_LOCK_PAUSES = (1.0, 3.0, 9.0)  # seconds before a locked row is sent again
RETRYABLE = {_LOCKED, "UNKNOWN_EXCEPTION", "SERVER_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED"}
# A field of the request, not of a row: all rows would be refused alike.
_ABOUT_FIELDS = {"INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE", "INVALID_TYPE"}


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes to one organisation.

    Attributes:
        client: The organisation.
        specs: Our fields by name, for the types of their values.
        bulk_above: Updates above which Bulk 2.0 is used.
    """

    client: Client
    specs: Mapping[str, FieldSpec]
    bulk_above: int

    def write(self, updates: Sequence[FieldUpdate], log: WriteLog) -> Iterator[WriteResult]:
        """Send updates and yield a result for each, in order.

        Raises:
            SetupError, TransientError: as ``Target.write``.
        """
        if len(updates) <= self.bulk_above:
            yield from self._collections(updates, log)
            return
        ingest = Ingest(self.client, OPERATION)
        for part in ingest.parts(updates):
            results = list(ingest.run(part, log))
            yield from self._again(part, results, log)

    def adopt(self, job: str, updates: Sequence[FieldUpdate]) -> Iterator[WriteResult]:
        """Return the results of a Bulk job that an earlier process started."""
        return Ingest(self.client, OPERATION).adopt(job, updates)

    def _collections(self, updates: Sequence[FieldUpdate], log: WriteLog) -> Iterator[WriteResult]:
        def batches() -> Iterator[Sequence[FieldUpdate]]:
            for batch in chunks(updates):
                log.sending([update.ref for update in batch])
                yield batch

        for results in in_order(self._batch, batches(), _WORKERS, drain=True):
            yield from results

    def _batch(self, batch: Sequence[FieldUpdate]) -> list[WriteResult]:
        self.client.http.stats.count(OPERATION, least=1)
        results = self._send(batch)
        for pause in _LOCK_PAUSES:
            locked = [i for i, result in enumerate(results) if result.code == _LOCKED]
            if not locked:
                break
            self.client.http.clock.wait(pause)
            again = self._send([batch[i] for i in locked])
            for i, result in zip(locked, again, strict=True):
                results[i] = result
        return results

    def _again(
        self, part: Sequence[FieldUpdate], results: list[WriteResult], log: WriteLog
    ) -> list[WriteResult]:
        """Send the rows of a Bulk job that were locked once more, as collections."""
        locked = [i for i, result in enumerate(results) if result.code == _LOCKED]
        if locked:
            again = list(self._collections([part[i] for i in locked], log))
            for i, result in zip(locked, again, strict=True):
                results[i] = result
        return results

    def _send(self, batch: Sequence[FieldUpdate]) -> list[WriteResult]:
        """Send a batch; one that is refused as a whole is halved until the bad row is alone."""
        try:
            answer = self.client.rest(
                "PATCH",
                "composite/sobjects",
                OPERATION,
                json={"allOrNone": False, "records": [self._record(u) for u in batch]},
                idempotent=True,  # the values are absolute
            )
        except RequestError as error:
            if error.code in _ABOUT_FIELDS:
                self._refuse_fields(batch, error)
            if len(batch) == 1:
                return [WriteResult(batch[0].ref, ok=False, code=error.code, message=str(error))]
            half = len(batch) // 2
            return self._send(batch[:half]) + self._send(batch[half:])
        return _results(batch, answer)

    def _record(self, update: FieldUpdate) -> dict[str, Any]:
        values = {name: self._value(name, text) for name, text in update.values.items()}
        return {"attributes": {"type": "Account"}, "id": update.ref, **values}

    def _value(self, name: str, text: str | None) -> Any:
        spec = self.specs.get(name)
        if text is None or spec is None or spec.type != "number":
            return text
        try:
            return float(text)
        except ValueError:
            return text

    def _refuse_fields(self, batch: Sequence[FieldUpdate], error: RequestError) -> None:
        """Raise if a field of the batch is not there or not writable now."""
        fields = self.client.describe("Account", fresh=True)["fields"]
        writable = {field["name"] for field in fields if field.get("updateable")}
        missing = sorted({name for update in batch for name in update.values} - writable)
        if missing:
            raise SetupError(
                f"{error}. Account has no field that the running user may write for "
                f"{', '.join(missing)}; run `pulsefield fields --create` to create and grant them"
            )


def chunks(updates: Sequence[FieldUpdate]) -> Iterator[Sequence[FieldUpdate]]:
    """Yield batches of at most 200 in which no record comes twice: Salesforce refuses that."""
    batch: list[FieldUpdate] = []
    refs: set[str] = set()
    for update in updates:
        if len(batch) == BATCH or update.ref in refs:
            yield batch
            batch, refs = [], set()
        batch.append(update)
        refs.add(update.ref)
    if batch:
        yield batch


def _results(batch: Sequence[FieldUpdate], answer: Any) -> list[WriteResult]:
    """Match results by position: failed rows may lack their id."""
    if not isinstance(answer, list) or len(answer) != len(batch):
        raise TransientError(
            "Salesforce: PATCH composite/sobjects did not answer with a result for each record; "
            "they are sent again by the next run"
        )
    return [_result(update.ref, row) for update, row in zip(batch, answer, strict=True)]


def _result(ref: str, row: Mapping[str, Any]) -> WriteResult:
    if row.get("success") is True:
        return WriteResult(ref, ok=True)
    errors: Iterable[Any] = row.get("errors") or [{}]
    code, reason = error_of(next(iter(errors)))
    return WriteResult(ref, ok=False, code=code, message=reason, retryable=code in RETRYABLE)
