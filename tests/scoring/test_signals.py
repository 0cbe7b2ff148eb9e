from contextlib import nullcontext
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from scoring import ModelError
from tests.scoring.small import NOW, accounts, ago, model, rows, run, signal


def tickets(*opened: datetime, **columns: Any) -> dict[str, Any]:
    return {"tickets": rows([{"account": 1, "opened_at": at, **columns} for at in opened])}


def usage(*counts: tuple[int, float | None]) -> dict[str, Any]:
    """Uses of account 1, days ago and count."""
    day = NOW.date()
    made = [{"account": 1, "day": day - timedelta(days=d), "count": c} for d, c in counts]
    return {"usage": rows([{"account": 1, "day": date(2000, 1, 1), "count": None}, *made])}


COUNT = 'table = "tickets"\naggregate = "count"\n'


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (NOW, 1),
        (NOW + timedelta(microseconds=1), 0),
        (ago(days=30), 0),
        (ago(days=30) + timedelta(microseconds=1), 1),
        (None, 0),
    ],
)
def test_a_window_ends_at_as_of_inclusive_and_begins_exclusive(
    at: datetime | None, expected: int
) -> None:
    facts = {
        "tickets": rows(
            [{"account": 1, "opened_at": at}, {"account": 1, "opened_at": ago(days=99)}]
        )
    }
    assert signal(f'{COUNT}window = "30d"', facts) == expected


def test_each_signal_keeps_to_its_own_window() -> None:
    signals = f'[signals.x]\n{COUNT}window = "30d"\n[signals.y]\n{COUNT}window = "90d"'
    with run(model(signals), tickets(ago(days=30), ago(days=29), ago(days=89.9))) as snapshot:
        assert snapshot.signals.to_pylist()[0] == {"account": 1, "x": 1, "y": 3}


def test_the_future_is_not_counted_without_a_window_either() -> None:
    assert signal(COUNT, tickets(ago(days=400), NOW + timedelta(days=1))) == 1


def test_at_names_another_time_column_and_none_at_all() -> None:
    facts = {
        "surveys": rows(
            [
                {"account": 1, "asked_at": ago(days=3), "at": None},
                {"account": 1, "asked_at": ago(days=2), "at": ago(days=1)},
            ]
        )
    }
    base = 'table = "surveys"\naggregate = "count"\n'
    assert signal(base, facts) == 1
    assert signal(f'{base}at = "asked_at"\nwindow = "7d"', facts) == 2
    assert signal(f'{base}at = ""', {"surveys": rows([{"account": 1, "at": None}])}) == 1


VALUES = {
    "surveys": rows(
        [
            {"account": 1, "at": ago(days=n), "score": s}
            for n, s in enumerate([4.0, 1.0, None, 7.0], 1)
        ]
    )
}


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [("sum", 12), ("mean", 4), ("median", 4), ("min", 1), ("max", 7), ("last", 4), ("count", 4)],
)
def test_values_are_aggregated_without_nulls(aggregate: str, expected: float) -> None:
    of = "" if aggregate == "count" else 'of = "score"'
    assert signal(f'table = "surveys"\naggregate = "{aggregate}"\n{of}', VALUES) == expected


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        ("count", 0),
        ("sum", 0),
        ("distinct", 0),
        ("mean", None),
        ("median", None),
        ("min", None),
        ("max", None),
        ("last", None),
        ("days_since", None),
    ],
)
def test_no_rows_is_zero_for_counts_and_unknown_for_the_rest(
    aggregate: str, expected: float | None
) -> None:
    of = "" if aggregate in {"count", "days_since"} else 'of = "score"'
    text = f'table = "surveys"\naggregate = "{aggregate}"\n{of}\n'
    presence = [
        {"account": 1, "table": "surveys", "read_at": NOW},
        {"account": 2, "table": "tickets", "read_at": NOW},
    ]
    facts = {"accounts": accounts({}, {}), "presence": rows(presence)}
    assert signal(text, facts, 1) == expected
    assert signal(text, facts, 2) is None, "not matched in a source of surveys"
    assert signal(f"{text}empty = 3", facts, 1) == 3
    assert signal(f"{text}empty = 3", facts, 2) is None


def test_a_sum_over_rows_without_values_is_unknown_not_zero() -> None:
    facts = {"surveys": rows([{"account": 1, "at": ago(days=1), "score": None}])}
    assert signal('table = "surveys"\naggregate = "sum"\nof = "score"', facts) is None


def test_a_table_that_nobody_read_is_unknown() -> None:
    assert signal(COUNT, {}) is None


