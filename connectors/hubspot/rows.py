"""HubSpot's records -> rows of a canonical table.

Property values are texts or null, numbers and times included; the mapping converts them. Here
is what a mapping cannot say: ids, accounts, deletes and merges, and columns made of several
properties.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from connectors.base import FieldSpec
from connectors.columns import join, pluck, texts
from connectors.mapping import Batch
from connectors.moments import Moments, Oddity
from connectors.quick import filled
from connectors.records import to_arrow

from .fields import FAILED, LAST_FAILED, MERGED, OBJECTS
from .plan import Plan

Record: TypeAlias = Mapping[str, Any]
Values: TypeAlias = list[Any] | pa.Array
# Object type linked to -> record id -> linked ids, the primary one first.
Links: TypeAlias = Mapping[str, Mapping[str, Sequence[str]]]
_OFF = frozenset({"canceled", "cancelled", "no_show", "rescheduled"})  # no meeting took place
_MOMENTS = Moments()
_BETWEEN = "\x1f"  # in no address
_DOMAINS = OBJECTS["companies"].derive
_STAGES = frozenset(OBJECTS["tickets"].columns["status"].values)  # type: ignore[union-attr]
_GOOD = {"nps": 9, "csat": 4, "ces": 4}  # our default: promoters, and 4 of 5 and better


def table(plan: Plan, records: Sequence[Record], links: Links, batch: Batch) -> pa.Table:
    """Return the canonical table of live records, with rows for those merged into them."""
    rows = [record["properties"] for record in records]
    derived: dict[str, Values] = _common(plan, records, links)
    derive = _DERIVED.get(plan.name)
    if derive is not None:
        derived |= derive(rows, plan)
    kept = {name: values for name, values in derived.items() if name not in plan.chosen}
    built = plan.map.build(rows, batch, kept)
    merged = _merged(plan, records, batch)
    return built if merged is None else pa.concat_tables([built, merged])


def gone(plan: Plan, records: Sequence[Record], batch: Batch) -> pa.Table:
    """Return rows that say that records were deleted."""
    return _deleted(plan, [{"id": one} for one in ids(plan, records)], batch)


def held(plan: Plan, records: Sequence[Record]) -> pa.Table:
    """Return what our own fields hold now, in canonical text."""
    rows = [record["properties"] for record in records]
    columns: dict[str, Values] = {"id": [record["id"] for record in records]}
    for spec in plan.own:
        if spec.name not in plan.names:
            columns[spec.name] = pa.nulls(len(rows), pa.string())
            continue
        values = pluck(rows, spec.name)
        known = {value: spec.to_text(_moment(spec, value)) for value in set(values)}
        columns[spec.name] = list(map(known.__getitem__, values))
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def _moment(spec: FieldSpec, value: str | None) -> Any:
    """Return a datetime's value as such: HubSpot may write it as epoch milliseconds."""
    if spec.type != "datetime" or not value:
        return value
    try:
        return _MOMENTS.time(value)
    except Oddity:
        return value


def ids(plan: Plan, records: Sequence[Record]) -> list[str]:
    """Return the rows' ids."""
    entry = plan.map.columns.get("id")
    if entry is None:
        return [plan.spec.prefix + str(record["id"]) for record in records]
    rows = [record["properties"] for record in records]
    return [one or "" for one in join([pluck(rows, name) for name in entry.fields])]


def _common(plan: Plan, records: Sequence[Record], links: Links) -> dict[str, Values]:
    found = [str(record["id"]) for record in records]
    derived: dict[str, Values] = {"id": ids(plan, records)}
    for to, column in plan.link_columns.items():
        by_id = links.get(to, {})
        derived[column] = [next(iter(by_id.get(one, ())), None) for one in found]
    return derived


def _merged(plan: Plan, records: Sequence[Record], batch: Batch) -> pa.Table | None:
    """Return deleted rows for the ids that HubSpot merged into these records, if any."""
    rows: list[dict[str, str]] = []
    if plan.id_names:
        return None  # rows are told apart by other properties than HubSpot's id
    for record in records:
        merged = record["properties"].get(MERGED)
        for loser in _split(merged) if merged else ():
            row = {"id": plan.spec.prefix + loser}
            if plan.spec.table == "accounts":
                row["master_ref"] = str(record["id"])
            rows.append(row)
    return _deleted(plan, rows, batch) if rows else None


def _deleted(plan: Plan, rows: Sequence[Mapping[str, str]], batch: Batch) -> pa.Table:
    common: dict[str, Any] = {"source": batch.source, "known_at": batch.known_at, "deleted": True}
    return to_arrow(plan.spec.table, [{**common, **row} for row in rows], plan.map.extra)


def _split(value: str | None) -> list[str]:
    """Split HubSpot's lists, whose parts are joined by semicolons."""
    return [part.strip() for part in (value or "").split(";") if part.strip()]


