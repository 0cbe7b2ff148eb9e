"""The canonical tables as scoring reads them: columns, kinds, times, money.

The same tables as the connectors fill; scoring imports nothing of theirs, a test compares.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

Kind: TypeAlias = Literal["string", "strings", "integer", "number", "boolean", "time", "date"]

_TEXT = {
    "accounts": """
        string: name external_id parent_ref master_ref owner segment lifecycle plan product
        string: country industry currency
        strings: domains
        integer: seats term_months core_features new_features
        number: mrr
        time: started_at trial_started_at trial_ends_at renewal_at updated_at
        boolean: auto_renew
    """,
    "contacts": """
        string: email email_domain role
        boolean: active
        time: created_at last_seen_at
    """,
    "tickets": """
        time: opened_at first_reply_at resolved_at updated_at
        string: status priority type topic channel requester_ref
        number: first_reply_minutes resolution_hours
        integer: reopens replies
    """,
    "invoices": """
        string: number currency status
        time: issued_at due_at paid_at last_failed_at
        number: amount amount_open
        integer: reminders failed_payments
    """,
    "subscriptions": """
        string: plan product status currency
        time: started_at ended_at cancelled_at renews_at
        integer: quantity term_months
        number: mrr
        boolean: auto_renew
    """,
    "usage": """
        date: day
        string: feature user_ref
        number: count
        integer: days_since_release
    """,
    "interactions": """
        time: at
        string: channel direction sentiment contact_ref
        number: minutes
    """,
    "surveys": """
        string: kind contact_ref ticket_ref
        time: asked_at at
        number: score
        boolean: good
    """,
    "milestones": """
        string: kind name currency
        time: agreed_at due_at reached_at
        number: value
    """,
    "outcomes": """
        time: at
        string: kind currency
        number: mrr_change
    """,
}

COLUMNS: dict[str, dict[str, Kind]] = {
    table: {
        name: kind
        for kind in get_args(Kind)
        for line in text.strip().splitlines()
        if line.strip().startswith(f"{kind}:")
        for name in line.split(":")[1].split()
    }
    for table, text in _TEXT.items()
}
"""Table -> own column -> kind; ``account``, ``source`` and ``id`` come on top."""

TIMES: dict[str, str] = {
    "accounts": "",
    "contacts": "last_seen_at",
    "tickets": "opened_at",
    "invoices": "issued_at",
    "subscriptions": "started_at",
    "usage": "day",
    "interactions": "at",
    "surveys": "at",
    "milestones": "reached_at",
    "outcomes": "at",
}
"""Table -> the column that places a row in time."""

MONEY: dict[str, tuple[str, ...]] = {
    "accounts": ("mrr",),
    "invoices": ("amount", "amount_open"),
    "subscriptions": ("mrr",),
    "milestones": ("value",),
    "outcomes": ("mrr_change",),
}
"""Table -> columns in the row's ``currency``."""

TIMED: tuple[Kind, ...] = ("time", "date")
NUMERIC: tuple[Kind, ...] = ("integer", "number")

Schema: TypeAlias = Mapping[str, Mapping[str, Kind]]
"""Table -> column -> kind, as the facts have them."""
