"""Commands that only look, while runs write, pack and shorten the store."""

import threading
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

from sync import run, schema
from sync.config import Config, load
from sync.disclosing import kept
from sync.journal import Journal
from sync.lease import lease
from tests.sync import fakes

NOW = fakes.NOW
NAMES = ["Ada", "Bo", "Cy", "Di"]
LOOKS: list[Callable[[Config], object]] = [
    lambda config: run.book(config, now=NOW),
    lambda config: run.explain(config, "Ada", now=NOW).name,
    lambda config: kept(config, "Ada", now=NOW).records,
]


def test_they_find_whole_commits_and_disturb_no_run(deploy) -> None:
    config = deploy(crm=fakes.customers(NAMES, tickets=1))
    settings = '[store]\ncompact_files = 2\nversions = "1h"\nscores = "1h"\n'
    config.file.write_text(config.file.read_text() + settings)
    config = load(config.file)
    run.sync(config, now=NOW)
    over, wrong = threading.Event(), []
    looked = dict.fromkeys(range(len(LOOKS)), 0)

    def look(number: int) -> None:
        while not over.is_set() and not wrong:
            try:
                LOOKS[number](config)
            except Exception as error:  # noqa: BLE001 - whatever it is, the test tells
                wrong.append(error)
            looked[number] += 1

    readers = [threading.Thread(target=look, args=(number,)) for number in looked]
    for reader in readers:
        reader.start()
    for number in range(1, 5):
        crm = fakes.SYSTEMS["crm"]
        crm.put("accounts", f"n{number}", name=f"New {number}", domains=[f"new{number}.com"])
        crm.put("tickets", "1-0", status=f"s{number}")
        later = NOW + timedelta(hours=number)
        assert run.sync(config, force="more", now=later).exit_code == 0
    over.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert min(looked.values()) > 0


def test_what_only_looks_keeps_nothing(deploy) -> None:
    """Accounts that a look finds are not kept, as a run may be naming the same ones."""
    config = deploy(crm=fakes.customers(NAMES, tickets=1))
    run.pull(config, now=NOW)
    journal = Journal(config.journal)
    with lease(journal):
        assert run.explain(config, "Ada", now=NOW).name == "Ada"
    with journal.begin() as db:
        for table in (schema.accounts, schema.members, schema.memberships, schema.bases):
            assert db.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 0
    journal.close()
