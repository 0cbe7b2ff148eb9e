"""Plans: only differences, safe by limits, and empty once applied."""

import dataclasses
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import Context, FieldSpec, FieldUpdate, SilentLog
from scoring import load_model
from sync import facts, letters, limits, writes
from sync import plan as plans
from sync.apply import Applier
from sync.fields import TargetField, target_fields
from sync.identity import Account
from sync.journal import Journal
from sync.lease import lease
from sync.progress import Silent
from sync.scored import Portfolio, ScoreRows
from sync.settings import Connection, FieldChoice, Limits
from sync.store import Store
from tests.sync import fakes
from tests.sync.conftest import MODEL

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
FIELDS = target_fields("crm", Connection(kind="memory"), load_model(MODEL))
VALUES = st.one_of(st.none(), st.floats(0, 100), st.sampled_from([0.05, 0.25, 49.95, 100.0]))
PORTFOLIOS = st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=6)


def people(values: list[tuple[float | None, float | None]]) -> Portfolio:
    """Scores of health and adoption for accounts 1, 2, ..."""
    count = len(values)

    def rows(column: list[float | None]) -> ScoreRows:
        bands = ["no data" if v is None else ("red" if v < 40 else "green") for v in column]
        blank = [None] * count
        return ScoreRows(
            column, bands, [0.5] * count, blank, blank, blank, [f"{v}" for v in column]
        )

    keys = list(range(1, count + 1))
    names = [f"crm:{key}" for key in keys]
    scores = {"adoption": rows([v[1] for v in values]), "health": rows([v[0] for v in values])}
    return Portfolio(NOW, load_model(MODEL), keys, names, names, scores)


class Bench:
    """A store, a journal and one system, without the rest of a run."""

    def __init__(self, folder, fields: tuple[TargetField, ...] = FIELDS) -> None:
        self.store = Store(str(folder))
        self.journal = Journal(f"sqlite:///{folder}/journal.sqlite")
        self.system = fakes.System()
        fakes.SYSTEMS["crm"] = self.system
        self.fields = fields

    def plan(self, portfolio: Portfolio, **given) -> plans.Plan:
        refused = letters.refused(self.journal, "crm")
        target = plans.Target("crm", self.fields, Limits(**given), refused)
        against = limits.Against(accounts=len(portfolio.accounts))
        accounts = [Account(key, f"crm:{key}", (("crm", str(key)),)) for key in portfolio.accounts]
        with duckdb.connect() as con:
            facts.build(con, self.store, accounts, {}, reads=[])
            return plans.make(con, self.store, target, portfolio, against)

    def apply(self, made: plans.Plan) -> None:
        number = writes.save(self.journal, 1, made, NOW)
        context = Context(secret=str, now=NOW)
        target = fakes.connect("crm", fakes.Settings(), context)
        applier = Applier(self.journal, self.store, NOW, Silent())
        with lease(self.journal):
            report = applier.apply(target, number, made.writes)
        assert report.ok == len(made.writes)


@settings(max_examples=12, deadline=None)
@given(PORTFOLIOS, PORTFOLIOS)
def test_plan_apply_plan_is_empty_and_twice_equals_once(tmp_path_factory, before, after) -> None:
    bench = Bench(tmp_path_factory.mktemp("bench"))
    bench.apply(bench.plan(people(before)))
    assert bench.plan(people(before)).writes == ()
    made = bench.plan(people(after))
    bench.apply(made)
    once = fakes.dump(bench.system)
    assert bench.plan(people(after)).writes == ()
    context = Context(secret=str, now=NOW)
    target = fakes.connect("crm", fakes.Settings(), context)
    updates = [
        FieldUpdate(w.ref, {name: new for name, (_, new) in w.change.items()}) for w in made.writes
    ]
    list(target.write(updates, SilentLog()))
    assert fakes.dump(bench.system) == once
    bench.journal.close()


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), max_size=20), st.integers(0, 4))
def test_many_texts_are_the_text_of_each(values, decimals: int) -> None:
    spec = FieldSpec("f", "F", "number", decimals=decimals)
    field = TargetField("f", spec, "health", "value", FieldChoice())
    assert plans.texts(field, values) == [spec.to_text(value) for value in values]


