"""Structured logs: one line for each event, with the run's number, without secrets or people.

Every logger of the process is told through one handler. What is told beside the message is
given as ``extra={"data": {...}}``: counts, names of connections, never a record's content.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

from .progress import Stage, Tally
from .secrets import REDACTOR

MAIL = re.compile(r"[\w.+'-]+@([\w-]+\.)+\w+")
"""An e-mail address, as a vendor's message may quote one."""
LOGGER = logging.getLogger("pulsefield")


class Run:
    """The run that this process is in, or was in last; it has one at a time."""

    number: int | None = None
    schedule: str | None = None


RUN = Run()


class Telling:
    """How this process tells what it logs; it tells it once.

    Attributes:
        handler: None: nothing is told yet.
        as_json: As JSON lines.
    """

    handler: logging.Handler | None = None
    as_json: bool = False


TELLING = Telling()


def clean(text: str) -> str:
    """Return a text without the secrets that were read, and without e-mail addresses."""
    return MAIL.sub("***", REDACTOR.redact(text))


class Lines(logging.Formatter):
    """A line for people: time, level, run, message, data."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        told = _told(record)
        head = f"{told.pop('at')} {told.pop('level'):<7} run {told.pop('run') or '-'}"
        message = told.pop("message")
        told.pop("logger")
        rest = " ".join(f"{name}={value}" for name, value in told.items() if value is not None)
        return clean(f"{head} {message} {rest}".rstrip().replace("\n", " | "))


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        told = {name: _cleaned(value) for name, value in _told(record).items()}
        if record.exc_info:  # a bug is worth its trace
            told["trace"] = clean(self.formatException(record.exc_info))
        return json.dumps(told, ensure_ascii=False, default=str)


def _told(record: logging.LogRecord) -> dict[str, Any]:
    message = record.getMessage()
    if record.exc_info:
        kind = record.exc_info[0]
        message = f"{message}: {kind.__name__ if kind else ''}: {record.exc_info[1]}"
    return {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "run": RUN.number,
        "schedule": RUN.schedule,
        "message": message,
        **getattr(record, "data", {}),
    }


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {str(name): _cleaned(each) for name, each in value.items()}
    return [_cleaned(each) for each in value] if isinstance(value, list | tuple) else value


def configure(*, as_json: bool, level: str = "info") -> None:
    """Tell everything that is logged on standard error, until ``end``."""
    end()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if as_json else Lines())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level.upper())
    # A line for each request would hold URLs, and those hold names.
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    TELLING.handler, TELLING.as_json = handler, as_json


def end() -> None:
    """Tell no more."""
    root = logging.getLogger()
    if TELLING.handler is not None:
        root.removeHandler(TELLING.handler)
        root.setLevel(logging.WARNING)
    TELLING.handler, TELLING.as_json = None, False


class Logged(Tally):
    """A Progress that logs each thing that is over."""

    def __init__(self) -> None:
        super().__init__(_log)


def _log(stage: Stage, what: str, count: int) -> None:
    LOGGER.info("%s %s", stage, what, extra={"data": {"stage": stage, "count": count}})
