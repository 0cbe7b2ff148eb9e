"""What Zendesk says to the sidebar in one test."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any


def ago(days: float) -> str:
    """A time before now as the sync writes it."""
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def fields(**changed: Any) -> dict[str, Any]:
    """What the sync writes, as Zendesk gives it back."""
    return {
        "pulsefield_health": 62.4,
        "pulsefield_health_band": "pulsefield_health_band_yellow",
        "pulsefield_health_change": -9.0,
        "pulsefield_health_reasons": "Health 62 (-9 since 14 Nov): 2 invoices more than 30 days "
        "late (-6), logins 1,240 in 30 days (+4), no meeting for 90 days (-0.5)",
        "pulsefield_adoption": 71.0,
        "pulsefield_engagement": 40.0,
        "pulsefield_coverage": 82.0,
        "pulsefield_scored_at": ago(0.2),
        **changed,
    }


def organization(identity: int = 7, name: str = "Acme", **changed: Any) -> dict[str, Any]:
    """An organization as Zendesk answers it."""
    return {"id": identity, "name": name, "organization_fields": fields(**changed)}


@dataclass
class Case:
    """What Zendesk says in one test."""

    answers: dict[str, Any] = field(default_factory=dict)
    organization: Any = field(default_factory=lambda: {"id": 7, "name": "Acme"})
    location: str = "ticket_sidebar"
    locale: str | None = "en-US"
    color_scheme: str = "light"
    settings: dict[str, Any] = field(default_factory=dict)
    inside: bool = True
    get_fails: bool = False


def answered(body: Any, status: int = 200, *, held: bool = False) -> dict[str, Any]:
    """An answer to the request for organization 7."""
    return {"7": {"status": status, "body": body, "held": held}}


def scored(name: str = "Acme", **changed: Any) -> dict[str, Any]:
    """The answer that holds a scored organization."""
    return answered({"organization": organization(name=name, **changed)})
