"""Which account, contact or ticket a record belongs to: associations, inline and by batch."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeAlias

from connectors.errors import TransientError
from connectors.findings import Findings

from .client import LINKS_LIMIT, Body, Client, counted_as, next_after, results

# Object type linked to -> record id -> linked ids, the primary one first.
Links: TypeAlias = dict[str, dict[str, list[str]]]
_UNLABELED = "_unlabeled"
_MISSING = "NOT_FOUND"  # category of ids without links, where they are not just left out


def batched(items: Iterable[Any], size: int) -> Iterable[list[Any]]:
    """Yield lists of at most ``size`` items."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


def inline(client: Client, kind: str, to: Sequence[str], records: Sequence[Body]) -> Links:
    """Return the links that came with listed records; what was cut off is read on.

    A list shows only the first links of a record. The rest matters only where the primary one
    is not among them, or where all count.
    """
    links: Links = {name: {} for name in to}
    for name in to:
        cut = []
        for record in records:
            found = (record.get("associations") or {}).get(name)
            if not found:
                continue
            entries = found.get("results") or ()
            links[name][record["id"]] = _ordered(
                (str(entry["id"]), not str(entry.get("type", "")).endswith(_UNLABELED))
                for entry in entries
            )
            if next_after(found) is not None:
                cut.append(record["id"])
        if cut:
            links[name] |= by_batch(client, kind, name, cut)
    return links


def by_batch(client: Client, kind: str, to: str, ids: Sequence[str]) -> dict[str, list[str]]:
    """Read the links of records; those without any are absent.

    Raises:
        TransientError: HubSpot could not tell for some of them.
    """
    found: dict[str, list[tuple[str, bool]]] = {}
    client.http.stats.count(counted_as("associations", kind), least=-(-len(ids) // LINKS_LIMIT))
    waiting: list[Body] = [{"id": one} for one in ids]
    while waiting:
        more: list[Body] = []
        for inputs in batched(waiting, LINKS_LIMIT):
            answer = client.linked(kind, to, inputs)
            _refuse_errors(answer, kind)
            for row in results(answer):
                one = str(row["from"]["id"])
                found.setdefault(one, []).extend(map(_linked, row.get("to") or ()))
                after = next_after(row)
                if after is not None:
                    more.append({"id": one, "after": after})
        if more == waiting:
            raise TransientError("HubSpot named the same page of associations twice; run again")
        waiting = more
    return {one: _ordered(entries) for one, entries in found.items()}


def _linked(entry: Mapping[str, Any]) -> tuple[str, bool]:
    types = entry.get("associationTypes") or ()
    primary = any("primary" in str(kind.get("label") or "").casefold() for kind in types)
    return str(entry["toObjectId"]), primary


def _ordered(entries: Iterable[tuple[str, bool]]) -> list[str]:
    """Return ids, primary ones first, then the oldest: the same at every reading."""
    primary: dict[str, bool] = {}
    for one, is_primary in entries:
        primary[one] = primary.get(one, False) or is_primary
    return sorted(primary, key=lambda one: (not primary[one], len(one), one))


def _refuse_errors(answer: Body, kind: str) -> None:
    """A 207 tells ids without links as errors; any other error leaves links unknown."""
    for error in answer.get("errors") or ():
        told = f"{error.get('category')} {error.get('subCategory')}"
        if _MISSING not in told and "NO_ASSOCIATIONS" not in told:
            raise TransientError(
                f"HubSpot could not read some associations of {kind} ({told.strip()}); run again"
            )


def count_several(links: Links, where: str, findings: Findings) -> None:
    """Count records that belong to several companies: the primary or oldest one is taken."""
    several = [one for one, found in links.get("companies", {}).items() if len(found) > 1]
    if several:
        findings.add("several_companies", where, *several[:3], count=len(several))
