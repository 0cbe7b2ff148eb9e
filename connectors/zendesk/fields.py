"""Which Zendesk attribute fills which canonical column, and what Zendesk's words mean."""

from collections.abc import Mapping, Sequence
from typing import Literal

from connectors.mapping import FieldMap

STREAMS: tuple[Literal["organizations", "users", "tickets"], ...] = (
    "organizations",
    "users",
    "tickets",
)
# Attributes of the objects themselves; any other name in a mapping is a custom field's.
ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "accounts": frozenset(
        [
            "id",
            "name",
            "external_id",
            "domain_names",
            "tags",
            "details",
            "notes",
            "group_id",
            "created_at",
            "updated_at",
            "shared_tickets",
            "shared_comments",
        ]
    ),
    "contacts": frozenset(
        [
            "id",
            "name",
            "email",
            "external_id",
            "role",
            "organization_id",
            "created_at",
            "updated_at",
            "last_login_at",
            "active",
            "suspended",
            "verified",
            "tags",
            "details",
            "notes",
            "locale",
            "time_zone",
        ]
    ),
    "tickets": frozenset(
        [
            "id",
            "external_id",
            "type",
            "subject",
            "description",
            "status",
            "priority",
            "created_at",
            "updated_at",
            "organization_id",
            "requester_id",
            "assignee_id",
            "group_id",
            "brand_id",
            "tags",
            "via",
            "metric_set",
            "satisfaction_rating",
            "ticket_form_id",
            "due_at",
            "custom_status_id",
        ]
    ),
}
ATTRIBUTES = {**ATTRIBUTES, "surveys": ATTRIBUTES["tickets"]}
# Where the values of custom fields are.
CUSTOM: Mapping[str, str] = {
    "accounts": "organization_fields",
    "contacts": "user_fields",
    "tickets": "custom_fields",
    "surveys": "custom_fields",
}

ACCOUNTS: Mapping[str, FieldMap | str] = {
    "id": "id",
    "name": "name",
    "external_id": "external_id",
    "domains": "domain_names",
    "updated_at": "updated_at",
}
CONTACTS: Mapping[str, FieldMap | str] = {
    "id": "id",
    "account_ref": "organization_id",
    "email": "email",
    "created_at": "created_at",
    "last_seen_at": "last_login_at",
}
TICKETS: Mapping[str, FieldMap | str] = {
    "id": "id",
    "opened_at": "created_at",
    "updated_at": "updated_at",
    "status": "status",
    "priority": "priority",
    "type": "type",
    "requester_ref": "requester_id",
    # Zendesk's names of channels: support.zendesk.com, "Via object reference".
    "channel": FieldMap(
        field="via.channel",
        values={
            "web_form": "web", "web_widget": "web", "mobile": "web", "mobile_sdk": "web",
            "help_center": "web", "rule": "other", "web_service": "api",
            "voice": "phone", "phone_call": "phone",
            "native_messaging": "chat", "messaging": "chat", "chat_transcript": "chat",
            "whatsapp": "chat", "facebook": "chat", "twitter": "other", "any_channel": "other",
            "sms": "chat", "side_conversation": "other", "system": "other",
        },
    ),
}  # fmt: skip

# Tags that people commonly use; a deployment adds its own with ``topics``.
TOPICS: Mapping[str, str] = {
    tag: topic
    for topic, tags in {
        "defect": "bug defect error outage crash incident broken technical technical_issue",
        "billing": "billing invoice payment refund price pricing credit_card",
        "how_to": "how_to howto question training documentation usage",
        "feature_request": "feature_request feature enhancement idea wish",
        "account": "account login password access permissions sso user_management",
        "cancellation": "cancellation cancel churn terminate downgrade",
    }.items()
    for tag in tags.split()
}
TYPE_TOPICS: Mapping[str, str] = {
    "problem": "defect",
    "incident": "defect",
    "question": "how_to",
    "task": "other",
}
DONE = frozenset({"solved", "closed"})
# Ratings that a customer gave; "offered" was asked, "unoffered" was not.
RATINGS: Mapping[str, bool] = {
    "good": True,
    "good_with_comment": True,
    "bad": False,
    "bad_with_comment": False,
}
ASKED = frozenset({"offered", *RATINGS})


def located(table: str, columns: Mapping[str, FieldMap]) -> dict[str, FieldMap]:
    """Return a user's map with each custom field's name turned into its path."""
    return {
        name: entry.model_copy(
            update={"field": tuple(path(table, field) for field in entry.fields)}
        )
        for name, entry in columns.items()
    }


def path(table: str, field: str) -> str:
    """Return where a field's value is: an attribute as it is, else below the custom fields."""
    if "." in field or field in ATTRIBUTES[table]:
        return field
    return f"{CUSTOM[table]}.{field}"


def topic(tags: Sequence[str], kind: str | None, topics: Mapping[str, str]) -> str | None:
    """Return a ticket's topic: of the first tag that has one, else of its type."""
    for tag in tags:
        found = topics.get(tag.casefold())
        if found is not None:
            return found
    return TYPE_TOPICS.get(kind or "")
