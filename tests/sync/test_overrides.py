"""Scores that people set beside the computed ones: which stands, where it shows, what it was then."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from sync import overriding, run, schema
from sync.config import Config, ConfigError, load, parse
from sync.forgetting import forget
from sync.overrides import Override, keep
from sync.overriding import Said
from sync.workspace import opened
from tests.sync.cli.shell import Shell
from tests.sync.fakes import SYSTEMS, customers
from tests.sync.sheet import deployment

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
HEADER = "id,name,points,band,why,who,until\n"
FIELDS = """
[connections.sheet.overrides.health]
value = "points"
band = "band"
reason = "why"
author = "who"
until = "until"
"""


class Sheet:
    """A deployment whose accounts' file people edit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "pulsefield.toml").write_text(deployment("sheet") + FIELDS)

    def pull(self, *rows: str, now: datetime = NOW) -> None:
        (self.folder / "customers.csv").write_text(HEADER + "\n".join(rows) + "\n")
        run.sync(self.config, now=now)

    @property
    def config(self) -> Config:
        return load(self.folder / "pulsefield.toml")

    def told(self, now: datetime = NOW) -> dict[str, str]:
        return {each.name: each.text for each in overriding.stands(self.config, now=now)}


@pytest.fixture
def sheet(tmp_path: Path) -> Sheet:
    return Sheet(tmp_path)


def test_what_a_field_says_stands_or_says_why_it_counts_for_nothing(sheet: Sheet) -> None:
    sheet.pull(
        "1,Ada,80,,met the CFO,Anna,",
        "2,Bo,,Green,pilot,,2026-11-20",
        "3,Cy,30,,old,Kim,2026-11-19",
        "4,Di,30,, ,Kim,",
        "5,Ed,130,,odd,Kim,",
        "6,Fay,,purple,odd,Kim,",
        "7,Gus,,,no score,Kim,",
        "8,Hal,,,,,",
    )
    assert sheet.told() == {
        "Ada": "set to 80 by Anna: met the CFO",
        "Bo": "set to green by sheet: pilot",
        "Cy": "the setting by Kim has expired",
        "Di": "the setting by Kim gives no reason and does not count",
        "Ed": "130, set by Kim, is not between 0 and 100 and does not count",
        "Fay": "purple, set by Kim, is no band and does not count",
    }
    assert sheet.told(NOW + DAY)["Bo"] == "the setting by sheet has expired"


def said(score: str = "health", value: float = 5, until: date = date(2027, 1, 31)) -> Said:
    return Said("sheet:1", score, value, None, "they told us", "me", until)


def test_the_last_word_stands_whether_from_a_field_or_said_here(sheet: Sheet) -> None:
    sheet.pull("1,Ada,80,,met the CFO,Anna,")
    overriding.keep(sheet.config, said(), NOW + DAY)
    sheet.pull("1,Ada Ltd,80,,met the CFO,Anna,", now=NOW + 2 * DAY)  # another name, no other word
    assert sheet.told(NOW + 2 * DAY) == {"Ada Ltd": "set to 5 by me: they told us"}
    sheet.pull("1,Ada Ltd,70,,met the CFO,Anna,", now=NOW + 3 * DAY)
    assert sheet.told(NOW + 3 * DAY) == {"Ada Ltd": "set to 70 by Anna: met the CFO"}
    sheet.pull("1,Ada Ltd,,,,,", now=NOW + 4 * DAY)
    assert sheet.told(NOW + 4 * DAY) == {"Ada Ltd": "set to 5 by me: they told us"}
    overriding.end(sheet.config, "Ada Ltd", "health", NOW + 5 * DAY)
    assert sheet.told(NOW + 5 * DAY) == {}
    with pytest.raises(LookupError, match="nobody set health of Ada Ltd here"):
        overriding.end(sheet.config, "Ada Ltd", "health", NOW + 5 * DAY)


def test_it_stands_in_the_hour_in_which_it_is_said(sheet: Sheet) -> None:
    sheet.pull("1,Ada,,,,,")
    overriding.keep(sheet.config, said(), NOW + timedelta(minutes=1))
    assert sheet.told(NOW + timedelta(minutes=2)) == {"Ada": "set to 5 by me: they told us"}


