"""What a person says about two records: one customer, two, or no opinion any more."""

import getpass
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches

from scoring import duck

from .candidates import Key
from .config import Config
from .decisions import Decision, decide, withdraw
from .facts import account_rows
from .workspace import opened

NEAR = 3
"""Records that an error message proposes."""


def user() -> str:
    """Return who runs this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in some containers
        return "unknown"


@dataclass(frozen=True, slots=True)
class Said:
    """A decision to keep.

    Attributes:
        one: ``connection:id`` of a record.
        other: Likewise.
        same: They are one customer; False: they are not; None: an earlier decision is withdrawn.
        reason: Why.
        author: Who; by default the user of the process.
    """

    one: str
    other: str
    same: bool | None
    reason: str = ""
    author: str = field(default_factory=user)


def keep(config: Config, said: Said, now: datetime | None = None) -> tuple[str, str]:
    """Keep a decision; the next matching follows it. Return the names of the two records.

    It holds for the records' ids, whatever they are called later, and for the record that one
    of them is merged into.

    Raises:
        LookupError: no such record, with the nearest ones; or one record twice; or there is no
            decision to withdraw.
    """
    with opened(config, now) as work:
        with duck.connect() as con:
            names = {row.key: row.name or "" for row in account_rows(con, work.store)}
        one, other = (_found(text, names) for text in (said.one, said.other))
        if one == other:
            raise LookupError(f"{said.one} is one record; give two")
        when = now or datetime.now(UTC)
        if said.same is None:
            if not withdraw(work.journal, one, other, when):
                raise LookupError(f"nothing was decided about {said.one} and {said.other}")
        else:
            decide(work.journal, Decision(said.same, one, other, said.reason, said.author), when)
        return names[one], names[other]


def _found(text: str, names: dict[Key, str]) -> Key:
    connection, _, ref = text.partition(":")
    key = (connection, ref)
    if key in names:
        return key
    written = {f"{source}:{number}": name for (source, number), name in names.items()}
    by_name = {name.casefold(): place for place, name in written.items()}
    near = get_close_matches(text, written, NEAR) or [
        by_name[name] for name in get_close_matches(text.casefold(), by_name, NEAR)
    ]
    hint = ", ".join(f"{place} ({written[place]})" for place in near)
    raise LookupError(
        f"no record {text!r} is stored; write connection:id, as `pulsefield match` shows it"
        + (f"; the nearest: {hint}" if hint else "")
    )
