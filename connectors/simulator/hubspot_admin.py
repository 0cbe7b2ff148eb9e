"""HubSpot's endpoints around objects: properties, groups, pipelines, owners, account, token."""

from werkzeug.wrappers import Response

from .hubspot_access import Access
from .hubspot_errors import not_found
from .hubspot_objects import json_body
from .hubspot_state import State
from .standin import Body, Call, reply

CUSTOM_PROPERTIES = 1_000
"""Custom properties per object type."""

# pipeline type -> stages as (id, label, metadata); "default" and "0" are HubSpot's own ids.
PIPELINES: dict[str, tuple[str, tuple[tuple[str, str, Body], ...]]] = {
    "deals": (
        "default",
        (
            ("appointmentscheduled", "Appointment scheduled", {"probability": "0.2"}),
            ("contractsent", "Contract sent", {"probability": "0.9"}),
            ("closedwon", "Closed won", {"probability": "1.0", "isClosed": "true"}),
            ("closedlost", "Closed lost", {"probability": "0.0", "isClosed": "true"}),
        ),
    ),
    "tickets": (
        "0",
        (
            ("1", "New", {"ticketState": "OPEN", "isClosed": "false"}),
            ("2", "Waiting on contact", {"ticketState": "OPEN", "isClosed": "false"}),
            ("3", "Waiting on us", {"ticketState": "OPEN", "isClosed": "false"}),
            ("4", "Closed", {"ticketState": "CLOSED", "isClosed": "true"}),
        ),
    ),
}


class Admin:
    """Handlers; each takes the request and the parts of its path."""

    def __init__(self, state: State, access: Access) -> None:
        self.state = state
        self.access = access

    def properties(self, call: Call) -> Body:
        """GET every property of a type at once."""
        schema = self.state.store(call["kind"]).schema
        archived = call.request.args.get("archived", "").lower() == "true"
        shown = [] if archived else [item.definition for item in schema.properties.values()]
        return {"results": shown}

    def schemas(self, _call: Call) -> Body:
        """GET every custom object type with its properties."""
        return {
            "results": [
                {
                    "id": kind.id.removeprefix("2-"),
                    "objectTypeId": kind.id,
                    "name": kind.singular,
                    "fullyQualifiedName": kind.name,
                    "labels": {
                        "singular": kind.singular.replace("_", " ").capitalize(),
                        "plural": f"{kind.singular.replace('_', ' ')}s".capitalize(),
                    },
                    "properties": [
                        item.definition
                        for item in self.state.stores[kind.name].schema.properties.values()
                    ],
                    "archived": False,
                }
                for kind in self.state.custom
            ]
        }

    def one_property(self, call: Call) -> Body:
        """GET one property."""
        return self.state.store(call["kind"]).schema.find(call["name"]).definition

    def create_property(self, call: Call) -> Response:
        """POST a property: 201."""
        schema = self.state.store(call["kind"]).schema
        return reply(schema.create(json_body(call.request)).definition, 201)

    def change_property(self, call: Call) -> Body:
        """PATCH a property."""
        return (
            self.state.store(call["kind"])
            .schema.change(call["name"], json_body(call.request))
            .definition
        )

    def groups(self, call: Call) -> Body:
        """GET every property group of a type."""
        return {"results": list(self.state.store(call["kind"]).schema.groups.values())}

    def one_group(self, call: Call) -> Body:
        """GET one property group."""
        groups, name = self.state.store(call["kind"]).schema.groups, call["name"]
        if name not in groups:
            raise not_found(f'Property group "{name}" does not exist.')
        return groups[name]

    def create_group(self, call: Call) -> Response:
        """POST a property group: 201."""
        return reply(
            self.state.store(call["kind"]).schema.create_group(json_body(call.request)), 201
        )

    def pipelines(self, call: Call) -> Body:
        """GET pipelines with their stages; types without any have an empty list."""
        name = self.state.store(call["kind"]).kind.name
        if name not in PIPELINES:
            return {"results": []}
        pipeline, stages = PIPELINES[name]
        shown = [
            {"id": id_, "label": label, "displayOrder": order, "metadata": metadata,
             "archived": False}
            for order, (id_, label, metadata) in enumerate(stages)
        ]  # fmt: skip
        one = {"id": pipeline, "label": "Main pipeline", "displayOrder": 0, "stages": shown}
        return {"results": [{**one, "archived": False}]}

    def owners(self, _call: Call) -> Body:
        """GET all owners on one page."""
        return {"results": self.state.owners}

    def details(self, _call: Call) -> Body:
        """GET account-info details."""
        state = self.state
        hours, minutes = divmod(abs(state.utc_offset) // 60, 60)
        sign = "-" if state.utc_offset < 0 else "+"
        return {
            "portalId": state.portal,
            "accountType": "STANDARD",
            "timeZone": state.time_zone,
            "companyCurrency": state.currency,
            "additionalCurrencies": ["USD", "GBP", "DKK", "PLN"],
            "utcOffset": f"{sign}{hours:02}:{minutes:02}",
            "utcOffsetMilliseconds": state.utc_offset * 1_000,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "eu1",
        }

    def usage(self, _call: Call) -> Body:
        """GET today's calls of private apps and service keys."""
        row = {
            "name": "private-apps-api-calls-daily",
            "usageLimit": self.access.daily.limit,
            "currentUsage": self.access.daily.used(),
            "collectedAt": self.state.now(),
            "fetchStatus": "SUCCESS",
        }
        return {"results": [row]}

    def custom_properties(self, _call: Call) -> Body:
        """GET how many custom properties each type has and may have."""
        rows = [
            {
                "objectTypeId": store.kind.id,
                "limit": CUSTOM_PROPERTIES,
                "usage": sum(
                    not item.definition["hubspotDefined"]
                    for item in store.schema.properties.values()
                ),
            }
            for store in self.state.stores.values()
        ]
        return {"byObjectType": rows}

    def token(self, call: Call) -> Body:
        """POST the token endpoint, form-encoded."""
        return self.access.issue(call.request.form.to_dict())