def test_a_checksum_tells_any_edit() -> None:
    write = plans.PlannedWrite("1", 1, {"health": ("1.0", "2.0")})
    sums = {
        plans.checksum("crm", [write]),
        plans.checksum("desk", [write]),
        plans.checksum("crm", [dataclasses.replace(write, ref="2")]),
        plans.checksum("crm", [dataclasses.replace(write, change={"health": ("1.0", "2.1")})]),
        plans.checksum("crm", [dataclasses.replace(write, change={"health": (None, "2.0")})]),
        plans.checksum("crm", []),
    }
    assert len(sums) == 6


@pytest.mark.parametrize(
    ("after", "told"),
    [
        ([(50.0, 50.0)] * 12, None),
        ([(54.0, 50.0)] * 12, None),
        ([(90.0, 50.0)] * 12, "limit replaced"),
        ([(None, 50.0)] * 2 + [(50.0, 50.0)] * 10, "limit cleared"),
        ([(39.0, 50.0)] * 4 + [(50.0, 50.0)] * 8, "limit bands"),
        ([(90.0, 50.0)] * 4 + [(50.0, 50.0)] * 8, "limit mean_move"),
    ],
)
def test_limits(tmp_path, after, told: str | None) -> None:
    bench = Bench(tmp_path)
    first = bench.plan(people([(50.0, 50.0)] * 12))
    assert first.report.unsafe == ()  # a first fill
    bench.apply(first)
    reasons = bench.plan(people(after)).report.unsafe
    assert any(told in reason for reason in reasons) if told else reasons == ()
    bench.journal.close()


def test_small_portfolios_have_no_shares(tmp_path) -> None:
    bench = Bench(tmp_path)
    bench.apply(bench.plan(people([(10.0, 1.0)] * 3)))
    assert bench.plan(people([(90.0, 90.0)] * 3)).report.unsafe == ()
    bench.journal.close()


@pytest.mark.parametrize(
    ("against", "told"),
    [
        (limits.Against(79, 100), "there are 79 accounts where there were 100"),
        (limits.Against(100, 100, 0.5, 0.75), "coverage fell by 25 points"),
        (limits.Against(81, 100, 0.6, 0.75), None),
    ],
)
def test_limits_beside_the_last_run(against, told) -> None:
    reasons = limits.unsafe("crm", Limits(), limits.Moves(), against)
    assert (told in reasons[0]) if told else reasons == ()


def later(values: list[tuple[float | None, float | None]], days: float) -> Portfolio:
    return dataclasses.replace(people(values), as_of=NOW + timedelta(days=days))


def test_unchanged_scores_are_dated_anew_within_a_week_a_part_each_day(tmp_path) -> None:
    bench = Bench(tmp_path)
    same = [(50.0, 60.0)] * 140
    bench.apply(bench.plan(people(same)))
    written = []
    for day in range(1, 15):
        made = bench.plan(later(same, day))
        assert {name for write in made.writes for name in write.change} <= {"pulsefield_scored_at"}
        told = made.report
        assert (told.updates, told.renewed, told.replaced) == (len(made.writes),) * 2 + (0,)
        bench.apply(made)
        written.append({write.ref for write in made.writes})
        assert bench.plan(later(same, day + 0.5)).writes == (), "once a day"
    assert sorted(ref for day in written[:7] for ref in day) == sorted(map(str, range(1, 141)))
    assert written[:7] == written[7:]
    assert max(map(len, written)) < 50


def test_after_a_pause_every_date_is_renewed_at_once(tmp_path) -> None:
    bench = Bench(tmp_path)
    same = [(50.0, 60.0)] * 20
    bench.apply(bench.plan(people(same)))
    assert bench.plan(later(same, 7)).report.renewed == 20


def test_a_changed_score_is_a_change_and_not_only_dated(tmp_path) -> None:
    bench = Bench(tmp_path)
    bench.apply(bench.plan(people([(50.0, 60.0)] * 3)))
    told = bench.plan(later([(50.0, 60.0), (50.0, 60.0), (51.0, 60.0)], 7)).report
    assert (told.updates, told.renewed) == (3, 2)
    assert told.fields["pulsefield_health"] == 1
    assert told.fields["pulsefield_scored_at"] == 1


