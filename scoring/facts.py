"""Facts as they are handed in: names, kinds, keys, currencies."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from math import isfinite
from typing import Any

from .engines import Engine
from .errors import ModelError, Problem
from .model import Model
from .references import money_signals, references
from .steps import Context
from .tables import COLUMNS, Kind

KEY = ("account",)
NEEDED = {
    "presence": ("account", "table", "read_at"),
    "previous": ("account", "score", "value", "band"),
    "overrides": (
        *("account", "score", "value", "band"),
        *("reason", "author", "set_at", "expires_at"),
    ),
}
"""Columns that must be there; any other column that is missing counts as null."""


def given(facts: Mapping[str, Any], previous: Any, overrides: Any) -> dict[str, Any]:
    """Return all data by name.

    Raises:
        ValueError: a table that is not canonical, or no accounts.
    """
    allowed = {*COLUMNS, "presence"}
    strange = sorted(set(facts) - allowed)
    if strange:
        raise ValueError(
            f"no canonical table: {', '.join(strange)}; there are: {', '.join(sorted(allowed))}"
        )
    if "accounts" not in facts:
        raise ValueError("facts need accounts: one row per account")
    beside = {"previous": previous, "overrides": overrides}
    return {**facts, **{name: data for name, data in beside.items() if data is not None}}


def context(model: Model, engine: Engine, given: Mapping[str, Any], moment: datetime) -> Context:
    """Register what is no relation yet, and look at what columns there are.

    Raises:
        TypeError: data that is no relation's name and no table.
        ValueError: a column that is needed is not there, or ``account`` is no integer.
    """
    relations = {name: _relation(engine, name, data) for name, data in given.items()}
    expected = {(r.table, r.column): r.kinds[0] for r in references(model) if r.kinds}
    schema: dict[str, dict[str, Kind]] = {}
    for name in given:
        found = engine.columns(relations[name])
        lacking = [column for column in NEEDED.get(name, KEY) if column not in found]
        if lacking:
            raise ValueError(f"{name} has no column {', '.join(lacking)}")
        if found["account"] not in {"integer", None}:
            raise ValueError(f"{name}.account is {found['account']}, not an integer key")
        if name in COLUMNS:
            own = COLUMNS[name]
            schema[name] = {
                column: kind or own.get(column) or expected.get((name, column), "string")
                for column, kind in found.items()
            }
    return Context(model, engine.dialect, schema, relations, moment, prefix=engine.prefix)


def _relation(engine: Engine, name: str, data: object) -> str:
    try:
        return engine.relation(name, data)
    except TypeError as error:
        kind = f"{type(data).__module__}.{type(data).__qualname__}"
        allowed = "Arrow, Polars or pandas data, or a relation's name"
        raise TypeError(f"{name}: a {kind}; needed is {allowed}") from error


def check_accounts(ctx: Context, engine: Engine) -> None:
    """Check that each account has one row and a key, and tell the engine how many there are.

    Raises:
        ValueError: otherwise.
    """
    account = ctx.q("account")
    counts = f"count(*) AS n, count({account}) AS known, count(DISTINCT {account}) AS keys"
    row = engine.query(f"SELECT {counts} FROM {ctx.relations['accounts']}").to_pylist()[0]
    if row["n"] != row["keys"]:
        twice = row["known"] - row["keys"]
        raise ValueError(
            f"accounts: {row['n'] - row['known']} rows without key, {twice} keys repeated"
        )
    engine.expect(row["n"])


def known_rates(model: Model, rates: Mapping[str, float] | None) -> dict[str, float]:
    """Return the rates given, and that of the model's own currency.

    Raises:
        ValueError: a rate that is no number above 0.
    """
    known = dict(rates or {})
    wrong = [
        f"{name} = {rate}" for name, rate in known.items() if not (isfinite(rate) and rate > 0)
    ]
    if wrong:
        raise ValueError(f"rates: {', '.join(wrong)}; a rate is a number above 0")
    if model.currency is not None:
        known.setdefault(model.currency, 1.0)
    return known


def with_rates(ctx: Context, engine: Engine, rates: Mapping[str, float] | None) -> Context:
    """Put rates into the context, or refuse money that cannot be added up.

    Raises:
        ModelError: money in a currency without rate.
        ValueError: a rate that is no number above 0.
    """
    known = known_rates(ctx.model, rates)
    found: dict[str, str] = {}
    for key, table in money_signals(ctx.model):
        if table in ctx.relations and ctx.has(table, "currency"):
            currency = ctx.q("currency")
            sql = f"SELECT DISTINCT {currency} AS c FROM {ctx.relations[table]}"
            sql += f" WHERE {currency} IS NOT NULL"
            found |= {row["c"]: key for row in engine.query(sql).to_pylist()}
    if not known and len(found) < 2:  # noqa: PLR2004 (one currency needs no rates)
        return ctx
    strange = sorted(set(found) - set(known))
    if strange:
        allowed = f"one currency, or a rate for each; no rate for {', '.join(strange)}"
        raise ModelError(
            ctx.model.file, [Problem(found[strange[0]], ", ".join(sorted(found)), allowed)]
        )
    return replace(ctx, rates=known)
