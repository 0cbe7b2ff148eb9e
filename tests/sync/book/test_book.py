"""The book of a stored deployment agrees with itself, with scoring, and with the records."""

import dataclasses
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from sync import run
from sync.book import Book, overview, overview_sheets, sheets
from sync.book.past import Kept, thinned
from sync.book.sheet import Sheet
from sync.config import Config
from tests.sync.book.stored import NASTY, NOW, deployment


def sheet(book: Book, name: str) -> list[dict[str, object]]:
    found = next(one for one in sheets(book) if one.name == name)
    return [dict(zip([c.name for c in found.columns], row, strict=True)) for row in found.rows]


def test_every_account_is_in_one_band_of_every_score_and_in_one_group_of_each_kind(book) -> None:
    assert len(book.accounts) == 80
    for scale in book.scales:
        counts = [row["accounts"] for row in sheet(book, "bands") if row["score"] == scale.label]
        assert sum(counts) == 80
    kinds: Counter[str] = Counter()
    for row in sheet(book, "groups"):
        kinds[row["by"]] += row["accounts"]
        assert row["accounts"] == sum(row[name] for name in ("red", "yellow", "green", "no data"))
    assert {"segment", "plan", "country", "lifecycle"} <= set(kinds)
    assert set(kinds.values()) == {80}


def test_scores_are_those_of_score_now(book, stored: Config) -> None:
    scored = run.score_now(stored, now=NOW).scores.to_pylist()
    expected = [row["value"] for row in scored if row["score"] == "health"]
    assert list(book.accounts.scores["health"].value) == expected


def test_the_ledger_of_each_account_adds_up_to_its_score(book) -> None:
    sums: Counter[int] = Counter()
    for account, points in zip(book.ledger.account, book.ledger.points, strict=True):
        sums[account] += points
    for at, value in enumerate(book.accounts.scores["health"].value):
        assert value is None or 50 + sums[at] == pytest.approx(value, abs=1e-9)


def test_parts_of_a_change_add_up_to_it_and_its_values_are_the_stored_ones(book) -> None:
    assert book.movers
    times = list(book.history.times)
    then = times.index(book.since)
    for mover in book.movers:
        assert sum(part.points for part in mover.parts) == pytest.approx(
            mover.now - mover.before, abs=1e-9
        )
        assert book.history.values["health"][mover.account][then] == pytest.approx(
            mover.before, abs=1e-9
        )
        assert book.accounts.scores["health"].value[mover.account] == mover.now
    changes = [mover.now - mover.before for mover in book.movers]
    falls = [change for change in changes if change < 0]
    assert falls == sorted(falls)
    assert changes[: len(falls)] == falls, "falls come first"


def test_the_trend_has_every_stored_day_and_now(book) -> None:
    rows = sheet(book, "trend")
    assert len(rows) == 13
    assert rows[-1]["as_of"] == book.as_of == NOW.replace(minute=0)
    assert [row["as_of"] for row in rows] == sorted(row["as_of"] for row in rows)
    assert all(
        sum(row[name] for name in ("red", "yellow", "green", "no data")) == 80 for row in rows
    )
    assert book.since == book.as_of - timedelta(days=30)


def test_known_weight_is_a_share_of_the_whole(book) -> None:
    rows = sheet(book, "coverage")
    assert sum(row["weight"] for row in rows) == pytest.approx(1)
    assert all(0 <= row["known"] <= 1 for row in rows)
    by_table = sheet(book, "tables")
    assert sum(row["weight"] for row in by_table) == pytest.approx(1)
    assert next(row["from"] for row in by_table if row["table"] == "usage") == "crm"


def test_customers_that_left_are_not_at_risk_and_the_next_renewal_comes_first(book) -> None:
    rows = sheet(book, "at_risk")
    assert rows
    gone = {
        key
        for key, state in zip(book.accounts.ids, book.accounts.facts["lifecycle"], strict=True)
        if state == "churned"
    }
    assert gone
    assert not gone & {row["account_id"] for row in rows}
    assert [row["renewal_at"] for row in rows] == sorted(row["renewal_at"] for row in rows)


def test_owners_are_named_only_where_a_setting_asks(book, tmp_path: Path) -> None:
    def told(of: Book) -> bool:
        return any("Owner 3" in str(row) for one in sheets(of) for row in one.rows)

    assert not told(book)
    asked = deployment(tmp_path, 10, snapshots=0, general="report_owners = true", small=True)
    assert told(run.book(asked, now=NOW))


def test_money_in_another_currency_is_converted_or_not_counted(tmp_path: Path) -> None:
    config = deployment(tmp_path, 12, snapshots=0, small=True)
    without = run.book(config, now=NOW)
    assert without.currency == "EUR"
    assert None not in without.accounts.revenue
    rates = dataclasses.replace(config, rates={"USD": 1.0, "EUR": 1.1})
    converted = run.book(rates, now=NOW)
    assert converted.currency == "USD"
    for before, after in zip(without.accounts.revenue, converted.accounts.revenue, strict=True):
        assert after == pytest.approx(before * 1.1)
    strange = dataclasses.replace(config, rates={"USD": 1.0})
    assert set(run.book(strange, now=NOW).accounts.revenue) == {None}


def test_names_are_kept_as_they_are(book) -> None:
    assert set(NASTY) <= {*book.accounts.names}


def test_sheets_have_one_width_and_known_kinds(book) -> None:
    kinds = {"text", "integer", "score", "points", "number", "share", "money", "date"}
    found = sheets(book)
    assert len({one.name for one in found}) == len(found)
    for one in found:
        assert {column.kind for column in one.columns} <= kinds
        assert {len(row) for row in one.rows} <= {len(one.columns)}


def test_an_empty_store_makes_an_empty_book(tmp_path: Path) -> None:
    empty = run.book(deployment(tmp_path, 0, snapshots=0, small=True), now=NOW)
    assert len(empty.accounts) == 0
    assert empty.movers == ()
    assert all(isinstance(one, Sheet) for one in overview_sheets(empty))


def test_many_groups_are_told_together(book) -> None:
    accounts = dataclasses.replace(
        book.accounts, facts={**book.accounts.facts, "industry": [f"I{at}" for at in range(80)]}
    )
    rows = [
        row
        for row in overview.groups(dataclasses.replace(book, accounts=accounts)).rows
        if row[0] == "industry"
    ]
    assert len(rows) == overview.MOST_GROUPS
    assert rows[-1][1] == "(all others)"
    assert sum(row[2] for row in rows) == 80


@pytest.mark.parametrize("count", [0, 1, 59, 60, 61, 400])
def test_a_long_past_is_thinned_evenly_and_keeps_its_ends(count: int) -> None:
    every = [Kept(run, False, run, "m") for run in range(count)]
    found = thinned(every, 60)
    assert len(found) == min(count, 60)
    assert found[:1] == every[:1]
    assert found[-1:] == every[-1:]
    assert len(set(found)) == len(found)
