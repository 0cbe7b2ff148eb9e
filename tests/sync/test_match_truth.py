"""Matching against what the simulator knows to be true."""

import pytest

from benchmarks.matching import candidates, judge
from connectors.simulator import generate
from sync import names
from sync.candidates import Row, prepare
from sync.decisions import Decision
from sync.match import match


@pytest.mark.parametrize("seed", [7, 21])
def test_no_two_customers_are_joined_and_what_is_left_is_asked(seed: int) -> None:
    portfolio = generate(500, seed)
    known = candidates(portfolio)
    told = judge(portfolio, known, match(known))
    assert told.wrong == ()
    assert told.recall > 0.98
    assert told.asked == 1.0
    assert told.review < 25  # of 500 customers: what a person looks through in minutes


@pytest.mark.parametrize(
    "written",
    [
        "Acme S.à r.l.", "ACME SARL", "Acme Gesellschaft mbH", "Acme G.m.b.H.", "Acme GmbH & Co. KG",
        "Acme Sp. z o.o.", "Acme spółka z o.o.", "Acme S.A. de C.V.", "Acme Pty. Ltd.", "Acme, Inc.",
        "Acme UG (haftungsbeschränkt)", "Acme AB (publ)", "Acme A/S", "acme b.v.",
    ],
)  # fmt: skip
def test_legal_forms_are_no_part_of_a_name(written: str) -> None:
    assert names.key(written) == "acme"


def test_a_customer_entered_twice_in_one_system_is_asked_about() -> None:
    rows = [
        Row(("crm", "1"), "Acme Ltd", ("acme.com",)),
        Row(("crm", "2"), "ACME", ("https://acme.com/en",)),
        Row(("crm", "3"), "Brio", ("brio.com",)),
    ]
    (entry,) = match(prepare(rows, {"crm": 0})).review
    assert (entry.kind, entry.key) == ("duplicate", "acme.com")
    assert [side.ref for side in entry.sides] == ["1", "2"]


@pytest.mark.parametrize("same", [True, False])
def test_a_decision_holds_for_the_record_that_one_of_the_pair_was_merged_into(same: bool) -> None:
    rows = [
        Row(("crm", "1"), "Acme", ("acme.com",)),
        Row(("desk", "7"), "Akme Support", master_ref="9"),
        Row(("desk", "9"), "Acme", ("acme.com",) if not same else ()),
        Row(("crm", "2"), "Brio", master_ref="1"),
    ]
    said = [
        Decision(same=same, left=("crm", "1"), right=("desk", "7"), reason="", author="me"),
        # Told apart once, and merged in the CRM since: nothing is left of it.
        Decision(same=False, left=("crm", "1"), right=("crm", "2"), reason="", author="me"),
    ]
    groups = match(prepare(rows, {"crm": 0, "desk": 1}), decisions=said).groups
    assert ((("crm", "1"), ("desk", "9")) in groups) is same
    assert len(groups) == (1 if same else 2)
