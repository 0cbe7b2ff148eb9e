import math
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.convert import OTHER_NULLS, DecimalMark, Rule, convert
from connectors.errors import SetupError
from connectors.moments import DayOrder, Moments, Oddity, zone_of


def one(kind, value, **options):
    """Return (value, kind of oddity) of one converted value."""
    values, odd = convert([value], Rule(kind, OTHER_NULLS, **options))
    return values[0], next(iter(odd), None)


@pytest.mark.parametrize(
    ("raw", "value", "odd"),
    [
        (3, 3.0, None),
        ("3.5", 3.5, None),
        (" 1,234.50 ", 1234.5, None),
        ("€ 12", 12.0, None),
        ("1\u00a0000", 1000.0, None),
        ("-7", -7.0, None),
        ("1e3", 1000.0, None),
        ("", None, None),
        (None, None, None),
        (" ", None, "blank"),
        ("N/A", None, "sentinel"),
        ("?", None, "sentinel"),
        ("MISSING", None, "sentinel"),
        ("not available", None, "sentinel"),
        (math.nan, None, "sentinel"),
        ("NaN", None, "sentinel"),
        (math.inf, None, "sentinel"),
        ("1e999", None, "not_finite"),
        ("12,5", None, "not_a_number"),
        ("1_000", None, "not_a_number"),
        ("seven", None, "not_a_number"),
        ([1], None, "not_a_number"),
    ],
)
def test_numbers(raw, value, odd):
    assert one("number", raw) == (value, odd)


def test_decimal_comma():
    assert one("number", "1.234,50", decimal=",") == (1234.5, None)
    assert one("number", "12,5", decimal=",") == (12.5, None)


def test_scale_and_bounds():
    assert one("number", 1999, scale=0.01)[0] == pytest.approx(19.99)
    assert one("number", 1.2, high=1.0) == (None, "out_of_range")
    assert one("number", 1.0, high=1.0) == (1.0, None)


@pytest.mark.parametrize(
    ("raw", "value", "odd"),
    [
        ("12", 12, None),
        ("12.0", 12, None),
        (12.0, 12, None),
        (True, 1, None),
        ("12.5", None, "not_an_integer"),
        (9007199254740993, 9007199254740993, None),
        (1e300, None, "not_an_integer"),
    ],
)
def test_integers(raw, value, odd):
    assert one("integer", raw) == (value, odd)


@pytest.mark.parametrize(
    ("raw", "value", "odd"),
    [
        ("Yes", True, None),
        ("no", False, None),
        ("1", True, None),
        (0, False, None),
        (1.0, True, None),
        (False, False, None),
        ("No internet service", None, "not_a_boolean"),
    ],
)
def test_booleans(raw, value, odd):
    assert one("boolean", raw) == (value, odd)


def test_words_are_translated_before_they_are_read():
    assert one("boolean", "No internet service", values={"no_internet_service": "no"}) == (
        False,
        None,
    )
    assert one("integer", "One year", values={"one_year": "12"}) == (12, None)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("2026-01-02T03:04:05.000+0000", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02", datetime(2026, 1, 2, tzinfo=UTC)),
        ("20260102", datetime(2026, 1, 2, tzinfo=UTC)),
        ("2016-04-15T05:19:46 -10:00", datetime(2016, 4, 15, 15, 19, 46, tzinfo=UTC)),
        ("2016-04-15 05:19:46 UTC", datetime(2016, 4, 15, 5, 19, 46, tzinfo=UTC)),
        ("2011/9/1 10:00", datetime(2011, 9, 1, 10, tzinfo=UTC)),
        ("2019-09-15 2:50:54", datetime(2019, 9, 15, 2, 50, 54, tzinfo=UTC)),
        ("2019-9-5T2:50Z", datetime(2019, 9, 5, 2, 50, tzinfo=UTC)),
        ("9.12.2011", datetime(2011, 12, 9, tzinfo=UTC)),
        (1_577_836_800, datetime(2020, 1, 1, tzinfo=UTC)),
        ("1577836800000", datetime(2020, 1, 1, tzinfo=UTC)),
        (date(2020, 1, 1), datetime(2020, 1, 1, tzinfo=UTC)),
    ],
)
def test_times(raw, value):
    assert one("time", raw) == (value, None)


