"""What a run has to tell: plain frozen values, for reports and programs. Nothing is printed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connectors.findings import Finding

from .pairing import MatchReport


@dataclass(frozen=True, slots=True)
class StreamReport:
    """One stream that was read.

    Attributes:
        name: The vendor's name of it.
        records: Records that the vendor sent.
        full: Read from its beginning, not from a watermark.
        complete: Read to its end.
    """

    name: str
    records: int
    full: bool
    complete: bool


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """What one connection did.

    Attributes:
        name: As in the configuration.
        kind: Its connector.
        streams: What was read, in reading order.
        rows: Canonical table -> rows that were new or changed, and were stored.
        made: Operation -> requests sent.
        least: Operation -> the fewest requests that the vendor's limits allow.
        retried: Requests that were repeated after a fault.
        quota_used: Share of the daily quota used by everyone, if the vendor says.
        read_seconds: Wall time of reading.
        error: What stopped it, or None.
        setup: Whether a person must act before it can work.
        findings: Oddities in its data.
    """

    name: str
    kind: str
    streams: tuple[StreamReport, ...] = ()
    rows: Mapping[str, int] = field(default_factory=dict)
    made: Mapping[str, int] = field(default_factory=dict)
    least: Mapping[str, int] = field(default_factory=dict)
    retried: int = 0
    quota_used: float | None = None
    read_seconds: float = 0.0
    error: str | None = None
    setup: bool = False
    findings: tuple[Finding, ...] = ()

    @property
    def records(self) -> int:
        """Records that the vendor sent."""
        return sum(stream.records for stream in self.streams)


@dataclass(frozen=True, slots=True)
class AccountScore:
    """One account in a list of the report.

    Attributes:
        account_id: Stable id.
        name: Its name.
        value: The score; None where there is too little data.
        band: Its band.
        change: Against ``change_days`` ago; None: not known.
        reasons: The sentence.
        segment: The segment it is in, or None.
    """

    account_id: str
    name: str
    value: float | None
    band: str
    change: float | None
    reasons: str
    segment: str | None = None


@dataclass(frozen=True, slots=True)
class ScoreReport:
    """One score over the whole portfolio.

    Attributes:
        score: Its name.
        bands: Band -> accounts, worst first, with ``no data`` last.
        mean: Mean of the values, None without any.
        coverage: Mean coverage, 0..1.
    """

    score: str
    bands: Mapping[str, int]
    mean: float | None
    coverage: float


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one record in a plan.

    Attributes:
        account_id: Stable id.
        name: The account's name.
        ref: The vendor's id.
        field: The vendor's field name.
        old: What it holds, as canonical text; None: empty.
        new: What it will hold; None: it is cleared.
        why: The account's sentence, where the plan knows it.
    """

    account_id: str
    name: str
    ref: str
    field: str
    old: str | None
    new: str | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Edited:
    """A value that someone edited since we wrote it.

    Attributes:
        name: The account's name.
        ref: The vendor's id.
        field: The vendor's field name.
        written: What Pulsefield wrote.
        held: What it holds now; None: it was emptied.
        kept: Whether it stays, as the field's setting says; else it is overwritten.
    """

    name: str
    ref: str
    field: str
    written: str
    held: str | None
    kept: bool


@dataclass(frozen=True, slots=True)
class PlanReport:
    """What a plan would change in one target.

    Attributes:
        connection: The target.
        plan: Its number in the journal; None before it is saved.
        checksum: Of its content; ties an apply to what was reviewed.
        records: Records in the target that are matched.
        updates: Records that would be written.
        renewed: Those of them that get only a new time of the score, as nothing else changed.
        filled: Values put into empty fields.
        replaced: Values replaced.
        cleared: Values cleared.
        by_hand: Values that someone edited since we wrote them.
        kept_by_hand: Those of them that are kept, as the setting says.
        stale: Values that are kept though there is no score any more.
        edited: The first values edited by hand, by record.
        held_back: Records not tried again, as they refused the very same values for good.
        changed_since: Values of a rollback or retry left alone, as they changed meanwhile.
        unsafe: Reasons why it should not be applied.
        creates: Fields that are missing, and made before anything is written.
        fields: Field name -> values that differ.
        examples: The first changes of health values, largest move first.
    """

    connection: str
    plan: int | None
    checksum: str
    records: int
    updates: int
    renewed: int = 0
    filled: int = 0
    replaced: int = 0
    cleared: int = 0
    by_hand: int = 0
    kept_by_hand: int = 0
    stale: int = 0
    edited: tuple[Edited, ...] = ()
    held_back: int = 0
    changed_since: int = 0
    unsafe: tuple[str, ...] = ()
    creates: tuple[str, ...] = ()
    fields: Mapping[str, int] = field(default_factory=dict)
    examples: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that the target refused."""

    account: int
    ref: str
    code: str
    message: str
    retryable: bool


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """What became of a plan in one target.

    Attributes:
        connection: The target.
        plan: The plan's number.
        ok: Records written.
        refused: Records refused, with the reason of each.
        error: What stopped it before its end, or None.
        seconds: Wall time.
    """

    connection: str
    plan: int
    ok: int
    refused: tuple[Refused, ...] = ()
    error: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RunReport:
    """A whole run. Parts that the run did not come to are empty or None.

    Attributes:
        run: Its number in the journal.
        kind: pull, score, plan or sync.
        started_at: When, aware, UTC; ``as_of`` is the time that the scores hold for.
        connections: In the file's order; ``seconds`` is the wall time of all.
        matching: Set once matching is done.
        scores: Every score of the model, in the model's order.
        worst: Accounts of the lowest health, worst first, at most 20.
        fallen: Accounts that are in the worst band of health now and were not in the last snapshot.
        model: Name and version of the model.
        plans: One for each target.
        applied: One for each target that was written to.
        resumed: What an earlier, interrupted run had left and this one settled.
        forced: The reason given to apply an unsafe plan, or None.
        stopped: Why nothing was written though it is safe, or None.
    """

    run: int
    kind: str
    started_at: datetime
    as_of: datetime | None = None
    seconds: float = 0.0
    connections: tuple[ConnectionReport, ...] = ()
    matching: MatchReport | None = None
    scores: tuple[ScoreReport, ...] = ()
    worst: tuple[AccountScore, ...] = ()
    fallen: tuple[AccountScore, ...] = ()
    model: tuple[str, str] = ("", "")
    plans: tuple[PlanReport, ...] = ()
    applied: tuple[ApplyReport, ...] = ()
    resumed: tuple[ApplyReport, ...] = ()
    forced: str | None = None
    stopped: str | None = None

    @property
    def unsafe(self) -> tuple[str, ...]:
        """Every reason why a plan should not be applied."""
        return tuple(reason for plan in self.plans for reason in plan.unsafe)

    @property
    def problems(self) -> list[str]:
        """What kept it from doing all of its work; refused rows are no such thing."""
        errors = [connection.error for connection in self.connections]
        errors += [applied.error for applied in (*self.applied, *self.resumed)]
        return [error for error in (*errors, self.stopped) if error]

    @property
    def exit_code(self) -> int:
        """0 done, 1 something was refused or failed, 2 a person must act, 3 unsafe."""
        failed = any(c.error for c in self.connections) or any(
            a.error or a.refused for a in (*self.applied, *self.resumed)
        )
        if self.unsafe and self.forced is None:
            return 3
        if any(connection.setup for connection in self.connections):
            return 2
        return 1 if failed else 0
