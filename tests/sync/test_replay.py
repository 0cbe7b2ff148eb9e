"""Scores of an earlier time, computed again from what was known then: the same to the bit."""

from collections.abc import Callable
from datetime import datetime, timedelta

import duckdb
import pytest

from sync import decisions, overrides, redo, run
from sync.config import Config, load
from sync.decisions import Decision
from sync.journal import Journal
from sync.overrides import Override
from sync.store import Store
from sync.summary import RunReport
from sync.workspace import opened
from tests.sync import fakes
from tests.sync.cli.shell import Shell

NOW = fakes.NOW
DAY = timedelta(days=1)
COLUMNS = ("score", "value", "coverage", "spread", "band", "segment")


def kept(config: Config, number: int) -> list[tuple]:
    """What a run kept: account, then COLUMNS, as they are."""
    scan = Store(config.data).scan("scores")
    with duckdb.connect() as con:
        sql = f"SELECT account, {', '.join(COLUMNS)} FROM {scan}"
        return sorted(con.sql(f"{sql} WHERE run = {number} AND NOT replayed").fetchall(), key=str)


def moments(config: Config) -> dict[int, tuple[datetime, datetime]]:
    """Run -> the times that replay what it kept."""
    scan = Store(config.data).scan("scores")
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        sql = f"SELECT DISTINCT run, as_of, known_at FROM {scan} WHERE NOT replayed"
        return {number: (as_of, known) for number, as_of, known in con.sql(sql).fetchall()}


def keys(config: Config) -> dict[str, int]:
    with opened(config) as work, work.journal.begin() as db:
        rows = db.exec_driver_sql("SELECT account_id, account FROM accounts").fetchall()
    return dict(tuple(row) for row in rows)


def replayed(config: Config, as_of: datetime, known_at: datetime) -> list[tuple]:
    scored = run.score_now(config, as_of=as_of, known_at=known_at, now=NOW + 365 * DAY)
    of = keys(config)
    rows = scored.scores.to_pylist()
    return sorted(((of[r["account_id"]], *(r[c] for c in COLUMNS)) for r in rows), key=str)


class Story:
    """A deployment that lives on, a sync a day; every sync replaces what it likes."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.days = 0
        self.ran: list[RunReport] = []

    def sync(self) -> RunReport:
        """Sync, and go on to the next day."""
        self.config = load(self.config.file)
        report = run.sync(self.config, force="a story", now=NOW + self.days * DAY)
        assert report.exit_code == 0
        self.days += 1
        self.ran.append(report)
        return report

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a file beside the configuration."""
        file = self.config.folder / name
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def check(self) -> None:
        """Every sync is replayed to the bit, and no two of them are alike."""
        found = moments(self.config)
        for report in self.ran:
            assert replayed(self.config, *found[report.run]) == kept(self.config, report.run)
        assert len({str(kept(self.config, each.run)) for each in self.ran}) == len(self.ran)


@pytest.fixture
def story(deploy: Callable[..., Config]) -> Story:
    crm = fakes.customers(["Ada", "Bo", "Cy", "Di", "Ed", "Flo"], tickets=2)
    return Story(deploy(crm=crm, desk=fakes.customers(["Ada", "Bo"], tickets=1)))


def test_records_that_came_changed_and_went(story: Story) -> None:
    crm = fakes.SYSTEMS["crm"]
    story.sync()
    crm.put("tickets", "1-9", account_ref="1", opened_at=NOW)
    crm.put("accounts", "7", name="Gus", domains=["gus.com"], seats=3)
    crm.put("usage", "2-0", count=3, deleted=True)
    story.sync()
    crm.put("usage", "4-0", account_ref="5")
    story.sync()
    story.check()


def test_what_people_said(story: Story) -> None:
    story.sync()
    with opened(story.config) as work:
        said = Override(keys(story.config)["crm:3"], "health", 12.5, None, "they told us", "me")
        overrides.keep(work.journal, said, NOW + DAY / 2)
        pair = Decision(same=True, left=("crm", "3"), right=("crm", "4"), reason="x", author="me")
        decisions.decide(work.journal, pair, NOW + DAY / 2)
    story.sync()
    with opened(story.config) as work:
        decisions.withdraw(work.journal, pair.left, pair.right, NOW + DAY * 1.5)
    story.sync()
    story.check()


def test_model_and_settings_of_that_time(story: Story) -> None:
    story.sync()
    story.edit("model.toml", "active = 3, calm = 1", "active = 1, calm = 3")
    story.sync()
    (story.config.folder / "pins.csv").write_text("account,connection,id\nx,crm,5\nx,crm,6\n")
    story.edit("pulsefield.toml", "[pulsefield]", '[match]\npins = "pins.csv"\n[pulsefield]')
    story.sync()
    (story.config.folder / "model.toml").unlink()
    story.edit("pulsefield.toml", 'model = "model.toml"', 'model = "small_book"')
    run.create_fields(load(story.config.file))
    story.sync()
    story.check()


