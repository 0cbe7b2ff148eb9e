"""The accounts' columns, with revenue in one currency."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb

from sync.quoting import quote
from sync.scored import Portfolio

from .model import Accounts

FACTS = (
    "segment", "lifecycle", "plan", "product", "country", "industry",
    "seats", "renewal_at", "auto_renew",
)  # fmt: skip
OWNER = "owner"
"""A person's name: only where a setting asks for it."""


def accounts(
    con: duckdb.DuckDBPyConnection,
    people: Portfolio,
    before: Mapping[int, str | None],
    money: tuple[str, Mapping[str, float]],
    *,
    owners: bool = False,
) -> Accounts:
    """Return all accounts.

    Args:
        con: With ``fact_accounts``.
        people: Scores, in the order of accounts.
        before: Account -> its main band before.
        money: As ``currency_of`` returns it.
        owners: Whether account owners are named.
    """
    wanted = (*FACTS, OWNER) if owners else FACTS
    columns = _columns(con, (*wanted, "mrr", "currency"))
    renewals = columns["renewal_at"]
    dates = [one.date() if isinstance(one, datetime) else one for one in renewals]
    base, rates = money
    return Accounts(
        keys=people.accounts,
        ids=people.account_ids,
        names=people.names,
        facts={name: columns[name] for name in wanted} | {"renewal_at": dates},
        revenue=[
            _converted(amount, currency, base, rates)
            for amount, currency in zip(columns["mrr"], columns["currency"], strict=True)
        ],
        scores=people.scores,
        band_before=[before.get(key) for key in people.accounts],
    )


def _columns(con: duckdb.DuckDBPyConnection, wanted: Sequence[str]) -> dict[str, list[Any]]:
    there = {row[0] for row in con.sql("DESCRIBE fact_accounts").fetchall()}
    picked = [quote(name) if name in there else f"NULL AS {quote(name)}" for name in wanted]
    sql = f"SELECT {', '.join(picked)} FROM fact_accounts ORDER BY account"  # noqa: S608 - quoted
    found: dict[str, list[Any]] = con.sql(sql).to_arrow_table().to_pydict()
    return found


def currency_of(
    con: duckdb.DuckDBPyConnection, base: str | None, rates: Mapping[str, float]
) -> tuple[str, Mapping[str, float]]:
    """Return the currency that revenue is told in, and the rates to it.

    It is the model's; else the one that the rates are in; else the most frequent one, and
    revenue in another currency is not known.

    Args:
        con: With ``fact_accounts``.
        base: The model's currency.
        rates: Currency -> its value in the base currency.
    """
    held = Counter(code for code in _columns(con, ["currency"])["currency"] if code)
    told = base or next((code for code, rate in rates.items() if rate == 1), None)
    if told is None or (not rates and told not in held):
        told = held.most_common(1)[0][0] if held else ""
        rates = {}
    return told, rates


def _converted(
    amount: float | None, currency: str | None, base: str, rates: Mapping[str, float]
) -> float | None:
    if amount is None:
        return None
    if currency is None or currency == base:
        return amount
    return amount * rates[currency] if currency in rates else None
