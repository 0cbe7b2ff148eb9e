"""Reading every source into the store: side by side, each from where it stood."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import monotonic

from connectors.base import Source, Target
from connectors.errors import ConnectorError, SetupError
from connectors.findings import Findings

from . import upkeep
from .intake import Intake, Reading
from .journal import Watermark
from .summary import ConnectionReport, StreamReport
from .sweep import Sweep
from .workspace import Workspace


def pull_all(
    work: Workspace, *, full: bool = False, only: Sequence[str] | None = None
) -> list[ConnectionReport]:
    """Read what changed in every source and store it.

    A source that fails does not keep the others from being read.

    Args:
        work: The opened deployment.
        full: Read everything again.
        only: Connections to read; None: all.

    Raises:
        StoreError, JournalError: what was read is not lost, as no watermark moved.
    """
    intake = Intake(work.store, work.journal, work.now)
    names = [name for name in work.config.connections if only is None or name in only]
    with ThreadPoolExecutor(max_workers=max(1, len(names))) as pool:
        futures = [pool.submit(_pull, work, name, intake, full) for name in names]
        reports = [future.result() for future in futures]
    intake.flush()
    upkeep.tidy(work)
    return [replace(report, rows=dict(intake.kept.get(report.name, {}))) for report in reports]


def _pull(work: Workspace, name: str, intake: Intake, full: bool) -> ConnectionReport:  # noqa: FBT001 - passed on by a pool
    entry = work.config.connections[name]
    report = ConnectionReport(name=name, kind=entry.kind)
    began = monotonic()
    streams: list[StreamReport] = []
    findings = Findings()
    try:
        source = work.connect(name)
        if entry.read and isinstance(source, Source):
            for reading in _readings(work, source, full=full):
                read = _read(work, source, reading, intake, findings)
                streams.append(read)
    except ConnectorError as error:
        setup = isinstance(error, SetupError)
        report = replace(report, error=str(error) or type(error).__name__, setup=setup)
    return replace(
        report,
        streams=tuple(streams),
        read_seconds=monotonic() - began,
        findings=tuple(findings),
    )


def _readings(work: Workspace, source: Source, *, full: bool) -> Iterable[Reading]:
    marks = work.journal.watermarks(source.name)
    mapping = work.mapping(source.name)
    streams = source.streams()
    work.journal.forget_streams(source.name, [stream.name for stream in streams], work.now)
    for stream in streams:
        known = marks.get(stream.name)
        fresh = Watermark(None, mapping, known.read_at if known else None)
        go_on = known is not None and known.mapping == mapping and not full
        yield Reading(source.name, stream, known if known is not None and go_on else fresh)


def _read(
    work: Workspace, source: Source, reading: Reading, intake: Intake, findings: Findings
) -> StreamReport:
    what = f"{source.name} {reading.stream.name}"
    work.progress.start("pull", what, None)
    records = 0
    try:
        with Sweep(work.store, source, reading, work.now) as sweep:
            for page in source.read(reading.stream.name, reading.mark.value):
                for part in filter(None, (sweep.gone(page), page)):
                    intake.add(reading, part)
                    findings.merge(part.findings)
                records += page.records
                work.progress.advance("pull", what, page.records)
        intake.done(reading)
    finally:
        work.progress.finish("pull", what)
    return StreamReport(reading.stream.name, records, reading.mark.value is None, complete=True)


def with_stats(report: ConnectionReport, connection: Source | Target | None) -> ConnectionReport:
    """Add what a connection counted so far."""
    if connection is None:
        return report
    stats = connection.stats
    return replace(
        report,
        made=dict(stats.made),
        least=dict(stats.least),
        retried=stats.retried,
        quota_used=stats.quota_used,
    )


def counted(work: Workspace, reports: Sequence[ConnectionReport]) -> tuple[ConnectionReport, ...]:
    """Add to reports what their connections counted so far."""
    return tuple(with_stats(report, work.opened(report.name)) for report in reports)
