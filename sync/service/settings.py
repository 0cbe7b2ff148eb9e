"""The models behind ``[schedule.NAME]``, ``[alerts]``, ``[metrics]`` and ``[logs]``."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, Self, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, Field, model_validator

from sync.strict import Settings, Span

Work: TypeAlias = Literal["sync", "pull", "tickets"]
Event: TypeAlias = Literal["failed_run", "unsafe_plan", "stale_source", "fell_to_red"]
EVENTS: tuple[Event, ...] = ("failed_run", "unsafe_plan", "stale_source", "fell_to_red")
SHORTEST = timedelta(minutes=1)


def _cron(text: str) -> str:
    if not text:
        return text
    try:
        next(CronSim(text, datetime(2026, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration):
        allowed = "must be five fields: minute hour day month weekday, e.g. 0 2 * * 1-5"
        raise ValueError(allowed) from None
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be a time zone such as Europe/Amsterdam or UTC") from None
    return text


def _reference(text: str) -> str:
    if text and not text.startswith(("env:", "file:")):
        raise ValueError("must be env:NAME or file:PATH, as it is a secret")
    return text


Reference: TypeAlias = Annotated[str, AfterValidator(_reference)]


class Schedule(Settings):
    """``[schedule.NAME]``: one piece of work with its own rhythm.

    Attributes:
        run: ``sync`` does everything; ``pull`` only reads; ``tickets`` reads what feeds open
            tickets and writes to them alone.
        cron: Minute, hour, day, month, weekday; as Debian's cron, daylight saving too.
        every: Or a length of time between starts.
        zone: Time zone of ``cron``.
        jitter: Starts later by a part of this that differs from place to place.
    """

    run: Work = "sync"
    cron: Annotated[str, AfterValidator(_cron)] = ""
    every: Span | None = None
    zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    jitter: Span = timedelta(0)

    @model_validator(mode="after")
    def _one_rhythm(self) -> Self:
        if bool(self.cron) == (self.every is not None):
            raise ValueError("give either cron or every")
        if self.every is not None and self.every < SHORTEST:
            raise ValueError("every must be a minute or more")
        return self


class Alerts(Settings):
    """``[alerts]``: who is told what.

    Attributes:
        slack: Reference to the URL of an incoming webhook of Slack, or of what takes its JSON.
        webhook: Reference to a URL that gets our own JSON.
        key: Reference to the key that signs it.
        on: What is told.
        cooldown: The same thing is told again only after this long.
        stale_after: A source that was not read to its end for this long is stale.
    """

    slack: Reference = ""
    webhook: Reference = ""
    key: Reference = ""
    on: tuple[Event, ...] = EVENTS
    cooldown: Span = timedelta(hours=6)
    stale_after: Span = timedelta(hours=36)

    @model_validator(mode="after")
    def _signed(self) -> Self:
        if self.webhook and not self.key:
            raise ValueError("a webhook needs a key, so that its receiver can trust it")
        return self


class Metrics(Settings):
    """``[metrics]``.

    Attributes:
        listen: ``HOST:PORT`` of ``/metrics`` and ``/healthz``; empty: nothing listens.
        token: Reference to the bearer token; needed unless the host is loopback.
        textfile: File for node_exporter, written after each run; empty: none.
    """

    listen: str = Field(default="", pattern=r"^(|(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5})$")
    token: Reference = ""
    textfile: str = ""


class Logs(Settings):
    """``[logs]``, on standard error.

    Attributes:
        format: ``json`` is one object a line.
        level: The least that is told.
    """

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "info"
