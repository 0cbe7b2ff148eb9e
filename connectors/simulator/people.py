"""The contacts of a customer."""

from datetime import timedelta

from .facts import Contact
from .history import History
from .names import FIRST, FREE_MAIL, LAST, TITLES, mailbox

COUNTS = {"smb": (2, 4), "mid": (3, 6), "enterprise": (5, 9)}
_FIRST_ROLES = ("champion", "buyer", "admin")


def contacts(history: History) -> list[Contact]:
    """Return the contacts: a champion, a buyer, an administrator, then users."""
    count = history.rng.randint(*COUNTS[history.customer.segment])
    people = [_contact(history, place) for place in range(count)]
    if "free_mail_contact" in history.customer.traps:
        person = people[-1]
        person.email = mailbox(person.first_name, person.last_name, FREE_MAIL[0])
    return people


def _contact(history: History, place: int) -> Contact:
    rng, customer = history.rng, history.customer
    role = _FIRST_ROLES[place] if place < len(_FIRST_ROLES) else "user"
    first, last = rng.choice(FIRST), rng.choice(LAST)
    lost = 0.5 if history.level(history.end) < 0.4 else 0.06
    active = not (role == "champion" and rng.random() < lost) and rng.random() > 0.05
    created = customer.started_at + timedelta(days=rng.randint(-20, 120))
    created = min(created, history.end - timedelta(days=2))
    idle = rng.expovariate(1 / (4 + 40 * (1 - history.level(history.end)))) + (0 if active else 60)
    seen = max(created, history.end - timedelta(days=idle))
    return Contact(
        key=history.key(),
        systems=frozenset(s for s in customer.listings if place < 3 or rng.random() < 0.8),
        first_name=first,
        last_name=last,
        email=mailbox(first, last, customer.domain) if rng.random() < 0.97 else None,
        title=rng.choice(TITLES[role]),
        role=role,
        active=active,
        created_at=created,
        last_seen_at=seen if rng.random() < 0.9 else None,
    )
