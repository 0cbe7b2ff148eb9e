"""``pulsefield model`` and ``explain --since``, as a person meets them."""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from connectors.records import to_arrow
from sync.cli import output
from sync.config import load
from sync.store import Store
from tests.sync.book.stored import SMALL, deployment
from tests.sync.cli.shell import Shell

SEGMENTS = """
[segments.large]
where = "seats > 100"
[segments.enterprise]
where = "segment = 'Enterprise'"
weights.health = { active = 1, calm = 1 }
"""


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    deployment(folder, 60, snapshots=2, now=datetime.now(UTC), small=True)
    return folder


@pytest.fixture
def shell(
    stored: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shell:
    """A shell in a copy of a filled deployment."""
    folder = shutil.copytree(stored, tmp_path / "home")
    monkeypatch.chdir(folder)
    return Shell(monkeypatch, capsys, folder / "pulsefield.toml")


def write(name: str, text: str) -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def test_keys_and_curves_are_whole_on_a_narrow_terminal(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "PIPED_WIDTH", 80)
    write("small.toml", SMALL)
    write("other.toml", SMALL + SEGMENTS)
    told = shell("model", "diff", "small.toml", "other.toml").out
    changes = told.partition("Changes of")[2].partition("change band")[0]
    curves = shell("model", "check").out.partition("Curves")[2].partition("Segments")[0]
    assert changes
    assert curves
    assert "…" not in changes + curves


def test_check_shows_a_model_from_all_sides(shell: Shell) -> None:
    write("small.toml", SMALL + SEGMENTS)
    ran = shell("model", "check")
    assert ran.code == 0
    assert re.search(r"active +75\.0 +50\.0 ", ran.out), "weights, and those of a segment"
    assert re.search(r"calm .*linear +0 +█+.*▁+ ", ran.out), "a curve that falls"
    assert re.search(r"\d+ in both large and enterprise: large gets them", ran.out)
    assert re.search(r"decides alone +health +active", ran.out)
    assert "None: every metric is fed." in ran.out


def test_check_counts_segments_as_the_data_has_them(shell: Shell) -> None:
    write("small.toml", SMALL + SEGMENTS)
    found = shell("model", "check", "--json").data["segments"]
    assert found["accounts"] == 60
    assert sum(found["members"].values()) + found["none"] == 60
    ((first, other, both),) = found["overlaps"]
    assert (first, other) == ("large", "enterprise")
    assert found["matches"]["enterprise"] == found["members"]["enterprise"] + both


def test_check_names_what_no_source_feeds_and_why(shell: Shell) -> None:
    found = shell("model", "check", "default", "--json").data["feeds"]
    feeds = {feed["metric"]: feed for feed in found}
    assert feeds["goals"]["state"] == "no source"
    assert "milestones" in feeds["goals"]["detail"]
    assert feeds["reopened"]["state"] == "empty column"
    assert "tickets.reopens" in feeds["reopened"]["detail"]
    assert feeds["pulse"]["state"] == "nobody has it"
    assert feeds["last_use"]["state"] == "fed"
    lost = [feed["share"] for feed in found if feed["state"] != "fed"]
    assert lost == sorted(lost, reverse=True)


def test_check_works_without_a_deployment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shell = Shell(monkeypatch, capsys, Path("pulsefield.toml"))
    ran = shell("model", "check", "trials")
    assert ran.code == 0
    assert "trials" in ran.out
    assert list(tmp_path.iterdir()) == []
    ran = shell("model", "check")
    assert ran.code == 2
    assert "which model?" in ran.err


def test_every_mistake_is_shown_with_what_is_allowed(shell: Shell) -> None:
    file = write(
        "bad.toml",
        SMALL.replace('signal = "open_tickets"', 'signal = "open_tickts"').replace(
            "scores.health = { weights = { active", "scores.health = { weights = { activ"
        ),
    )
    ran = shell("model", "check", file)
    assert ran.code == 2
    assert re.search(r"bad.toml +metrics.calm.signal +'open_tickts' .* open_tickets *\n", ran.out)
    assert re.search(r"bad.toml +scores.health.weights +'activ' .* active *\n", ran.out)
    told = shell("model", "check", file, "--json").data["problems"]
    assert [(one["key"], one["near"]) for one in told] == [
        ("metrics.calm.signal", ["open_tickets"]),
        ("scores.health.weights", ["active"]),
    ]


def test_column_that_the_data_lacks_is_a_mistake(shell: Shell) -> None:
    file = write("bad.toml", SMALL + '[segments.x]\nwhere = "seatz > 5"\n')
    ran = shell("model", "check", file)
    assert ran.code == 2
    assert re.search(r"segments.x.where +'seatz' .* seats *\n", ran.out)


@pytest.mark.parametrize("wanted", ["defalt", "gone.toml"])
def test_model_that_is_not_there_is_refused(shell: Shell, wanted: str) -> None:
    ran = shell("model", "check", wanted)
    assert ran.code == 2
    assert wanted in ran.err
    assert ("did you mean default?" in ran.err) == (wanted == "defalt")


def test_diff_adds_up_for_every_account_and_names_the_change(shell: Shell) -> None:
    changed = SMALL.replace("active = 3, calm = 1", "active = 1, calm = 1")
    changed = changed.replace("best = 7", "best = 14")
    file = write("mine.toml", changed + "[bands]\nborders = { low = 0, high = 60 }\n")
    found = shell("model", "diff", "small.toml", file, "--json").data
    assert [one["keys"] for one in found["effects"]] == [
        ["metrics.active"],
        ["scores.health.weights.active"],
        ["bands"],
    ]
    assert found["effects"][2]["mean"] == 0
    assert found["effects"][2]["bands"] == 60
    for moved in found["bands"]:
        points = sum(part for _, part in moved["parts"])
        assert points == pytest.approx(moved["after"] - moved["before"], abs=1e-9)
    before, after = found["distributions"]["health"]
    assert sum(before["bands"].values()) == sum(after["bands"].values()) == 60
    means = sum(one["mean"] for one in found["effects"])
    assert means == pytest.approx(after["mean"] - before["mean"], abs=1e-9)


def test_diff_scores_what_the_models_score(shell: Shell) -> None:
    file = write("mine.toml", SMALL.replace("worst = 5", "worst = 2"))
    found = shell("model", "diff", "small.toml", file, "--json").data
    shell.edit("small.toml", "mine.toml")
    rows = {row["account_id"]: row for row in shell("score", "--json").data["scores"]
            if row["score"] == "health"}  # fmt: skip
    assert found["losers"]
    for moved in found["losers"]:
        assert rows[moved["account_id"]]["value"] == pytest.approx(moved["after"], abs=1e-9)
        assert rows[moved["account_id"]]["band"] == moved["band_after"]


def test_diff_is_shown(shell: Shell) -> None:
    file = write("mine.toml", SMALL.replace("worst = 5", "worst = 2"))
    ran = shell("model", "diff", "small.toml", file)
    assert ran.code == 0
    assert "metrics.calm: worst 5 → 2" in ran.out
    assert "Largest losers" in ran.out
    same = shell("model", "diff", "small.toml", "small.toml")
    assert "Nothing that could move a score." in same.out


def test_diff_of_models_without_a_shared_score_is_refused(shell: Shell) -> None:
    file = write("mine.toml", SMALL.replace("scores.health", "scores.other"))
    ran = shell("model", "diff", "small.toml", file, "--score", "health")
    assert ran.code == 2
    assert "adoption" in ran.err


@pytest.mark.parametrize("dialect", ["duckdb", "spark", "postgres"])
def test_sql_is_commented_step_by_step(shell: Shell, dialect: str) -> None:
    ran = shell("model", "sql", "default", "--dialect", dialect)
    assert ran.code == 0
    steps = re.findall(r"^-- (\w+): .+\nCREATE ", ran.out, re.MULTILINE)
    assert steps[0] == "customers"
    assert steps[-1] == "scores"
    assert len(steps) == len(set(steps))


def test_sql_that_is_printed_runs_on_the_tables_that_it_says(shell: Shell) -> None:
    printed = shell("model", "sql", "--as-of", "2026-01-01").out
    with duckdb.connect() as con:
        made = re.findall(r"^-- (CREATE TABLE .+?\);)", printed, re.MULTILINE)
        con.execute("\n".join(made))
        con.execute("INSERT INTO accounts (account) VALUES (1)")
        con.execute("INSERT INTO usage (account, day) VALUES (1, DATE '2025-12-30')")
        con.execute("INSERT INTO tickets (account, opened_at) VALUES (1, DATE '2025-12-01')")
        con.execute("INSERT INTO presence SELECT 1, unnest(['usage', 'tickets']), '2026-01-01'")
        con.execute(
            "INSERT INTO given_overrides VALUES (1, 'health', 9, NULL, 'r', 'kim', NULL, NULL)"
        )
        con.execute(printed)
        rows = con.sql("SELECT score, value, override_value FROM scores ORDER BY score").fetchall()
    # 1 of 7 active days, and 1 ticket where 5 are worst.
    assert rows == [
        ("adoption", pytest.approx(100 / 7), None),
        ("health", pytest.approx((300 / 7 + 80) / 4), 9),
    ]


def test_sql_knows_the_deployments_own_columns_rates_and_the_time(shell: Shell) -> None:
    write("small.toml", SMALL + "[signals.own]\nfield = 'tier'\n[signals.mrr]\nfield = 'mrr'\n")
    ran = shell("model", "sql")
    assert ran.code == 2
    assert "signals.own.field = 'tier': no such column of accounts" in ran.err
    told = [{"source": "crm", "id": "Z1", "known_at": datetime.now(UTC)}]
    rows = to_arrow("accounts", told).append_column("tier", pa.array([3]))
    Store(load(Path("pulsefield.toml")).general.data).append("accounts", rows)
    write("small.toml", SMALL + "[signals.own]\nfield = 'tier'\n[signals.mrr]\nfield = 'mrr'\n")
    shell.edit("[connections", "[rates]\nEUR = 1\nUSD = 0.86\n\n[connections")
    before = datetime.now(UTC).replace(microsecond=0)
    ran = shell("model", "sql")
    assert ran.err == ""
    printed = ran.out
    when = re.search(r"as of ([\d :-]+) UTC\n", printed)
    assert when
    assert datetime.fromisoformat(when[1]).replace(tzinfo=UTC) >= before
    assert "TIMESTAMP '" + when[1] in printed
    assert "-- For duckdb. Money is converted by EUR 1, USD 0.86." in printed
    assert 'CAST(f."tier" AS BIGINT) AS "account.tier"' in printed
    assert "WHEN f.\"currency\" = 'USD' THEN 0.86e0" in printed


def test_explain_since_a_run_adds_up_on_the_screen(shell: Shell) -> None:
    ran = shell("explain", "crm:A000020", "--since", "2")
    assert ran.code == 0
    numbers = dict(re.findall(r"^(\w+) +([+-]?\d+\.\d\d)", ran.out, re.MULTILINE))
    parts = [float(value) for kind, value in numbers.items() if kind not in {"then", "now"}]
    assert float(numbers["then"]) + sum(parts[:8]) == pytest.approx(float(numbers["now"]), abs=0.05)
    told = shell("explain", "crm:A000020", "--since", "2", "--json").data
    assert told["now"] - told["before"] == pytest.approx(sum(told["kinds"].values()), abs=1e-9)


def test_explain_speaks_the_language_asked_for(shell: Shell) -> None:
    assert "Sundhed" in shell("explain", "crm:A000020", "--language", "da").out
    told = shell("explain", "crm:A000020", "--language", "nl", "--since", "2026-01-01")
    assert "Gezondheid" in told.out


def test_explain_since_a_run_that_is_not_there_is_refused(shell: Shell) -> None:
    ran = shell("explain", "crm:A000020", "--since", "77")
    assert ran.code == 2
    assert "run 77 stored no scores" in ran.out


def test_check_tells_what_to_connect_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment(tmp_path, 12, snapshots=1, now=datetime.now(UTC))  # 80 % of each part observed
    shell = Shell(monkeypatch, capsys, tmp_path / "pulsefield.toml")
    told = [one for one in shell("check", "--json").data if "unobserved" in one["what"]]
    assert [one["where"] for one in told[:2]] == ["health, usage", "health, adoption"]
    assert [one["what"][:3] for one in told] == ["5 %", "3 %", "3 %", "3 %", "3 %", "2 %"]
    (billing,) = [one for one in told if one["where"] == "health, billing"]
    assert billing["todo"] == "connect billing: no connection reads subscriptions"
    assert not any(one["fatal"] for one in told)
    shell.edit('model = "default"', 'model = "support"')
    told = shell("check", "--json").data
    assert not any("unobserved" in one["what"] for one in told), "scores of another model"