@pytest.mark.parametrize(
    ("raw", "odd"),
    [
        ("09/12/2011", "day_or_month"),
        ("2011-02-30", "not_a_time"),
        ("next week", "not_a_time"),
        ("\u00b2" * 10, "not_a_time"),
        ("0001-01-01", "out_of_range"),
        ("9999-12-31T00:00:00Z", "out_of_range"),
        (17, "not_a_time"),
        (True, "not_a_time"),
        ("2016-04-15T05:19:46 -1x:00", "not_a_time"),
    ],
)
def test_what_is_no_time(raw, odd):
    assert one("time", raw) == (None, odd)


def test_order_zone_and_format():
    first = Moments(order="day_first")
    assert one("time", "09/12/2011 1:15 PM", moments=first)[0] == datetime(
        2011, 12, 9, 13, 15, tzinfo=UTC
    )
    assert one("time", "13/31/2011", moments=first) == (None, "not_a_time")
    berlin = Moments(zone=zone_of("Europe/Berlin"))
    assert one("time", "2026-07-01 10:00", moments=berlin)[0] == datetime(2026, 7, 1, 8, tzinfo=UTC)
    assert one("time", "2026-07-01 10:00Z", moments=berlin)[0] == datetime(
        2026, 7, 1, 10, tzinfo=UTC
    )
    named = Moments(format="%d %b %Y")
    assert one("time", "3 Feb 2021", moments=named)[0] == datetime(2021, 2, 3, tzinfo=UTC)


def test_a_day_stays_the_day_it_is_and_a_time_gives_its_utc_day():
    berlin = Moments(zone=zone_of("Europe/Berlin"))
    assert one("date", "2026-07-01", moments=berlin)[0] == date(2026, 7, 1)
    assert one("date", "2026-07-01T00:30:00", moments=berlin)[0] == date(2026, 6, 30)
    assert one("date", "2026-07-01T00:30:00+02:00")[0] == date(2026, 6, 30)


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["09/12/2011", "13/12/2011"], "day_first"),
        (["09/12/2011", "09/13/2011 10:00"], "month_first"),
        (["2011-12-09", None, "", "9.12.2011"], None),
    ],
)
def test_day_and_month_are_decided_from_the_whole_column(texts, order):
    column = DayOrder()
    for text in texts:
        column.see([text])
    assert column.order() == order


@pytest.mark.parametrize(
    ("texts", "words"),
    [(["09/12/2011", "01/02/2012"], "day_first"), (["13/12/2011", "12/13/2011"], "mixes")],
)
def test_an_undecidable_column_is_refused(texts, words):
    column = DayOrder()
    column.see(texts)
    with pytest.raises(ValueError, match=words):
        column.order()


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["1,5", "1,234"], ","),
        (["1.234,5"], ","),
        (["1.5", "1,234"], "."),
        (["1,234"], "."),
        (["1,5", "1.5"], "."),
    ],
)
def test_decimal_mark_is_decided_from_the_whole_column(texts, mark):
    column = DecimalMark()
    column.see(texts)
    assert column.mark() == mark


def test_a_duration_column_of_time_stamps_is_refused():
    stamps = ["2023-06-01 01:57", "2023-06-02 11:00", None, "N/A"]
    with pytest.raises(SetupError, match="time stamps where a number"):
        convert(stamps, Rule("number", OTHER_NULLS))


def test_one_time_stamp_among_numbers_is_one_odd_cell():
    values, odd = convert(["1", "2", "2023-06-01 01:57"], Rule("number", OTHER_NULLS))
    assert (values, odd) == ([1.0, 2.0, None], {"not_a_number": [2]})


def test_equal_keys_of_different_types_stay_apart():
    assert convert([True, 1, 1.0, "1"], Rule("string"))[0] == ["true", "1", "1", "1"]
    assert convert([1, True, 0.5], Rule("boolean"))[0] == [True, True, None]


