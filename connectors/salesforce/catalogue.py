"""What an organisation has that could be mapped: fields of its objects, and custom objects."""

from collections.abc import Collection, Iterator, Mapping

from connectors.extras import Offer, Seen, offers
from connectors.mapping import FieldMap, TableMap

from .client import Client
from .fields import COMMON, OBJECTS
from .plans import streams
from .settings import Settings


def catalogue(settings: Settings, client: Client, own: Collection[str]) -> Iterator[Offer]:
    """Yield the fields that the running user sees of each object that is read; then objects.

    A mapping that names a field that is not there is no error here: this is where to look for
    the right name.

    Args:
        settings: The connection's settings.
        client: The organisation.
        own: Fields that Pulsefield writes; they are no source.
    """
    for stream in streams(settings):
        described = client.describe(stream.name)["fields"]
        fields = [Seen(f["name"], f.get("label") or "", f["type"]) for f in described]
        yield from offers(
            stream.name, _mapped(stream.name, settings), (f for f in fields if f.name not in own)
        )
    yield from _objects(settings, client)


def _mapped(entity: str, settings: Settings) -> TableMap:
    usual: Mapping[str, FieldMap | str] = COMMON
    if entity in settings.objects:
        entry = settings.objects[entity]
        return TableMap(entry.table, usual, entry.columns)
    spec = OBJECTS[entity]
    return TableMap(spec.table, usual, spec.columns, settings.map.get(spec.table, {}))


def _objects(settings: Settings, client: Client) -> Iterator[Offer]:
    """Yield custom objects that feed nothing yet."""
    found = client.rest("GET", "sobjects", "describe")
    client.http.stats.count("describe", least=1)
    for entry in found.get("sobjects", []) if isinstance(found, dict) else []:
        name = str(entry.get("name"))
        if entry.get("custom") and entry.get("queryable") and name not in settings.objects:
            yield Offer(name, "", "", str(entry.get("label") or ""), "custom object")
