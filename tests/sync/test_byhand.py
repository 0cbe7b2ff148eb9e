"""The workbook for scoring by hand: its formulas give what the engine gives."""

import io
import random
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import formulas
import openpyxl
import pyarrow as pa
import pytest

from scoring import Model, load_model, score, shipped_model
from scoring.load import model_of
from scoring.phrases import Phrases
from sync.byhand import workbook
from sync.byhand.asked import asked
from sync.byhand.places import FIRST, Page
from tests.scoring.small import NOW

ODD = """
name = "odd"
signals.a = { field = "a" }
signals.b = { field = "b" }
signals.c = { field = "c" }
signals.d = { table = "outcomes", aggregate = "days_since", where = "kind = 'd'" }
signals.gone = { field = "gone" }
metrics.log = { signal = "a", curve = "log", worst = 0, best = 50 }
metrics.steps = { signal = "b", curve = "steps", steps = [[0, 10], [5, 60], [9, 100]] }
metrics.band = { signal = "c", curve = "band", low = 1, best_low = 3, best_high = 5, high = 9, at_high = 20, missing = "worst" }
metrics.rank = { signal = "d", curve = "percentile", worst = 9, best = 0, missing = "exclude" }
metrics.set = { signal = "a", worst = 50, best = 10, missing = 35 }
metrics.yes = { signal = "b", curve = "indicator", worst = 0, best = 4 }
metrics.less = { signal = "c", curve = "penalty", points = 11 }
metrics.least = { signal = "b", worst = 9, best = 0 }
metrics.never = { signal = "gone", worst = 0, best = 1 }
scores.one = { weights = { log = 2, least = 0, steps = 1, band = 1, never = 3 }, min_coverage = 0.2, missing = "exclude" }
scores.two = { bands = { borders = { red = 0, yellow = 45, green = 70 } }, weights = { rank = 2, set = 1, yes = 1, less = 1 }, min_coverage = 0.3 }
[scores.health]
weights = { one = 1, two = 2, log = 1 }
min_coverage = 0.2
worst_pull = 0.3
max_points = 9
[scores.health.adjustments]
events = { event = "d", points = -8, half_life = "5d" }
holds = { when = "b > 4 or not (c in (1, 2) and a is not null)", points = -7 }
[scores.health.floors]
floor = { when = "a > 40", at_least = 30 }
named = { when = "not (d < 3)", at_least = "yellow" }
[scores.health.caps]
cap = { when = "b < 2 and c <> 4", at_most = 45 }
[bands]
quantiles = { red = 0, yellow = 0.25, green = 0.7 }
[segments.small]
where = "seats < 9"
weights.one = { log = 0, band = 2, least = 1 }
weights.health = { two = 0 }
metrics.log = { best = 20 }
metrics.rank = { worst = 0, best = 9 }
[segments.large]
where = "seats > 90"
weights.two = { rank = 5, yes = 0 }
metrics.steps = { steps = [[0, 30], [7, 80]] }
borders.two = { yellow = 35, green = 55 }
"""
COUNT = 5


def by_field(raw: dict[str, Any]) -> dict[str, Any]:
    """The same model over plain columns of accounts, so that any value can be given."""
    for name, segment in raw.get("segments", {}).items():
        segment["where"] = f"industry = '{name}'"
    raw["signals"] = {
        name: {"field": name, "unit": signal.get("unit", "")}
        for name, signal in raw["signals"].items()
    }
    for declared in raw["scores"].values():
        for item in declared.get("adjustments", {}).values():
            if "event" in item:
                kind = item["event"]
                where = f"kind = '{kind}'"
                raw["signals"][kind] = {
                    "table": "outcomes",
                    "aggregate": "days_since",
                    "where": where,
                }
    for metric in raw["metrics"].values():
        if metric.get("curve") == "growth":  # 50 x, which asks for a signal that compares
            metric |= {"curve": "linear", "worst": 0, "best": 2}
    return raw


