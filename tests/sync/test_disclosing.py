"""What is kept about one customer, handed out: all of it, and nothing of another."""

import json
import stat
from functools import partial

import pytest
import sqlalchemy as sa

from sync import schema
from sync.config import Config
from sync.decisions import Decision, decide
from sync.disclosing import kept
from sync.forgetting import forget
from sync.overrides import Override, keep
from sync.workspace import opened
from tests.sync.cli.shell import Shell
from tests.sync.test_forgetting import LATER, SECRET, deployed
from tests.sync.test_run import NAMES


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def config(request, deploy, tmp_path) -> Config:
    """A deployment with history whose customer 3, SECRET, is pinned, decided on and overridden."""
    general = ""
    if request.param == "postgresql":
        general = f'journal = "{request.getfixturevalue("postgres").database()}"'
    (tmp_path / "pins.csv").write_text("account,connection,id\nx,crm,3\nx,desk,3\n")
    made = deployed(partial(deploy, general=general, extra='[match]\npins = "pins.csv"\n'))
    with opened(made, LATER) as work:
        pair = Decision(same=False, left=("crm", "3"), right=("crm", "1"), reason="r", author="me")
        decide(work.journal, pair, LATER)
        keep(work.journal, Override(3, "health", 5.0, None, "said so", "me"), LATER)
    return made


def test_all_that_forget_counts_is_handed_out(config, monkeypatch, capsys) -> None:
    counted = forget(config, SECRET, now=LATER)
    ran = Shell(monkeypatch, capsys, config.file)("export", SECRET)
    assert ran.code == 0
    assert {name: len(rows) for name, rows in ran.data["store"].items()} == counted.rows
    assert {name: len(rows) for name, rows in ran.data["journal"].items()} == counted.journal
    assert set(counted.journal) == {
        *("accounts", "bases", "decisions", "members", "memberships", "overrides", "writes")
    }
    assert {"scores", "held/crm", "held/desk", "usage"} <= set(counted.rows)
    assert set(ran.data["records"]) == {"crm:3", "desk:3"}
    assert {row["account_ref"] for row in ran.data["store"]["tickets"]} == {"3"}
    assert {row["name"] for row in ran.data["store"]["accounts"]} == {SECRET}
    assert not any(name in ran.out for name in NAMES if name != SECRET)


def test_no_row_of_the_journal_knows_a_forgotten_customer(config) -> None:
    forget(config, SECRET, apply=True, now=LATER)
    with pytest.raises(LookupError):
        kept(config, SECRET, now=LATER)
    with opened(config, LATER) as work, work.journal.begin() as db:
        texts = [str(db.execute(sa.select(t)).all()) for t in schema.metadata.tables.values()]
        members = db.execute(sa.select(schema.memberships)).all()
    assert not any(word in text for text in texts for word in (SECRET, "crm:3", "desk:3", '"3"'))
    assert members
    assert not any(row.ref == "3" or row.account == 3 for row in members)


def test_a_file_is_for_its_owner_only(deploy, tmp_path, monkeypatch, capsys) -> None:
    config = deployed(deploy)
    file = tmp_path / "about.json"
    shell = Shell(monkeypatch, capsys, config.file)
    assert shell("export", SECRET, "--output", str(file)).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text(encoding="utf-8"))["records"] == ["crm:3", "desk:3"]
    assert shell("export", "nobody at all").code == 2
