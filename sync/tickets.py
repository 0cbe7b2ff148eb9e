"""Open tickets as records of a target of their own: ``NAME.tickets`` beside the connection NAME.

Everything else is as for accounts: what tickets carry is read with them, compared with the band
of their customer, planned, limited, journalled and written row by row.
"""

from collections.abc import Iterable

import duckdb

from connectors.base import FieldSpec
from scoring import Model
from scoring.language import language

from .config import Config
from .fields import TargetField, band_options
from .quoting import literal
from .settings import Connection, FieldChoice
from .store import Store

SUFFIX = ".tickets"
OPEN = ("new", "open", "pending", "hold", "other")
"""States of a ticket that may still be written to; ``other`` is a status of the user's own."""


def parent(name: str) -> str:
    """Return the connection that a target belongs to."""
    return name.removesuffix(SUFFIX)


def ticket_targets(fields: Iterable[str]) -> list[str]:
    """Return those targets that are tickets of a connection."""
    return [name for name in fields if name != parent(name)]


def ticket_fields(config: Config, model: Model) -> dict[str, tuple[TargetField, ...]]:
    """Return what open tickets carry, by target, for the connections that ask for it."""
    if "health" not in model.scores:
        return {}
    return {
        f"{name}{SUFFIX}": (_band(connection, model, config.general.language),)
        for name, connection in config.connections.items()
        if connection.write and getattr(connection.settings, "ticket_context", None)
    }


def _band(connection: Connection, model: Model, code: str) -> TargetField:
    texts = language(code).texts["fields"]
    spec = FieldSpec(
        name=(connection.prefix or "pulsefield_").rstrip("_").lower(),
        label=texts["ticket_band"],
        type="choice",
        help=texts["ticket_band_help"],
        options=band_options(model, "health", code),
    )
    return TargetField("ticket_band", spec, "health", "band", FieldChoice())


def add_members(
    con: duckdb.DuckDBPyConnection,
    store: Store,
    fields: Iterable[str],
) -> None:
    """Add the open tickets of matched accounts to ``members``, each under its target's name.

    Args:
        con: With the ``members`` relation of ``facts.build``.
        store: Has the tickets.
        fields: Targets; only those of tickets are looked at.
    """
    latest = store.latest("tickets")
    if latest is None:
        return
    states = ", ".join(map(literal, OPEN))
    for target in ticket_targets(fields):
        con.execute(
            f"INSERT INTO members"  # noqa: S608 - literals are quoted
            f" SELECT m.account, {literal(target)}, t.id, m.place, true FROM ({latest}) t"
            f" JOIN members m ON m.connection = t.source AND m.ref = t.account_ref"
            f" WHERE t.source = {literal(parent(target))} AND t.status IN ({states})"
            f" AND t.resolved_at IS NULL AND NOT coalesce(t.deleted, false)"
        )
