"""HubSpot's object endpoints that read: list, get, batch read, search, associations."""

from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from .hubspot_associations import cursor, position
from .hubspot_errors import bad_json, invalid, not_found, row_error
from .hubspot_state import State, View
from .hubspot_store import ObjectStore, Record
from .standin import Body, Call, reply

PAGE = 100
HISTORY_PAGE = 50
BATCH = 100  # unconfirmed
LINKS_PAGE = 500


def json_body(request: Request) -> Body:
    """Return the JSON object that was sent, or refuse with 400."""
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise bad_json("an object was expected")
    return body


def inputs_of(body: Body, limit: int) -> list[Body]:
    """Return ``inputs`` of a batch, at least one and at most ``limit``.

    Raises:
        Refusal: 400.
    """
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(item, dict) for item in inputs):
        raise bad_json("inputs must be a list of objects")
    if not inputs:
        raise invalid("Some required fields were not set: [inputs]")
    if len(inputs) > limit:
        raise invalid(f"The maximum number of inputs supported in a batch is {limit}.")
    return inputs


def batch_answer(state: State, results: list[Body], errors: list[Body] | None) -> Response:
    """Wrap a batch: 200, or 207 where ``errors`` is a list, even an empty one."""
    now = state.now()
    body: Body = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
    if errors is None:
        return reply(body)
    return reply({**body, "numErrors": len(errors), "errors": errors}, 207)


def find_record(store: ObjectStore, value: str, id_property: str | None) -> Record | None:
    """Return the live record with an id, or with the value of a unique property.

    Raises:
        Refusal: 400 where that property is not unique.
    """
    if not id_property or id_property == "hs_object_id":
        return store.get(int(value)) if value.isdigit() else None
    found = store.schema.properties.get(id_property)
    if found is None or not found.definition["hasUniqueValue"]:
        raise invalid(f"{id_property} is not a unique property.")
    live = (store.records[record_id] for record_id in store.ids())
    return next((record for record in live if record.properties.get(id_property) == value), None)


class Objects:
    """Handlers; each takes the request and the parts of its path."""

    def __init__(self, state: State) -> None:
        self.state = state

    def page(self, call: Call) -> Body:
        """GET objects: pages of 100, 50 with history, in order of id."""
        store = self.state.store(call["kind"])
        archived = call.request.args.get("archived", "").lower() == "true"
        history = _names(call.request, "propertiesWithHistory")
        limit = _limit(call.request, HISTORY_PAGE if history else PAGE)
        view = View.of(store, _names(call.request, "properties"), history)
        after = position(call.request.args.get("after"))
        ids = store.after(after, limit + 1, archived=archived)
        rows = [view.row(store.records[record_id]) for record_id in ids[:limit]]
        self._inline(call.request, call["version"], store, rows)
        body: Body = {"results": rows}
        if len(ids) > limit:
            body["paging"] = {"next": _next(call.request, ids[limit - 1])}
        return body

    def get(self, call: Call) -> Body:
        """GET one object."""
        store = self.state.store(call["kind"])
        record = find_record(store, call["record_id"], call.request.args.get("idProperty"))
        if record is None:
            raise not_found("resource not found")
        history = _names(call.request, "propertiesWithHistory")
        row = View.of(store, _names(call.request, "properties"), history).row(record)
        self._inline(call.request, call["version"], store, [row])
        return row

    def batch_read(self, call: Call) -> Response:
        """POST batch/read: 100 ids, 50 with history; 207 where some are missing."""
        store, body = self.state.store(call["kind"]), json_body(call.request)
        history = body.get("propertiesWithHistory") or []
        inputs = inputs_of(body, HISTORY_PAGE if history else BATCH)
        view = View.of(store, body.get("properties") or [], history)
        results, missing = [], []
        for value in dict.fromkeys(str(item.get("id", "")) for item in inputs):
            record = find_record(store, value, body.get("idProperty"))
            if record is None:
                missing.append(value)
            else:
                results.append(view.row(record))
        if not missing:
            return batch_answer(self.state, results, None)
        message = (
            f"Could not get some {store.kind.singular} objects, they may be deleted or not "
            "exist. Check that ids are valid."
        )
        error = row_error("OBJECT_NOT_FOUND", message, {"ids": missing})
        return batch_answer(self.state, results, [error])

    def search(self, call: Call) -> Body:
        """POST search."""
        store, body = self.state.store(call["kind"]), json_body(call.request)
        found = self.state.indexes[store.kind.name].search(body)
        view = View.of(store, body.get("properties") or [])
        answer: Body = {
            "total": found.total,
            "results": [view.row(record, values) for record, values in found.rows],
        }
        if found.after:
            answer["paging"] = {"next": {"after": found.after}}
        return answer

    def links(self, call: Call) -> Body:
        """GET the links of one object."""
        from_, to_ = self.state.store(call["kind"]), self.state.store(call["to"]).kind
        record = find_record(from_, call["record_id"], None)
        if record is None:
            raise not_found("resource not found")
        query = {
            "style": _style(call["version"]),
            "after": call.request.args.get("after"),
            "limit": _limit(call.request, LINKS_PAGE, LINKS_PAGE),
            "link": call.request.base_url,
        }
        return self.state.associations.one(from_.kind, to_, record.id, query)

    def batch_links(self, call: Call) -> Response:
        """POST associations batch/read: up to 1,000 ids."""
        from_, to_ = self.state.store(call["kind"]).kind, self.state.store(call["to"]).kind
        inputs = inputs_of(json_body(call.request), len(call.request.get_data()))
        found = self.state.associations.batch(from_, to_, inputs, _style(call["version"]))
        return batch_answer(self.state, found["results"], found["errors"] or None)

    def _inline(self, request: Request, version: str, store: ObjectStore, rows: Any) -> None:
        """Add the associations that were asked for to rows, where there are any."""
        base = request.host_url + (
            f"crm/{version}/objects" if version == "v3" else f"crm/objects/{version}"
        )
        for name in _names(request, "associations"):
            to = self.state.store(name).kind
            for row in rows:
                links = self.state.associations.inlined(store.kind, to, int(row["id"]), base)
                if links:
                    row.setdefault("associations", {})[to.name] = links


def _names(request: Request, parameter: str) -> list[str]:
    """Return a comma-separated parameter, which may also be repeated."""
    return [name for text in request.args.getlist(parameter) for name in text.split(",") if name]


def _limit(request: Request, largest: int, default: int = 10) -> int:
    text = request.args.get("limit", str(min(default, largest)))
    if not text.isdigit() or not 1 <= int(text) <= largest:
        raise invalid(f"limit must be between 1 and {largest}, was {text}.")
    return int(text)


def _next(request: Request, last: int) -> Body:
    after = cursor(last)
    rest = [(key, text) for key, text in request.args.items(multi=True) if key != "after"]
    query = urlencode(rest)
    link = f"{request.base_url}?{query}{'&' if query else ''}after={after}"
    return {"after": after, "link": link}


def _style(version: str) -> str:
    return version if version in {"v3", "v4"} else "dated"
