"""What is worth telling a person, told once."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from connectors import webhook
from connectors.base import Context
from connectors.errors import ConnectorError
from sync import notes
from sync.config import Config
from sync.errors import JournalError, UnsafePlanError
from sync.journal import Journal
from sync.logs import LOGGER, clean
from sync.summary import RunReport

from .settings import Event

PREFIX = "alert:"
REMEMBERED = timedelta(days=90)
LISTED = 20
TITLES: dict[Event, str] = {
    "failed_run": "A scheduled run did not do all of its work",
    "unsafe_plan": "Nothing was written, as the plan is unsafe",
    "stale_source": "A source was not read for too long",
    "fell_to_red": "Customers fell into the worst band",
}


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to tell.

    Attributes:
        event: What kind of thing.
        subject: What it is about: a schedule, a connection or an account's id. It is told once
            for a subject, until the cooldown is over or it has passed.
        text: One line for people.
    """

    event: Event
    subject: str
    text: str


def of_report(schedule: str, report: RunReport) -> list[Alert]:
    """Return what a run's report has to tell."""
    found = []
    if report.unsafe and report.forced is None:
        reasons = [f"{p.connection}: {reason}" for p in report.plans for reason in p.unsafe]
        told = f"{schedule}, run {report.run}: {'; '.join(reasons)}. Look at `pulsefield plan`"
        found.append(Alert("unsafe_plan", schedule, told))
    if errors := report.problems:
        found.append(Alert("failed_run", schedule, f"run {report.run}: {'; '.join(errors)}"))
    for account in report.fallen:
        value = "-" if account.value is None else f"{account.value:.0f}"
        text = f"{account.name} ({account.account_id}): {account.reasons or value}"
        found.append(Alert("fell_to_red", account.account_id, text))
    return found


def of_error(schedule: str, error: Exception) -> list[Alert]:
    """Return what an error that ended a run has to tell."""
    event: Event = "unsafe_plan" if isinstance(error, UnsafePlanError) else "failed_run"
    return [Alert(event, schedule, f"{type(error).__name__}: {error}")]


def of_reads(ages: dict[str, timedelta], after: timedelta) -> list[Alert]:
    """Return which sources are stale.

    Args:
        ages: Connection -> time since it was last read to its end.
        after: When it is stale.
    """
    return [
        Alert("stale_source", name, f"{name} was last read {_hours(age)} hours ago")
        for name, age in ages.items()
        if age > after
    ]


def _hours(age: timedelta) -> int:
    return int(age.total_seconds() // 3600)


Channel: TypeAlias = tuple[str, Callable[[dict[str, Any]], None]]


class Teller:
    """Tells alerts by the deployment's webhooks.

    Args:
        config: The deployment.
        now: The time.
    """

    def __init__(self, config: Config, now: datetime) -> None:
        self._settings = config.alerts
        self._context = Context(config.secret, now)
        self._now = now

    def tell(self, alerts: Iterable[Alert], journal: Journal) -> int:
        """Send what is new, and note it; return how many things were told.

        A webhook that fails is logged, and tried again the next time.
        """
        groups: dict[Event, list[Alert]] = defaultdict(list)
        for alert in alerts:
            if alert.event in self._settings.on:
                groups[alert.event].append(alert)
        told = 0
        for channel, send in self._channels() if groups else ():
            try:
                known = notes.read(journal, PREFIX)
                for event, group in groups.items():
                    due = [alert for alert in group if self._due(channel, alert, known)]
                    told += self._send(channel, send, event, due)
                    self._note(journal, channel, due)
                self._forget_old(journal, known)
            except (ConnectorError, JournalError) as error:
                LOGGER.warning("alert not sent: %s", error, extra={"data": {"channel": channel}})
        return told

    def passed(self, journal: Journal, event: Event, subject: str) -> None:
        """Forget that something was told, as it is over: the next time is news."""
        notes.drop(journal, *(_name(channel, event, subject) for channel, _ in self._channels()))

    def _channels(self) -> list[Channel]:
        found: list[Channel] = []
        if self._settings.slack:
            found.append(("slack", self._slack))
        if self._settings.webhook:
            found.append(("webhook", self._webhook))
        return found

    def _slack(self, body: dict[str, Any]) -> None:
        lines = [f"*{_escaped(body['title'])}*"]
        lines += [f"• {_escaped(item['text'])}" for item in body["items"][:LISTED]]
        more = len(body["items"]) - LISTED
        text = "\n".join([*lines, f"and {more} more"] if more > 0 else lines)
        webhook.post(self._settings.slack, {"text": text}, self._context)

    def _webhook(self, body: dict[str, Any]) -> None:
        webhook.post(self._settings.webhook, body, self._context, self._settings.key)

    def _due(self, channel: str, alert: Alert, known: dict[str, str]) -> bool:
        sent = known.get(_name(channel, alert.event, alert.subject).removeprefix(PREFIX))
        return sent is None or datetime.fromisoformat(sent) + self._settings.cooldown <= self._now

    def _send(
        self,
        channel: str,
        send: Callable[[dict[str, Any]], None],
        event: Event,
        due: Sequence[Alert],
    ) -> int:
        if due:
            items = [{"subject": alert.subject, "text": clean(alert.text)} for alert in due]
            key = f"{channel} {event} {self._now.isoformat()} {items}"
            body = {
                "id": hashlib.sha256(key.encode()).hexdigest()[:32],
                "event": event,
                "at": self._now.isoformat(),
                "title": TITLES[event],
                "items": items,
            }
            send(body)
            LOGGER.info("alert sent", extra={"data": {"event": event, "channel": channel}})
        return len(due)

    def _note(self, journal: Journal, channel: str, told: Sequence[Alert]) -> None:
        for alert in told:
            notes.keep(journal, _name(channel, alert.event, alert.subject), self._now.isoformat())

    def _forget_old(self, journal: Journal, known: dict[str, str]) -> None:
        old = [n for n, at in known.items() if datetime.fromisoformat(at) + REMEMBERED < self._now]
        notes.drop(journal, *(PREFIX + name for name in old))


def _name(channel: str, event: Event, subject: str) -> str:
    """Return a note's name: what an alert is about is not readable in it."""
    return PREFIX + hashlib.sha256(f"{channel} {event} {subject}".encode()).hexdigest()[:32]


def _escaped(text: str) -> str:
    """Return a text as Slack wants it: these three characters are its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
