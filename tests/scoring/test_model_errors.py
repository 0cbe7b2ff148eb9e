import textwrap

import pytest

import scoring.model
from scoring import ModelError, load_model, shipped_model
from tests.scoring.small import rows, run

EXAMPLE = textwrap.dedent(
    (scoring.model.__doc__ or "").split("A whole small model::")[1].split("What the words")[0]
)


def refused(before: str, after: str) -> str:
    assert before in EXAMPLE
    with pytest.raises(ModelError) as caught:
        load_model(EXAMPLE.replace(before, after, 1), file="mine.toml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("signals.cancel_asked", "signals.account"),
        ("metrics.trend", "metrics.group"),
        ("scores.usage", "scores.segment"),
        ("scores.health.adjustments.asked_to_cancel", "scores.health.adjustments.limited"),
    ],
)
def test_a_name_that_steps_have_a_column_of_is_refused(before: str, after: str) -> None:
    name = after.rpartition(".")[2]
    assert f"mine.toml: {after} = '{name}': another name than account" in refused(before, after)


def test_the_documented_model_loads() -> None:
    assert load_model(EXAMPLE).ordered_scores() == ["usage", "health"]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('name = "small"', "name = ", "mine.toml: (file) = not TOML: Invalid value"),
        ('name = "small"', "", "mine.toml: name = missing: a value is needed"),
        ("pick =", "pik =", "signals.days_past_due.pik = 'pik': no such key; there are: "),
        ("pick =", "pik =", "(did you mean pick?)"),
        (
            'aggregate = "last"',
            'aggregate = "lst"',
            "signals.nps.aggregate = 'lst': no such choice",
        ),
        ('aggregate = "last"', 'aggregate = "lst"', "(did you mean last?)"),
        ('aggregate = "last"', 'aggregate = "LAST"', "(did you mean last?)"),
        ('window = "30d"', 'window = "30 days"', 'a duration such as "48h", "30d" or "12w"'),
        ('window = "30d"', 'window = "0d"', 'a duration such as "48h", "30d" or "12w"'),
        (
            "worst = 0.2 ",
            'worst = "low" ',
            "metrics.active_users.worst = 'low': a number",
        ),
        ("worst = 0.2 ", "worst = nan ", "metrics.active_users.worst = nan"),
        (
            'missing = "exclude"',
            'missing = "skip"',
            "metrics.trend.missing = 'skip': no such choice; there are: peers, exclude, worst, or",
        ),
        ('missing = "exclude"', "missing = 120", "less than or equal to 100"),
        (
            'table = "usage"',
            'table = "usages"',
            "signals.active_users_30d.table = 'usages': no such table",
        ),
        (
            'per = "seats"',
            'per = "seat"',
            "signals.active_users_30d.per = 'seat': no such signal; there are: seats",
        ),
        (
            'per = "seats"',
            'per = "active_users_30d"',
            "signals.active_users_30d.per = active_users_30d -> active_users_30d: no cycle",
        ),
        ('per = "seats"', "per = 0", "another number than 0"),
        ('of = "count"', "", "signals.usage_trend.of = (): one column, for 'sum'"),
        (
            'of = "good"  ',
            'of = "good ="  ',
            "signals.csat_good.of = 'good =': a column or a value expected",
        ),
        (
            'field = "seats"',
            'field = "seats"\nwindow = "3d"',
            "signals.seats.window = '3d': not beside field",
        ),
        (
            'field = "seats"',
            "",
            "signals.seats = neither: either field (of accounts) or table and aggregate",
        ),
        ('signal = "nps"', 'signal = "npss"', "metrics.nps.signal = 'npss': no such signal"),
        ("best = 0.8", "best = 0.2", "metrics.active_users.best = 0.2: another value than worst"),
        ("best = 0.8", "", "metrics.active_users.best = missing: a value, for the curve 'linear'"),
        (
            'curve = "growth"',
            'curve = "growth"\nlow = 1',
            "metrics.trend.low = 1.0: 'growth' takes none",
        ),
        ('curve = "growth"', 'curve = "baseline"', 'a signal with compare = "baseline"'),
        (
            "active_users = 3",
            "active_user = 3",
            "scores.usage.weights = 'active_user': no such metric or score",
        ),
        (
            "active_users = 3, trend = 1",
            "active_users = 0, trend = 0",
            "scores.usage.weights = weights that sum to 0: at least one weight above 0",
        ),
        (
            "active_users = 3, trend = 1",
            "health = 1",
            "scores.usage.weights = usage -> health -> usage: no cycle",
        ),
        ("active_users = 3", "active_users = -3", "greater than or equal to 0"),
        (
            'event = "cancel_asked"',
            'event = "nps"',
            "no such days_since signal; there are: days_past_due, cancel_asked",
        ),
        ('event = "cancel_asked"', "", "either when (a condition) or event (a days_since signal)"),
        (
            'at_most = "yellow"',
            'at_most = "yelow"',
            "no such band (or give points 0..100); there are: red, yellow, green (did you mean yellow?)",
        ),
        (
            "days_past_due > 60",
            "days_past_dew > 60",
            "scores.health.caps.overdue.when = 'days_past_dew': no such signal",
        ),
        (
            "days_past_due > 60",
            "days_past_due",
            "scores.health.caps.overdue.when = 'days_past_due': a condition is expected",
        ),
        ("usage_trend > 1.2", "usage_trend > > 1", "scores.health.growth = 'usage_trend > > 1'"),
        ("yellow = 40, green = 80", "yellow = 80, green = 40", "each bound above the one before"),
        ("yellow = 40, green = 80", "yellow = 40, green = 140", "bands.borders.green = 140"),
        (
            "where = \"lifecycle = 'trial'\"",
            'where = "lifecycle ="',
            "segments.trial.where = 'lifecycle ='",
        ),
        (
            "weights.health = { nps = 0 }",
            "weights.helth = { nps = 0 }",
            "segments.trial.weights = 'helth': no such score; there are: usage, health (did you mean health?)",
        ),
        (
            "metrics.active_users = { best = 0.5 }",
            "metrics.active_users = { best = 0.2 }",
            "segments.trial.metrics.active_users.best = 0.2: another value than worst",
        ),
        (
            "borders.health = { yellow = 30",
            "borders.health = { amber = 30",
            "segments.trial.borders.health = 'amber': no such band",
        ),
        (
            'fresh_for = "90d" ',
            'fresh_for = "190d" ',
            "both fresh_for and expires_after, the first shorter",
        ),
        ("[signals.seats]", "[signals.Seats]", "signals.Seats = 'Seats': a name of a-z"),
        ('currency = "EUR"', 'currency = "eur"', "currency = 'eur': a currency in three capital"),
        ("active_users = 3", "active_users = true", "scores.usage.weights.active_users = true: a "),
        ("points = -15", 'points = "-15"', "adjustments.asked_to_cancel.points = '-15': a number"),
        ("points = -15", "points = -150", "points = -150: greater than or equal to -100"),
        ("worst = 0.2 ", "worst = 2026-01-01 ", "worst = 2026-01-01: a number"),
        (
            "borders = { red = 0",
            "quantiles = { red = 0 }\nborders = { red = 0",
            "bands = both: either",
        ),
        (
            'valid = ["due_at", "paid_at"]',
            'valid = "due_at"',
            "days_past_due.valid = 'due_at': a list",
        ),
        (
            'missing = "exclude"',
            'texts.en = "calls {vlaue}"',
            "metrics.trend.texts.en = '{vlaue}': no such place to fill; there are: {value}, {change}",
        ),
        (
            'missing = "exclude"',
            'texts.english = "calls"',
            "metrics.trend.texts = 'english': no such language; there are: en, da, nl, pl",
        ),
    ],
)
def test_an_error_names_file_key_value_and_what_is_allowed(
    before: str, after: str, message: str
) -> None:
    text = refused(before, after)
    assert message in text
    assert all(line.startswith("mine.toml: ") for line in text.splitlines())


