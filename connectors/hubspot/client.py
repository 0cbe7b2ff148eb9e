"""HubSpot's operations through hubspot-api-client's generated classes, over our one Session.

The generated classes keep their HTTP behind ``ApiClient.rest_client``, an object with one method
for each verb. ``Adapter`` takes its place, so that timeouts, retries, pacing, quotas and
redaction are those of ``Http``, and turns the numbered paths that the classes build into those
of the API version in use. Calls pass ``_preload_content=False``: the classes then hand back what
the adapter returned, decoded JSON. Their typed answers parse every time stamp with dateutil,
build an object for every record, and hide a 207's errors in another class.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, TypeAlias
from urllib.parse import quote, unquote

from hubspot.crm import objects, properties, schemas
from hubspot.crm.associations import v4 as associations

from connectors.errors import TransientError
from connectors.http import Http
from connectors.pacing import GENERAL

from .errors import SEARCH
from .paths import OPERATIONS, Api, find

Body: TypeAlias = dict[str, Any]
LIST_LIMIT = 100
SEARCH_LIMIT = 200
BATCH_LIMIT = 100  # unconfirmed
LINKS_LIMIT = 1_000  # unconfirmed
_RAW = {"_preload_content": False}


class Adapter:
    """What a generated ``ApiClient`` takes for its REST client.

    Args:
        http: Our session.
        api: Version whose paths are used.
    """

    def __init__(self, http: Http, api: Api) -> None:
        self._http = http
        self._api = api

    def GET(self, url: str, **call: Any) -> Any:  # noqa: N802 - the generated name
        """Send a GET."""
        return self._send("GET", url, **call)

    def POST(self, url: str, **call: Any) -> Any:  # noqa: N802 - the generated name
        """Send a POST."""
        return self._send("POST", url, **call)

    def PATCH(self, url: str, **call: Any) -> Any:  # noqa: N802 - the generated name
        """Send a PATCH."""
        return self._send("PATCH", url, **call)

    def _send(
        self, method: str, url: str, *, query_params: Any = None, body: Any = None, **_: Any
    ) -> Any:
        """Send what a generated method made; its headers repeat what our session has."""
        name, operation, places = find(method, url)
        filled = operation.path(self._api).format_map(places)
        return self._http.json(
            method,
            filled,
            operation=counted_as(name, unquote(places.get("type", ""))),
            params=query_params or None,
            json=body,
            idempotent=operation.repeatable,
            bucket=SEARCH if name == "search" else GENERAL,
        )


def counted_as(operation: str, kind: str) -> str:
    """Return the name under which requests of an object type, if of one, are counted."""
    return f"{operation} {kind}".rstrip()


def _object(body: Any) -> Body:
    if not isinstance(body, dict):
        raise TransientError("HubSpot answered JSON that is no object; try again later")
    return body


class Client:
    """The operations that this connector uses; each returns the answer's JSON.

    Args:
        http: Our session.
        api: Version whose paths are used.
    """

    def __init__(self, http: Http, api: Api) -> None:
        self.http = http
        self.api = api

    def _ready(self, package: Any) -> Any:
        """Return one generated ApiClient that sends through our session.

        Host is empty: the adapter is given bare paths and ``Http`` knows the base.
        """
        client = package.ApiClient(package.Configuration(host=""))
        client.rest_client = Adapter(self.http, self.api)
        return client

    @cached_property
    def _objects(self) -> Any:
        return self._ready(objects)

    @cached_property
    def _properties(self) -> Any:
        return self._ready(properties)

    @cached_property
    def _associations(self) -> Any:
        return self._ready(associations)

    def page(
        self,
        kind: str,
        *,
        names: Iterable[str],
        after: str | None,
        links: Sequence[str] = (),
        archived: bool = False,
    ) -> Body:
        """List up to 100 records, with the associations that fit into the answer.

        Sent without the generated class, which would cost a tenth of what a page costs.
        """
        params: Body = {"limit": LIST_LIMIT, "properties": ",".join(names)}
        if after is not None:
            params["after"] = after
        if links:
            params["associations"] = ",".join(links)
        if archived:
            params["archived"] = "true"  # a bool would be sent as True, which is no JSON boolean
        operation = OPERATIONS["list"]
        path = operation.path(self.api).format(type=quote(kind, safe=""))
        return _object(
            self.http.json(
                operation.method, path, params=params, operation=counted_as("list", kind)
            )
        )

    def search(self, kind: str, query: Body) -> Body:
        """Search; see HubSpot's search body."""
        return _object(objects.SearchApi(self._objects).do_search(kind, query, **_RAW))

    def read(self, kind: str, ids: Sequence[str], names: Iterable[str]) -> Body:
        """Read up to 100 records by id; those that are gone are not in the results."""
        body = {"inputs": [{"id": one} for one in ids], "properties": list(names)}
        return _object(objects.BatchApi(self._objects).read(kind, body, **_RAW))

    def update(self, kind: str, inputs: Sequence[Body]) -> Body:
        """Update up to 100 records."""
        body = {"inputs": list(inputs)}
        return _object(objects.BatchApi(self._objects).update(kind, body, **_RAW))

    def linked(self, kind: str, to: str, inputs: Sequence[Body]) -> Body:
        """Read associations of up to 1,000 records."""
        body = {"inputs": list(inputs)}
        api = associations.BatchApi(self._associations)
        return _object(api.get_page(kind, to, body, **_RAW))

    def definitions(self, kind: str) -> list[Body]:
        """Return all property definitions of an object type."""
        found = _object(properties.CoreApi(self._properties).get_all(kind, **_RAW))
        return results(found)

    def schemas(self) -> list[Body]:
        """Return the definitions of the account's custom object types."""
        return results(_object(schemas.CoreApi(self._ready(schemas)).get_all(**_RAW)))

    def create_property(self, kind: str, definition: Body) -> Body:
        """Create a property."""
        return _object(properties.CoreApi(self._properties).create(kind, definition, **_RAW))

    def update_property(self, kind: str, name: str, change: Body) -> Body:
        """Change a property's definition."""
        return _object(properties.CoreApi(self._properties).update(kind, name, change, **_RAW))

    def create_group(self, kind: str, definition: Body) -> Body:
        """Create a property group."""
        return _object(properties.GroupsApi(self._properties).create(kind, definition, **_RAW))

    def account(self) -> Body:
        """Return the account's id, time zone and kind; hubspot-api-client has no class for it."""
        operation = OPERATIONS["account"]
        path = operation.path(self.api)
        return _object(self.http.json(operation.method, path, operation="account"))


def results(body: Body) -> list[Body]:
    """Return an answer's ``results``.

    Raises:
        TransientError: there are none, as in an answer of another shape.
    """
    found = body.get("results")
    if not isinstance(found, list):
        raise TransientError("HubSpot answered without results; try again later")
    return found


def next_after(body: Body) -> str | None:
    """Return the cursor of the next page; ``paging`` is absent on the last one."""
    after = ((body.get("paging") or {}).get("next") or {}).get("after")
    return None if after is None else str(after)
