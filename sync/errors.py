"""What can go wrong in a run beside what other systems do (``connectors.errors``).

::

    SyncError
    ├── ConfigError       the deployment's file: which key, what is allowed (exit code 2)
    ├── UnsafePlanError   a plan passed a limit; each reason is named (exit code 3)
    ├── StoreError        a table at rest is damaged, foreign or not writable (exit code 2)
    ├── JournalError      the journal is newer, damaged or not reachable (exit code 2)
    ├── ClockError        the clock went back behind the last run (exit code 2)
    ├── PlanError         a saved plan or run that cannot be used: unknown, edited, overtaken
    └── BusyError         another run holds the lease (exit code 2)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class SyncError(Exception):
    """Anything that stops a run and that a person can act on."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong in a configuration file.

    Attributes:
        key: Dotted path, e.g. ``connections.crm.kind``.
        value: What stands there, as text; None where it must not be shown or is missing.
        allowed: What is allowed, in words.
        near: The allowed name that is most like it, or None.
        line: Line in the file, where it could be found.
    """

    key: str
    value: str | None
    allowed: str
    near: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        shown = "" if self.value is None else f" = {self.value}"
        hint = f"; did you mean {self.near!r}?" if self.near else ""
        return f"{self.key}{shown}: {self.allowed}{hint}"


class ConfigError(SyncError):
    """A configuration that cannot be used; every issue at once.

    Args:
        file: The file.
        issues: What is wrong in it, at least one.
    """

    def __init__(self, file: Path | str, issues: Sequence[Issue]) -> None:
        self.file = Path(file)
        self.issues = tuple(issues)
        lines = (f"{file}{f':{i.line}' if i.line else ''}: {i}" for i in self.issues)
        super().__init__("\n".join(lines))


class UnsafePlanError(SyncError):
    """A plan that passed a limit and was not forced.

    Args:
        reasons: One sentence for each limit that was passed, naming the connection.
    """

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(
            "nothing was written, as the plan is unsafe: "
            + "; ".join(self.reasons)
            + ". Look at `pulsefield plan`; if it is right, run again with --force REASON"
        )


class StoreError(SyncError):
    """A table at rest cannot be read or written; the message says which, and what to do."""


class JournalError(SyncError):
    """The journal cannot be used; the message says why, and what to do."""


class ClockError(SyncError):
    """The clock went back behind the last run; the message names both times."""


class PlanError(SyncError):
    """A saved plan or an earlier run cannot be used; the message says why, and what to do."""


class BusyError(SyncError):
    """Another run holds the lease; the message says who, since when."""
