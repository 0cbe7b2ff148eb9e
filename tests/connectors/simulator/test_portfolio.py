from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import mean

import pytest
from publicsuffixlist import PublicSuffixList

from connectors.simulator.archetypes import PROFILES
from connectors.simulator.facts import KEYS
from connectors.simulator.identity import CORE_FEATURES
from connectors.simulator.portfolio import generate
from connectors.simulator.traps import FACT_TRAPS, IDENTITY_TRAPS

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
SUFFIXES = PublicSuffixList(accept_unknown=False, only_icann=True)


@pytest.fixture(scope="module")
def book():
    return generate(500, 7, NOW)


@pytest.fixture(scope="module")
def facts(book):
    return [book.facts(customer.index) for customer in book.customers]


@pytest.fixture(scope="module")
def usage(book):
    return [book.usage(customer.index) for customer in book.customers]


def of(book, archetype):
    return [customer.index for customer in book.customers if customer.archetype == archetype]


def test_equal_seeds_give_equal_books_and_other_seeds_others(book):
    again = generate(500, 7, NOW)
    assert again == book
    assert again.facts(17) == book.facts(17)
    assert again.usage(17) == book.usage(17)
    assert generate(500, 8, NOW) != book


@pytest.mark.parametrize("count", [1, 2, 7, 39, 120])
def test_any_number_of_customers(count):
    book = generate(count, 1, NOW)
    assert len(book.customers) == count
    for customer in book.customers:
        book.facts(customer.index)
        book.usage(customer.index)


def test_volumes(facts, usage):
    assert 150_000 < sum(map(len, usage)) <= 250_000
    assert 4_000 < sum(len(row.tickets) for row in facts) <= 6_500
    assert 4_000 < sum(len(row.invoices) for row in facts) <= 6_500
    assert 1_500 < sum(len(row.contacts) for row in facts) <= 2_500


def test_every_archetype_is_there_in_its_share(book):
    counts = Counter(customer.archetype for customer in book.customers)
    for name, profile in PROFILES.items():
        assert counts[name] == pytest.approx(profile.share * 500, abs=1)


def test_presence(book):
    known = Counter(len(customer.listings) for customer in book.customers)
    assert known[3] > 350
    assert known[2] > 50
    assert known[1] > 5
    for system in ("salesforce", "hubspot", "zendesk"):
        ids = [listing.id for listing in book.listings(system)]
        assert len(ids) == len(set(ids))


def test_the_systems_write_one_customer_in_different_ways(book):
    names = [
        {listing.name for listing in customer.listings.values()}
        for customer in book.customers
        if len(customer.listings) == 3
    ]
    assert mean(len(each) > 1 for each in names) > 0.7
    assert any(not name.isascii() for each in names for name in each)
    assert any(listing.external_id is None for listing in book.listings("hubspot"))
    websites = [listing.website for listing in book.listings("salesforce")]
    assert 0.01 < mean(website is None for website in websites) < 0.15


def test_domains_are_registrable_and_belong_to_one_customer(book):
    owners = Counter(customer.domain for customer in book.customers)
    shared = {domain for domain, count in owners.items() if count > 1}
    allowed = {
        book.customers[index].domain
        for name in ("shared_domain", "parent_domain", "spun_off")
        for index in book.traps[name]
    }
    assert shared <= allowed
    for domain in owners:
        assert SUFFIXES.privatesuffix(domain) == domain


def test_nothing_is_known_before_it_happened(book, facts, usage):
    for customer, rows, uses in zip(book.customers, facts, usage, strict=True):
        happened = [
            *(row.opened_at for row in rows.tickets),
            *(row.satisfaction_at for row in rows.tickets),
            *(row.issued_at for row in rows.invoices),
            *(row.paid_at for row in rows.invoices),
            *(row.updated_at for row in rows.invoices),
            *(row.at for row in rows.interactions),
            *(row.at for row in rows.surveys),
            *(row.reached_at for row in rows.milestones),
            *(row.at for row in rows.outcomes),
            *(row.updated_at for row in customer.listings.values()),
        ]
        assert max((at for at in happened if at), default=NOW) <= NOW
        assert all(row.day < NOW.date() for row in uses)


