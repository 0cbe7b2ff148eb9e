"""The deployment's file, ``pulsefield.toml``, read and checked as a whole."""

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from connectors import registry

from .errors import ConfigError, Issue
from .override_fields import columns_of, widened
from .retention import Retention
from .secrets import exchange, resolve
from .service.settings import Alerts, Logs, Metrics, Schedule
from .settings import Connection, General, Limits, Match, Root

__all__ = ["Config", "ConfigError", "load", "parse"]

LOGIN = re.compile(r"//.*@")
SECRET_KEY = re.compile(r"secret|token|password|key|auth", re.IGNORECASE)
OWN_KEYS = tuple(name for name in Connection.model_fields if name != "settings")


@dataclass(frozen=True, slots=True)
class Config:
    """A deployment.

    Attributes:
        file: Where it was read from; relative paths in it start at its folder.
        general: ``[pulsefield]``.
        rates: Currency -> value of one unit in the model's base currency.
        match: ``[match]``.
        limits: ``[limits]``.
        store: ``[store]``.
        schedule: ``[schedule.NAME]``, by name.
        alerts: ``[alerts]``.
        metrics: ``[metrics]``.
        logs: ``[logs]``.
        connections: Name -> connection, in the file's order, which is also the order in
            which sources win where they disagree.
    """

    file: Path
    connections: Mapping[str, Connection]
    general: General = field(default_factory=General)
    rates: Mapping[str, float] = field(default_factory=dict)
    match: Match = field(default_factory=Match)
    limits: Limits = field(default_factory=Limits)
    store: Retention = field(default_factory=Retention)
    schedule: Mapping[str, Schedule] = field(default_factory=dict)
    alerts: Alerts = field(default_factory=Alerts)
    metrics: Metrics = field(default_factory=Metrics)
    logs: Logs = field(default_factory=Logs)

    @property
    def folder(self) -> Path:
        """The file's folder."""
        return self.file.parent

    @property
    def data(self) -> str:
        """Folder or object store URL of the tables at rest."""
        given = self.general.data
        return given if "://" in given else str(self.folder / Path(given).expanduser())

    @property
    def copies(self) -> Path | None:
        """Folder of local copies of an object store's files; None: in the user's cache."""
        given = self.store.copies
        return self.folder / Path(given).expanduser() if given else None

    @property
    def journal(self) -> str:
        """SQLAlchemy URL of the journal.

        Raises:
            SetupError: it is kept as a secret that is not there.
        """
        given = self.general.journal
        if given.startswith(("env:", "file:")):
            return self.secret(given)
        if given:
            return given
        return f"sqlite:///{Path(self.data) / 'journal.sqlite'}"

    def secret(self, reference: str) -> str:
        """Return the secret that ``env:NAME`` or ``file:PATH`` points to.

        Raises:
            SetupError: it is not there.
        """
        return resolve(reference, self.folder)

    def exchange(self, reference: str, use: Callable[[str], str]) -> bool:
        """Use a secret that its use may replace; see ``secrets.exchange``."""
        return exchange(reference, self.folder, use)


def load(path: Path | str) -> Config:
    """Read a deployment's file.

    Raises:
        ConfigError: it cannot be read, or anything in it is wrong; lists every issue with
            its key, value, what is allowed, and the nearest allowed name.
    """
    file = Path(path).expanduser().absolute()
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        todo = f"cannot be read ({reason}); `pulsefield init` writes one"
        raise ConfigError(file, [Issue("file", None, todo)]) from error
    return parse(file, text)


def parse(file: Path, text: str) -> Config:
    """Check a deployment's text; ``file`` is where it stands or is going to stand.

    Raises:
        ConfigError: as ``load``.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(file, [Issue("file", None, f"not TOML: {error}")]) from error
    return _checked(file, text, raw)


def _checked(file: Path, text: str, raw: dict[str, Any]) -> Config:
    tables, own = _split(raw)
    issues: list[Issue] = []
    root: Root | None = None
    try:
        root = Root.model_validate(tables)
    except ValidationError as error:
        issues += _issues(error, Root, ())
    settings = {}
    for name, (kind, given) in own.items():
        columns = {} if root is None else columns_of(root.connections[name].overrides)
        settings[name], found = _connector_settings((name, kind), given, columns, file.parent)
        issues += found
    if root is not None:
        issues += _journal_issues(root)
    if root is None or issues:
        raise ConfigError(file, [_located(issue, text) for issue in issues])
    connections = {
        name: entry.model_copy(update={"settings": settings[name]})
        for name, entry in root.connections.items()
    }
    parts = {
        name: getattr(root, name)
        for name in ("rates", "match", "limits", "store", "schedule", "alerts", "metrics", "logs")
    }
    return Config(file, connections, root.pulsefield, **parts)


def _split(raw: dict[str, Any]) -> tuple[dict[str, Any], dict[str, tuple[str, dict[str, Any]]]]:
    """Part each connection's table into our keys and those of its connector."""
    connections = raw.get("connections")
    if not isinstance(connections, dict):
        return raw, {}
    ours, theirs = {}, {}
    for name, table in connections.items():
        if not isinstance(table, dict):
            ours[name] = table
            continue
        ours[name] = {key: value for key, value in table.items() if key in OWN_KEYS}
        rest = {key: value for key, value in table.items() if key not in OWN_KEYS}
        theirs[name] = (str(table.get("kind")), rest)
    return raw | {"connections": ours}, theirs


