"""What real exports and samples hold, each from a file to the run report and the signals.

What a single column or row shows is tested beside ``connectors/mapping.py`` and
``connectors/tables``; here is what it does to a whole run.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sync import facts, run
from sync.config import load

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
MODEL = """
name = "traps"
version = "1"
currency = "EUR"
{signals}
{metrics}
[scores.health]
weights = {{ {weights} }}
"""
OBJECT = """
[connections.files.objects.{name}]
table = "{table}"
file = "{name}.csv"
{settings}
map = {{ {map} }}
"""
CUSTOMERS = "id,name,since\n1,Acme,2026-01-01\n2,Brio,2025-01-01\n3,Corda,\n"


class Book:
    """A deployment over files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = "[pulsefield]\nmodel = 'model.toml'\n[connections.files]\nkind = 'tables'\n"
        self.signals: dict[str, str] = {"known": "field = 'account'\ntable = 'accounts'"}
        self.add("accounts", CUSTOMERS, {"name": "name", "started_at": "since"}, "id = 'id'")

    def add(
        self, table: str, text: str, columns: dict[str, str], settings: str, name: str = ""
    ) -> None:
        listed = ", ".join(f"{column} = '{field}'" for column, field in columns.items())
        name = name or table
        (self.folder / f"{name}.csv").write_text(text)
        if f"objects.{name}]" not in self.config:
            self.config += OBJECT.format(name=name, table=table, settings=settings, map=listed)

    def measure(self, **signals: str) -> None:
        self.signals = signals

    def run(self, **times: Any) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Return findings by kind, and signals by account name."""
        signals = "\n".join(f"[signals.{name}]\n{text}" for name, text in self.signals.items())
        metrics = "\n".join(
            f"[metrics.m_{name}]\nsignal = '{name}'\nworst = 0\nbest = 100" for name in self.signals
        )
        weights = ", ".join(f"m_{name} = 1" for name in self.signals)
        (self.folder / "model.toml").write_text(
            MODEL.format(signals=signals, metrics=metrics, weights=weights)
        )
        file = self.folder / "pulsefield.toml"
        file.write_text(self.config)
        config = load(file)
        pulled = run.pull(config, now=NOW)
        assert pulled.connections[0].error is None, pulled.connections[0].error
        report = run.score_now(config, now=NOW, **times).report
        found = [*pulled.connections[0].findings, *report.matching.parked]  # type: ignore[union-attr]
        values = {
            name: {
                row["signal"]: row["value"]
                for row in run.explain(config, name, now=NOW).ledger
                if row["signal"]
            }
            for name in ("Acme", "Brio", "Corda")
        }
        return {f"{finding.kind} {finding.where}": finding for finding in found}, values


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path)


@pytest.fixture(params=[facts.IN_MEMORY, 0], ids=["in_memory", "read_at_each_use"])
def in_memory(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "IN_MEMORY", request.param)


@pytest.mark.usefixtures("in_memory")
def test_use_before_the_customer_existed_is_counted_and_left_out(book: Book) -> None:
    book.measure(uses="table='usage'\naggregate='sum'\nof='count'\nwindow='3000d'")
    text = "who,day,n\n1,2024-10-01,5\n1,2025-12-20,3\n1,2026-11-01,7\n3,2020-01-01,1\n"
    book.add("usage", text, {"day": "day", "count": "n"}, "account = 'who'")
    found, values = book.run()
    assert found["used_before_start usage.day"].count == 1
    assert values["Acme"]["uses"] == 10  # a pilot of some days before the contract stays
    assert values["Corda"]["uses"] == 1  # nobody knows since when


def test_one_use_under_two_ids_is_counted_and_both_are_kept(book: Book) -> None:
    book.measure(uses="table='usage'\naggregate='sum'\nof='count'\nwindow='60d'")
    text = (
        "id,who,day,what,user,n\n"
        "a,1,2026-11-01,export,u1,5\nb,1,2026-11-01,export,u1,5\n"
        "c,1,2026-11-01,export,u2,5\nd,1,2026-11-02,export,u1,5\ne,2,2026-11-01,export,u1,5\n"
        "f,2,2024-11-01,export,u1,5\ng,2,2024-11-01,export,u1,5\n"
    )
    columns = {"day": "day", "feature": "what", "user_ref": "user", "count": "n"}
    book.add("usage", text, columns, "id = 'id'\naccount = 'who'")
    found, values = book.run()
    assert found["used_twice usage"].count == 1
    assert found["used_twice usage"].examples == ("a / b",)
    assert values["Acme"]["uses"] == 20


def test_closed_before_opened_and_reply_after_resolution_are_no_durations(book: Book) -> None:
    book.measure(
        tickets="table='tickets'\naggregate='count'\nwindow='60d'",
        hours="table='tickets'\naggregate='mean'\nof='resolution_hours'\nwindow='60d'",
    )
    book.add(
        "tickets",
        "id,who,opened,replied,closed\n"
        "a,1,2026-11-02 10:00,2026-11-02 11:00,2026-11-02 14:00\n"
        "b,1,2026-11-03 10:00,,2026-08-03 10:00\n"
        "c,1,2026-11-04 10:00,2026-11-06 10:00,2026-11-04 16:00\n",
        {"opened_at": "opened", "first_reply_at": "replied", "resolved_at": "closed"},
        "id = 'id'\naccount = 'who'",
    )
    found, values = book.run()
    assert found["closed_before_opened tickets"].examples == ("b",)
    assert found["reply_after_resolution tickets"].examples == ("c",)
    assert values["Acme"] == {"tickets": 3, "hours": 5}


def test_a_closing_time_is_not_known_before_it_happened(book: Book) -> None:
    book.measure(open="table='tickets'\naggregate='count'\nvalid=['opened_at', 'resolved_at']")
    text = "id,who,opened,closed\na,1,2026-10-01,2026-11-10\nb,1,2026-10-01,2026-10-02\n"
    columns = {"opened_at": "opened", "resolved_at": "closed"}
    book.add("tickets", text, columns, "id = 'id'\naccount = 'who'")
    assert book.run()[1]["Acme"]["open"] == 0
    config = load(book.folder / "pulsefield.toml")
    then = run.score_now(config, now=NOW, as_of=datetime(2026, 11, 5, tzinfo=UTC)).scores
    before = {row["name"]: row["value"] for row in then.to_pylist()}
    now = {row["name"]: row["value"] for row in run.score_now(config, now=NOW).scores.to_pylist()}
    assert before["Acme"] > now["Acme"] == now["Brio"]


@pytest.mark.usefixtures("in_memory")
def test_deleted_records_leave_and_the_children_of_merged_ones_go_to_the_master(book: Book) -> None:
    book.measure(tickets="table='tickets'\naggregate='count'\nwindow='60d'")
    accounts = (
        "id,name,master,gone\n1,Acme,,\n2,Brio,,\n3,Corda,,\n8,Acme old,1,yes\n9,Delta,,yes\n"
    )
    book.config = book.config.partition("[connections.files.objects")[0]
    columns = {"name": "name", "master_ref": "master", "deleted": "gone"}
    book.add("accounts", accounts, columns, "id = 'id'")
    text = "id,who,opened\na,8,2026-11-01\nb,1,2026-11-02\nc,9,2026-11-02\nd,77,2026-11-02\n"
    book.add("tickets", text, {"opened_at": "opened"}, "id = 'id'\naccount = 'who'")
    found, values = book.run()
    assert values["Acme"]["tickets"] == 2
    assert found["account_unknown files.tickets"].count == 2  # of a deleted account, and of none
    assert found["merged accounts.master_ref"].examples == ("8",)
    assert found["deleted accounts"].examples == ("9",)


def test_subscriptions_add_up_their_plans_are_a_set_and_a_missing_end_is_unknown(
    book: Book,
) -> None:
    book.measure(
        mrr="table='subscriptions'\naggregate='sum'\nof='mrr'\nvalid=['started_at', 'ended_at']",
        plans="table='subscriptions'\naggregate='distinct'\nof='plan'\nvalid=['started_at', 'ended_at']",
        trend="table='subscriptions'\naggregate='sum'\nof='mrr'\nvalid=['started_at', 'ended_at']\nwindow='90d'\ncompare='ratio'",
        renewal="table='subscriptions'\naggregate='days_until'\nat='renews_at'",
    )
    rows = [f"s{n},1,{'Gold' if n % 3 else 'Silver'},2026-02-01,,,10,EUR" for n in range(18)]
    rows += ["z,2,Gold,2026-03-01,2026-03-01,,10,EUR"]  # starts and ends at once
    columns = {
        "plan": "plan", "started_at": "from", "ended_at": "until", "renews_at": "renews",
        "mrr": "mrr", "currency": "cur",
    }  # fmt: skip
    text = "\n".join(["id,who,plan,from,until,renews,mrr,cur", *rows, ""])
    book.add("subscriptions", text, columns, "id = 'id'\naccount = 'who'")
    found, values = book.run()
    assert (values["Acme"]["mrr"], values["Acme"]["plans"], values["Acme"]["trend"]) == (180, 2, 1)
    assert values["Acme"].get("renewal") is None
    assert values["Brio"]["mrr"] == 0
    assert found["zero_length subscriptions"].examples == ("z",)
    assert found["several_open subscriptions"].examples == ("files:1",)
    assert found["no_end_known subscriptions"].count == 18


def test_flag_and_event_of_churn_that_disagree_are_both_shown(book: Book) -> None:
    book.config = book.config.partition("[connections.files.objects")[0]
    accounts = "id,name,stage\n1,Acme,churned\n2,Brio,customer\n3,Corda,churned\n"
    book.add("accounts", accounts, {"name": "name", "lifecycle": "stage"}, "id = 'id'")
    text = "id,who,when,what\na,2,2026-10-01,churn\nb,3,2026-10-01,churn\n"
    book.add("outcomes", text, {"at": "when", "kind": "what"}, "id = 'id'\naccount = 'who'")
    found, _ = book.run()
    assert found["churn_flag_without_event accounts.lifecycle"].examples == ("files:1",)
    assert found["churn_event_without_flag accounts.lifecycle"].examples == ("files:2",)


def test_credit_notes_net_and_invoices_of_nobody_are_parked(book: Book) -> None:
    real = "where = \"status <> 'credit_note'\""
    book.measure(
        billed="table='invoices'\naggregate='sum'\nof='amount'\nwindow='60d'",
        invoices=f"table='invoices'\naggregate='count'\nwindow='60d'\n{real}",
    )
    book.add(
        "invoices",
        "id,who,day,total,cur,state\n"
        "a,1,2026-11-01 10:00,74215,EUR,paid\n"
        "b,1,2026-11-01 10:10,-74215,EUR,paid\n"
        "c,1,2026-11-02,100,EUR,Paid in full\n"
        "d,,2026-11-02,55,EUR,paid\n",
        {"issued_at": "day", "amount": "total", "currency": "cur", "status": "state"},
        "id = 'id'\naccount = 'who'",
    )
    found, values = book.run()
    assert values["Acme"] == {"billed": 100, "invoices": 2}
    assert found["negative_as_credit_note invoices"].examples == ("b",)
    assert found["credit_note invoices"].examples == ("b",)
    assert found["without_account files.invoices"].examples == ("d",)
    assert found["unknown_value invoices.status"].examples == ("c",)


def test_meter_corrections_count_and_overlapping_exports_double_nothing(book: Book) -> None:
    book.measure(uses="table='usage'\naggregate='sum'\nof='count'\nwindow='60d'")
    first = "who,day,n\n1,2026-11-01,5\n1,2026-11-02,-2\n"
    second = "who,day,n\n1,2026-11-02,-2\n1,2026-11-03,4\n"
    book.add("usage", first, {"day": "day", "count": "n"}, "account = 'who'")
    book.config = book.config.replace("usage.csv", "usage*.csv")
    found, values = book.run()
    assert found["negative_usage usage.count"].count == 1
    assert values["Acme"]["uses"] == 3
    (book.folder / "usage_2.csv").write_text(second)
    found, values = book.run()
    assert found["overlapping_row usage"].count == 1
    assert values["Acme"]["uses"] == 7
    (book.folder / "usage.csv").write_text(second)  # the older export is gone, its rows are not
    assert book.run()[1]["Acme"]["uses"] == 7


def test_an_earlier_version_of_an_account_holds_in_a_replay(book: Book) -> None:
    book.measure(seats="field='seats'")
    book.config = book.config.partition("[connections.files.objects")[0]
    accounts = "id,name,seats,changed\n1,Acme,10,2026-01-01\n1,Acme,40,2026-11-01\n2,Brio,5,2026-01-01\n3,Corda,5,2026-01-01\n"
    book.add(
        "accounts", accounts, {"name": "name", "seats": "seats"}, "id = 'id'\nchanged = 'changed'"
    )
    found, values = book.run()
    assert values["Acme"]["seats"] == 40
    assert (found["versions accounts"].count, found["versions accounts"].examples) == (2, ("1",))
    config = load(book.folder / "pulsefield.toml")
    then = datetime(2026, 6, 1, tzinfo=UTC)
    scores = {
        moment: {row["name"]: row["value"] for row in found.scores.to_pylist()}["Acme"]
        for moment, found in (
            ("then", run.score_now(config, now=NOW, as_of=then, known_at=then)),
            ("now", run.score_now(config, now=NOW)),
        )
    }
    assert scores["then"] < scores["now"]


def test_one_thing_written_in_two_ways_is_reported_with_both(book: Book) -> None:
    book.measure(uses="table='usage'\naggregate='count'\nwindow='60d'")
    text = "who,day,what\n1,2026-11-01,GTX Pro\n1,2026-11-02,GTX Pro\n2,2026-11-01,GTXPro\n2,2026-11-02,Other\n"
    book.add("usage", text, {"day": "day", "feature": "what"}, "account = 'who'")
    found, _ = book.run()
    assert found["spelled_alike usage.feature"].examples == ("GTX Pro / GTXPro",)


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ({"mrr": "{field = 'x', max = 1}"}, "out_of_range accounts.mrr"),
        ({"seats": "{field = 'y', null = ['-100']}"}, "sentinel accounts.seats"),
        ({"country": "{field = 'z', null = ['NOT GIVEN']}"}, "sentinel accounts.country"),
        ({"plan": "'p'"}, "sentinel accounts.plan"),
    ],
)
def test_shares_above_one_and_sentinels_are_null_and_counted(
    book: Book, columns: dict[str, str], kind: str
) -> None:
    book.config = book.config.partition("[connections.files.objects")[0]
    accounts = "id,name,x,y,z,p\n1,Acme,1.2,-100,Not given,MISSING\n2,Brio,0.2,5,NL,NA\n3,Corda,0.1,6,NA,Gold\n"
    book.add("accounts", accounts, {"name": "name"}, "id = 'id'")
    for column, entry in columns.items():
        book.config = book.config.replace("map = { ", f"map = {{ {column} = {entry}, ")
    found, _ = book.run()
    assert (found[kind].count, found[kind].examples) == (1, ("1",))
