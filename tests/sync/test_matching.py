"""Which records are one customer, which go to a person, and which stay apart."""

import random
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import names
from sync.candidates import Row, prepare
from sync.decisions import Decision
from sync.domains import registrable
from sync.identity import identify
from sync.journal import Journal
from sync.match import Matching, match

RANKS = {"crm": 0, "hub": 1, "desk": 2}


def row(connection: str, ref: str, name: str | None = None, *domains: str, **more) -> Row:
    return Row((connection, ref), name, domains, **more)


def joined(*rows: Row, **more) -> Matching:
    return match(prepare(rows, RANKS), **more)


def kinds(found: Matching) -> list[str]:
    return [entry.kind for entry in found.review]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Acme, Inc.", "ACME"),
        ("Müller Logistik GmbH & Co. KG", "Muller Logistik"),
        ("Łódź Sp. z o.o.", "lodz"),
        ("Novo A/S", "Novo"),
        ("Foo B.V.", "foo bv"),
        ("Société Générale S.A.", "Societe Generale"),
        ("I.B.M. Corp", "IBM"),
        ("Tele & Data AB", "Tele and Data"),
        ("Ørsted Aktieselskab", "Orsted"),
        ("トヨタ株式会社", "トヨタ"),
    ],
)
def test_names_that_are_one(one: str, two: str) -> None:
    assert names.key(one) == names.key(two) != ""


@pytest.mark.parametrize("blank", [None, "", "  ", "...", "N/A"])
def test_blank_names_match_nothing(blank: str | None) -> None:
    assert len(joined(row("crm", "1", blank), row("hub", "2", blank)).groups) == 2


def test_names_in_other_scripts_are_told_apart() -> None:
    found = joined(row("crm", "1", "Газпром"), row("hub", "2", "Лукойл"), row("desk", "3", "华为"))
    assert len(found.groups) == 3


@pytest.mark.parametrize(
    ("value", "domain"),
    [
        ("https://www.Foo.co.uk/x?y#z", "foo.co.uk"),
        ("bob@xn--mller-kva.de", "müller.de"),
        ("FOO.com:8080", "foo.com"),
        ("mailto:a@b.dk", "b.dk"),
        ("localhost", None),
        ("10.0.0.1", None),
        ("n/a", None),
        ("d41d8cd98f00b204e9800998ecf8427e", None),
    ],
)
def test_registrable_domains(value: str, domain: str | None) -> None:
    assert registrable(value) == domain


def test_an_external_id_wins_over_names_and_domains() -> None:
    one = row("crm", "1", "Acme", "acme.com", external_id="C-1")
    two = row("hub", "2", "Zenith", "zenith.io", external_id=" C-1 ")
    assert joined(one, two).groups == ((one.key, two.key),)


@pytest.mark.parametrize("blank", ["", "null", "37a6259cc0c1dae299a7866489dff0bd", "N/A"])
def test_blank_external_ids_join_nothing(blank: str) -> None:
    one = row("crm", "1", "Acme", external_id=blank)
    assert len(joined(one, row("hub", "2", "Zenith", external_id=blank)).groups) == 2


def test_an_id_that_two_records_of_one_system_carry_is_ambiguous() -> None:
    rows = [row("crm", "1", "A1", external_id="X"), row("crm", "2", "B2", external_id="X")]
    found = joined(*rows, row("hub", "3", "C3", external_id="X"))
    assert (len(found.groups), kinds(found)) == (3, ["ambiguous"])


def test_a_domain_joins_where_the_names_fit() -> None:
    found = joined(
        row("crm", "1", "Acme Software", "acme.com"), row("desk", "2", "Acme", "acme.com")
    )
    assert found.rules == {"domain": 1}


def test_a_domain_with_clashing_names_goes_to_a_person() -> None:
    found = joined(
        row("crm", "1", "Delta Airlines", "delta.com"), row("hub", "2", "Zenith", "delta.com")
    )
    assert (len(found.groups), kinds(found)) == (2, ["names_clash"])


def test_equal_names_on_other_domains_go_to_a_person() -> None:
    found = joined(
        row("crm", "1", "Delta", "delta.com"), row("hub", "2", "Delta Inc", "deltafaucet.com")
    )
    assert (len(found.groups), kinds(found)) == (2, ["domains_clash"])


@pytest.mark.parametrize("domain", ["gmail.com", "mailinator.com", "example.com", "linkedin.com"])
def test_a_domain_of_everyone_joins_nobody(domain: str) -> None:
    assert len(joined(row("crm", "1", "Abc", domain), row("hub", "2", "Xyz", domain)).groups) == 2


def test_a_shared_domain_joins_nobody_unless_one_is_the_parent() -> None:
    rows = [
        row("crm", "1", "Acme Holding", "acme.com"),
        row("crm", "2", "Bolt", "acme.com"),
        row("hub", "9", "Acme Group", "acme.com"),
    ]
    found = joined(*rows)
    assert (len(found.groups), kinds(found)) == (3, ["ambiguous"])
    rows[1] = row("crm", "2", "Bolt", "acme.com", parent_ref="Acme Holding BV")
    assert (("crm", "1"), ("hub", "9")) in joined(*rows).groups


def test_two_that_claim_one_are_listed_with_all_sides() -> None:
    found = joined(row("crm", "1", "Acme"), row("crm", "2", "ACME Inc"), row("hub", "3", "Acme"))
    assert len(found.groups) == 3
    (entry,) = found.review
    assert {(side.connection, side.ref) for side in entry.sides} == {
        ("crm", "1"),
        ("crm", "2"),
        ("hub", "3"),
    }