def test_all_problems_are_told_at_once() -> None:
    text = EXAMPLE.replace("pick =", "pik =").replace('"last"', '"lst"')
    with pytest.raises(ModelError) as caught:
        load_model(text)
    assert {problem.key for problem in caught.value.problems} == {
        "signals.days_past_due.pik",
        "signals.nps.aggregate",
    }


def test_what_no_file_says_is_no_key_of_it() -> None:
    text = refused('name = "small"', 'name = "small"\nfile = "other.toml"')
    assert text.startswith("mine.toml: file = 'file': no such key; there are: name, version, about")
    assert "segments, file" not in text


def test_a_table_of_a_name_that_is_misspelt_tells_the_one_that_may_be_meant() -> None:
    name = next(iter(load_model(EXAMPLE).scores))
    text = f'{EXAMPLE}\n[scores.{name}h.caps.late]\nwhen = "nps < 1"\nat_most = 40\n'
    with pytest.raises(ModelError) as caught:
        load_model(text)
    needed = f"scores.{name}h.weights = missing: a value is needed (did you mean {name}?)"
    assert needed in str(caught.value)
    with pytest.raises(ModelError) as caught:
        load_model(f"{EXAMPLE}\n[scores.{name}h]\nworst_pull = 0.2\n")
    assert "did you mean" not in str(caught.value)


