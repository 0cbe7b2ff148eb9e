"""A deployment, opened: store, journal, model, target fields, connections."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import cast

from connectors import registry
from connectors.base import Context, Source, Target
from connectors.errors import SetupError
from connectors.extras import TicketContext
from scoring import Model, load_model, shipped_model

from .config import Config, ConfigError
from .damage import named
from .errors import Issue
from .fields import FieldIssues, TargetField, target_fields, unknown_scores
from .journal import Journal
from .progress import Progress, Silent
from .spent import spent
from .store import Store
from .tickets import SUFFIX, parent, ticket_fields

NOT_ASKED_FOR = {"auth", "base_url", "budget", "workers"}
"""Settings that do not change which records and columns are read."""


def model_text(config: Config) -> tuple[str, str]:
    """Return the file name and the text of a deployment's model.

    Raises:
        ConfigError: there is no such model.
    """
    name = config.general.model
    if not name.endswith(".toml"):
        try:
            return f"{name}.toml", shipped_model(name)
        except KeyError as error:
            allowed = f"{error.args[0]}; or the path of a .toml file"
            raise ConfigError(
                config.file, [Issue("pulsefield.model", repr(name), allowed)]
            ) from error
    path = config.folder / Path(name).expanduser()
    try:
        return str(path), path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        issue = Issue("pulsefield.model", repr(name), f"the file cannot be read: {reason}")
        raise ConfigError(config.file, [issue]) from error


class Workspace:
    """What one run works with.

    Args:
        config: The deployment.
        now: The run's time, aware; the clock's by default.
        progress: Told how it goes on.

    Raises:
        ConfigError, ModelError, StoreError, JournalError.
    """

    def __init__(
        self, config: Config, now: datetime | None = None, progress: Progress | None = None
    ) -> None:
        self.config = config
        self.now = (now or datetime.now(UTC)).astimezone(UTC)
        self.progress: Progress = progress or Silent()
        file, text = model_text(config)
        self.model: Model = load_model(text, file=file)
        self.model_text = text
        self.model_sum = hashlib.sha256(text.encode()).hexdigest()
        self.fields = {**_all_fields(config, self.model), **ticket_fields(config, self.model)}
        self.store = Store(config.data, config.copies)
        self.journal = Journal(config.journal)
        self._open: dict[str, Source | Target] = {}
        self.only: frozenset[str] | None = None
        """Targets that are written to; None: all."""
        self.creates = False
        """Whether missing fields of a target that was never written to are made."""
        self.run: int | None = None
        """The run that goes on, which keeps what it finds; None: something is only looked at."""

    @property
    def as_of(self) -> datetime:
        """The time that scores hold for: the full hour, so that two runs in it agree."""
        return self.now.replace(minute=0, second=0, microsecond=0)

    @property
    def main(self) -> str:
        """The score that reports are about."""
        return main(self.model)

    @property
    def ranks(self) -> dict[str, int]:
        """Connection -> its place in the configuration."""
        return {name: rank for rank, name in enumerate(self.config.connections)}

    def connect(self, name: str) -> Source | Target:
        """Return a connection, or its tickets as a target, made when first asked for.

        Raises:
            ConnectorError: its settings or secrets cannot be used.
        """
        if name not in self._open:
            self._open[name] = self._made(name) if name == parent(name) else self._tickets(name)
        return self._open[name]

    def _made(self, name: str) -> Source | Target:
        entry = self.config.connections[name]
        own, carried = (
            tuple(field.spec for field in self.fields.get(target, ()))
            for target in (name, name + SUFFIX)
        )
        config = self.config
        context = Context(
            config.secret,
            self.now,
            own,
            carried,
            exchange=config.exchange,
            spent=self._spent[name],
        )
        return registry.load(entry.kind).connect(name, entry.settings, context)

    @cached_property
    def _spent(self) -> Mapping[str, int]:
        return spent(self.journal, self.now)

    def _tickets(self, name: str) -> Target:
        connection = self.connect(parent(name))
        target = connection.tickets() if isinstance(connection, TicketContext) else None
        if target is None:
            raise SetupError(f"{parent(name)} cannot write to tickets")
        return target

    def opened(self, name: str) -> Source | Target | None:
        """Return a connection if it was made."""
        return self._open.get(name)

    def target(self, name: str) -> Target:
        """Return a connection that ``targets`` lists."""
        return cast("Target", self.connect(name))

    def mapping(self, name: str) -> str:
        """Return the checksum of what is asked for; when it changes, all is read again."""
        settings = self.config.connections[name].settings
        asked = settings.model_dump_json(exclude=NOT_ASKED_FOR) if settings is not None else ""
        targets = (name, name + SUFFIX)
        own = sorted(f.spec.name for target in targets for f in self.fields.get(target, ()))
        return hashlib.sha256("\n".join([asked, *own]).encode()).hexdigest()

    def close(self) -> None:
        """Close the journal."""
        self.journal.close()


def main(model: Model) -> str:
    """Return the score that reports are about: health, or the model's last one."""
    return "health" if "health" in model.scores else list(model.scores)[-1]


@contextmanager
def opened(
    config: Config, now: datetime | None = None, progress: Progress | None = None
) -> Iterator[Workspace]:
    """Open a deployment for one piece of work, and close it."""
    work = Workspace(config, now, progress)
    try:
        with named(work.store.root, work.store.copies.folder):
            yield work
    finally:
        work.close()


def _all_fields(config: Config, model: Model) -> Mapping[str, tuple[TargetField, ...]]:
    fields: dict[str, tuple[TargetField, ...]] = {}
    issues: list[Issue] = []
    for name, connection in config.connections.items():
        issues += unknown_scores(name, connection, model)
        if not connection.write:
            continue
        try:
            fields[name] = target_fields(name, connection, model, config.general.language)
        except FieldIssues as found:
            issues += found.issues
    if issues:
        raise ConfigError(config.file, issues)
    return fields
