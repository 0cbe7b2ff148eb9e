"""What a run keeps of the rows, so that the next ones read little more than what is new."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Self

from .connections import engine_on
from .engines import Engine
from .facts import check_accounts, context, given, with_rates
from .keeping import ENDS, keeping_steps, kept
from .model import Model
from .references import check_columns
from .rows import fact_tables
from .steps import Context


@dataclass(frozen=True)
class RollUp:
    """What was kept of the rows of some tables, and what has changed since.

    Store ``tables`` (each a relation on the connection, until ``close``) together with
    ``basis``, ``as_of`` and ``days``; make it anew from those on the next day.

    Attributes:
        basis: Digest of the signals, rates and tables that it was made for.
        as_of: The moment that it was made for, UTC without zone.
        days: How long it can be used; make the next one by then.
        tables: Name -> relation on the connection, or Arrow, Polars or pandas data.
        fresh: Canonical table -> the rows that came since, with the columns of the facts.
        stale: ``account`` of those of whose earlier rows any was changed, deleted, or given
            to or taken from them; None: nobody's.
    """

    basis: str
    as_of: datetime
    days: float
    tables: Mapping[str, Any]
    fresh: Mapping[str, Any] = field(default_factory=dict)
    stale: Any = None
    _engine: Engine | None = None

    def since(self, fresh: Mapping[str, Any], stale: Any = None) -> Self:
        """Return the same with what has changed since."""
        return replace(self, fresh=fresh, stale=stale)

    def given(self) -> dict[str, Any]:
        """Return all data by the names that the steps use."""
        data = {kept(name): table for name, table in self.tables.items()}
        data |= {f"fresh {name}": table for name, table in self.fresh.items()}
        return data if self.stale is None else {**data, "stale": self.stale}

    def close(self) -> None:
        """Drop the relations that making it left on the connection."""
        if self._engine is not None:
            self._engine.drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def roll_up(
    model: Model,
    facts: Mapping[str, Any],
    *,
    as_of: datetime,
    connection: Any,
    tables: Iterable[str] = ("usage",),
    days: float = 3.0,
    rates: Mapping[str, float] | None = None,
) -> RollUp:
    """Keep what the next days' runs need of the rows there are now.

    Of each account's rows that stay in, or out of, all windows for so many days, one row of
    sums is kept; of what is counted once, the newest row; the few other rows as they are. Where
    rows have dates and windows are whole days, one row of sums for each of these days instead.
    Medians, ``last``, ``at_least`` of anything but days, things counted over earlier windows, and
    filters with ``as_of`` or ``account.x`` read all rows in every run. Sums are added up in
    another order than from all rows, so that the last digits of doubles may differ.

    Args:
        model: The model.
        facts: As for ``score``.
        as_of: The moment; scoring earlier ones reads all rows.
        connection: As for ``score``; the relations stay on it until ``close``.
        tables: Tables worth it: with many rows, few of them ever changed.
        days: How long it is to last. Longer keeps more rows, or more sums.
        rates: As for ``score``.

    Raises:
        ModelError: as for ``score``.
        ValueError: as for ``score``; or a table that the model or the facts do not have.
    """
    moment = as_of.astimezone(UTC).replace(tzinfo=None) if as_of.tzinfo else as_of
    engine = engine_on(connection)
    with engine.making():
        ctx = context(model, engine, given(facts, None, None), moment)
        ctx = with_rates(ctx, engine, rates)
        check_accounts(ctx, engine)
        check_columns(model, ctx.schema)
        wanted = [name for name in fact_tables(ctx) if name in set(tables) & set(ctx.relations)]
        steps = list(keeping_steps(ctx, wanted, days))
        engine.run(steps)
    made = [step.name for step in steps if step.name.startswith(kept(""))]
    found = {name.removeprefix(kept("")): engine.prefix + name for name in made}
    return RollUp(basis(ctx, wanted, days), moment, days, found, _engine=engine)


def basis(ctx: Context, tables: Iterable[str], days: float) -> str:
    """Return a digest of all that what is kept depends on, beside the rows."""
    told = {
        "form": 3,
        "signals": ctx.model.model_dump(mode="json", include={"signals"}),
        "rates": dict(ctx.rates),
        "days": days,
        "kinds": {name: dict(sorted(ctx.schema[name].items())) for name in sorted(tables)},
    }
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def with_kept(ctx: Context, rolled: RollUp | None) -> Context:
    """Put what was kept into the context.

    Raises:
        ValueError: it was kept for other signals, rates or columns.
    """
    if rolled is None:
        return ctx
    tables = [n.removesuffix(" totals") for n in rolled.tables if n.endswith(" totals")]
    if ENDS not in rolled.tables or basis(ctx, tables, rolled.days) != rolled.basis:
        raise ValueError("kept for other signals, rates or columns; roll up again")
    return replace(ctx, kept_days=rolled.days)
