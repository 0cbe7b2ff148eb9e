"""What an account has that could be mapped: properties of its objects, and custom objects."""

from collections.abc import Collection, Iterator, Mapping

from connectors.errors import SetupError
from connectors.extras import NOT_LISTED, Offer, Seen, offers

from .client import Client, counted_as
from .plan import Plan

UNSEEN = "(custom objects)"


def catalogue(client: Client, plans: Mapping[str, Plan], own: Collection[str]) -> Iterator[Offer]:
    """Yield the properties of each object type that is read; then custom objects that are not.

    Where the token lacks the scope ``crm.schemas.custom.read`` they are not listed, which is told
    in their place: most accounts have none.

    Args:
        client: HubSpot.
        plans: How object types are read, by name.
        own: Properties that Pulsefield writes; they are no source.
    """
    for plan in plans.values():
        client.http.stats.count(counted_as("properties", plan.name), least=1)
        properties = [
            Seen(name, str(one.get("label") or ""), str(one.get("type")))
            for one in client.definitions(plan.name)
            if (name := str(one.get("name"))) not in own
        ]
        yield from offers(plan.name, plan.map, properties)
    client.http.stats.count("schemas", least=1)
    try:
        schemas = client.schemas()
    except SetupError:
        yield Offer(UNSEEN, "", "", "the token lacks crm.schemas.custom.read", NOT_LISTED)
        return
    for schema in schemas:
        # Each of them is understood in a path, and so in the settings.
        names = [str(schema.get(key)) for key in ("fullyQualifiedName", "name", "objectTypeId")]
        if not any(name in plans for name in names):
            label = (schema.get("labels") or {}).get("singular")
            yield Offer(names[0], "", "", str(label or ""), "custom object")