def test_a_replay_knows_what_was_said_then(sheet: Sheet) -> None:
    def known(at: datetime) -> list[str | None]:
        scored = run.score_now(sheet.config, now=NOW + 9 * DAY, as_of=at, known_at=at)
        rows = scored.scores.to_pylist()
        return [row["override"] for row in rows if row["score"] == "health"]

    sheet.pull("1,Ada,80,,first,Anna,")
    sheet.pull("1,Ada,60,,second,Anna,", now=NOW + 2 * DAY)
    overriding.keep(sheet.config, said(), NOW + 4 * DAY)
    overriding.end(sheet.config, "sheet:1", "health", NOW + 6 * DAY)
    assert known(NOW + DAY) == ["set to 80 by Anna: first"]
    assert known(NOW + 3 * DAY) == ["set to 60 by Anna: second"]
    assert known(NOW + 5 * DAY) == ["set to 5 by me: they told us"]
    assert known(NOW + 7 * DAY) == ["set to 60 by Anna: second"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (Said("nobody", "health", 5, None, "x", "me", NOW.date()), "no account 'nobody'"),
        (Said("Ada", "helth", 5, None, "x", "me", NOW.date()), "no score 'helth'"),
        (Said("Ada", "health", 101, None, "x", "me", NOW.date()), "not between 0 and 100"),
        (Said("Ada", "health", None, "blue", "x", "me", NOW.date()), "it has red, yellow, green"),
        (Said("Ada", "health", None, None, "x", "me", NOW.date()), "a value or a band"),
        (Said("Ada", "health", 5, None, " ", "me", NOW.date()), "give a reason"),
        (Said("Ada", "health", 5, None, "x", "me", date(2026, 11, 19)), "is over"),
    ],
)
def test_what_would_count_for_nothing_is_refused(sheet: Sheet, wrong: Said, told: str) -> None:
    sheet.pull("1,Ada,,,,,")
    with pytest.raises(LookupError, match=told):
        overriding.keep(sheet.config, wrong, NOW)
    assert sheet.told() == {}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('reason = "why"\n', "", "overrides.health.reason"),
        ('value = "points"\nband = "band"\n', "", "give value or band"),
        ("overrides.health]", "overrides.helth]", "no such score"),
        ('who"\n', 'who"\nsince = "x"\n', "unknown key"),
    ],
)
def test_settings_that_cannot_be(sheet: Sheet, old: str, new: str, told: str) -> None:
    file = sheet.folder / "pulsefield.toml"
    (sheet.folder / "customers.csv").write_text(HEADER)
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(ConfigError, match=told):
        run.pull(sheet.config, now=NOW)


def test_a_field_that_vanished_is_named(sheet: Sheet) -> None:
    sheet.pull("1,Ada,80,,met the CFO,Anna,")
    file = sheet.folder / "pulsefield.toml"
    file.write_text(file.read_text().replace('"points"', '"punkte"'))
    (report,) = run.pull(sheet.config, now=NOW + DAY).connections
    assert "punkte" in (report.error or "")


def test_it_is_written_beside_the_score_where_a_field_asks_for_it(
    deploy: Callable[..., Config],
) -> None:
    fields = "".join(
        f'[connections.crm.fields.{part}]\nvalue = "health.{part}"\nname = "{part}"\n'
        for part in ("override", "override_value", "override_band")
    )
    config = deploy(crm=customers(["Abel", "Bruno"]), extra=fields)
    run.sync(config, now=NOW)
    before = dict(SYSTEMS["crm"].held["1"])
    assert before.get("override") is None
    kept = Said("crm:1", "health", None, "red", "they leave", "me", NOW.date())
    overriding.keep(config, kept, NOW)
    run.sync(config, now=NOW + timedelta(minutes=1))
    told = {"override": "set to red by me: they leave", "override_band": "red"}
    assert SYSTEMS["crm"].held["1"] == before | told
    assert SYSTEMS["crm"].held["2"].get("override") is None
    run.sync(config, now=NOW + DAY)
    held = SYSTEMS["crm"].held["1"]
    assert (held["override"], held["override_band"]) == ("the setting by me has expired", None)