def _connector_settings(
    of: tuple[str, str], table: dict[str, Any], columns: dict[str, dict[str, str]], folder: Path
) -> tuple[BaseModel | None, list[Issue]]:
    """Check what belongs to a connection's (name, kind), with columns that are read as well."""
    name, kind = of
    where = ("connections", name)
    if kind not in registry.CONNECTORS:
        kinds = sorted(registry.CONNECTORS)
        allowed = f"must be one of {', '.join(kinds)}"
        return None, [Issue(".".join((*where, "kind")), repr(kind), allowed, _near(kind, kinds))]
    model = registry.load(kind).Settings
    table = widened(table, columns, by_object="map" not in model.model_fields)
    if "folder" in model.model_fields:
        # Relative paths start at the file's folder, not where the process runs.
        table = table | {"folder": str(folder / str(table.get("folder", "")))}
    try:
        return model.model_validate(table), []
    except ValidationError as error:
        return None, _issues(error, model, where, OWN_KEYS)


def _journal_issues(root: Root) -> list[Issue]:
    if root.pulsefield.journal or "://" not in root.pulsefield.data:
        return []
    todo = "must be given (a database URL) when data is in an object store"
    return [Issue("pulsefield.journal", None, todo)]


def _issues(
    error: ValidationError, model: type[BaseModel], where: Sequence[str], more: Sequence[str] = ()
) -> list[Issue]:
    found = []
    for item in error.errors(include_url=False, include_context=False):
        loc = tuple(str(part) for part in item["loc"])
        key = ".".join((*where, *loc))
        if item["type"] == "extra_forbidden":
            known = sorted({*_keys(model, loc[:-1]), *(more if len(loc) == 1 else ())})
            allowed = f"unknown key; allowed here: {', '.join(known)}"
            found.append(Issue(key, None, allowed, _near(loc[-1], known)))
            continue
        missing = item["type"] == "missing"
        value = None if missing or SECRET_KEY.search(key) else _shown(item["input"])
        message = str(item["msg"]).removeprefix("Value error, ")
        found.append(Issue(key, value, message[:1].lower() + message[1:], _near_value(item)))
    return found


def _shown(value: object) -> str | None:
    """Return a value as text; not what holds others, as one of them may be a secret."""
    if isinstance(value, (dict, list, tuple)):
        return None
    text = repr(LOGIN.sub("//***@", value) if isinstance(value, str) else value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - one line of a terminal


def _near(word: str, known: Sequence[str]) -> str | None:
    return next(iter(difflib.get_close_matches(word, known, 1, cutoff=0.5)), None)


def _near_value(item: Any) -> str | None:
    if item["type"] != "literal_error":
        return None
    return _near(str(item["input"]), re.findall(r"'([^']*)'", str(item["msg"])))


def _keys(model: Any, loc: Sequence[str]) -> list[str]:
    """The keys that a model allows at a place inside it; none where that cannot be told."""
    for part in loc:
        if isinstance(model, type) and issubclass(model, BaseModel):
            known = model.model_fields.get(part)
            model = None if known is None else known.annotation
        else:  # dict[str, X], Annotated[X, ...], X | None, or a union's member
            model = _inner(model)
    inner = model if isinstance(model, type) and issubclass(model, BaseModel) else _inner(model)
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return list(inner.model_fields)
    return []


def _inner(annotation: Any) -> Any:
    for argument in reversed(get_args(annotation)):
        if isinstance(argument, type) and issubclass(argument, BaseModel):
            return argument
        if get_args(argument):
            deeper = _inner(argument)
            if deeper is not None:
                return deeper
    return None


def _located(issue: Issue, text: str) -> Issue:
    """Find the line that a key stands in: its own, or that of its table."""
    parts = issue.key.split(".")
    lines = text.splitlines()
    for cut in range(len(parts), 0, -1):
        header = re.compile(r"^\s*\[\s*" + r"\s*\.\s*".join(map(re.escape, parts[:cut])) + r"\s*\]")
        at = next((n for n, line in enumerate(lines) if header.match(line)), None)
        if at is None:
            continue
        rest = parts[cut:]
        line = _key_line(lines, at + 1, rest[0]) if rest else at + 1
        return Issue(issue.key, issue.value, issue.allowed, issue.near, line or at + 1)
    return issue


def _key_line(lines: Sequence[str], start: int, key: str) -> int | None:
    wanted = re.compile(rf"^\s*\"?{re.escape(key)}\"?\s*[=.]")
    for number, line in enumerate(lines[start:], start + 1):
        if line.lstrip().startswith("["):
            return None
        if wanted.match(line):
            return number
    return None
