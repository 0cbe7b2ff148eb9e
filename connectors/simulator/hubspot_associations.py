"""Links between HubSpot's objects, in the three shapes in which its versions answer them."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import quote, unquote

from .hubspot_errors import invalid, row_error
from .hubspot_types import ObjectType
from .standin import Body

INPUTS = 1_000  # unconfirmed

Missing: TypeAlias = Literal["absent", "207"]
"""What happens to ids without links: left out of the answer, or told in a 207."""


class Link(NamedTuple):
    """One end of a link; ``primary`` shows as a second type beside the unlabeled one."""

    id: int
    primary: bool


def cursor(position: int) -> str:
    """Return an opaque ``after``, percent-encoded as HubSpot does inside its JSON."""
    return quote(urlsafe_b64encode(f"{position}\n".encode()).decode())


def position(after: str | None) -> int:
    """Read an ``after``, sent as it came or decoded once; 0 for none.

    Raises:
        Refusal: 400 for text that was never handed out.
    """
    if not after:
        return 0
    try:
        return int(urlsafe_b64decode(unquote(unquote(after))))
    except (Base64Error, ValueError):
        raise invalid(f"The after parameter is not valid: {after}") from None


@dataclass(slots=True)
class Associations:
    """All links of an account.

    Attributes:
        page: Links per row before a row pages by itself.
        missing: How ids without links are answered.
    """

    page: int = 500  # unconfirmed
    inline: int = 100  # unconfirmed
    missing: Missing = "absent"
    _links: dict[tuple[str, str], dict[int, list[Link]]] = field(default_factory=dict)

    def add(self, from_: str, to: str, pairs: Iterable[tuple[int, int]], *, primary: bool) -> None:
        """Link objects in both directions, e.g. contacts to their (primary) companies."""
        there = self._links.setdefault((from_, to), {})
        back = self._links.setdefault((to, from_), {})
        for left, right in pairs:
            there.setdefault(left, []).append(Link(right, primary))
            back.setdefault(right, []).append(Link(left, primary))

    def of(self, from_: str, to: str, record_id: int) -> Sequence[Link]:
        """Return the links of one object."""
        return self._links.get((from_, to), {}).get(record_id, ())

    def drop(self, kind: str, record_id: int) -> None:
        """Forget every link of an object."""
        for from_, to in self._links:
            if from_ == kind:
                self._drop_pair(from_, to, record_id)

    def move(self, kind: str, gone: int, into: int) -> None:
        """Give an object's links to another, as a merge does."""
        for (from_, to), links in list(self._links.items()):
            if from_ == kind and gone in links:
                moved = [(into, link.id) for link in links[gone]]
                self._drop_pair(from_, to, gone)
                self.add(from_, to, moved, primary=False)

    def _drop_pair(self, from_: str, to: str, record_id: int) -> None:
        for link in self._links[from_, to].pop(record_id, ()):
            back = self._links[to, from_]
            back[link.id] = [other for other in back[link.id] if other.id != record_id]

    def inlined(self, from_: ObjectType, to: ObjectType, record_id: int, base: str) -> Body | None:
        """Return the ``associations`` member of a list row, truncated, with its own paging."""
        links = self.of(from_.name, to.name, record_id)
        if not links:
            return None
        body: Body = {
            "results": [row for link in links[: self.inline] for row in short(from_, to, link)]
        }
        if len(links) > self.inline:
            after = cursor(self.inline)
            link_ = f"{base}/{from_.name}/{record_id}/associations/{to.name}?after={after}"
            body["paging"] = {"next": {"after": after, "link": link_}}
        return body

    def one(self, from_: ObjectType, to: ObjectType, record_id: int, query: Body) -> Body:
        """Return a page of one object's links: ``query`` has style, after, limit, link."""
        links = self.of(from_.name, to.name, record_id)
        start = position(query["after"])
        limit = query["limit"]
        chosen = links[start : start + limit]
        body: Body = {"results": _rows(from_, to, chosen, query["style"])}
        if start + limit < len(links):
            after = cursor(start + limit)
            body["paging"] = {"next": {"after": after, "link": f"{query['link']}?after={after}"}}
        return body

    def batch(self, from_: ObjectType, to: ObjectType, inputs: Sequence[Body], style: str) -> Body:
        """Return ``results`` and ``errors`` for up to 1,000 ids.

        Raises:
            Refusal: 400 for too many inputs or one without id.
        """
        if len(inputs) > INPUTS:
            raise invalid(f"Too many inputs: {len(inputs)}, at most {INPUTS} are allowed.")
        results, errors = [], []
        for item in inputs:
            if not str(item.get("id", "")).isdigit():
                raise invalid(f"Not an id: {item.get('id')}")
            record_id = int(item["id"])
            query = {"style": style, "after": item.get("after"), "limit": self.page, "link": ""}
            row = self.one(from_, to, record_id, query)
            if row["results"]:
                row["to"] = row.pop("results")
                results.append({"from": {"id": str(record_id)}, **row})
            elif self.missing == "207":
                errors.append(_no_links(from_, to, record_id))
        return {"results": results, "errors": errors}


def short(from_: ObjectType, to: ObjectType, link: Link) -> list[Body]:
    """Return a link as v3 and lists show it; a primary one appears once per type."""
    stem = f"{from_.singular}_to_{to.singular}"
    types = [stem, f"{stem}_unlabeled"] if link.primary else [f"{stem}_unlabeled"]
    return [{"id": str(link.id), "type": name} for name in types]


def _rows(from_: ObjectType, to: ObjectType, links: Sequence[Link], style: str) -> list[Body]:
    if style == "v3":
        return [row for link in links for row in short(from_, to, link)]
    stem = int(from_.id.split("-")[1]) * 1_000 + int(to.id.split("-")[1])  # made-up type ids
    rows = []
    for link in links:
        types = [{"category": "HUBSPOT_DEFINED", "typeId": stem, "label": None}]
        if link.primary:
            types.insert(0, {"category": "HUBSPOT_DEFINED", "typeId": stem + 1, "label": "Primary"})
        # v4 answers numbers where dated paths answer text.
        shown = link.id if style == "v4" else str(link.id)
        rows.append({"toObjectId": shown, "associationTypes": types})
    return rows


def _no_links(from_: ObjectType, to: ObjectType, record_id: int) -> Body:
    context = {
        "fromObjectId": [str(record_id)],
        "fromObjectType": [from_.singular],
        "toObjectType": [to.singular],
    }
    message = f"No {to.singular} is associated with {from_.singular} {record_id}."
    sub = "crm.associations.NO_ASSOCIATIONS_FOUND"
    return row_error("OBJECT_NOT_FOUND", message, context, sub)