def test_bands_keep_their_dead_band(story: Story) -> None:
    """Health is 79.3, 84.3, and 79.3 again: yellow, green, and still green."""
    for deleted in (False, True, False):
        fakes.SYSTEMS["crm"].put("tickets", "6-0", deleted=deleted)
        story.sync()
    account = keys(story.config)["crm:6"]
    found = [{row[:2]: row for row in kept(story.config, each.run)} for each in story.ran]
    assert [rows[account, "health"][5] for rows in found] == ["yellow", "green", "green"]
    story.check()


def test_systems_that_came_and_went(story: Story) -> None:
    story.sync()
    text = story.config.file.read_text(encoding="utf-8")
    fakes.SYSTEMS["web"] = fakes.customers(["Ada", "Cy"], tickets=4)
    story.edit(
        "pulsefield.toml",
        "[connections.crm]",
        '[connections.web]\nkind = "memory"\n[connections.crm]',
    )
    run.create_fields(load(story.config.file))
    story.sync()
    del fakes.SYSTEMS["web"].rows["tickets"]  # is not offered any more
    story.sync()
    story.config.file.write_text(text, encoding="utf-8")
    story.sync()
    found = moments(story.config)
    for report in story.ran:
        assert replayed(story.config, *found[report.run]) == kept(story.config, report.run)


def test_a_plan_that_was_applied_later_is_replayed_as_it_was_made(story: Story) -> None:
    crm = fakes.SYSTEMS["crm"]
    story.sync()
    crm.put("tickets", "1-9", account_ref="1", opened_at=NOW)
    made = run.sync(story.config, apply=False, now=NOW + DAY)
    crm.put("tickets", "2-9", account_ref="2", opened_at=NOW)  # read before the plan is applied
    story.ran.append(redo.apply_plan(story.config, str(made.run), force="x", now=NOW + 1.5 * DAY))
    story.days = 2
    story.sync()
    story.check()


@pytest.mark.parametrize(
    "where", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def test_what_is_old_goes_and_what_is_newer_is_replayed(deploy, where: str, request) -> None:
    crm = fakes.customers(["Ada", "Bo", "Cy", "Di"], tickets=1)
    url = request.getfixturevalue("postgres").database() if where == "postgresql" else ""
    journal = f'journal = "{url}"' if url else ""
    story = Story(deploy(crm=crm, general=journal, extra='[store]\nversions = "36h"\n'))
    for day in range(4):
        crm.put("accounts", "4", deleted=day % 2 == 1)
        crm.put("tickets", "1-0", account_ref=str(day % 3 + 1))
        story.edit("model.toml", f'version = "{day + 1}"', f'version = "{day + 2}"')
        story.sync()
    for report in story.ran[-2:]:
        times = moments(story.config)[report.run]
        assert replayed(story.config, *times) == kept(story.config, report.run)
    with opened(story.config) as work, work.journal.begin() as db:
        counts = [
            db.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
            for table in ("bases", "reads", "memberships")
        ]
    # The last read, at which old rows go, is of 36 hours after the second day's.
    assert counts == [3, 3 * 3, 4 + 2]


def test_reports_need_not_be_kept(story: Story) -> None:
    story.edit("pulsefield.toml", "[pulsefield]", "[pulsefield]\njournal_days = 1")
    for _ in range(3):
        fakes.SYSTEMS["crm"].put(
            "tickets", f"n{story.days}", account_ref=str(story.days + 2), opened_at=NOW
        )
        story.sync()
    story.days += 30
    fakes.SYSTEMS["crm"].put("usage", "1-x", account_ref="1", day=(NOW + 32 * DAY).date())
    story.sync()
    with opened(story.config) as work, work.journal.begin() as db:
        assert len(db.exec_driver_sql("SELECT run FROM runs").fetchall()) < len(story.ran)
    story.check()


def test_of_streams_whose_reads_are_not_known_any_more_all_were_read(tmp_path) -> None:
    """A journal of before they were kept has the last reads only."""
    journal = Journal(f"sqlite:///{tmp_path}/journal.sqlite")
    with journal.begin() as db:
        db.exec_driver_sql(
            "INSERT INTO reads VALUES ('crm', 'usage', '2026-11-20 00:00:00.000000', '[\"usage\"]', 0),"
            " ('crm', 'tickets', '2026-11-20 00:00:00.000000', '[\"tickets\"]', 1)"
        )
    then = NOW - 30 * DAY
    assert journal.reads(then) == [("crm", "usage", then)]
    assert {table for _, table, _ in journal.reads(NOW)} == {"usage", "tickets"}
    journal.close()


def test_the_command_says_which_model_it_replays(story: Story, monkeypatch, capsys) -> None:
    first = run.sync(story.config)
    story.edit("model.toml", 'version = "1"', 'version = "2"')
    run.sync(load(story.config.file))
    shell = Shell(monkeypatch, capsys, story.config.file)
    as_of, known_at = moments(story.config)[first.run]
    times = ("--as-of", as_of.isoformat(), "--known-at", known_at.isoformat())
    ran = shell("score", *times, "--json")
    assert ran.data["report"]["model"] == ["small", "1"]
    values = {(r["account_id"], r["score"]): r["value"] for r in ran.data["scores"]}
    of = {number: name for name, number in keys(story.config).items()}
    assert values == {(of[r[0]], r[1]): r[2] for r in kept(story.config, first.run)}
