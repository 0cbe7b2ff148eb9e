"""Writing score fields to companies: batches of 100, and what becomes of each row.

A bad value makes HubSpot refuse the whole batch with 400. The error often names its rows, and
they are left out; where it does not, the batch is halved until the bad row is alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from connectors.base import FieldUpdate, WriteLog, WriteResult
from connectors.errors import ConnectorError, SetupError
from connectors.pages import ahead, in_order

from .answers import GONE, MERGED, named, refused, sort
from .client import BATCH_LIMIT, Body, Client, counted_as, results
from .errors import RefusedError, codes, details
from .fields import ID
from .links import batched
from .properties import COMPANIES

# Codes that say that a field is gone or closed to everyone: no row can be written.
_FIELD_CODES = frozenset({"PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"})
_BAD_REQUEST = 400
_MANY = 20  # rows refused alike that mean that it is not the rows


@dataclass(slots=True)
class Outcome:
    """What became of one batch.

    Attributes:
        results: One for each update, in order.
        stop: Why nothing more can be written, if so.
    """

    results: list[WriteResult]
    stop: ConnectorError | None = None


class Writer:
    """Writes updates.

    Args:
        client: HubSpot.
        workers: Requests at once.
    """

    def __init__(self, client: Client, workers: int) -> None:
        self._client = client
        self._workers = workers

    def write(self, updates: Sequence[FieldUpdate], log: WriteLog) -> Iterator[WriteResult]:
        """Send updates; results in their order. See ``base.Target``."""
        for run in _runs(updates):
            yield from self._write_run(run, log)

    def _write_run(self, updates: Sequence[FieldUpdate], log: WriteLog) -> Iterator[WriteResult]:
        def announced() -> Iterator[list[FieldUpdate]]:
            for batch in batched(updates, BATCH_LIMIT):
                log.sending([update.ref for update in batch])
                yield batch

        self._client.http.stats.count(
            counted_as("batch_update", COMPANIES), least=-(-len(updates) // BATCH_LIMIT)
        )
        # Told while the batches before it are under way, so that noting it keeps none waiting.
        batches = ahead(announced()) if self._workers > 1 else announced()
        for outcome in in_order(self._batch, batches, self._workers, drain=True):
            yield from outcome.results
            if outcome.stop is not None:
                raise outcome.stop

    def _batch(self, updates: Sequence[FieldUpdate]) -> Outcome:
        done: dict[str, WriteResult] = {}
        try:
            self._send(updates, done)
        except ConnectorError as error:
            known = takewhile(lambda update: update.ref in done, updates)
            return Outcome([done[update.ref] for update in known], error)
        found = [done[update.ref] for update in updates]
        return Outcome(found, _hopeless(found))

    def _send(self, updates: Sequence[FieldUpdate], done: dict[str, WriteResult]) -> bool:
        """Send updates until each has a result; return whether all went through at once."""
        try:
            answer = self._client.update(COMPANIES, [_input(update) for update in updates])
        except RefusedError as error:
            self._part(updates, error, done)
            return False
        found = sort(answer, [update.ref for update in updates])
        done.update(found.done)
        unknown = set(found.open)
        if unknown:
            self._ask([update for update in updates if update.ref in unknown], done)
        return True

    def _part(
        self, updates: Sequence[FieldUpdate], error: RefusedError, done: dict[str, WriteResult]
    ) -> None:
        """Part a batch that was refused as a whole: the rows that the error names, the others."""
        if error.status != _BAD_REQUEST:
            raise SetupError(str(error)) from error
        if codes(error.body) in _FIELD_CODES:
            raise SetupError(f"{error}; run `pulsefield fields` and plan again") from error
        sent = {update.ref for update in updates}
        bad = {one for body in (error.body, *details(error.body)) for one in named(body, sent)}
        self._halve([update for update in updates if update.ref in bad or not bad], error, done)
        others = [update for update in updates if bad and update.ref not in bad]
        if others:
            self._send(others, done)

    def _halve(
        self, updates: Sequence[FieldUpdate], error: RefusedError, done: dict[str, WriteResult]
    ) -> None:
        """Find the bad rows among updates of which at least one is; one alone is it."""
        if len(updates) == 1:
            done[updates[0].ref] = refused(updates[0].ref, error.body)
            return
        middle = len(updates) // 2
        if self._send(updates[:middle], done):
            self._halve(updates[middle:], error, done)
        else:
            self._send(updates[middle:], done)

    def _ask(self, updates: Sequence[FieldUpdate], done: dict[str, WriteResult]) -> None:
        """Settle rows of which an answer said nothing: those that exist are sent once more."""
        refs = [update.ref for update in updates]
        there = {str(row["id"]) for row in results(self._client.read(COMPANIES, refs, [ID]))}
        for ref in refs:
            done[ref] = _unsettled(ref) if ref in there else _gone(ref)
        again = [update for update in updates if update.ref in there]
        if not again:
            return
        try:
            answer = self._client.update(COMPANIES, [_input(update) for update in again])
        except RefusedError as error:
            self._part(again, error, done)
            return
        done.update(sort(answer, [update.ref for update in again]).done)


def _runs(updates: Sequence[FieldUpdate]) -> Iterator[list[FieldUpdate]]:
    """Part updates where an id comes again: HubSpot refuses a batch that has one twice."""
    run: dict[str, FieldUpdate] = {}
    for update in updates:
        if update.ref in run:
            yield list(run.values())
            run = {}
        run[update.ref] = update
    if run:
        yield list(run.values())


def _input(update: FieldUpdate) -> Body:
    """Return a row as HubSpot takes it: values are texts, and ``""`` clears; null does not."""
    return {
        "id": update.ref,
        "objectWriteTraceId": update.ref,
        "properties": {name: value or "" for name, value in update.values.items()},
    }


def _hopeless(found: Sequence[WriteResult]) -> SetupError | None:
    """Return why to stop, when every row of a whole batch was refused for one reason."""
    reasons = {(result.code, result.retryable) for result in found if not result.ok}
    if len(found) < _MANY or any(result.ok for result in found) or len(reasons) > 1:
        return None
    code, retryable = reasons.pop()
    if retryable or code in {GONE, MERGED}:
        return None
    return SetupError(
        f"HubSpot refuses every company alike ({code}: {found[0].message}); nothing more is sent"
    )


def _gone(ref: str) -> WriteResult:
    return WriteResult(ref, ok=False, code=GONE, message="the company is deleted or merged away")


def _unsettled(ref: str) -> WriteResult:
    message = "HubSpot did not say whether the values were taken; they are sent again next time"
    return WriteResult(ref, ok=False, code="NOT_ACKNOWLEDGED", message=message, retryable=True)
