"""Small things to remember between runs, by name, in the journal: a rhythm's last slot, alerts."""

import json
from typing import Any

import sqlalchemy as sa

from . import schema
from .journal import Journal

TABLE = schema.meta


def read(journal: Journal, prefix: str) -> dict[str, Any]:
    """Return the notes whose name begins with ``prefix``, by the rest of their name."""
    query = sa.select(TABLE).where(TABLE.c.name.startswith(prefix, autoescape=True))
    with journal.begin() as db:
        rows = db.execute(query).all()
    return {row.name.removeprefix(prefix): json.loads(row.value) for row in rows}


def keep(journal: Journal, name: str, value: Any) -> None:
    """Keep a note of at most 40 characters' name, in place of an earlier one."""
    text = json.dumps(value)
    with journal.begin() as db:
        if not db.execute(TABLE.update().where(TABLE.c.name == name).values(value=text)).rowcount:
            db.execute(TABLE.insert().values(name=name, value=text))


def drop(journal: Journal, *names: str) -> None:
    """Forget notes."""
    with journal.begin() as db:
        db.execute(TABLE.delete().where(TABLE.c.name.in_(names)))
