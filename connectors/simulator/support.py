"""The tickets of a customer."""

from datetime import datetime, timedelta

from .facts import KEYS, System, Ticket
from .history import History

SUBJECTS = {
    "defect": ("Planning view stays empty", "Export stops at 100 rows", "Error 500 on save"),
    "billing": ("Wrong VAT on invoice", "Second reminder for a paid invoice"),
    "how_to": (
        "How do I copy a schedule?",
        "Where is the audit log?",
        "Wie füge ich Nutzer hinzu?",
    ),
    "feature_request": ("Wish: dark mode", "Please add a calendar feed"),
    "account": ("New colleague needs access", "SSO stopped after renewal"),
    "cancellation": ("How to end our contract", "Data export before we leave"),
}
TYPES = {"defect": "incident", "how_to": "question", "account": "task"}


def tickets(history: History) -> list[Ticket]:
    """Return the tickets, oldest first."""
    customer, profile = history.customer, history.profile
    systems = [s for s in ("zendesk", "salesforce", "hubspot") if s in customer.listings]
    rate = profile.tickets * (0.4 + customer.seats / 14) * history.rng.lognormvariate(0, 0.3)

    def monthly(level: float) -> float:
        silence = 0.35 if level < 0.25 else 1.0  # who is about to leave stops asking
        return min(rate * (1.5 - level) * silence, 12)

    made = []
    for at in history.moments(monthly):
        system = systems[0] if history.rng.random() < 0.95 else systems[-1]
        made.append(_ticket(history, system, at))
    _oddities(history, made)
    return made


def _ticket(history: History, system: System, at: datetime) -> Ticket:
    rng, level = history.rng, history.level(at)
    topic = _topic(history, level)
    priority = rng.choices(
        ("low", "normal", "high", "urgent", None),
        (15, 55, 12 + 14 * (1 - level), 3 + 9 * (1 - level), 5),
    )[0]
    quick = {"urgent": 0.35, "high": 0.6}.get(priority or "", 1.0)
    reply = at + timedelta(minutes=rng.lognormvariate(4.4, 1.0) * history.slow * quick)
    hours = rng.lognormvariate(2.7, 1.1) * history.slow * (1.8 if topic == "defect" else 1.0)
    ticket = Ticket(
        key=history.key(),
        system=system,
        subject=rng.choice(SUBJECTS[topic]),
        opened_at=at,
        first_reply_at=reply,
        resolved_at=reply + timedelta(hours=hours),
        updated_at=reply,
        status="solved",
        priority=priority,
        type=TYPES.get(topic, "problem") if rng.random() < 0.8 else None,
        topic=topic,
        channel=rng.choices(("email", "web", "chat", "phone", "api"), (50, 25, 12, 10, 3))[0],
        reopens=int(rng.random() < 0.03 + 0.12 * (1 - level)),
        replies=1 + int(rng.expovariate(0.6)),
        requester=history.someone("user", "admin") if rng.random() < 0.95 else None,
    )
    _settle(history, ticket)
    return ticket


def _topic(history: History, level: float) -> str:
    leaving = 1.2 if level < 0.3 else 0.0
    weights = (14 + 22 * (1 - level), 8, 34, 12, 16, leaving)
    return history.rng.choices(tuple(SUBJECTS), weights)[0]


def _settle(history: History, ticket: Ticket) -> None:
    """Undo what has not happened yet at the present, and ask for satisfaction."""
    rng, now = history.rng, history.as_of
    if ticket.first_reply_at and ticket.first_reply_at > now:
        ticket.first_reply_at, ticket.replies, ticket.updated_at = None, 0, ticket.opened_at
    stuck = (
        rng.random() < 0.02 * (2 - history.level(ticket.opened_at))
        and history.days(ticket.opened_at) < 60
    )
    if stuck or not ticket.resolved_at or ticket.resolved_at > now:
        ticket.resolved_at = None
        waiting = ("open", "open", "pending", "hold")
        ticket.status = rng.choice(waiting) if ticket.first_reply_at else "new"
        return
    ticket.updated_at = ticket.resolved_at
    if history.days(ticket.resolved_at) > 28:
        ticket.status = "closed"
    if rng.random() < 0.75:
        _ask(history, ticket)


def _ask(history: History, ticket: Ticket) -> None:
    rng, level = history.rng, history.level(ticket.opened_at)
    ticket.satisfaction = "offered"
    answered = (ticket.resolved_at or ticket.opened_at) + timedelta(
        hours=1 + rng.expovariate(1 / 20)
    )
    if rng.random() < history.profile.answers * 1.2 and answered < history.as_of:
        ticket.satisfaction = "good" if rng.random() < 0.58 + 0.4 * level else "bad"
        ticket.satisfaction_at = answered
        ticket.updated_at = max(ticket.updated_at, answered)


def _oddities(history: History, made: list[Ticket]) -> None:
    traps = history.customer.traps
    wanted = {"closed_before_opened", "reply_after_resolution", "foreign_requester"} & traps
    if not wanted:
        return
    ticket = _ticket(history, "zendesk", history.as_of - timedelta(days=40, hours=3))
    opened = ticket.opened_at
    ticket.status, ticket.first_reply_at = "closed", opened + timedelta(hours=1)
    ticket.resolved_at, ticket.updated_at = opened + timedelta(days=2), opened + timedelta(days=2)
    if "closed_before_opened" in traps:
        ticket.resolved_at = opened - timedelta(days=92)
    if "reply_after_resolution" in traps:
        ticket.first_reply_at = opened + timedelta(days=3)
        ticket.updated_at = ticket.first_reply_at
    if "foreign_requester" in traps:  # the first contact of the next customer, or the one before
        index = history.customer.index
        ticket.requester = (index - 1 if index else 1) * KEYS + 1
    made.append(ticket)
    made.sort(key=lambda row: row.opened_at)
