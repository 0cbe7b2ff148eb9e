"""Everything that would keep a sync from working, found at once."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.base import FieldState, Problem, Source, Target
from connectors.errors import ConnectorError
from scoring import ModelError, check_columns
from scoring.tables import COLUMNS, Kind

from . import own_fields, private, secrets, unobserved
from .tickets import ticket_targets
from .workspace import Workspace

TODO = "run `pulsefield fields --create`"


def problems(work: Workspace) -> list[Problem]:
    """Ask every connection, look at every target field, and at who can read the files."""
    found = list(_of_model(work))
    for name in (*work.config.connections, *ticket_targets(work.fields)):
        found += list(_of_connection(work, name))
    found += [*_free_text(work), *_open_files(work)]
    return [*found, *unobserved.problems(work)]


def _of_model(work: Workspace) -> Iterator[Problem]:
    """Look for columns that the model reads and no table has, or of another kind."""
    schema = {table: dict(columns) for table, columns in COLUMNS.items()}
    for connection in work.config.connections.values():
        schema["accounts"] |= _own_columns(connection.settings)
    try:
        check_columns(work.model, schema)
    except ModelError as error:
        for problem in error.problems:
            near = f"did you mean {' or '.join(problem.near)}?" if problem.near else ""
            what = f"{problem.value}: {problem.allowed}"
            yield Problem(f"{error.file}, {problem.key}", what, near or "put it right there")


def _free_text(work: Workspace) -> Iterator[Problem]:
    """Tell of text of tickets that is stored, as nothing says what people wrote in it."""
    for name, connection in work.config.connections.items():
        own = _own_columns(connection.settings, "tickets")
        if told := sorted(column for column, kind in own.items() if kind == "string"):
            todo = "leave them out of map.tickets unless you need them; nothing scores them"
            what = f"the text of tickets is stored: {', '.join(told)}"
            yield Problem(f"{name}, tickets", what, todo, fatal=False)


def _own_columns(settings: Any, table: str = "accounts") -> dict[str, Kind]:
    """Return the columns of the user's own that a connection adds to a table."""
    maps = [getattr(settings, "map", {}).get(table, {})]
    objects = getattr(settings, "objects", {})
    each = objects.values() if isinstance(objects, Mapping) else objects
    maps += [entry.map for entry in each if getattr(entry, "table", "") == table]
    return {name: entry.type for columns in maps for name, entry in columns.items() if entry.type}


def _of_connection(work: Workspace, name: str) -> Iterator[Problem]:
    try:
        connection = work.connect(name)
        if isinstance(connection, Source) and work.config.connections[name].read:
            yield from connection.check()
        fields = work.fields.get(name, ())
        if isinstance(connection, Target) and fields:
            states = list(connection.field_states([field.spec for field in fields]))
            new = bool(own_fields.missing_of_new(work.journal, name, states))
            yield from _of_fields(name, states, new=new)
    except ConnectorError as error:
        yield Problem(name, str(error), "see the connection's guide in docs")


def _of_fields(name: str, states: Sequence[FieldState], *, new: bool) -> Iterator[Problem]:
    """Tell of missing fields at once, and of unusable ones each.

    Args:
        name: The target.
        states: Of its fields.
        new: Whether the first sync would make what is missing.
    """
    missing = {state.name for state in states if not state.exists and not state.problem}
    if missing:
        which = "all" if len(missing) == len(states) else ", ".join(sorted(missing))
        what = f"score fields are missing: {which}"
        todo = "the first `pulsefield sync --apply` creates them" if new else TODO
        yield Problem(f"{name}, fields", what, todo, fatal=not new)
    for state in states:
        if state.problem or (state.exists and not (state.visible and state.writable)):
            what = state.problem or "this user cannot see or write it"
            todo = "put it right in the target, or name another field"
            yield Problem(f"{name}, field {state.name}", what, todo)


def _open_files(work: Workspace) -> Iterator[Problem]:
    """Tell of the deployment's files, and of the secrets that it points to, that are open."""
    config = work.config
    for place in _places(work):
        if private.is_open(place):
            todo = f"chmod go-rwx {place}"
            yield Problem(str(place), "others can read it", todo, fatal=False)
    parts: dict[str, object] = {n: c.settings for n, c in config.connections.items()}
    parts |= {"pulsefield": config.general, "alerts": config.alerts, "metrics": config.metrics}
    for name, settings in parts.items():
        for reference in _references(settings):
            if secrets.is_open(reference, config.folder):
                todo = "let only its owner read it (chmod 600)"
                yield Problem(f"{name}, {reference}", "others can read it", todo, fatal=False)


def _places(work: Workspace) -> Iterator[Path]:
    """The configuration, the store and the journal, as far as they are on this machine."""
    yield work.config.file
    yield work.store.copies.folder if work.store.remote else Path(work.store.root)
    journal = work.journal.engine.url
    if journal.get_backend_name() == "sqlite" and journal.database:
        yield Path(journal.database)


def _references(settings: object) -> Iterator[str]:
    dump = getattr(settings, "model_dump", None)
    values = [dump(mode="json")] if dump else []
    while values:
        value = values.pop()
        if isinstance(value, dict):
            values += value.values()
        elif isinstance(value, str) and value.startswith("file:"):
            yield value
