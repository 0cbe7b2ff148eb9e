"""Turns a generated portfolio into Zendesk's organizations, users and tickets."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from .customers import Listing
from .facts import Contact, Facts, Ticket
from .limits import Clock
from .portfolio import Portfolio
from .standin import Body
from .zendesk import HOST, ZendeskAccount
from .zendesk_state import ADMIN_ID, METRIC_IDS

USER_IDS = 410_000_000_000
AGENT_IDS = 400_000_000_010
RATING_IDS = 62_000_000_000
FIRST_TICKET = 100_001
GROUP = 360_003_500_001
AGENTS = ("Femke Hollander", "Anders Lindqvist", "Oliwia Mazur", "Tom Ashworth")
TAGS = {"defect": "bug", "account": "login"}
"""Topic -> tag, where they differ."""

CHANNELS = {"chat": "native_messaging", "phone": "voice"}


def build(
    portfolio: Portfolio, clock: Clock, *, facts: bool = True, high_volume: bool = True
) -> ZendeskAccount:
    """Return a Zendesk account that knows its share of a portfolio.

    Args:
        portfolio: The book of customers.
        clock: The vendor's time.
        facts: False: organizations alone, for large portfolios.
        high_volume: The High Volume add-on.
    """
    account = ZendeskAccount(clock, high_volume=high_volume)
    listings = list(portfolio.listings("zendesk"))
    _define_fields(account, listings)
    tables = account.state.tables
    tables["organizations"].load(
        (_organization(row), _second(row.updated_at)) for row in listings if row.deleted_at is None
    )
    tables["users"].load((_agent(number, name), 0) for number, name in enumerate(AGENTS))
    if facts:
        _load_facts(account, portfolio)
    return account


def _define_fields(account: ZendeskAccount, listings: list[Listing]) -> None:
    for key, title in (("plan", "Plan"), ("segment", "Segment")):
        values = sorted({str(getattr(row, key)) for row in listings if getattr(row, key)})
        options = [{"name": value.capitalize(), "value": value} for value in values]
        body: Body = {"key": key, "title": title, "type": "text"}
        if options:
            body |= {"type": "dropdown", "custom_field_options": options}
        account.add_field(body)


def _load_facts(account: ZendeskAccount, portfolio: Portfolio) -> None:
    tables, number = account.state.tables, FIRST_TICKET
    rows: dict[str, list[tuple[Body, int]]] = {
        name: [] for name in ("users", "tickets", "ticket_metrics", "satisfaction_ratings")
    }
    for customer in portfolio.customers:
        home = customer.listings.get("zendesk")
        if home is None:
            continue
        facts = portfolio.facts(customer.index)
        rows["users"].extend(_users(int(home.id), facts))
        for ticket in facts.tickets:
            if ticket.system == "zendesk":
                _add_ticket(rows, ticket, number, int(home.id))
                number += 1
    for name, loaded in rows.items():
        tables[name].load(loaded)


def _organization(row: Listing) -> Body:
    tags = [value for value in (row.plan, row.segment) if value]
    return {
        "url": f"{HOST}/api/v2/organizations/{row.id}.json",
        "id": int(row.id),
        "name": row.name,
        "external_id": row.external_id,
        "domain_names": list(row.domains),
        "details": None,
        "notes": None,
        "group_id": None,
        "shared_tickets": False,
        "shared_comments": False,
        "tags": tags,
        "organization_fields": {"plan": row.plan, "segment": row.segment},
        "created_at": _time(row.created_at),
        "updated_at": _time(row.updated_at),
    }


def _agent(number: int, name: str) -> Body:
    begun = "2021-01-04T08:00:00Z"
    email = f"{name.split(maxsplit=1)[0].lower()}@example.com"
    return {**_user(AGENT_IDS + number, name, email), "role": "agent",
            "created_at": begun, "updated_at": begun}  # fmt: skip


def _users(organization: int, facts: Facts) -> Iterator[tuple[Body, int]]:
    for row in facts.contacts:
        if "zendesk" in row.systems:
            changed = max(row.last_seen_at or row.created_at, row.created_at)
            yield _end_user(row, organization, changed), _second(changed)


def _end_user(row: Contact, organization: int, changed: datetime) -> Body:
    user = _user(USER_IDS + row.key, f"{row.first_name} {row.last_name}", row.email)
    return {
        **user,
        "role": "end-user",
        "organization_id": organization,
        "suspended": not row.active,
        "last_login_at": _time(row.last_seen_at),
        "created_at": _time(row.created_at),
        "updated_at": _time(changed),
    }


def _user(user_id: int, name: str, email: str | None) -> Body:
    return {
        "id": user_id,
        "url": f"{HOST}/api/v2/users/{user_id}.json",
        "name": name,
        "email": email,
        "role": "end-user",
        "active": True,
        "suspended": False,
        "verified": True,
        "organization_id": None,
        "external_id": None,
        "locale": "en-US",
        "time_zone": "Amsterdam",
        "tags": [],
        "user_fields": {},
        "last_login_at": None,
    }


def _add_ticket(
    rows: dict[str, list[tuple[Body, int]]], row: Ticket, number: int, organization: int
) -> None:
    changed = _second(row.updated_at)
    ticket = _ticket(row, number, organization)
    rows["tickets"].append((ticket, changed))
    rows["ticket_metrics"].append((_metrics(row, number), changed))
    if row.satisfaction in {"good", "bad"}:
        at = row.satisfaction_at or row.updated_at
        rating = {
            "id": RATING_IDS + number,
            "url": f"{HOST}/api/v2/satisfaction_ratings/{RATING_IDS + number}.json",
            "ticket_id": number,
            "requester_id": ticket["requester_id"],
            "assignee_id": ticket["assignee_id"],
            "group_id": GROUP,
            "score": row.satisfaction,
            "created_at": _time(at),
            "updated_at": _time(at),
        }
        rows["satisfaction_ratings"].append((rating, _second(at)))


def _ticket(row: Ticket, number: int, organization: int) -> Body:
    # A ticket always has a requester; where nobody is known an agent took it down.
    requester = ADMIN_ID if row.requester is None else USER_IDS + row.requester
    return {
        "url": f"{HOST}/api/v2/tickets/{number}.json",
        "id": number,
        "external_id": None,
        "via": {"channel": CHANNELS.get(row.channel, row.channel), "source": {"rel": None}},
        "created_at": _time(row.opened_at),
        "updated_at": _time(row.updated_at),
        "generated_timestamp": _second(row.updated_at),
        "type": row.type,
        "subject": row.subject,
        "raw_subject": row.subject,
        "description": row.subject,
        "priority": row.priority,
        "status": row.status,
        "requester_id": requester,
        "submitter_id": requester,
        "assignee_id": AGENT_IDS + number % len(AGENTS),
        "organization_id": organization,
        "group_id": GROUP,
        "has_incidents": False,
        "is_public": True,
        "problem_id": None,
        "due_at": None,
        "tags": [TAGS.get(row.topic, row.topic)],
        "custom_fields": [],
        "fields": [],
        "satisfaction_rating": _rating(row, number),
    }


def _rating(row: Ticket, number: int) -> Body:
    if row.satisfaction in {"good", "bad"}:
        return {"id": RATING_IDS + number, "score": row.satisfaction, "comment": None}
    return {"score": row.satisfaction or "unoffered"}


def _metrics(row: Ticket, number: int) -> Body:
    reply = None if row.first_reply_at is None else row.first_reply_at - row.opened_at
    full = None if row.resolved_at is None else row.resolved_at - row.opened_at
    return {
        "url": f"{HOST}/api/v2/ticket_metrics/{number + METRIC_IDS}.json",
        "id": number + METRIC_IDS,
        "ticket_id": number,
        "created_at": _time(row.opened_at),
        "updated_at": _time(row.updated_at),
        "group_stations": 1,
        "assignee_stations": 1,
        "reopens": row.reopens,
        "replies": row.replies,
        "initially_assigned_at": _time(row.opened_at),
        "solved_at": _time(row.resolved_at),
        "latest_comment_added_at": _time(row.updated_at),
        "reply_time_in_minutes": _minutes(reply),
        "first_resolution_time_in_minutes": _minutes(full),
        "full_resolution_time_in_minutes": _minutes(full),
        "requester_wait_time_in_minutes": _minutes(full),
        "on_hold_time_in_minutes": {"calendar": 0, "business": 0},
    }


def _minutes(span: timedelta | None) -> Body:
    """Return calendar and business minutes, both null while unknown."""
    if span is None:
        return {"calendar": None, "business": None}
    minutes = int(span.total_seconds() // 60)
    return {"calendar": minutes, "business": minutes * 5 // 21}  # 40 of 168 hours a week


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _second(at: datetime) -> int:
    return int(at.timestamp())
