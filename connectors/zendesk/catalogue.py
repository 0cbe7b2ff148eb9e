"""What a Zendesk account has that could be mapped: attributes, and custom fields."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from connectors.extras import Offer, Seen, offers
from connectors.http import Http

from .fields import ATTRIBUTES, CUSTOM
from .fieldset import ORGANIZATION, TICKET, USER, FieldSet, Kind
from .rows import Rows
from .settings import Settings

_OBJECTS: Mapping[str, tuple[str, Kind]] = {
    "organizations": ("accounts", ORGANIZATION),
    "users": ("contacts", USER),
    "tickets": ("tickets", TICKET),
}
# Types of ticket fields that are attributes of the ticket itself.
_STANDARD = {
    *("subject", "description", "status", "custom_status", "tickettype"),
    *("priority", "group", "assignee"),
}


def catalogue(settings: Settings, http: Http, own: Collection[str]) -> Iterator[Offer]:
    """Yield attributes and custom fields of each object that is read.

    Args:
        settings: The connection's settings.
        http: The connection.
        own: Keys, and titles of ticket fields, that Pulsefield writes; they are no source.
    """
    rows = Rows(settings, ())
    for name, (table, kind) in _OBJECTS.items():
        if name not in settings.streams:
            continue
        attributes = [Seen(one, "", "attribute") for one in sorted(ATTRIBUTES[table])]
        custom = [
            Seen(f"{CUSTOM[table]}.{_name(kind, field)}", str(field.get("title")), field["type"])
            for field in FieldSet(http, kind).read().values()
            if _own_name(kind, field) not in own and field["type"] not in _STANDARD
        ]
        yield from offers(name, rows.mapping(table), [*attributes, *custom], f"{CUSTOM[table]}.")


def _name(kind: Kind, field: Mapping[str, Any]) -> str:
    return str(field.get("key") if kind.name == "key" else field.get("id"))


def _own_name(kind: Kind, field: Mapping[str, Any]) -> str:
    return str(field.get(kind.name))
