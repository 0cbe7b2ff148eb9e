"""Cases computed by hand, on the engine and on the oracle."""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from scoring import Model, Snapshot, change, load_model, score
from tests.scoring.both import Answers, arrow, differences, near, run
from tests.scoring.oracle_signals import Facts

AS_OF = datetime(2026, 11, 27)  # noqa: DTZ001 -- scoring takes UTC without zone
TINY = 1e-9
FILE = Path(__file__).with_name("golden.toml")
WHOLE: dict[str, list[dict[str, Any]]] = tomllib.loads(FILE.read_text(encoding="utf-8"))
CASES, CHANGES = WHOLE["case"], WHOLE["change"]
OTHER = {"name", "why", "model", "accounts", "presence", "previous", "rates", "overrides", "expect"}
SAID = [f"override_{name}" for name in ("state", "value", "band", "reason", "author")]
"""What stands beside a score: all of it is compared, also what must be absent."""


def answers(case: dict[str, Any]) -> Answers:
    tables = {name: rows for name, rows in case.items() if name not in OTHER}
    read = {(row["account"], name): AS_OF for row in case["accounts"] for name in tables}
    if "presence" in case:
        read = {(row["account"], row["table"]): row["read_at"] for row in case["presence"]}
    facts = Facts(case["accounts"], tables, read)
    previous = {
        (row["account"], row.get("score", "s")): (row["value"], row["band"])
        for row in case.get("previous", [])
    }
    model = load_model('name = "golden"\n' + case["model"])
    beside = {name: case.get(name) for name in ("rates", "overrides")}
    return run(model, facts, AS_OF, previous=previous, **beside)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_golden_case(case: dict[str, Any]) -> None:
    got = answers(case)
    assert not differences(got)
    for wanted in case["expect"]:
        key = (wanted["account"], wanted.get("score", "s"))
        row, parts = got.engine[key], got.engine_ledger.get(key, {})
        assert near(row["value"], wanted.get("value"), within=1e-8), case["why"]
        for name in ("coverage", "spread"):
            assert near(row[name], wanted.get(name, row[name]), within=1e-8), (name, case["why"])
        for name in ("band", "segment", "limited_by", "growth"):
            assert row[name] == wanted.get(name, row[name]), (name, case["why"])
        assert {name: row[name] for name in SAID} == {name: wanted.get(name) for name in SAID}
        for name, points in wanted.get("ledger", {}).items():
            part = tuple(name.split(":")) if ":" in name else ("metric", name)
            assert near(parts.get(part, 0.0), points, within=1e-8), (name, case["why"])


def scored(case: dict[str, Any], when: str, at: datetime, model: Model) -> Snapshot:
    """The accounts of one moment, each just read in every table given, or when it says."""
    tables = {"surveys": case["surveys"]} if "surveys" in case else {}
    names = (*tables, "accounts")
    read = {(row["account"], name): row.get("read", at) for row in case[when] for name in names}
    return score(model, arrow(Facts(case[when], tables, read)), as_of=at)


@pytest.mark.parametrize("case", CHANGES, ids=[case["name"] for case in CHANGES])
def test_golden_change(case: dict[str, Any]) -> None:
    model = load_model('name = "golden"\n' + case["model"])
    newer = load_model('name = "golden"\n' + case.get("now_model", case["model"]))
    with (
        scored(case, "before", case.get("before_at", AS_OF), model) as before,
        scored(case, "now", AS_OF, model) as same,
        scored(case, "now", AS_OF, newer) as now,
    ):
        ledgers = [each.ledger(evidence=False) for each in (before, now, same)]
        bridge = ledgers[2] if "now_model" in case else None
        parts = change(model, *ledgers[:2], same_facts=bridge).to_pylist()
        moved = {row["account"]: row["value"] for row in now.scores.to_pylist()}
        for row in before.scores.to_pylist():
            moved[row["account"]] -= row["value"]
    for wanted in case["expect"]:
        found = {kind: 0.0 for kind in wanted if kind != "account"}
        for part in parts:
            if part["account"] == wanted["account"] and abs(part["points"]) > TINY:
                found[part["kind"]] = found.get(part["kind"], 0.0) + part["points"]
        assert near(sum(found.values()), moved[wanted["account"]], within=1e-8), case["why"]
        assert found.keys() == wanted.keys() - {"account"}, case["why"]
        assert all(near(found[kind], wanted[kind], within=1e-8) for kind in found), case["why"]


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 25
