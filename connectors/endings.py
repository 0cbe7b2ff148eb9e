"""Dates on which vendors end something that a connection may use; the one table of them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from .base import Problem

_GOOD_TIME = timedelta(days=365)  # a year's notice: budgets and admins need it


@dataclass(frozen=True, slots=True)
class Ending:
    """Something that a vendor ends.

    Attributes:
        key: By which a connector says that it uses it.
        on: The first day without it.
        what: What ends.
        todo: What to move to.
    """

    key: str
    on: date
    what: str
    todo: str


ENDINGS = (
    Ending(
        "salesforce-soap-login",
        date(2027, 6, 1),  # vendor notice for Summer '27
        "SOAP login() and with it username-password log-in",
        'use an External Client App: auth kind "client_credentials" or "jwt_bearer"',
    ),
    Ending(
        "salesforce-api-30",
        date(2025, 6, 1),  # retired with Summer '25
        "Salesforce API versions 21.0 to 30.0",
        'set version = "67.0"',
    ),
    Ending(
        "hubspot-v4",
        date(2027, 3, 30),  # developers.hubspot.com/changelog
        "HubSpot's /v4/ paths",
        "use dated paths, the default",
    ),
    Ending(
        "hubspot-v3",
        date(2027, 9, 1),  # "2027-09"; no day is published
        "HubSpot's /v1/ to /v3/ paths and legacy private apps",
        "use dated paths and a service key",
    ),
    Ending(
        "zendesk-api-token",
        date(2027, 4, 30),  # developer.zendesk.com, OAuth migration
        "Zendesk API tokens; none can be created since 2026-10-27",
        "create a confidential OAuth client and use auth kind client_credentials",
    ),
)


def ends_on(key: str) -> date:
    """Return the first day without something.

    Raises:
        KeyError: ``ENDINGS`` has no such key.
    """
    return {ending.key: ending.on for ending in ENDINGS}[key]


def ending_problems(used: Collection[str], where: str, now: datetime) -> list[Problem]:
    """Return a problem for each ending in use that is past, or less than a year away.

    Args:
        used: Keys of ``ENDINGS`` that a connection uses.
        where: The connection.
        now: The run's time.
    """
    today = now.date()
    found = []
    for ending in ENDINGS:
        if ending.key not in used or ending.on - today > _GOOD_TIME:
            continue
        past = ending.on <= today
        days = (ending.on - today).days
        when = "have ended" if past else f"end in {days} days"
        found.append(Problem(where, f"{ending.what} {when} ({ending.on})", ending.todo, fatal=past))
    return found
