"""The oddities of listings: what ``traps.IDENTITY_TRAPS`` promises, done to a portfolio."""

import dataclasses
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from .customers import Customer
from .facts import System
from .listings import listing_id

Book = Sequence[Customer]

MD5_OF_NOTHING = "d41d8cd98f00b204e9800998ecf8427e"
PLACEHOLDERS = ("http://n/a", "https://www.example.com", "none")
NON_LATIN = (("Северный Ветер", "северный-ветер.рф"), ("東亜物流", "東亜物流.jp"),
             ("Αιγαίο Ναυτιλιακή", "αιγαίο-ναυτιλιακή.gr"))  # fmt: skip


def apply_traps(
    book: Book, traps: Mapping[str, tuple[int, ...]], as_of: datetime, rng: random.Random
) -> None:
    """Do to the customers' listings what their traps say."""
    for name, indices in traps.items():
        customers = [book[index] for index in indices]
        if name in _PAIRED:
            _PAIRED[name](*customers)
        for place, customer in enumerate(customers):
            if name in _SINGLE:
                _SINGLE[name](customer, place)
            if name in _RELATED:
                _RELATED[name](customer, _other(book, traps, customer.index, rng))
    for name, system, state in _SECOND:
        for index in traps.get(name, ()):
            _second(book[index], system, state, as_of)


def _other(
    book: Book, traps: Mapping[str, tuple[int, ...]], index: int, rng: random.Random
) -> Customer:
    """Return a customer in all systems that has no trap of its own."""
    taken = {other for indices in traps.values() for other in indices}
    free = [c for c in book if len(c.listings) == 3 and c.index not in taken]
    return rng.choice(free or [c for c in book if c.index != index])


def _set_domain(customer: Customer, domain: str) -> None:
    customer.domain = domain
    for system, listing in customer.listings.items():
        listing.website = f"https://www.{domain}"
        listing.domains = () if system == "salesforce" else (domain,)


def _set_name(customer: Customer, name: str) -> None:
    customer.name = name
    for listing in customer.listings.values():
        listing.name = name


def _two_deltas(first: Customer, second: Customer) -> None:
    _set_name(first, "Delta")
    _set_name(second, "Delta")
    _set_domain(first, "delta-kaasmakers.nl")
    _set_domain(second, "deltaturbinen-werke.de")
    for customer in (first, second):
        for listing in customer.listings.values():
            listing.external_id = None


def _shared_domain(first: Customer, second: Customer) -> None:
    for customer in (first, second):
        _set_domain(customer, "wohngut-verwalterbund.de")


def _link(child: Customer, parent: Customer) -> None:
    child.parent = parent.index
    for system in ("salesforce", "hubspot"):
        if system in child.listings and system in parent.listings:
            child.listings[system].parent_id = parent.listings[system].id


def _parent_domain(child: Customer, parent: Customer) -> None:
    _link(child, parent)
    _set_domain(child, parent.domain)


def _spun_off(child: Customer, parent: Customer) -> None:
    _set_domain(child, parent.domain)


def _foreign_website(customer: Customer, other: Customer) -> None:
    customer.listings["salesforce"].website = f"https://www.{other.domain}"


def _placeholder(customer: Customer, place: int) -> None:
    customer.listings["salesforce"].website = PLACEHOLDERS[place % len(PLACEHOLDERS)]


def _hubspot_domain(domain: str) -> Callable[[Customer, int], None]:
    def act(customer: Customer, _place: int) -> None:
        customer.listings["hubspot"].domains = (domain,)
        customer.listings["hubspot"].website = None

    return act


def _renamed(customer: Customer, _place: int) -> None:
    customer.listings["zendesk"].name = f"{customer.city} Holding Nieuw"
    customer.listings["zendesk"].external_id = None
    customer.listings["zendesk"].domains = (customer.domain,)


def _many_domains(customer: Customer, _place: int) -> None:
    label = customer.domain.split(".", 1)[0]
    more = (f"{label}-{word}.com" for word in ("group", "shop", "jobs", "cloud", "care", "parts"))
    customer.listings["zendesk"].domains = (customer.domain, *more)


def _non_latin(customer: Customer, place: int) -> None:
    name, domain = NON_LATIN[place % len(NON_LATIN)]
    _set_name(customer, name)
    _set_domain(customer, domain)


def _sentinels(customer: Customer, _place: int) -> None:
    listing = customer.listings["salesforce"]
    listing.industry, listing.plan, listing.owner = "NOT AVAILABLE", "MISSING", "?"
    listing.seats = None


def _churn_flag(customer: Customer, _place: int) -> None:
    customer.listings["salesforce"].lifecycle = "churned"


def _second(customer: Customer, system: System, state: str, as_of: datetime) -> None:
    """Add a second listing of the same customer: live, merged into the first, or deleted."""
    first = customer.listings[system]
    gone = None if state == "live" else as_of - timedelta(days=6, hours=customer.index % 24)
    customer.extra.append(
        dataclasses.replace(
            first,
            id=listing_id(system, customer.index, 1),
            name=first.name.upper(),
            external_id=None,
            created_at=first.created_at + timedelta(days=1),
            updated_at=gone or first.updated_at,
            merged_into=first.id if state == "merged" else None,
            deleted_at=gone,
        )
    )


_PAIRED = {"two_deltas": _two_deltas, "shared_domain": _shared_domain}
_SINGLE: dict[str, Callable[[Customer, int], None]] = {
    "placeholder_domain": _placeholder,
    "free_mail_domain": _hubspot_domain("gmail.com"),
    "hashed_blank": _hubspot_domain(MD5_OF_NOTHING),
    "renamed": _renamed,
    "many_domains": _many_domains,
    "non_latin": _non_latin,
    "sentinel_fields": _sentinels,
    "churn_flag_only": _churn_flag,
}
_RELATED: dict[str, Callable[[Customer, Customer], None]] = {
    "parent_domain": _parent_domain,
    "subsidiary": _link,
    "spun_off": _spun_off,
    "foreign_website": _foreign_website,
}
_SECOND: tuple[tuple[str, System, str], ...] = (
    ("duplicate_account", "salesforce", "live"),
    ("duplicate_company", "hubspot", "live"),
    ("merged", "salesforce", "merged"),
    ("merged", "hubspot", "merged"),
    ("deleted", "salesforce", "deleted"),
    ("deleted", "hubspot", "deleted"),
)
