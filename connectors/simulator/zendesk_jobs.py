"""Zendesk's background jobs: queued, working, done, kept for a day."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .limits import DAY, Clock
from .standin import Body
from .zendesk_errors import not_found, too_many_jobs

MOST = 30


@dataclass(slots=True)
class Job:
    """One background job.

    Attributes:
        id: Zendesk's id.
        total: Rows.
        made_at: When it was queued.
        seconds: How long it takes.
        work: Does it; returns the rows' results.
        results: Of a job that has run.
        failed: Whether the job as a whole fails, with nothing done.
    """

    id: str
    total: int
    made_at: float
    seconds: float
    work: Callable[[], list[Body]]
    results: list[Body] | None = None
    failed: bool = False
    done: bool = False


@dataclass(slots=True)
class Jobs:
    """All jobs of an account.

    Attributes:
        clock: The vendor's time.
        seconds: How long a job takes: the first half queued, the second working.
        fail_next: How many of the next jobs fail as a whole.
    """

    clock: Clock
    host: str
    seconds: float = 0.2
    fail_next: int = 0
    by_id: dict[str, Job] = field(default_factory=dict)

    def start(self, total: int, work: Callable[[], list[Body]]) -> Body:
        """Queue a job and return its status.

        Raises:
            Refusal: 30 jobs are queued or running.
        """
        self.run_due()
        if sum(not job.done for job in self.by_id.values()) >= MOST:
            raise too_many_jobs(MOST)
        job_id = f"V3-{len(self.by_id) + 1:032x}"
        failed = self.fail_next > 0
        self.fail_next -= failed
        job = Job(job_id, total, self.clock(), self.seconds, work, failed=failed)
        self.by_id[job_id] = job
        return self._status(job)

    def run_due(self) -> None:
        """Do the work of every job whose time has come, in order."""
        now = self.clock()
        for job in self.by_id.values():
            if not job.done and now >= job.made_at + job.seconds:
                job.done = True
                job.results = None if job.failed else job.work()

    def status(self, job_id: str) -> Body:
        """Return a job's status.

        Raises:
            Refusal: 404, unknown or older than a day.
        """
        job = self.by_id.get(job_id)
        if job is None or self.clock() - job.made_at > DAY:
            raise not_found()
        return self._status(job)

    def statuses(self, ids: Iterable[str]) -> list[Body]:
        """Return the statuses of those of these jobs that are still kept."""
        oldest = self.clock() - DAY
        known = (self.by_id.get(one) for one in ids)
        return [self._status(job) for job in known if job and job.made_at >= oldest]

    def _status(self, job: Job) -> Body:
        age = self.clock() - job.made_at
        state = "queued" if age < job.seconds / 2 else "working"
        progress = None if state == "queued" else job.total // 2
        message = None
        if job.done:
            state, progress = ("failed", None) if job.failed else ("completed", job.total)
            message = None if job.failed else f"Completed at {int(job.made_at + job.seconds)}"
        return {
            "id": job.id,
            "url": f"{self.host}/api/v2/job_statuses/{job.id}.json",
            "total": job.total,
            "progress": progress,
            "status": state,
            "message": message,
            "results": job.results,
        }
