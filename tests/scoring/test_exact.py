"""Sums that do not depend on the order of rows, so that a score can be replayed to the bit."""

import math
import random
from collections.abc import Callable
from datetime import timedelta

import duckdb
import pyarrow as pa
import pytest

from scoring.dialects import DUCKDB
from tests.scoring.small import NOW, model, run

ROWS, ACCOUNTS = 200_000, 700
DECLARED = model(
    """
    [signals.paid]
    table = "invoices"
    aggregate = "sum"
    of = "amount"
    window = "90d"
    [signals.usual]
    table = "invoices"
    aggregate = "mean"
    of = "amount"
    window = "90d"
    """,
    metrics="""
    [metrics.paid]
    signal = "paid"
    worst = -1e6
    best = 3e6
    [metrics.usual]
    signal = "usual"
    worst = -1e5
    best = 1e5
    """,
    scores="[scores.health]\nweights = { paid = 1, usual = 2 }\nmin_coverage = 0",
)


def test_the_order_of_rows_moves_no_bit_of_a_score() -> None:
    lots = random.Random(3)
    amounts = [lots.choice((0.1, -3.3, 1e5)) * lots.random() for _ in range(ROWS)]
    invoices = pa.table(
        {
            "account": [lots.randrange(ACCOUNTS) for _ in range(ROWS)],
            "source": ["s"] * ROWS,
            "id": [str(number) for number in range(ROWS)],
            "issued_at": [NOW - timedelta(days=lots.randrange(120)) for _ in range(ROWS)],
            "amount": amounts,
        }
    )
    accounts = pa.table({"account": range(ACCOUNTS), "account_id": map(str, range(ACCOUNTS))})
    found = []
    for _ in range(3):
        with run(DECLARED, {"accounts": accounts, "invoices": invoices}) as snapshot:
            found.append((snapshot.scores.sort_by("account"), snapshot.signals.sort_by("account")))
        invoices = invoices.take(pa.array(lots.sample(range(ROWS), ROWS)))
    assert found[0] == found[1] == found[2]


def apart(add: Callable[[str], str], size: float) -> tuple[float, float]:
    """A sum as DuckDB adds it up, and as it is."""
    lots = random.Random(size)
    values = [size * (lots.random() - 0.4) for _ in range(1000)]
    with duckdb.connect() as con:
        con.register("given", pa.table({"value": values}))
        ((total,),) = con.sql(f"SELECT {add('value')} FROM given").fetchall()
    return total, math.fsum(values)


@pytest.mark.parametrize("size", [1e-12, 1e-3, 1.0, 1e6, 1e11])
def test_a_sum_is_as_exact_as_its_digits(size: float) -> None:
    found, exact = apart(DUCKDB.sum, size)
    assert found == pytest.approx(exact, rel=1e-15)


@pytest.mark.parametrize("size", [1e-9, 1.0, 100.0, 1e13])
def test_a_sum_of_what_is_small_is_exact(size: float) -> None:
    found, exact = apart(DUCKDB.total, size)
    assert found == pytest.approx(exact, rel=1e-15, abs=1e-16)


@pytest.mark.parametrize("add", [DUCKDB.sum, DUCKDB.total])
def test_nothing_has_no_sum(add: Callable[[str], str]) -> None:
    with duckdb.connect() as con:
        sql = f"SELECT {add('value')} FROM (SELECT 1e0 AS value) WHERE false"
        assert con.sql(sql).fetchall() == [(None,)]