def test_an_account_that_goes_into_another_one_takes_it_along(
    deploy: Callable[..., Config],
) -> None:
    config = deploy(crm=customers(["Abel", "Bruno"]))
    run.sync(config, now=NOW)
    overriding.keep(config, Said("crm:2", "health", 9, None, "x", "me", date(2027, 1, 1)), NOW)
    SYSTEMS["crm"].put("accounts", "2", master_ref="1", deleted=True)
    run.sync(config, now=NOW + DAY)
    (found,) = overriding.stands(config, now=NOW + DAY)
    assert found.name == "Abel"
    assert overriding.end(config, "Abel", "health", NOW + DAY) == "Abel"


def test_one_that_nobody_is_any_more_stands_nowhere(deploy: Callable[..., Config]) -> None:
    config = deploy(crm=customers(["Abel"]))
    with opened(config, NOW) as work:
        keep(work.journal, Override(77, "health", 9.0, None, "x", "me"), NOW)
    run.sync(config, now=NOW)
    assert overriding.stands(config, now=NOW) == []


def test_a_system_s_fields_are_read_with_its_accounts(tmp_path: Path) -> None:
    text = (
        '[connections.crm]\nkind = "hubspot"\nauth = { kind = "token", token = "env:T" }\n'
        '[connections.crm.map.accounts]\nseats = "seats"\n'
        '[connections.crm.overrides.adoption]\nband = "manual"\nreason = "why"\n'
    )
    read = parse(tmp_path / "pulsefield.toml", text).connections["crm"].settings.map["accounts"]
    assert {column: (one.field, one.type) for column, one in read.items()} == {
        "seats": ("seats", None),
        "override_adoption_band": ("manual", "string"),
        "override_adoption_reason": ("why", "string"),
    }


def test_the_command_keeps_shows_and_ends(
    sheet: Sheet, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell(monkeypatch, capsys, sheet.folder / "pulsefield.toml")
    sheet.pull("1,Ada,,,,,", "2,Bo,,,,,", now=datetime.now(UTC))
    assert shell("override", "Ada", "--value", "80", "--reason", "x").code == 2
    assert shell("override", "--value", "80", "--reason", "x", "--until", "2999-01-01").code == 2
    refused = shell("override", "Ada", "--value", "80", "--until", "2999-01-01")
    assert (refused.code, "give a reason" in refused.out) == (2, True)
    assert "No score is set" in shell("override").out
    half = shell("override", "Ada", "--reason", "x", "--until", "2999-01-01")
    assert (half.code, "a value or a band" in half.out) == (2, True)
    assert shell("override", "Ada", "--end", "--value", "80").code == 2

    given = ("--band", "red", "--reason", "they [leave]", "--until", "2999-01-01")
    kept = shell("override", "Ada", *given, "--author", "Kim")
    assert (kept.code, "red, set by Kim, until 2999-01-01" in kept.out) == (0, True)
    told = "set to red by Kim: they [leave]"
    assert told in shell("override").out
    assert shell("override", "Bo", "--json").data == []
    (row,) = shell("override", "Ada", "--json").data
    assert (row["text"], row["beside"]["state"]) == (told, "active")
    assert f"health: {told}" in shell("explain", "Ada").out
    assert told in shell("show").out
    assert shell("show", "--json").data["overrides"][0]["override"] == told
    assert shell("report", "--csv", str(sheet.folder / "out")).code == 0
    for name in ("overrides", "accounts"):
        assert told in (sheet.folder / "out" / f"{name}.csv").read_text(encoding="utf-8")
    assert shell("export", "Ada").data["journal"]["overrides"][0]["author"] == "Kim"

    assert shell("override", "Ada", "--end").code == 0
    assert "No score is set" in shell("override").out
    assert shell("override", "Ada", "--end").code == 2


def test_it_is_forgotten_with_the_account_that_it_went_into(deploy: Callable[..., Config]) -> None:
    config = deploy(crm=customers(["Abel", "Bruno"]))
    run.sync(config, now=NOW)
    overriding.keep(config, Said("crm:2", "health", 9, None, "x", "me", date(2027, 1, 1)), NOW)
    SYSTEMS["crm"].put("accounts", "2", master_ref="1", deleted=True)
    run.sync(config, now=NOW + DAY)
    forget(config, "Abel", apply=True, now=NOW + DAY)
    with opened(config, NOW + DAY) as work, work.journal.begin() as db:
        for table in (schema.overrides, schema.accounts, schema.writes):
            assert db.execute(sa.select(table)).all() == []