def test_a_source_that_stopped_freezes_its_windows() -> None:
    presence = {"presence": rows([{"account": 1, "table": "tickets", "read_at": ago(days=20)}])}
    facts = {**tickets(ago(days=45), ago(days=10)), **presence}
    assert signal(f'{COUNT}window = "30d"', facts) == 1, "the window ends at the last read"
    assert signal('table = "tickets"\naggregate = "days_since"', facts) == 25
    late = {
        **tickets(ago(days=45)),
        "presence": rows([{"account": 1, "table": "tickets", "read_at": NOW + timedelta(days=5)}]),
    }
    assert signal(f'{COUNT}window = "30d"', late) == 0, "never beyond the as-of time"


def test_share_leaves_out_what_is_unknown_and_heeds_min_rows() -> None:
    good = [True, True, False, None]
    facts = {"surveys": rows([{"account": 1, "at": ago(days=1), "good": g} for g in good])}
    text = 'table = "surveys"\naggregate = "share"\nof = "good"\n'
    assert signal(text, facts) == pytest.approx(2 / 3)
    assert signal(f"{text}min_rows = 3", facts) == pytest.approx(2 / 3)
    assert signal(f"{text}min_rows = 4", facts) is None


def test_a_filter_sees_columns_of_the_account_and_the_time() -> None:
    facts = {
        "accounts": accounts({"started_at": ago(days=30)}),
        **usage((40, 5.0), (20, 2.0), (1, 1.0)),
    }
    text = 'table = "usage"\naggregate = "sum"\nof = "count"\nwhere = "{}"'
    assert signal(text.format("day >= account.started_at"), facts) == 3
    assert signal(text.format("day < as_of - 15d and day > '2020-01-01'"), facts) == 7


def test_distinct_counts_combinations_and_what_occurs_often_enough() -> None:
    days = [NOW.date() - timedelta(days=n) for n in range(4)]
    used = [("a", 0), ("a", 1), ("a", 1), ("b", 0), (None, 2), ("c", 3)]
    facts = {"usage": rows([{"account": 1, "user_ref": u, "day": days[d]} for u, d in used])}
    base = 'table = "usage"\naggregate = "distinct"\n'
    assert signal(f'{base}of = "user_ref"', facts) == 3
    assert signal(f'{base}of = "user_ref"\nwindow = "2d"', facts) == 2
    assert signal(f'{base}of = ["user_ref", "day"]', facts) == 4
    assert signal(f'{base}of = "user_ref"\nat_least = {{ of = "day", number = 2 }}', facts) == 1
    assert signal(f'{base}of = "user_ref"\nmin_rows = 4', facts) is None
    assert signal(f'{base}of = "user_ref"\nwindow = "1d"\ncompare = "ratio"', facts) == 2


def test_last_takes_the_greatest_id_of_the_newest_rows() -> None:
    made = [("a", 1, 2), ("b", 2, 2), ("c", 3, 5)]
    facts = {
        "surveys": rows(
            [{"account": 1, "id": i, "at": ago(days=d), "score": float(s)} for i, s, d in made]
        )
    }
    assert signal('table = "surveys"\naggregate = "last"\nof = "score"', facts) == 2


def test_days_since_until_and_to() -> None:
    due = [ago(days=40), ago(days=10), NOW + timedelta(days=5), NOW + timedelta(days=50)]
    facts = {"invoices": rows([{"account": 1, "due_at": at} for at in due])}
    base = 'table = "invoices"\nat = "due_at"\n'
    assert signal(f'{base}aggregate = "days_since"', facts) == 10
    assert signal(f'{base}aggregate = "days_since"\npick = "oldest"', facts) == 40
    assert signal(f'{base}aggregate = "days_until"', facts) == 5
    renewal = {"accounts": accounts({"renewal_at": NOW + timedelta(days=7)})}
    assert signal('aggregate = "days_until"\nat = "renewal_at"', renewal) == 7


def test_days_to_counts_on_until_it_happens() -> None:
    text = 'table = "milestones"\naggregate = "days_to"\nstart = "started_at"'
    begun = {"accounts": accounts({"started_at": ago(days=50)}, {"started_at": ago(days=9)}, {})}
    facts = {
        **begun,
        "milestones": rows([{"account": 1, "reached_at": ago(days=d)} for d in (30, 5)]),
    }
    assert signal(text, facts, 1) == 20
    assert signal(text, facts, 2) == 9
    assert signal(text, facts, 3) is None