def test_lists_and_texts_that_list():
    rule = Rule("strings")
    assert convert([["a", " ", None], "a.com; b.com,c.com", "", None], rule)[0] == [
        ["a"],
        ["a.com", "b.com", "c.com"],
        None,
        None,
    ]


def test_a_list_loses_what_stands_for_nothing_and_says_so():
    values = ["a.com; N/A", "null", ["NaN", "b.com"], "c.com", " "]
    rule = Rule("strings")
    assert rule.quick(values[:2]) is None
    kept, odd = convert(values, rule)
    assert kept == [["a.com"], None, ["b.com"], ["c.com"], None]
    assert odd == {"sentinel": [0, 1, 2]}


def test_enums_fold_case_and_spaces_and_keep_the_unknown():
    rule = Rule("string", allowed=frozenset({"how_to", "other"}), values={"rechnung": "other"})
    values, odd = convert(["How to", "HOW-TO", "Rechnung", "new thing", None], rule)
    assert values == ["how_to", "how_to", "other", "other", None]
    assert odd == {"unknown_value": [3]}


def test_an_unknown_time_zone_is_refused():
    with pytest.raises(ValueError, match="Mars"):
        zone_of("Mars/Olympus")


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.dates(), st.datetimes(),
    st.lists(st.text(max_size=3), max_size=3), st.dictionaries(st.text(max_size=2), st.integers()),
)  # fmt: skip


@given(
    st.sampled_from(["string", "number", "integer", "boolean", "time", "date"]), st.lists(ANYTHING)
)
def test_any_values_convert_or_become_null_and_counted(kind, values):
    try:
        result, odd = convert(values, Rule(kind, OTHER_NULLS))
    except SetupError:
        return
    assert len(result) == len(values)
    for number in result:
        assert not (isinstance(number, float) and not math.isfinite(number))
    for position in {p for positions in odd.values() for p in positions}:
        assert result[position] is None


ALIKE = st.one_of(
    st.lists(
        st.one_of(
            st.none(), st.text(max_size=6), st.sampled_from(["NaN", " n/a ", "1577836800000"])
        )
    ),
    st.lists(st.one_of(st.none(), st.integers(), st.floats())),
    st.lists(st.one_of(st.none(), st.integers())),
    st.lists(st.one_of(st.none(), st.datetimes())),
    st.lists(st.one_of(st.none(), st.datetimes().map(str), st.dates().map(str), st.just(""))),
)


@settings(deadline=None)  # Arrow looks for pandas when first used
@given(st.sampled_from(["string", "number", "integer", "boolean", "time"]), ALIKE)
def test_the_quick_way_gives_what_the_slow_way_gives(kind, values):
    rule = Rule(kind, OTHER_NULLS)
    quick = rule.quick(values)
    if quick is not None:
        slow = [convert([value, object()], rule)[0][0] for value in values]
        assert quick.to_pylist() == slow


LISTS = st.one_of(
    st.lists(st.one_of(st.none(), st.text("a, ;\n", max_size=4), st.just("NaN"))),
    st.lists(
        st.one_of(st.none(), st.lists(st.one_of(st.none(), st.sampled_from(["a", "b ", "nan"]))))
    ),
)


@settings(deadline=None)
@given(LISTS)
def test_the_quick_way_lists_as_the_slow_way_does(values):
    rule = Rule("strings")
    quick = rule.quick(values)
    if quick is not None:
        assert quick.to_pylist() == convert(values, rule)[0]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("string", [" a", None, ""]),
        ("strings", ["a.com", None, ""]),
        ("strings", [["a.com", "b.com"], None]),
        ("number", ["1.5", None, ""]),
        ("number", [1, 2, None]),
        ("integer", [1, None]),
        ("boolean", ["true", "false", None]),
        ("time", ["2026-01-02T03:04:05.000Z", None, ""]),
        ("time", ["2026-01-02", None]),
    ],
)
def test_what_vendors_send_goes_the_quick_way(kind, values):
    assert Rule(kind, OTHER_NULLS).quick(values) is not None


def test_moments_never_raise_anything_but_oddities():
    with pytest.raises(Oddity):
        Moments().time("٣/٤/٢٠٢٠")