def test_those_who_have_left_fall_silent_and_the_others_do_not_tell(book, facts, usage):
    for index in of(book, "churned"):
        left = book.customers[index].churn_at
        assert left < NOW
        assert all(row.day < left.date() for row in usage[index])
        assert all(row.issued_at < left for row in facts[index].invoices)
    telling = {"churn", "churn_notice"}
    for customer in book.customers:
        if customer.archetype == "churned":
            continue
        flagged = customer.traps | {
            name for name, indices in book.traps.items() if customer.index in indices
        }
        if flagged & {"churn_event_only", "churn_flag_only"}:
            continue
        assert telling.isdisjoint(row.kind for row in facts[customer.index].outcomes)
        assert all(row.lifecycle != "churned" for row in customer.listings.values())
    hidden = [c for c in book.customers if c.churn_at and c.churn_at > NOW]
    assert len(hidden) >= 20, "some will leave, and only the truth knows"


def monthly(book, usage, index, end):
    """Uses in the 28 days before a moment, and in the 28 days half a year before."""
    late = end.date()
    early = late - timedelta(days=180)

    def total(until):
        return sum(
            row.uses
            for row in usage[index]
            if row.feature == "login" and timedelta() < until - row.day <= timedelta(days=28)
        )

    return total(late), total(early)


def test_churned_customers_decline_for_months_before_they_leave(book, usage):
    spans = [
        monthly(book, usage, index, book.customers[index].churn_at)
        for index in of(book, "churned")
        if "salesforce" in book.customers[index].listings
    ]
    late, early = (sum(span[place] for span in spans) for place in (0, 1))
    assert late < 0.6 * early


def test_archetypes_differ_in_the_mean_and_overlap_in_the_single_case(book, facts, usage):
    def seats_used(index):
        since = NOW.date() - timedelta(days=30)
        users = {row.user for row in usage[index] if row.user and row.day >= since}
        return len(users) / book.customers[index].seats

    def tickets(index):
        return sum(NOW - row.opened_at < timedelta(days=90) for row in facts[index].tickets)

    def talks(index):
        return len(facts[index].interactions)

    def across(archetype, measure):
        indices = [i for i in of(book, archetype) if len(book.customers[i].listings) == 3]
        return [measure(index) for index in indices]

    assert mean(across("loyal", seats_used)) > mean(across("at_risk", seats_used)) + 0.15
    assert max(across("at_risk", seats_used)) > min(across("loyal", seats_used))
    assert mean(across("noisy_loyal", tickets)) > 3 * mean(across("loyal", tickets))
    assert mean(across("silent_happy", talks)) < 0.4 * mean(across("loyal", talks))
    assert mean(across("silent_happy", seats_used)) > mean(across("at_risk", seats_used))


def test_usage_names_users_for_ninety_days_and_only_features_of_the_plan(book, usage):
    for customer, rows in zip(book.customers, usage, strict=True):
        for row in rows:
            recent = NOW.date() - row.day <= timedelta(days=90)
            assert row.user is None or recent
        core = {row.feature for row in rows} - {"login", "assistant", "mobile"}
        assert len(core) <= CORE_FEATURES[customer.segment]