def test_change_compares_with_the_window_before() -> None:
    facts = usage((1, 30.0), (29, 20.0), (57, 99.0))
    text = 'table = "usage"\naggregate = "sum"\nof = "count"\nwindow = "28d"\ncompare = "{}"'
    assert signal(text.format("ratio"), facts) == 1.5
    assert signal(text.format("change"), facts) == 0.5
    assert signal(text.format("ratio"), usage((1, 30.0))) is None, "no division by nothing"
    assert signal(text.format("ratio"), usage((29, 30.0))) == 0
    assert signal(text.format("ratio"), usage((1, -5.0), (29, -10.0))) is None, "nor by less"
    assert signal(text.format("ratio"), usage((1, -5.0), (29, 10.0))) == -0.5


def test_baseline_is_in_standard_deviations_of_whole_earlier_windows() -> None:
    text = 'table = "usage"\naggregate = "sum"\nof = "count"\nwindow = "7d"\ncompare = "baseline"\nperiods = 4'
    weeks = [(3, 9.0), (10, 4.0), (17, 6.0), (24, 4.0), (31, 6.0), (400, 1.0)]
    assert signal(text, {"usage": usage(*weeks)["usage"].slice(1)}) == pytest.approx((9 - 5) / 1)
    young = usage((3, 9.0), (10, 4.0))["usage"].slice(1)
    assert signal(text, {"usage": young}) is None, "one earlier window is no baseline"
    steady = usage(*[(3 + 7 * week, 5.0) for week in range(6)])["usage"].slice(1)
    assert signal(text, {"usage": steady}) == 0


def test_rows_in_force_are_taken_at_both_moments() -> None:
    spans = [(400, None, 100), (400, 60, 50), (30, None, 30), (20, 10, 999), (5, 5, 7)]
    facts = {
        "subscriptions": rows(
            [
                {
                    "account": 1,
                    "started_at": ago(days=a),
                    "ended_at": None if b is None else ago(days=b),
                    "mrr": float(m),
                }
                for a, b, m in spans
            ]
        )
    }
    base = 'table = "subscriptions"\naggregate = "sum"\nof = "mrr"\nvalid = ["started_at", "ended_at"]\n'
    assert signal(base, facts) == 130
    assert signal(f'{base}window = "90d"\ncompare = "change"', facts) == pytest.approx(
        130 / 150 - 1
    )


def test_open_for_48_hours_is_judged_at_the_moment_not_later() -> None:
    text = f'{COUNT}valid = ["opened_at", "resolved_at"]\nwhere = "opened_at <= as_of - 48h"'
    resolved_later = NOW + timedelta(days=3)
    facts = {
        "tickets": rows(
            [
                {"account": 1, "opened_at": ago(hours=h), "resolved_at": r}
                for h, r in [(48, None), (47, None), (90, resolved_later), (90, ago(hours=1))]
            ]
        )
    }
    assert signal(text, facts) == 2


def test_division_by_signals_and_numbers_never_fails() -> None:
    facts = {
        "accounts": accounts({"seats": 50}, {"seats": 0}, {"seats": None}),
        "tickets": rows([{"account": n, "opened_at": ago(days=1)} for n in (1, 2, 3)]),
    }
    declared = model(f'[signals.t]\n{COUNT}per = ["seats", 0.01]\n[signals.seats]\nfield = "seats"')
    with run(declared, facts) as snapshot:
        assert [r["t"] for r in snapshot.signals.to_pylist()] == [2, None, None]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_nan_and_infinity_are_unknown_where_data_enters(bad: float) -> None:
    facts = {"surveys": rows([{"account": 1, "at": ago(days=1), "score": s} for s in (bad, 3.0)])}
    assert signal('table = "surveys"\naggregate = "max"\nof = "score"', facts) == 3
    assert signal('field = "mrr"', {"accounts": accounts({"mrr": bad})}) is None


def test_truth_values_count_as_one_and_zero() -> None:
    facts = {
        "accounts": accounts({"auto_renew": True}, {"auto_renew": False}, {"auto_renew": None})
    }
    assert [signal('field = "auto_renew"', facts, n) for n in (1, 2, 3)] == [1, 0, None]


def test_negative_counts_and_duplicate_rows_are_kept() -> None:
    """A row counts as often as it is given, its key as well: whose store it is knows better."""
    same = {"account": 1, "source": "s", "id": "r1", "day": ago(days=1).date(), "count": 5.0}
    given = {"usage": rows([same, same, {**same, "id": "r2", "count": -3.0}])}
    assert signal('table = "usage"\naggregate = "sum"\nof = "count"', given) == 7
    assert signal('table = "usage"\naggregate = "count"', given) == 3
    assert signal('table = "usage"\naggregate = "distinct"\nof = "day"', given) == 1


