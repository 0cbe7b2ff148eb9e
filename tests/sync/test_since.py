"""Why a score is not what it was: every way of comparing adds up, and names the right cause."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from connectors.records import to_arrow
from sync import overrides, rollup, run, unobserved
from sync.config import Config, load
from sync.intake import Watermark
from sync.rollup import Times
from sync.since import ScoreChange, explain_since
from sync.workspace import Workspace
from tests.sync.book.stored import NOW, deployment

THEN = NOW - timedelta(days=10)


def keep(config: Config, now: datetime, number: int) -> None:
    """Score what is stored and keep the snapshot, as an applied sync does."""
    work = Workspace(config, now)
    try:
        with duckdb.connect() as con:
            matched = rollup.match_all(work, con)
            scores = rollup.score_all(work, con, matched, Times(work.as_of))
            rollup.keep(work, number, scores)
    finally:
        work.close()


def learn(config: Config, now: datetime, table: str, *rows: dict[str, object]) -> None:
    """Store records that become known now, and read every table again."""
    work = Workspace(config, now)
    try:
        known = [{**row, "source": "crm", "known_at": now} for row in rows]
        if known:
            work.store.append(table, to_arrow(table, known))
        for name in ("accounts", "usage", "tickets", "invoices", "surveys", "interactions"):
            mark = Watermark(value="1", mapping="m", read_at=now)
            work.journal.save_watermark("crm", name, mark, (name,))
    finally:
        work.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve accounts, scored and kept ten days ago as run 1; read again now."""
    config = deployment(tmp_path_factory.mktemp("since"), 12, snapshots=0, now=THEN, small=True)
    keep(config, THEN, 1)
    learn(config, NOW, "tickets")
    return config.folder


@pytest.fixture
def config(made: Path, tmp_path: Path) -> Config:
    """A copy to change."""
    return load(shutil.copytree(made, tmp_path / "home") / "pulsefield.toml")


def ticket(number: int, at: datetime) -> dict[str, object]:
    return {"id": f"new{number}", "account_ref": "A000003", "opened_at": at}


def why(config: Config, since: str = "1", **more: object) -> ScoreChange:
    return explain_since(config, "A000003", since, now=NOW, **more)  # type: ignore[arg-type]


def added(found: ScoreChange) -> float:
    assert found.before is not None
    assert found.now is not None
    change = found.now - found.before
    assert sum(part.points for part in found.parts) == pytest.approx(change, abs=1e-9)
    assert sum(found.kinds.values()) == pytest.approx(change, abs=1e-9)
    return change


def test_what_the_customer_did_is_behaviour_and_nothing_is_left_over(config: Config) -> None:
    learn(config, NOW, "tickets", *(ticket(n, NOW - timedelta(days=1)) for n in range(3)))
    found = why(config)
    assert added(found) != 0
    assert found.kinds["records"] == 0
    assert found.kinds["model"] == 0
    (calm,) = [part for part in found.parts if part.name == "calm"]
    # Three of the five tickets that are worst, in a metric with a quarter of the weight.
    assert (calm.kind, calm.points) == ("behaviour", pytest.approx(-15))


def test_what_came_later_about_that_time_is_told_apart(config: Config) -> None:
    """A ticket of before the run that nobody knew of is seen now, so the change is behaviour."""
    learn(config, NOW, "tickets", ticket(1, THEN - timedelta(days=2)))
    found = why(config)
    added(found)
    assert found.kinds["records"] == 0
    assert found.kinds["behaviour"] < 0


def test_another_model_is_the_model_s_part(config: Config) -> None:
    file = config.folder / "small.toml"
    before = why(config)
    text = file.read_text(encoding="utf-8").replace("active = 3, calm = 1", "active = 1, calm = 3")
    file.write_text(text, encoding="utf-8")
    found = why(config)
    added(found)
    assert found.before == before.before
    assert found.kinds["model"] != 0
    assert found.kinds["records"] == 0


def test_override_stands_beside_and_moves_nothing(config: Config) -> None:
    work = Workspace(config, NOW)
    said = overrides.Override(4, "health", 10.0, None, "asked to leave", "Kim")
    overrides.keep(work.journal, said, NOW - timedelta(days=1))
    work.close()
    found = why(config)
    assert found.kinds["override"] == 0
    assert "asked to leave" in found.override
    added(found)


def test_date_finds_the_run_of_that_day_and_else_the_moment_is_replayed(config: Config) -> None:
    assert why(config, THEN.date().isoformat()).since.run == 1
    assert why(config, (THEN + timedelta(days=3)).date().isoformat()).since.run == 1
    replayed = why(config, (THEN - timedelta(days=30)).date().isoformat())
    assert replayed.since.run is None
    added(replayed)


def test_words_are_in_the_language_asked_for(config: Config) -> None:
    starts = {}
    for code in ("en", "pl"):
        spoken = load(config.file)
        general = spoken.general.model_copy(update={"language": code})
        found = why(Config(config.file, config.connections, general))
        starts[code] = found.sentence.split()[0]
    assert starts == {"en": "Health", "pl": "Kondycja"}


@pytest.mark.parametrize("since", ["7", "yesterday", "2099-01-01"])
def test_moments_that_are_not_there_are_refused(config: Config, since: str) -> None:
    with pytest.raises(LookupError, match=since):
        why(config, since)


def test_replay_leaves_the_accounts_as_they_are(config: Config) -> None:
    before = run.score_now(config, now=NOW).scores.column("account_id").to_pylist()
    nobody = NOW - timedelta(days=400)
    run.score_now(config, now=NOW, as_of=nobody, known_at=nobody)
    assert run.score_now(config, now=NOW).scores.column("account_id").to_pylist() == before


def test_unobserved_weight_is_what_coverage_lacks(tmp_path: Path) -> None:
    config = deployment(tmp_path, 40, snapshots=0, now=THEN)
    assert unobserved_of(config) == []
    keep(config, THEN, 1)
    found = unobserved_of(config)
    rows = run.score_now(config, now=THEN).scores.to_pylist()
    covered = [row["coverage"] for row in rows if row["score"] == "health"]
    lost = sum(one.share for one in found)
    assert [one.share for one in found] == sorted((one.share for one in found), reverse=True)
    # Outcome was observed for nobody: coverage leaves it out of its sums, the list does not.
    (outcome,) = [one for one in found if one.part == "outcome"]
    assert outcome.without == 40
    assert set(outcome.unread) == {"milestones"}
    known = lost - outcome.share
    whole = 1 - outcome.share
    assert known / whole == pytest.approx(1 - sum(covered) / len(covered), abs=0.02)


def unobserved_of(config: Config) -> list[unobserved.Unobserved]:
    work = Workspace(config, NOW)
    try:
        return unobserved.unobserved(work)
    finally:
        work.close()
