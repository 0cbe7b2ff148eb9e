"""The rare oddities of real systems, each in a known, small number of customers."""

import random
from collections.abc import Mapping, Sequence

from .customers import Customer

IDENTITY_TRAPS: dict[str, int] = {
    "two_deltas": 2,  # two customers of one name
    "shared_domain": 2,  # two customers, one domain, no parent
    "parent_domain": 4,  # a subsidiary on its parent's domain, linked
    "subsidiary": 3,  # a subsidiary with a domain of its own, linked
    "spun_off": 1,  # on its former parent's domain, not linked
    "duplicate_account": 2,  # a second live Account of the customer in Salesforce
    "duplicate_company": 2,  # a second live company of the customer in HubSpot
    "merged": 3,  # second listings merged into the first in Salesforce and HubSpot
    "deleted": 2,  # second listings deleted in Salesforce and HubSpot
    "placeholder_domain": 3,  # website n/a, none, example.com
    "free_mail_domain": 2,  # the company's domain is a free-mail provider's
    "hashed_blank": 1,  # the domain is the md5 of nothing
    "foreign_website": 2,  # the website is another customer's
    "renamed": 2,  # another name in Zendesk, same domain
    "many_domains": 2,  # seven domains in Zendesk
    "non_latin": 3,  # Cyrillic, Chinese and Greek names
    "sentinel_fields": 3,  # N/A, ?, MISSING where nothing is known
    "churn_flag_only": 2,  # marked as churned, but nothing ended
}
"""Oddities of listings: name -> customers that have it, in a portfolio of 200 or more."""

FACT_TRAPS: dict[str, int] = {
    "negative_usage": 3,  # a meter correction below zero
    "usage_before_start": 3,  # one use 14 months before sign-up
    "duplicate_usage": 2,  # one use under two ids
    "closed_before_opened": 2,  # solved three months before it was opened
    "reply_after_resolution": 2,  # first reply after it was solved
    "foreign_requester": 2,  # the requester belongs to another customer
    "disputed_invoice": 5,  # disputed, still open
    "credit_note": 6,  # a part credited later
    "cancelled_in_minutes": 2,  # an invoice and its full credit ten minutes later
    "unlinked_invoice": 2,  # an invoice of nobody
    "zero_length_subscription": 2,  # ended when it started
    "many_subscriptions": 2,  # three open at once
    "missing_end": 3,  # no renewal and no end known
    "mixed_currency": 2,  # one invoice in another currency
    "unknown_milestone": 2,  # of a kind that nobody configured
    "churn_event_only": 1,  # a churn outcome, though the customer is still there
    "free_mail_contact": 4,  # a contact on a free-mail address
}
"""Oddities of facts: name -> customers that have it, exactly one such row or pair each."""

FULL_COUNTS_FROM = 200
"""Smaller portfolios have each oddity once (pairs: one pair), as far as customers go."""

_SETTLED = frozenset({"loyal", "growing", "steady", "silent_happy", "noisy_loyal", "drifting"})
_PAIRS = frozenset({"two_deltas", "shared_domain"})


def assign_traps(customers: Sequence[Customer], rng: random.Random) -> dict[str, tuple[int, ...]]:
    """Return which customers get which oddity; sets the fact traps of the customers.

    Only customers that all three systems list, and that are neither new nor gone, are taken;
    none gets two of the same group, or an identity and a fact trap.
    """
    free = [c.index for c in customers if len(c.listings) == 3 and c.archetype in _SETTLED]
    rng.shuffle(free)
    few = len(customers) < FULL_COUNTS_FROM
    given: dict[str, tuple[int, ...]] = {}
    for name, count in {**IDENTITY_TRAPS, **FACT_TRAPS}.items():
        wanted = (2 if name in _PAIRS else 1) if few else count
        if len(free) < wanted:
            break
        given[name] = tuple(sorted(free[:wanted]))
        del free[:wanted]
    _mark(customers, given)
    return given


def _mark(customers: Sequence[Customer], given: Mapping[str, tuple[int, ...]]) -> None:
    for name in FACT_TRAPS:
        for index in given.get(name, ()):
            customers[index].traps |= {name}