def typed(content: bytes, values: dict[str, list[Any]]) -> bytes:
    """Fill the sheet as a person does: by its headings' columns, in the order of the values."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    page = book["Scoring"]
    paper = [cell.column for cell in page[FIRST] if cell.fill.patternType]
    for column, row in zip(paper, values.values(), strict=True):
        for at, value in enumerate(row):
            page.cell(FIRST + at, column).value = value
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def wanted(model: Model) -> list[str]:
    """The signals and account columns that the sheet asks for, in the order of its columns."""
    page = Page("x")
    found = asked(page, page.column("", "Account"), model, Phrases(model))
    said = {" ".join(rule): column for rule, column in found.said.items()}
    columns = found.values | said
    return sorted(columns, key=lambda name: columns[name].at)


def by_engine(model: Model, values: dict[str, list[Any]]) -> dict[tuple[int, str], dict[str, Any]]:
    """What the engine says of the same values: (account from 0, score) -> value, band, coverage."""
    keys = range(1, COUNT + 1)
    people = pa.table(
        {"account": pa.array(keys), "account_id": pa.array(map(str, keys))}
        | {
            signal.removeprefix("account."): pa.array(
                column, pa.string() if signal.startswith("account.") else pa.float64()
            )
            for signal, column in values.items()
            if " " not in signal
        }
    )
    events = [
        {"account": at + 1, "kind": signal, "at": NOW - timedelta(days=days)}
        for signal, column in values.items()
        for at, days in enumerate(column)
        if days is not None and not signal.startswith("account.")
    ]
    kinds = {"account": pa.int64(), "kind": pa.string(), "at": pa.timestamp("us")}
    outcomes = pa.Table.from_pylist(events, pa.schema(list(kinds.items())))
    with score(model, {"accounts": people, "outcomes": outcomes}, as_of=NOW) as snapshot:
        return {(row["account"] - 1, row["score"]): row for row in snapshot.scores.to_pylist()}


def computed(content: bytes, folder: Path, count: int) -> list[list[Any]]:
    """What a spreadsheet shows in the first columns of the accounts' rows."""
    file = folder / "hand.xlsx"
    file.write_bytes(content)
    model = formulas.ExcelModel().loads(str(file)).finish()
    told = model.calculate()
    book = openpyxl.load_workbook(file)
    width = next(
        cell.column for cell in book["Scoring"][FIRST] if cell.fill.patternType and cell.column > 1
    )
    rows = []
    for at in range(count):
        names = [book["Scoring"].cell(FIRST + at, column).coordinate for column in range(2, width)]
        cells = [told[f"'[hand.xlsx]SCORING'!{name}"].value[0, 0] for name in names]
        rows.append([None if cell == "" else cell for cell in cells])
    return rows


def said(engine: dict[tuple[int, str], dict[str, Any]], rule: str) -> list[Any]:
    """What a person says of a rule that no formula can tell: that it holds where it does."""
    score_, name = rule.split(" ")
    return ["x" if name in engine[at, score_]["limited_by"] else None for at in range(COUNT)]


def given(chance: random.Random, raw: dict[str, Any], signal: str) -> list[Any]:
    """Values about as wide as the metric's curve, with gaps; text for an account's column."""
    if signal.startswith("account."):
        return [chance.choice((None, "onboarding", "customer")) for _ in range(COUNT)]
    ends = [
        metric[end]
        for metric in raw["metrics"].values()
        for end in ("worst", "best", "low", "high")
        if metric.get("signal") == signal and end in metric
    ]
    low, high = (min(ends), max(ends)) if ends else (0, 60)
    return [
        None if chance.random() < 0.25 else round(chance.uniform(low, high * 1.3 + 1), 2)
        for _ in range(COUNT)
    ]


@pytest.mark.parametrize("name", ["odd", "default", "trials"])
def test_formulas_give_what_the_engine_gives(name: str, tmp_path: Path) -> None:
    told = ODD if name == "odd" else shipped_model(name)
    model, raw = load_model(told), by_field(tomllib.loads(told))
    content = workbook(model, rows=COUNT)
    order = wanted(model)
    chance = random.Random(name)
    values = {signal: given(chance, raw, signal) for signal in order}
    values |= {name: [None] * COUNT for name in order if name == "gone" or " " in name}
    segments = [chance.choice((None, *raw.get("segments", ()))) for _ in range(COUNT)]
    words = [name and Phrases(model).segment(name) for name in segments]
    assert len(set(segments)) > 1 or not model.segments
    rest = {signal: [None] * COUNT for signal in raw["signals"].keys() - values.keys()}
    engine = by_engine(model_of(raw), values | rest | {"account.industry": segments})
    values |= {name: said(engine, name) for name in order if " " in name}
    people = {"name": [f"Customer {at}" for at in range(COUNT)]}
    people |= {"segment": words} if model.segments else {}
    shown = computed(typed(content, people | values), tmp_path, COUNT)
    titles = [cell.value for cell in openpyxl.load_workbook(io.BytesIO(content))["Scoring"][2]]
    for at in range(COUNT):
        for title, cell in zip(titles[1:], shown[at], strict=False):
            score_, _, what = title.partition(": ")
            truth = engine[at, score_.lower()][what or "value"]
            close = truth if isinstance(truth, str | None) else pytest.approx(truth, abs=1e-9)
            assert cell == close, (at, title)
    assert any(row[0] is not None for row in shown)


def test_a_name_like_a_formula_is_text_and_nothing_counts_for_empty_rows(tmp_path: Path) -> None:
    model = load_model(ODD.replace('signal = "a", worst', 'label = "=1+1", signal = "a", worst'))
    content = workbook(model, "nl", rows=2)
    page = openpyxl.load_workbook(io.BytesIO(content))["Model"]
    assert ("=1+1", "s") in {(cell.value, cell.data_type) for cell in page["B"]}
    assert {cell for row in computed(content, tmp_path, 2) for cell in row} == {None}
