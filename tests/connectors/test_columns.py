"""The quick ways over whole columns give what the slow ones give."""

import gc
from itertools import product

import pyarrow as pa
import pytest

from connectors.collecting import uncollected
from connectors.columns import pluck, texts
from connectors.convert import Rule, convert
from connectors.hubspot.rows import _both, _domains
from connectors.quick import times
from connectors.words import convert_words


def test_texts_are_what_plucking_gives():
    rows = [{"a": "x", "b": None}, {"a": None}, {"b": "é", "c": 1}]

    found = texts(rows, ["a", "b", "missing"])

    assert {name: values.to_pylist() for name, values in found.items()} == {
        name: pluck(rows, name) for name in ("a", "b", "missing")
    }


@pytest.mark.parametrize("odd", [1, True, 1.5, ["x"], {"x": 1}, "\ud83d"])
def test_a_field_that_is_not_text_throughout_is_left_to_plucking(odd):
    assert texts([{"a": "x"}, {"a": odd}], ["a"]) == {}
    if not isinstance(odd, str):
        assert "a" not in texts([{"a": odd, "b": "x"}, {"a": "x", "b": "y"}], ["a", "b"])


def test_words_convert_as_cells_do_and_name_the_same_rows():
    rule = Rule(
        "string", values={"decider": "buyer"}, allowed=frozenset({"buyer", "user", "other"})
    )
    cells = ["Decider", None, "", "  ", "USER", "nobody", "n/a", "Decider", "nobody"]

    found = convert_words(cells, rule)

    assert found is not None
    slow, odd = convert(cells, rule)
    kinds = {kind: sorted(rows) for kind, rows in found[1].items()}
    assert (found[0].to_pylist(), kinds) == (slow, odd)
    assert convert_words(cells, Rule("number")) is None


def test_times_some_of_which_are_milliseconds_are_read_as_cells_are():
    cells = ["1662131508926", "2022-08-23T08:11:48.926Z", None, ""]
    rule = Rule("time")

    found = times(pa.array(cells), rule.moments.zone)

    assert found is not None
    assert found.to_pylist() == convert(cells, rule)[0]
    assert times(pa.array([*cells, "0000000000001"]), rule.moments.zone) is None
    assert times(pa.array([*cells, "soon"]), rule.moments.zone) is None


def test_domains_by_column_are_those_by_row():
    pairs = list(product([None, "", "a.example"], [None, "", "a.example", "b.example"]))
    domain, website = (pa.array(side, pa.string()) for side in zip(*pairs, strict=True))

    assert _both(domain, website).to_pylist() == [_domains(one, None, two) for one, two in pairs]


def _fail():
    with uncollected:
        with uncollected:
            pass
        assert not gc.isenabled()
        raise ValueError("damaged")


def test_the_collector_runs_again_after_the_last_page_even_if_one_fails():
    assert gc.isenabled()
    with pytest.raises(ValueError, match="damaged"):
        _fail()
    assert gc.isenabled()