def _companies(rows: Sequence[Record], _: Plan) -> dict[str, Values]:
    found = texts(rows, _DOMAINS)
    if len(found) == len(_DOMAINS):
        domain, more, website = map(found.__getitem__, _DOMAINS)
        if not pc.any(pc.greater(pc.binary_length(more), 0)).as_py():
            return {"domains": _both(domain, website)}
    columns = (pluck(rows, name) for name in _DOMAINS)
    return {"domains": list(map(_domains, *columns))}


def _both(domain: pa.Array, website: pa.Array) -> pa.Array:
    """Return lists of what two columns hold, each once; null where that is nothing."""
    domain, website = filled(domain), filled(website)
    same = pc.fill_null(pc.equal(domain, website), fill_value=False)
    other = pc.if_else(same, None, website)
    both = pc.binary_join_element_wise(domain, other, _BETWEEN)  # null where one is null
    return pc.split_pattern(pc.coalesce(both, domain, other), _BETWEEN)


def _domains(domain: str | None, more: str | None, website: str | None) -> list[str] | None:
    if more:
        return list(dict.fromkeys(one for one in (domain, *_split(more), website) if one)) or None
    if not website or website == domain:
        return [domain] if domain else None
    return [domain, website] if domain else [website]


def _firsts(name: str, column: str, rows: Sequence[Record]) -> dict[str, Values]:
    """Take the first of several chosen options."""
    values = pluck(rows, name)
    return {
        column: [next(iter(_split(one)), None) if one and ";" in one else one for one in values]
    }


def _tickets(rows: Sequence[Record], _: Plan) -> dict[str, Values]:
    """Stages of other pipelines mean what their admin says; that a ticket is closed is certain."""
    stages = [
        "closed" if row.get("closed_date") and row.get("hs_pipeline_stage") not in _STAGES
        else row.get("hs_pipeline_stage")
        for row in rows
    ]  # fmt: skip
    return {"status": stages} | _firsts("hs_ticket_category", "topic", rows)


def _deals(rows: Sequence[Record], plan: Plan) -> dict[str, Values]:
    """An open deal is no outcome: its row is gone, also when it was closed before."""
    kinds, changes, opened = [], [], []
    for row in rows:
        won = row.get("hs_is_closed_won") == "true"
        kind = plan.deals.kinds.get(row.get(plan.deals.property) or "", ("other", "other"))
        kinds.append(kind[0] if won else kind[1])
        changes.append(_change(kinds[-1], row.get("hs_mrr")))
        opened.append(not won and row.get("hs_is_closed") != "true")
    return {"kind": kinds, "mrr_change": changes, "deleted": opened}


def _change(kind: str, mrr: str | None) -> str | None:
    """Return how the recurring revenue changed; a renewal's own amount is no change."""
    if not mrr or kind not in {"upgrade", "trial_converted", "downgrade", "churn"}:
        return None
    amount = mrr.removeprefix("-")
    return f"-{amount}" if kind in {"downgrade", "churn"} else amount


def _surveys(rows: Sequence[Record], plan: Plan) -> dict[str, Values]:
    scores, good = [], []
    for row in rows:
        kind = (row.get("hs_survey_type") or "").casefold()
        score = _score(kind, row.get("hs_value"), plan.ces_points)
        scores.append(score)
        limit = _GOOD.get(kind)
        good.append(None if score is None or limit is None else score >= limit)
    return {"score": scores, "good": good}


def _score(kind: str, value: str | None, points: int) -> float | None:
    try:
        score = float(value or "")
    except ValueError:
        return None
    return 1 + (score - 1) * 4 / (points - 1) if kind == "ces" else score


def _invoices(rows: Sequence[Record], _: Plan) -> dict[str, Values]:
    """Columns that ``payments.count`` has prepared, where payments are read."""
    return {
        "failed_payments": [row.get(FAILED) for row in rows],
        "last_failed_at": [row.get(LAST_FAILED) for row in rows],
    }


def _meetings(rows: Sequence[Record], _: Plan) -> dict[str, Values]:
    at = [row.get("hs_meeting_start_time") or row.get("hs_timestamp") for row in rows]
    off = [(row.get("hs_meeting_outcome") or "").casefold() in _OFF for row in rows]
    minutes = [
        _minutes(row.get("hs_meeting_start_time"), row.get("hs_meeting_end_time")) for row in rows
    ]
    return {"at": at, "deleted": off, "minutes": minutes}


def _minutes(start: str | None, end: str | None) -> float | None:
    """Return a meeting's length; null where an end is missing, odd or before the start."""
    try:
        length = _MOMENTS.time(end) - _MOMENTS.time(start)
    except Oddity:
        return None
    minutes = length.total_seconds() / 60
    return minutes if minutes >= 0 else None


_DERIVED: Mapping[str, Callable[[Sequence[Record], Plan], dict[str, Values]]] = {
    "companies": _companies,
    "contacts": lambda rows, _: _firsts("hs_buying_role", "role", rows),
    "tickets": _tickets,
    "deals": _deals,
    "feedback_submissions": _surveys,
    "invoices": _invoices,
    "meetings": _meetings,
}
