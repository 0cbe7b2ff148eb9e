"""Bulk API 2.0 jobs, step by step: each step is one request with the token of its moment."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from connectors.errors import RequestError, SetupError, TransientError

from .answers import Lines, parse
from .client import Client

RESULT_ROWS = 50_000
"""Rows asked for in one page of results."""

NULL = "#N/A"
"""Clears a field; an empty cell leaves it as it is. # unconfirmed"""

_LOCATOR = "Sforce-Locator"
# Seconds, share of the time gone, seconds: a job is seen to be over after 1.3 times what it took
# at most, until half a minute is little beside it; one of an hour costs 140 requests.
_FIRST_POLL, _POLL_SHARE, _LAST_POLL = 0.05, 0.3, 30.0
_MOST_WAIT = 86_400.0  # seconds; a job is given up by Salesforce after a day # unconfirmed
_ENDED = {"JobComplete", "Failed", "Aborted"}
_BEGUN = {"UploadComplete", "InProgress", *_ENDED}
# A second upload is refused by the job's state, or taken, and then the job cannot be closed:
# "Found multiple contents for job" (salesforce.stackexchange.com/questions/231917).
_HAS_DATA, _TWICE = "INVALIDJOBSTATE", "multip"  # the vendor's message has a slip
_NOT_THERE = 404
# Unprocessed rows have a list, too, but those beyond the daily allocation are on none: what is on
# neither of these was not written.
_RESULTS = {"failed": "failedResults", "successful": "successfulResults"}


@dataclass(frozen=True, slots=True)
class Batch:
    """A page of a query job's results.

    Attributes:
        lines: Its records.
        locator: Of the next page; None: this is the last.
    """

    lines: Lines
    locator: str | None


class Jobs:
    """The jobs of one kind.

    Args:
        client: The organisation.
        kind: ``query`` or ``ingest``.
        operation: Under which name requests are counted.
    """

    def __init__(self, client: Client, kind: str, operation: str) -> None:
        self._http = client.http
        self._root = f"{client.data}/jobs/{kind}"
        self._operation = operation

    def create(self, body: Mapping[str, Any]) -> str:
        """Create a job and return its id. Counted with what every job needs: two requests more.

        A create whose answer was lost is sent again: the orphan holds no data and ends by itself.
        """
        found = self._json("POST", "", json=dict(body), idempotent=True)
        self._http.stats.count(self._operation, least=2)
        return str(found["id"])

    def wait(self, job: str, least: float = _FIRST_POLL) -> dict[str, Any]:
        """Poll, ever slower, until a job has ended; return its last state.

        Args:
            job: Its id.
            least: Seconds that it takes at least: asking sooner would be in vain.

        Raises:
            RequestError: there is no such job.
            TransientError: it has not ended within a day.
        """
        clock = self._http.clock
        began, pause = clock.elapsed(), max(least, _FIRST_POLL)
        while clock.elapsed() - began < _MOST_WAIT:
            clock.wait(pause)
            state = self.state(job)
            if state.get("state") in _ENDED:
                return state
            pause = max(_FIRST_POLL, min(_LAST_POLL, (clock.elapsed() - began) * _POLL_SHARE))
        raise TransientError(f"Salesforce: job {job} has not ended within a day")

    def state(self, job: str) -> dict[str, Any]:
        """Return a job as it is now."""
        found: dict[str, Any] = self._json("GET", f"/{job}")
        return found

    def upload(self, job: str, text: str) -> bool:
        """Upload an ingest job's data and let it begin.

        An upload or a close whose answer was lost is sent again, and refused if it had arrived;
        then the job's state tells how to go on.

        Returns:
            Whether it has begun. False: it has its data twice, and can only be aborted.

        Raises:
            RequestError: the data is refused.
        """
        try:
            self._http.request(
                "PUT",
                f"{self._root}/{job}/batches",
                data=text.encode(),
                headers={"Content-Type": "text/csv; charset=UTF-8"},
                operation=self._operation,
            )
        except RequestError as error:
            if error.code != _HAS_DATA:
                raise
        try:
            self._json("PATCH", f"/{job}", json={"state": "UploadComplete"}, idempotent=True)
        except RequestError as error:
            if self.state(job).get("state") not in _BEGUN:
                if _TWICE in str(error):
                    return False
                raise
        self._http.stats.count(self._operation, least=2)
        return True

    def abort(self, job: str) -> None:
        """Abort a job; one that has ended already stays as it is."""
        try:
            self._json("PATCH", f"/{job}", json={"state": "Aborted"}, idempotent=True)
        except RequestError as error:
            if error.status == _NOT_THERE:
                raise

    def pages(self, job: str, locator: str = "") -> Iterator[Batch]:
        """Yield the result pages of a query job from a locator on.

        Raises:
            TransientError: a locator came twice.
        """
        seen = {locator}
        following: str | None = locator
        while following is not None:
            batch = self._page(job, following)
            yield batch
            following = batch.locator
            if following in seen:
                raise TransientError(f"Salesforce: job {job} names the same page twice")
            seen.add(str(following))

    def _page(self, job: str, locator: str) -> Batch:
        file = io.BytesIO()
        told, following = self._fetch(job, locator, file)

        def again() -> None:
            self._http.stats.retried += 1
            if self._fetch(job, locator, file, whole=True) != (told, following):
                raise TransientError(f"Salesforce: a result page of job {job} came in two versions")

        self._http.stats.count(self._operation, least=1)
        return Batch(Lines(file, told, again), following)

    def _fetch(
        self, job: str, locator: str, file: IO[bytes], *, whole: bool = False
    ) -> tuple[int | None, str | None]:
        """Fetch a result page; return how many rows it states and the next one's locator.

        Args:
            job: Its id.
            locator: Of the page.
            file: What it is written into.
            whole: Whether it is fetched until it can be parsed.
        """

        def check(headers: Mapping[str, str]) -> tuple[int | None, str | None]:
            following = headers.get(_LOCATOR)
            if following is None:  # as in a page of a proxy's: taken for the last, rows would lack
                raise TransientError("Salesforce: a result page does not tell of the next")
            told = headers.get("Sforce-NumberOfRecords", "")
            stated = int(told) if told.isdigit() else None
            if whole:
                parse(file, stated)
                file.seek(0)
            return stated, None if following in {"", "null"} else following

        return self._http.download(
            f"{self._root}/{job}/results",
            file,
            check=check,
            params={"maxRecords": RESULT_ROWS} | ({"locator": locator} if locator else {}),
            headers={"Accept": "text/csv"},
            operation=self._operation,
        )

    def rows(self, job: str, which: str) -> list[dict[str, str]]:
        """Return the ``failed`` or ``successful`` rows of an ingest job."""
        answer = self._http.request(
            "GET", f"{self._root}/{job}/{_RESULTS[which]}", operation=self._operation
        )
        self._http.stats.count(self._operation, least=1)
        text = answer.content.decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def _json(self, method: str, path: str, **options: Any) -> Any:
        return self._http.json(method, f"{self._root}{path}", operation=self._operation, **options)


def failure(state: Mapping[str, Any]) -> Exception:
    """Return why a query job did not complete."""
    reason = str(state.get("errorMessage") or state.get("state"))[:300]
    code = reason.partition(":")[0].strip()
    if code in {"InvalidVersion", "FeatureNotEnabled", "INVALID_FIELD", "INVALIDJOB"}:
        return SetupError(f"Salesforce: the query job failed: {reason}")
    return TransientError(f"Salesforce: the query job failed: {reason}")


def to_csv(rows: Iterable[Sequence[str]]) -> str:
    """Return CSV with line feeds; line ends inside values are quoted."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
