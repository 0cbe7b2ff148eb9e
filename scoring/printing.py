"""A model as SQL text, to read and to run where the data is."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from .compile import compile_model, statement
from .dialects import DIALECTS, Dialect
from .facts import NEEDED, known_rates
from .model import Model
from .rows import fact_tables, raw_columns
from .steps import Context
from .tables import COLUMNS, Kind, Schema

ENTRY: dict[str, Kind] = {"account": "integer", "source": "string", "id": "string"}
BESIDE: dict[str, Kind] = {
    "account": "integer",
    "value": "number",
    "read_at": "time",
    "set_at": "time",
    "expires_at": "time",
}
"""Kinds of the columns of what is no canonical table; the others are text."""
GIVEN = {"presence": "presence", "previous": "previous", "overrides": "given_overrides"}
"""What may stand beside the facts, and the table that it is read from."""
ABOUT = {
    "presence": "who is matched in a source of which table, last read when",
    "previous": "values and bands of the last run, for the dead-band; may be empty",
    "given_overrides": "what people set beside scores; may be empty",
}

OPENINGS = {
    "duckdb": "",
    "postgres": "-- session: times with a zone are taken in UTC\nSET TIME ZONE 'UTC';\n\n",
    "spark": "-- session: times are UTC; run it in a schema of its own, as most steps are tables\n"
    "SET TIME ZONE 'UTC';\n\n",
}
"""What comes before the steps. On Spark tables cut plans short: with views, cached or not, a step
is planned with all those before it; of a shipped model half were not planned in 7 minutes."""


def canonical() -> dict[str, dict[str, Kind]]:
    """Return the canonical tables, and what may stand beside them: columns and kinds."""
    facts = {name: {**ENTRY, **own} for name, own in COLUMNS.items()}
    beside = {
        table: {each: BESIDE.get(each, "string") for each in NEEDED[name]}
        for name, table in GIVEN.items()
    }
    return {**facts, **beside}


def model_sql(
    model: Model,
    dialect: str = "duckdb",
    *,
    schema: Schema | None = None,
    as_of: datetime | None = None,
    rates: Mapping[str, float] | None = None,
) -> str:
    """Return a model as named, commented SQL steps, to read and to run.

    Args:
        model: The model.
        dialect: duckdb, postgres or spark.
        schema: The facts' tables, columns and kinds; ``canonical()`` when None. ``presence``,
            ``previous`` and ``given_overrides`` are read where they are named in it.
        as_of: The as-of time, UTC; 1 January 2026 when None.
        rates: As in ``score``; without them money is taken as it stands, in one currency.

    Raises:
        KeyError: no such dialect.
        ModelError: a column that the schema does not have.
        ValueError: a rate that is no number above 0.
    """
    ctx = _context(model, DIALECTS[dialect], schema, as_of, rates)
    written = ctx.dialect
    texts = (statement(written, written.quote(step.name), step) for step in compile_model(ctx))
    return OPENINGS[dialect] + "\n\n".join(texts) + "\n"


def tables_sql(model: Model, dialect: str = "duckdb", *, schema: Schema | None = None) -> str:
    """Return what the steps of ``model_sql`` read, as commented statements that would make it.

    Args:
        model: The model.
        dialect: As in ``model_sql``.
        schema: As in ``model_sql``.
    """
    ctx = _context(model, DIALECTS[dialect], schema, None, {"EUR": 1.0})
    return "\n".join(_tables(ctx)) + "\n"


def _tables(ctx: Context) -> Iterator[str]:
    for table in dict.fromkeys(["accounts", *fact_tables(ctx)]):
        known = ctx.schema.get(table, {})
        keys = {"account": ENTRY["account"]} if table == "accounts" else ENTRY
        columns = {name: known[name] for name in raw_columns(ctx, table)}
        yield _table(ctx, table, {**keys, **columns}, "")
    for table, about in ABOUT.items():
        if table in ctx.schema:
            yield _table(ctx, table, ctx.schema[table], f"  -- {about}")


def _table(ctx: Context, name: str, columns: Mapping[str, Kind], about: str) -> str:
    listed = ", ".join(f"{ctx.q(each)} {ctx.dialect.types[kind]}" for each, kind in columns.items())
    return f"-- CREATE TABLE {ctx.q(name)} ({listed});{about}"


def _context(
    model: Model,
    dialect: Dialect,
    schema: Schema | None,
    as_of: datetime | None,
    rates: Mapping[str, float] | None,
) -> Context:
    shape = canonical() if schema is None else schema
    relations = {name: dialect.quote(name) for name in shape if name in COLUMNS}
    relations |= {name: dialect.quote(table) for name, table in GIVEN.items() if table in shape}
    moment = as_of or datetime(2026, 1, 1)  # noqa: DTZ001 - UTC without zone
    # To be read: the last digits do not matter.
    dialect = replace(dialect, summed=Dialect.summed, totalled=Dialect.totalled)
    return Context(model, dialect, shape, relations, moment, known_rates(model, rates))
