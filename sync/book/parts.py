"""The main score's ledger of all accounts, and the parts of the largest changes."""

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from scoring import Model, Snapshot, change
from scoring.phrases import Part, Phrases
from sync.scored import Portfolio

from .model import ChangePart, Leaf, Ledger, Mover

MOVERS = 25
"""Falls, and rises, that are told."""
SHOWN = 8
"""Parts of a change that are told one by one."""
LEAST = 1.0
"""Points from which a change is a move."""
VISIBLE = 0.005
"""Points from which a part shows with two decimals."""
COLUMNS = ("points", "value", "goodness", "observed", "weight")


def ledger(snapshot: Snapshot, score: str, phrases: Phrases, people: Portfolio) -> Ledger:
    """Return a score's ledger of all accounts."""
    table = snapshot.ledger(score=score, evidence=False)
    names = [pc.fill_null(table.column(name), "") for name in ("part", "name", "via", "signal")]
    keys = pc.binary_join_element_wise(*names, "\x1f").combine_chunks().dictionary_encode()
    leaves = tuple(_leaf(str(key), snapshot.model, phrases) for key in keys.dictionary.to_pylist())
    places = pc.index_in(table.column("account"), value_set=pa.array(people.accounts, pa.int64()))
    numbers = {name: table.column(name).to_pylist() for name in COLUMNS}
    return Ledger(leaves, places.to_pylist(), keys.indices.to_pylist(), **numbers)


def _leaf(key: str, model: Model, phrases: Phrases) -> Leaf:
    part, name, via, signal = key.split("\x1f")
    scores = via.split("/") if via else []
    if part == "metric":
        label = phrases.metric(name)
    elif part == "peers":
        label, scores = "not known, as among peers", [name]
    else:
        label = phrases.part(Part(part, name, 0.0))
    declared = model.signals.get(signal)
    return Leaf(
        part=part,
        name=name,
        via=phrases.score(scores[0]) if scores else "",
        label=label,
        unit=declared.unit if declared else "",
        table=declared.table if declared else "",
    )


def movers(
    now: Snapshot, before: Snapshot, people: Portfolio, score: str, phrases: Phrases
) -> tuple[Mover, ...]:
    """Return the accounts that moved the most, with what moved them.

    Args:
        now: Open.
        before: The same accounts at the time that the change is against, open.
        people: With the changes that are told.
        score: Which.
        phrases: Words.
    """
    chosen = moved(people, score)
    keys = [people.accounts[at] for at in chosen]
    sides = [side.ledger(keys, score, evidence=False) for side in (before, now)]
    told = _by_account(change(now.model, *sides))
    values = {
        (row["account"], row["name"]): row["value"]
        for row in sides[1].select(["account", "name", "value"]).to_pylist()
    }
    rows = people.scores[score]
    found = []
    for at, key in zip(chosen, keys, strict=True):
        value, total = rows.value[at] or 0.0, rows.change[at] or 0.0
        parts = _parts(told.get(key, ()), values, phrases, total)
        found.append(Mover(at, value - total, value, parts))
    return tuple(found)


def moved(people: Portfolio, score: str, most: int = MOVERS) -> list[int]:
    """Return the places of the largest falls, the largest first, then of the largest rises."""
    changes = people.scores[score].change
    far = [at for at, points in enumerate(changes) if points is not None and abs(points) >= LEAST]
    far.sort(key=lambda at: (changes[at] or 0.0, people.account_ids[at]))
    falls = [at for at in far if (changes[at] or 0.0) < 0][:most]
    rises = [at for at in reversed(far) if (changes[at] or 0.0) > 0][:most]
    return [*falls, *rises]


def _by_account(changes: pa.Table) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for row in changes.to_pylist():
        found.setdefault(row["account"], []).append(row)
    return found


def _parts(
    rows: Iterable[Mapping[str, Any]],
    values: Mapping[tuple[int, str], float | None],
    phrases: Phrases,
    total: float,
) -> tuple[ChangePart, ...]:
    """Gather the rows by what they say; what the stored change has beyond them came later."""
    points: dict[tuple[str, str], float] = {}
    for row in rows:
        key = (row["kind"], words(row, values, phrases))
        points[key] = points.get(key, 0.0) + row["points"]
    ranked = sorted(points.items(), key=lambda item: (-abs(round(item[1], 6)), item[0]))
    parts = [ChangePart(kind, label, each) for (kind, label), each in ranked[:SHOWN]]
    later = total - sum(points.values())
    if abs(later) >= VISIBLE:
        parts.append(ChangePart("later", "records that arrived or changed later", later))
    rest = total - sum(part.points for part in parts)
    if ranked[SHOWN:] or abs(rest) >= VISIBLE:
        parts.append(ChangePart("rest", "everything else", rest))
    return tuple(parts)


def words(
    row: Mapping[str, Any], values: Mapping[tuple[int, str], float | None], phrases: Phrases
) -> str:
    """Return what a row of ``scoring.change`` says; ``values`` are the signals' now."""
    kind, name = row["kind"], row["name"] or ""
    if kind == "behaviour" and row["part"] == "metric":
        value = values.get((row["account"], name))
        return phrases.part(Part("metric", name, row["points"], value))
    if row["part"] in {"cap", "floor"}:
        label = phrases.part(Part(row["part"], name, row["points"]))
        eased = (row["part"] == "cap") == (row["points"] > 0)
        return f"no longer, or less: {label}" if eased else label
    if row["part"] in {"adjustment", "worst_pull"}:
        return phrases.part(Part(row["part"], name, row["points"]))
    return phrases.part(Part(kind, name, row["points"]))