MONEY = 'table = "invoices"\naggregate = "sum"\nof = "amount"'


def invoices(*money: tuple[float, str | None]) -> dict[str, Any]:
    return {
        "invoices": rows(
            [{"account": 1, "issued_at": ago(days=1), "amount": a, "currency": c} for a, c in money]
        )
    }


def test_money_is_converted_with_rates() -> None:
    facts = invoices((10.0, "EUR"), (10.0, "USD"), (1.0, None))
    declared = model(f"[signals.x]\n{MONEY}", top='currency = "EUR"')
    with run(declared, facts, rates={"USD": 0.5}) as snapshot:
        assert snapshot.signals.to_pylist()[0]["x"] == 16


def test_money_in_several_currencies_without_rates_is_refused() -> None:
    with pytest.raises(
        ModelError,
        match=r"signals.x = EUR, USD: one currency, or a rate for each; no rate for EUR, USD",
    ):
        signal(MONEY, invoices((1.0, "EUR"), (1.0, "USD")))
    with pytest.raises(ModelError, match="no rate for JPY"):
        signal(MONEY, invoices((1.0, "EUR"), (1.0, "JPY")), rates={"EUR": 1.0})
    assert signal(MONEY, invoices((1.0, "EUR"), (2.0, "EUR"))) == 3, "one currency needs no rate"
    assert (
        signal('table = "invoices"\naggregate = "count"', invoices((1.0, "EUR"), (1.0, "USD"))) == 2
    )


@pytest.mark.parametrize(
    ("condition", "compares"),
    [
        ("amount > 5", True),
        ("5 < amount and id = 'r0'", True),
        ("amount in (1, 7)", True),
        ("account.mrr >= 7", True),
        ("amount > 0", False),
        ("amount_open < amount", False),
        ("currency = 'EUR' or amount is null", False),
    ],
)
def test_amounts_of_several_currencies_are_not_compared_without_rates(
    condition: str, compares: bool
) -> None:
    facts = invoices((6.0, "EUR"), (10.0, "USD"))
    facts["accounts"] = accounts({"mrr": 1.0, "currency": "EUR"}, {"mrr": 9.0, "currency": "USD"})
    for text in (
        f'aggregate = "count"\nwhere = "{condition}"',
        f'aggregate = "share"\nof = "{condition}"',
    ):
        declared = f'table = "invoices"\n{text}'
        with pytest.raises(ModelError, match="no rate for") if compares else nullcontext():
            signal(declared, facts)
        signal(declared, facts, rates={"EUR": 1.0, "USD": 0.5})


def test_rows_of_unknown_accounts_change_nothing() -> None:
    facts = {"tickets": rows([{"account": a, "opened_at": ago(days=1)} for a in (1, 77, None)])}
    assert signal(COUNT, facts) == 1


def test_what_overflows_is_unknown_not_infinite() -> None:
    huge = {
        "surveys": rows([{"account": 1, "at": ago(days=d), "score": 1.7e308} for d in (1, 2, 9)])
    }
    text = 'table = "surveys"\naggregate = "sum"\nof = "score"\n'
    assert signal(text, huge) is None
    assert signal(f'{text}window = "7d"\ncompare = "ratio"', huge) is None
    facts = {"accounts": accounts({"mrr": 1.7e308})}
    assert signal('field = "mrr"\nper = 0.001', facts) is None


@pytest.mark.parametrize(
    ("table", "of", "time"),
    [
        ("usage", "user_ref", "day"),
        ("usage", "day", "day"),
        ("tickets", "requester_ref", "opened_at"),
    ],
)
def test_windows_of_one_thing_each_end_where_they_say(table: str, of: str, time: str) -> None:
    midnight = NOW.replace(hour=0)
    at = [midnight - timedelta(days=days) for days in (6, 7, 27, 28)]
    given = [{"account": 1, "user_ref": f"u{n}", "requester_ref": f"u{n}"} for n in range(4)]
    facts = {table: rows([{**row, time: when} for row, when in zip(given, at, strict=True)])}
    if time == "day":
        facts[table] = facts[table].set_column(
            facts[table].column_names.index("day"), "day", facts[table].column("day").cast("date32")
        )
    one = f'table = "{table}"\naggregate = "distinct"\nof = "{of}"\nwindow = '
    declared = model(f'[signals.x]\n{one}"7d"\n[signals.y]\n{one}"28d"')
    with run(declared, {"accounts": accounts(), **facts}, as_of=midnight) as snapshot:
        assert snapshot.signals.to_pylist() == [{"account": 1, "x": 1, "y": 3}]