def test_keys_are_unique_and_tell_the_customer(facts, usage):
    for index, rows in enumerate(facts):
        for kind in (rows.contacts, rows.tickets, rows.invoices, rows.interactions):
            keys = [row.key for row in kind]
            assert len(keys) == len(set(keys))
            assert {key // KEYS for key in keys} <= {index}
    keys = [row.key for rows in usage for row in rows]
    assert len(keys) == len(set(keys))


def test_each_trap_is_there_as_often_as_promised(book):
    assert {name: len(indices) for name, indices in book.traps.items()} == {
        **IDENTITY_TRAPS,
        **FACT_TRAPS,
    }


def test_small_books_have_each_trap_once():
    traps = generate(150, 7, NOW).traps
    pairs = {"two_deltas", "shared_domain"}
    assert all(len(indices) == (2 if name in pairs else 1) for name, indices in traps.items())


def test_identity_traps(book):
    def listings(trap, system):
        return [book.customers[index].listings[system] for index in book.traps[trap]]

    assert {row.name for row in listings("two_deltas", "zendesk")} == {"Delta"}
    assert len({row.domains for row in listings("two_deltas", "zendesk")}) == 2
    assert len({row.domains for row in listings("shared_domain", "zendesk")}) == 1
    assert {row.domains for row in listings("free_mail_domain", "hubspot")} == {("gmail.com",)}
    assert all(len(row.domains) == 7 for row in listings("many_domains", "zendesk"))
    assert all(row.industry == "NOT AVAILABLE" for row in listings("sentinel_fields", "salesforce"))
    for index in book.traps["parent_domain"]:
        child = book.customers[index]
        parent = book.customers[child.parent]
        assert child.domain == parent.domain
        assert child.listings["hubspot"].parent_id == parent.listings["hubspot"].id
    for index in book.traps["merged"]:
        (extra, _) = book.customers[index].extra
        assert extra.merged_into == book.customers[index].listings[extra.system].id
    for index in book.traps["foreign_website"]:
        website = book.customers[index].listings["salesforce"].website
        assert book.customers[index].domain not in website


def test_fact_traps(book, facts, usage):
    customers = book.customers

    def having(test):
        return {index for index in range(500) if test(facts[index])}

    def using(test):
        return {c.index for c in customers if any(test(c, row) for row in usage[c.index])}

    expected = {name: set(indices) for name, indices in book.traps.items()}
    assert using(lambda _, row: row.uses < 0) == expected["negative_usage"]
    assert (
        using(lambda c, row: row.day < c.started_at.date() - timedelta(days=400))
        == expected["usage_before_start"]
    )
    odd = having(lambda f: any(t.resolved_at and t.resolved_at < t.opened_at for t in f.tickets))
    assert odd == expected["closed_before_opened"]
    late = having(
        lambda f: any(
            t.resolved_at and t.first_reply_at and t.opened_at < t.resolved_at < t.first_reply_at
            for t in f.tickets
        )
    )
    assert late == expected["reply_after_resolution"]
    disputed = having(lambda f: any(row.status == "disputed" for row in f.invoices))
    assert disputed == expected["disputed_invoice"]
    credited = having(lambda f: any(row.amount < 0 for row in f.invoices))
    assert credited == expected["credit_note"] | expected["cancelled_in_minutes"]
    unlinked = having(lambda f: any(not row.linked for row in f.invoices))
    assert unlinked == expected["unlinked_invoice"]
    empty = having(lambda f: any(row.started_at == row.ended_at for row in f.subscriptions))
    assert empty == expected["zero_length_subscription"]
    open_ones = having(lambda f: sum(row.status == "active" for row in f.subscriptions) > 1)
    assert open_ones == expected["many_subscriptions"]
    mixed = having(lambda f: len({row.currency for row in f.invoices}) > 1)
    assert mixed == expected["mixed_currency"]
    strange = having(lambda f: any(row.kind == "qbr" for row in f.milestones))
    assert strange == expected["unknown_milestone"]
    free = having(lambda f: any((row.email or "").endswith("@gmail.com") for row in f.contacts))
    assert free == expected["free_mail_contact"]


def test_the_truth_names_the_customer_of_every_listing(book):
    truth = book.truth()
    listed = [row for s in ("salesforce", "hubspot", "zendesk") for row in book.listings(s)]
    assert len(truth) == len(listed)
    assert all(truth[row.system, row.id].index == row.customer for row in listed)


def test_salesforce_ids_are_well_formed(book):
    for listing in book.listings("salesforce"):
        assert len(listing.id) == 18
        assert listing.id.startswith("001")
