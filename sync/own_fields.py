"""The fields that Pulsefield owns in a target: whether they can be written, and making them.

A run makes fields only in a target that nothing was ever written to, and only those that its
plan names. A field that is gone after it was written is a person's doing, and told as an error.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from connectors.base import FieldState
from connectors.errors import ConnectorError, SetupError

from . import notes, schema
from .journal import Journal
from .tickets import parent
from .workspace import Workspace

MADE = "fields:"
"""Notes of the journal: what was made in a target, by which run."""
PLANS, WRITES = schema.plans, schema.writes


@dataclass(frozen=True, slots=True)
class Fields:
    """A target's fields, before it is written to.

    Attributes:
        problem: Why they cannot be written as they are, and whether a person must act.
        missing: Those to make before the first write, where making them is all that is needed.
    """

    problem: tuple[str, bool] | None = None
    missing: tuple[str, ...] = ()


def look(work: Workspace, name: str) -> Fields:
    """Ask a target for the state of its fields; one metadata request."""
    try:
        states = work.target(name).field_states([field.spec for field in work.fields[name]])
    except ConnectorError as error:
        return Fields((str(error), isinstance(error, SetupError)))
    missing = missing_of_new(work.journal, name, states)
    return Fields(_problem(name, states), missing)


def missing_of_new(journal: Journal, name: str, states: Sequence[FieldState]) -> tuple[str, ...]:
    """Return the fields that a target never written to lacks; none if others are unusable."""
    missing = tuple(state.name for state in states if not state.exists)
    usable = all(not unusable(state) for state in states if state.exists or state.problem)
    return missing if missing and usable and not _known(journal, name) else ()


def _known(journal: Journal, name: str) -> bool:
    """Whether fields were made in a target, or anything was sent to it."""
    if any(note["target"] == name and note["made"] for note in notes.read(journal, MADE).values()):
        return True
    sent = sa.exists().where(
        PLANS.c.connection == name, PLANS.c.state != "made", WRITES.c.plan == PLANS.c.plan
    )
    with journal.begin() as db:
        return bool(db.execute(sa.select(sent)).scalar())


def create(work: Workspace, name: str) -> list[FieldState]:
    """Make what is missing in a target; note it in the journal before and after.

    A field that was there, hidden from the running user, may hold values that no read has
    brought: the connection is read from its beginning before anything is written to it.

    Raises:
        SetupError, TransientError: a field cannot be made, or has another type.
    """
    target, specs = work.target(name), [field.spec for field in work.fields[name]]
    missing = [state.name for state in target.field_states(specs) if not state.exists]
    note = {"target": name, "run": work.run, "at": work.now.isoformat(), "fields": missing}
    if missing:
        _keep(work.journal, note | {"made": False})
        work.journal.flush()
    states = list(target.create_fields(specs))
    if missing:
        _keep(work.journal, note | {"made": True})
    if hidden(missing, states):
        work.journal.read_again(parent(name))
    return states


def _keep(journal: Journal, note: Mapping[str, object]) -> None:
    key = hashlib.sha256(str(note["target"]).encode()).hexdigest()[:32]
    notes.keep(journal, MADE + key, note)


def hidden(missing: Sequence[str], states: Sequence[FieldState]) -> list[str]:
    """Return the fields that looked missing, and were there."""
    return [state.name for state in states if state.name in missing and not state.created]


def create_for_run(work: Workspace, name: str, missing: tuple[str, ...]) -> tuple[str, bool] | None:
    """Make what a plan names; return why the target cannot be written to now, or None."""
    try:
        states = create(work, name)
    except ConnectorError as error:
        return str(error), isinstance(error, SetupError)
    found = hidden(missing, states)
    if found:
        what = ", ".join(found)
        told = f"not written to {name}: {what} was there already, hidden from this user; the next"
        return f"{told} run reads what it holds, and plans again", True
    return _problem(name, states)


def _problem(name: str, states: Sequence[FieldState]) -> tuple[str, bool] | None:
    bad = [text for state in states if (text := unusable(state))]
    return (f"not written to {name}: {'; '.join(bad)}", True) if bad else None


def unusable(state: FieldState) -> str | None:
    """Return why a field cannot be written, with what to do; None if it can."""
    if state.problem:
        return f"{state.name}: {state.problem}"
    if not state.exists:
        return f"the field {state.name} is missing; `pulsefield fields --create` creates it"
    if not state.visible or not state.writable:
        what = "written" if state.visible else "seen"
        return f"{state.name} cannot be {what} by this user; grant it the permission"
    return None