def test_a_key_that_is_wrong_is_not_told_twice() -> None:
    text = EXAMPLE.replace(
        "borders = { red = 0, yellow = 40, green = 80 }", "quantiles = { a = 25 }"
    )
    with pytest.raises(ModelError) as caught:
        load_model(text)
    assert [problem.key for problem in caught.value.problems] == ["bands.quantiles.a"]


@pytest.mark.parametrize("length", [41, 10_000])
def test_a_name_too_long_is_refused_in_few_words(length: int) -> None:
    text = refused("[metrics.nps]", f"[metrics.{'x' * length}]")
    assert "a name of a-z, 0-9 and _, from a letter, at most 40 characters" in text
    assert len(text) < 1000


def test_a_long_value_is_cut_in_the_message() -> None:
    assert len(refused('aggregate = "last"', f'aggregate = "{"x" * 10_000}"')) < 500


def test_a_column_that_the_facts_lack_is_named_with_near_ones() -> None:
    declared = load_model(EXAMPLE.replace('of = "user_ref"', 'of = "user_reff"'))
    usage = rows([{"account": 1, "day": None, "user_ref": "u"}])
    with pytest.raises(
        ModelError,
        match=r"active_users_30d.of = 'user_reff': no such column of usage.*did you mean user_ref",
    ):
        run(declared, {"usage": usage})


def test_a_column_of_another_kind_is_refused_before_anything_runs() -> None:
    declared = load_model(EXAMPLE)
    usage = rows([{"account": 1, "day": "2026-01-01", "count": "many"}])
    with pytest.raises(
        ModelError, match=r"usage_trend.of = 'count': a column of kind integer or number"
    ):
        run(declared, {"usage": usage})


@pytest.mark.parametrize("name", ["default", "support", "small_book", "trials"])
def test_shipped_models_load_and_fit_the_canonical_tables(name: str) -> None:
    with run(load_model(shipped_model(name)), {}) as snapshot:
        assert {row["band"] for row in snapshot.scores.to_pylist()} == {"no data"}


def test_an_unknown_shipped_model_lists_those_there_are() -> None:
    with pytest.raises(KeyError, match="default"):
        shipped_model("defualt")


def test_what_does_not_fit_is_told_beside_a_value_that_is_wrong() -> None:
    wrong = EXAMPLE.replace('aggregate = "last"', 'aggregate = "lst"', 1)  # of signals.nps
    wrong = wrong.replace('per = "seats"', 'per = "seat"', 1)
    with pytest.raises(ModelError) as caught:
        load_model(wrong)
    keys = [problem.key for problem in caught.value.problems]
    assert keys == ["signals.nps.aggregate", "signals.active_users_30d.per"]
