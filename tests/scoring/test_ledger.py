import pytest

from scoring import load_model, shipped_model
from tests.scoring.small import accounts, ago, model, rows, run, unexplained

TICKETS = rows(
    [
        {
            "account": 1,
            "opened_at": ago(days=n / 2),
            "id": f"t{n:02}",
            "priority": "urgent" if n % 2 else "low",
        }
        for n in range(50)
    ]
)


def test_evidence_is_the_newest_twenty_records_behind_a_signal() -> None:
    declared = model(
        '[signals.x]\ntable = "tickets"\naggregate = "count"\nwhere = "priority = \'urgent\'"\nwindow = "90d"'
    )
    with run(declared, {"tickets": TICKETS}) as snapshot:
        (part,) = snapshot.ledger([1]).to_pylist()
    assert part["evidence"] == [f"s:t{n:02}" for n in range(1, 41, 2)]
    assert (part["signal"], part["value"], part["weight"]) == ("x", 25, 1)


@pytest.mark.parametrize(
    ("declaration", "expected"),
    [
        ('aggregate = "days_since"', ["s:t00"]),
        ('aggregate = "days_since"\npick = "oldest"', ["s:t49"]),
        ('aggregate = "days_since"\nwindow = "1d"\nwhere = "priority = \'urgent\'"', ["s:t01"]),
    ],
)
def test_a_moment_names_the_one_record_it_comes_from(declaration: str, expected: list[str]) -> None:
    with run(
        model(f'[signals.x]\ntable = "tickets"\n{declaration}'), {"tickets": TICKETS}
    ) as snapshot:
        assert snapshot.ledger([1]).to_pylist()[0]["evidence"] == expected


def test_days_until_names_the_record_to_come() -> None:
    facts = {"invoices": rows([{"account": 1, "due_at": ago(days=d)} for d in (3, -4, -9)])}
    declared = model('[signals.x]\ntable = "invoices"\naggregate = "days_until"\nat = "due_at"')
    with run(declared, facts) as snapshot:
        assert snapshot.ledger([1]).to_pylist()[0]["evidence"] == ["s:r1"]


def test_the_signal_of_a_plain_field_has_no_records() -> None:
    with run(
        model('[signals.x]\nfield = "seats"'), {"accounts": accounts({"seats": 3})}
    ) as snapshot:
        assert snapshot.ledger([1]).to_pylist()[0]["evidence"] == []


EQUAL = "".join(f'[metrics.{n}]\nsignal = "{n}"\nworst = 0\nbest = 100\n' for n in ("b", "a", "c"))


def test_reasons_are_the_largest_parts_and_ties_go_by_the_model() -> None:
    signals = '[signals.a]\nfield = "seats"\n[signals.b]\nfield = "mrr"\n[signals.c]\nfield = "term_months"'
    score = "[scores.health]\nweights = { b = 1, a = 1, c = 1 }"
    given = accounts(
        {"seats": 20, "mrr": 80.0, "term_months": 20},
        {"seats": 50, "mrr": 50.0, "term_months": 50},
        {"seats": 50, "mrr": 80.0000001, "term_months": 20},
    )
    with run(model(signals, EQUAL, score), {"accounts": given}) as snapshot:
        found = [
            (r["account"], r["rank"], r["name"], r["points"])
            for r in snapshot.reasons(limit=2).to_pylist()
        ]
        assert found == [(1, 1, "b", 10), (1, 2, "a", -10), (3, 1, "b", 10), (3, 2, "c", -10)]
        assert snapshot.reasons(limit=9).num_rows == 5, "parts of no points are no reasons"


def test_reasons_agree_with_the_ledger_of_the_whole_default_model() -> None:
    facts = portfolio()
    with run(load_model(shipped_model("default")), facts) as snapshot:
        assert unexplained(snapshot) < 1e-9
        ledger = snapshot.ledger(evidence=False).to_pylist()
        for score in ("health", "adoption"):
            for account in (1, 2, 3):
                mine = [p for p in ledger if (p["account"], p["score"]) == (account, score)]
                ranked = sorted(mine, key=lambda part: -abs(round(part["points"], 6)))[:3]
                found = [
                    r
                    for r in snapshot.reasons(scores=[score]).to_pylist()
                    if r["account"] == account
                ]
                wanted = [p for p in ranked if round(p["points"], 6)]
                assert [(r["name"], r["via"]) for r in found] == [
                    (p["name"], p["via"]) for p in wanted
                ]
                for reason, part in zip(found, wanted, strict=True):
                    assert reason["value"] == part["value"]
                    assert reason["points"] == pytest.approx(part["points"], abs=1e-6)


def test_reasons_and_what_is_missing_can_be_asked_for_in_part() -> None:
    with run(load_model(shipped_model("default")), portfolio()) as snapshot:
        whole, part = snapshot.reasons(), snapshot.reasons(measured=False)
        assert whole.column("goodness").null_count < part.column("goodness").null_count
        unmeasured = ["goodness", "observed"]
        assert whole.drop_columns(unmeasured).equals(part.drop_columns(unmeasured))
        missing = snapshot.missing.to_pylist()
        usage = [row for row in missing if row["score"] == "usage"]
        assert 0 < len(usage) < len(missing)
        assert snapshot.missing_of(["usage"]).to_pylist() == usage


def test_asking_for_a_score_that_is_not_there_lists_those_that_are() -> None:
    with run(model('[signals.x]\nfield = "seats"'), {}) as snapshot:
        with pytest.raises(ValueError, match="no score 'helth'; there are: health"):
            snapshot.ledger(score="helth")
        with pytest.raises(ValueError, match="helth"):
            snapshot.reasons(scores=["helth"])


def portfolio() -> dict[str, object]:
    """Three accounts with something in every table."""
    keys = (1, 2, 3)
    day = ago(days=0).date()
    return {
        "accounts": accounts(
            *(
                {
                    "seats": 10 * k,
                    "core_features": 5,
                    "new_features": 2,
                    "started_at": ago(days=200),
                    "mrr": 100.0,
                    "lifecycle": "customer",
                }
                for k in keys
            )
        ),
        "tickets": rows(
            [
                {
                    "account": k,
                    "opened_at": ago(days=3 * n),
                    "priority": "urgent" if n % k == 0 else "low",
                    "first_reply_minutes": 40.0 * n,
                    "resolution_hours": 9.0 * n,
                    "reopens": n % 2,
                    "topic": "defect",
                }
                for k in keys
                for n in range(9)
            ]
        ),
        "usage": rows(
            [
                {
                    "account": k,
                    "day": day.replace(day=n + 1),
                    "feature": f"f{n % (k + 1)}",
                    "user_ref": f"u{n % 4}",
                    "count": float(k),
                }
                for k in keys
                for n in range(25)
            ]
        ),
        "surveys": rows(
            [
                {
                    "account": k,
                    "kind": kind,
                    "asked_at": ago(days=30),
                    "at": ago(days=100),
                    "score": float(3 * k),
                    "good": k > 1,
                }
                for k in keys
                for kind in ("nps", "csat", "pulse")
                for _ in range(6)
            ]
        ),
        "invoices": rows(
            [
                {
                    "account": k,
                    "issued_at": ago(days=60),
                    "due_at": ago(days=20 * k),
                    "amount": 9.0,
                    "amount_open": 9.0,
                    "currency": "EUR",
                    "status": "open",
                }
                for k in keys
            ]
        ),
        "interactions": rows(
            [
                {
                    "account": k,
                    "at": ago(days=7 * k),
                    "channel": "call",
                    "direction": "both",
                    "sentiment": "positive",
                }
                for k in keys
            ]
        ),
    }
