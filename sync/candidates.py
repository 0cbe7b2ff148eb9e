"""Account records as matching sees them: merges followed, parents found, keys prepared."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from connectors.findings import Findings

from . import domains, names

Key: TypeAlias = tuple[str, str]
"""Connection and vendor's id."""


@dataclass(frozen=True, slots=True)
class Row:
    """One account record as a source has it.

    Attributes:
        key: Connection and vendor's id.
        name: As written, or None.
        domains: As written.
        external_id: As written, or None.
        parent_ref: Vendor's id, or name, of the parent.
        master_ref: Vendor's id of the record that this one was merged into.
        deleted: Gone.
    """

    key: Key
    name: str | None = None
    domains: Sequence[str] = ()
    external_id: str | None = None
    parent_ref: str | None = None
    master_ref: str | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A record that can be matched.

    Attributes:
        key: Connection and vendor's id.
        name: As written, ``""`` for none.
        name_key: Normalised, ``""`` matches nothing.
        domains: Registrable domains that say whose they are, shared or not.
        own: Those of them that no other record of the connection carries.
        external_id: Without surrounding space, or None.
    """

    key: Key
    name: str
    name_key: str
    domains: frozenset[str]
    own: frozenset[str]
    external_id: str | None


@dataclass(frozen=True, slots=True)
class Candidates:
    """What there is to match.

    Attributes:
        records: Sorted by connection rank and id.
        aliases: Merged record -> the record that holds its data now.
        shared: (connection, domain) -> the records that carry it, where it says nothing.
        findings: Merges into nothing, and the like.
    """

    records: tuple[Record, ...]
    aliases: Mapping[Key, Key]
    shared: Mapping[Key, tuple[Key, ...]]
    findings: Findings = field(default_factory=Findings)


def prepare(
    rows: Iterable[Row], ranks: Mapping[str, int], says_nothing: Iterable[str] = ()
) -> Candidates:
    """Prepare records for matching.

    Args:
        rows: The latest version of each record, in any order.
        ranks: Connection -> its place in the configuration; others are left out.
        says_nothing: More domains that do not tell whose they are.
    """
    known = {row.key: row for row in rows if row.key[0] in ranks}
    findings = Findings()
    aliases = _aliases(known, findings)
    for key in sorted(row.key for row in known.values() if row.deleted):
        if key not in aliases:
            findings.add("deleted", "accounts", key[1])
    alive = [row for key, row in known.items() if not row.deleted and key not in aliases]
    alive.sort(key=lambda row: (ranks[row.key[0]], row.key[1]))
    nothing = domains.SAYS_NOTHING | {name.strip().lower() for name in says_nothing}
    carried = {row.key: _domains(row, nothing) for row in alive}
    for row in alive:
        _say_nothing(row, carried[row.key], findings)
    shared, losers = _shared(alive, carried)
    records = tuple(
        Record(
            key=row.key,
            name=(row.name or "").strip(),
            name_key="" if domains.blank(row.name) else names.key(row.name),
            domains=carried[row.key],
            own=carried[row.key] - losers.get(row.key, frozenset()),
            external_id=None if domains.blank(row.external_id) else _trimmed(row.external_id),
        )
        for row in alive
    )
    return Candidates(records, aliases, shared, findings)


def _trimmed(text: str | None) -> str:
    return (text or "").strip()


def _domains(row: Row, nothing: frozenset[str]) -> frozenset[str]:
    found = (domains.registrable(value) for value in row.domains if value)
    return frozenset(name for name in found if name and name not in nothing)


def _say_nothing(row: Row, carried: frozenset[str], findings: Findings) -> None:
    """Count what was filled in without saying whose record it is: words or hashes for nothing."""
    told = (
        ("domains", any(row.domains) and not carried),
        ("name", bool(row.name) and domains.blank(row.name)),
        ("external_id", bool(row.external_id) and domains.blank(row.external_id)),
    )
    for column, nothing in told:
        if nothing:
            findings.add("says_nothing", f"accounts.{column}", row.key[1])


def _aliases(known: Mapping[Key, Row], findings: Findings) -> dict[Key, Key]:
    """Follow merges to the record that is left; chains are followed, loops are reported."""
    aliases = {}
    for key, row in sorted(known.items()):
        if not row.master_ref:
            continue
        seen, at = {key}, (key[0], row.master_ref)
        while at in known and known[at].master_ref and at not in seen:
            seen.add(at)
            at = (key[0], str(known[at].master_ref))
        if at in seen:
            findings.add("merged_in_a_loop", "accounts.master_ref", key[1])
        elif at not in known or known[at].deleted:
            findings.add("merged_into_nothing", "accounts.master_ref", key[1])
        else:
            aliases[key] = at
            findings.add("merged", "accounts.master_ref", key[1])
    return aliases


def _shared(
    alive: Sequence[Row], carried: Mapping[Key, frozenset[str]]
) -> tuple[dict[Key, tuple[Key, ...]], dict[Key, frozenset[str]]]:
    """Find the domains that several records of one connection carry.

    Returns:
        (connection, domain) -> its carriers, where none of them is the others' parent; and
        record -> domains that are not its own.
    """
    carriers: dict[Key, list[Key]] = defaultdict(list)
    for row in alive:
        for name in sorted(carried[row.key]):
            carriers[row.key[0], name].append(row.key)
    several = {key: held for key, held in carriers.items() if len(held) > 1}
    parents = _parents(alive) if several else {}
    shared: dict[Key, tuple[Key, ...]] = {}
    losers: dict[Key, set[str]] = defaultdict(set)
    for (connection, name), held in several.items():
        head = _head(held, parents)
        if head is None:
            shared[connection, name] = tuple(held)
        for key in held:
            if key != head:
                losers[key].add(name)
    return shared, {key: frozenset(lost) for key, lost in losers.items()}


def _parents(alive: Sequence[Row]) -> dict[Key, Key]:
    """Find each record's parent, by id, else by a name that only one record has."""
    ids = {row.key for row in alive}
    named: dict[Key, list[Key]] = defaultdict(list)
    for row in alive:
        named[row.key[0], names.key(row.name)].append(row.key)
    parents = {}
    for row in alive:
        if not row.parent_ref:
            continue
        direct = (row.key[0], row.parent_ref)
        by_name = named.get((row.key[0], names.key(row.parent_ref)), [])
        if direct in ids:
            parents[row.key] = direct
        elif len(by_name) == 1:
            parents[row.key] = by_name[0]
    return {key: parent for key, parent in parents.items() if key != parent}


def _head(held: Sequence[Key], parents: Mapping[Key, Key]) -> Key | None:
    """Return the one that all others descend from, or None."""
    lines = {key: _line(key, parents) for key in held}
    heads = [one for one in held if all(one == key or one in lines[key] for key in held)]
    return heads[0] if len(heads) == 1 else None


def _line(key: Key, parents: Mapping[Key, Key]) -> set[Key]:
    above: set[Key] = set()
    while key in parents and parents[key] not in above:
        key = parents[key]
        above.add(key)
    return above