def test_dates_are_left_alone_where_renewing_is_switched_off(tmp_path) -> None:
    off = Connection(kind="memory", fields={"scored_at": FieldChoice(renew_days=0)})
    bench = Bench(tmp_path, target_fields("crm", off, load_model(MODEL)))
    bench.apply(bench.plan(people([(50.0, 60.0)])))
    assert bench.plan(later([(50.0, 60.0)], 400)).writes == ()


def test_no_score_can_keep_the_old_value(tmp_path) -> None:
    kept = tuple(
        dataclasses.replace(field, choice=FieldChoice(no_score="keep"))
        if field.key == "health"
        else field
        for field in FIELDS
    )
    bench = Bench(tmp_path, kept)
    bench.apply(bench.plan(people([(50.0, 50.0)])))
    (write,) = bench.plan(people([(None, 50.0)])).writes
    assert "pulsefield_health" not in write.change
    assert write.change["pulsefield_health_band"] == ("green", "no data")
    bench.journal.close()


def test_examples_show_the_largest_move_first(tmp_path) -> None:
    bench = Bench(tmp_path)
    bench.apply(bench.plan(people([(50.0, 50.0), (50.0, 50.0)])))
    report = bench.plan(people([(52.0, 50.0), (80.0, 50.0)])).report
    assert [(c.ref, c.old, c.new) for c in report.examples] == [
        ("2", "50.0", "80.0"),
        ("1", "50.0", "52.0"),
    ]
    assert (report.replaced, report.filled, report.cleared) == (4, 0, 0)
    bench.journal.close()


def test_values_written_before_are_no_longer_foreign(tmp_path) -> None:
    bench = Bench(tmp_path)
    rows = {"id": pa.array(["1"]), "source": pa.array(["crm"]), "origin": pa.array(["read"])}
    rows |= {"pulsefield_health_reasons": pa.array(["written by someone"])}
    rows |= {"known_at": pa.array([NOW], pa.timestamp("us", tz="UTC"))}
    bench.store.append("held/crm", pa.table(rows))
    made = bench.plan(people([(50.0, 50.0)]), at_least=1)
    assert (
        "pulsefield_health_reasons hold values that Pulsefield never wrote" in made.report.unsafe[0]
    )
    bench.apply(made)
    assert bench.plan(people([(51.0, 50.0)]), at_least=1).report.unsafe == ()
    bench.journal.close()


@pytest.mark.parametrize(("setting", "left", "stale"), [("clear", None, 0), ("keep", "50.0", 1)])
def test_without_a_score_a_value_is_cleared_or_kept_and_told(
    tmp_path, setting, left, stale
) -> None:
    choice = FieldChoice(no_score=setting)
    own = Connection(kind="memory", fields={"health": choice})
    bench = Bench(tmp_path, target_fields("crm", own, load_model(MODEL)))
    bench.apply(bench.plan(people([(50.0, 50.0), (60.0, 60.0)])))
    made = bench.plan(people([(None, 50.0), (60.0, 60.0)]))
    assert made.report.stale == stale
    bench.apply(made)
    held = bench.system.held["1"]
    assert held["pulsefield_health"] == left
    assert held["pulsefield_health_band"] == "no data"  # which marks what was kept as stale
    assert held["pulsefield_adoption"] == "50.0"
    assert bench.plan(people([(None, 50.0), (60.0, 60.0)])).writes == ()
    bench.journal.close()


def test_many_parts_make_the_same_plan_as_one(tmp_path, monkeypatch) -> None:
    bench = Bench(tmp_path)
    bench.apply(bench.plan(people([(50.0, 50.0)] * 25)))
    after = people([(float(at), None) for at in range(25)])
    whole = bench.plan(after)
    monkeypatch.setattr(plans, "PART", 4)
    parts = bench.plan(after)
    assert parts.writes == whole.writes
    assert parts.report == whole.report
    bench.journal.close()