def test_the_better_evidence_decides_between_two() -> None:
    rows = [row("crm", "1", "Acme", "acme.com"), row("crm", "2", "Acme", "acme.de.com")]
    found = joined(*rows, row("hub", "3", "Acme", "acme.com"))
    assert (("crm", "1"), ("hub", "3")) in found.groups


def test_similar_names_are_proposed_never_joined() -> None:
    found = joined(row("crm", "1", "Northwind Traders"), row("hub", "2", "Northwind Trader"))
    assert (len(found.groups), kinds(found)) == (2, ["similar_name"])


def test_pins_and_decisions_win_and_survive_renames() -> None:
    one, two = row("crm", "1", "Old"), row("hub", "2", "Completely New")
    assert len(joined(one, two, pins=[(one.key, two.key)]).groups) == 1
    apart = Decision(same=False, left=("crm", "1"), right=("hub", "2"), reason="two", author="me")
    twins = (row("crm", "1", "Acme", "acme.com"), row("hub", "2", "Acme", "acme.com"))
    found = joined(*twins, decisions=[apart])
    assert (len(found.groups), kinds(found)) == (2, [])


def test_merged_records_follow_their_master_and_loops_are_reported() -> None:
    rows = [
        row("crm", "1", "Acme"),
        row("crm", "2", "Acme old", master_ref="3", deleted=True),
        row("crm", "3", "Acme older", master_ref="1", deleted=True),
        row("crm", "4", "Loop", master_ref="5"),
        row("crm", "5", "Loop", master_ref="4"),
        row("crm", "6", "Lost", master_ref="99"),
    ]
    made = prepare(rows, RANKS)
    assert made.aliases == {("crm", "2"): ("crm", "1"), ("crm", "3"): ("crm", "1")}
    assert {finding.kind: finding.count for finding in made.findings} == {
        "merged": 2,
        "merged_in_a_loop": 2,
        "merged_into_nothing": 1,
    }


def test_what_says_nothing_is_counted_with_the_record_that_holds_it() -> None:
    nothing = "37a6259cc0c1dae299a7866489dff0bd"
    rows = [
        row("crm", "1", "Acme", "http://n/a"),
        row("crm", "2", nothing, "gmail.com", external_id="N/A"),
        row("crm", "3", "Brio", "gmail.com", "brio.nl", external_id="C-3"),
        row("crm", "4", None, ""),
        row("crm", "5", nothing, "none", deleted=True),
    ]
    found = {(one.kind, one.where): one.examples for one in prepare(rows, RANKS).findings}
    assert found == {
        ("deleted", "accounts"): ("5",),
        ("says_nothing", "accounts.domains"): ("1", "2"),
        ("says_nothing", "accounts.name"): ("2",),
        ("says_nothing", "accounts.external_id"): ("2",),
    }


PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(["crm", "hub", "desk"]),
        st.sampled_from(["Acme", "Acme Inc", "Bolt", "Bolt Labs", "Zenith", ""]),
        st.sampled_from(["acme.com", "bolt.io", "zenith.dk", "gmail.com", ""]),
        st.sampled_from(["", "C-1", "C-2"]),
    ),
    max_size=9,
)


@settings(max_examples=150, deadline=None)
@given(PEOPLE, st.randoms(use_true_random=False))
def test_order_changes_nothing_and_no_two_of_one_system_are_joined(people, rng) -> None:
    rows = [
        row(connection, str(at), name, domain, external_id=external)
        for at, (connection, name, domain, external) in enumerate(people)
    ]
    found = joined(*rows)
    rng.shuffle(rows)
    again = joined(*rows)
    assert again.groups == found.groups
    assert set(again.review) == set(found.review)
    for group in found.groups:
        assert len({key[0] for key in group}) == len(group)
    assert sorted(key for group in found.groups for key in group) == sorted(r.key for r in rows)


def test_accounts_keep_their_keys_over_runs(tmp_path) -> None:
    journal = Journal(f"sqlite:///{tmp_path}/journal.sqlite")
    a, b, c = ("crm", "1"), ("hub", "2"), ("desk", "3")
    days = [datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2, 3)]
    first = identify(journal, [(a,), (b,), (c,)], {}, noted=days[0])
    assert [account.account_id for account in first.accounts] == ["crm:1", "hub:2", "desk:3"]
    joined_up = identify(journal, [(a, b), (c,)], {}, noted=days[1])
    assert [account.account for account in joined_up.accounts] == [1, 3]
    assert joined_up.joins == 1
    parted = identify(journal, [(a,), (b,), (c,)], {}, noted=days[2])
    assert [account.account for account in parted.accounts] == [1, 4, 3]
    assert parted.splits == 1
    assert parted.accounts[1].account_id == "hub:2#2"
    every = ([(a,), (b,), (c,)], [(a, b), (c,)], [(a,), (b,), (c,)])
    replayed = [identify(journal, g, {}, known_at=day) for g, day in zip(every, days, strict=True)]
    assert [each.accounts for each in replayed] == [
        each.accounts for each in (first, joined_up, parted)
    ]
    journal.close()


def test_a_large_portfolio_matches_in_seconds() -> None:
    rng = random.Random(5)
    rows = []
    for number in range(3000):
        name = f"{rng.choice('ABCDEFG')}{number} Works"
        rows += [row(c, f"{number}", name, f"w{number}.com") for c in RANKS]
    found = joined(*rows)
    assert len(found.groups) == 3000
    assert all(len(group) == 3 for group in found.groups)
    assert all(left[0] < right[0] for left, right in pairwise(found.groups))
