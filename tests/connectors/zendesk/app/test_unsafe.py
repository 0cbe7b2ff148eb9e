"""Values that nobody meant to be there are shown as text, and break nothing."""

from typing import Any

import pytest

from .cases import Case, answered, scored

pytestmark = pytest.mark.chromium

HTML = '<img src=x onerror="window.hit=1"><script>window.hit=1</script><b>bold</b>'
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft " * 8


def test_html_is_shown_as_text_everywhere(page: Any) -> None:
    changed = dict.fromkeys(
        [
            "pulsefield_health", "pulsefield_health_band", "pulsefield_health_change",
            "pulsefield_health_reasons", "pulsefield_adoption", "pulsefield_engagement",
            "pulsefield_coverage", "pulsefield_scored_at", "renewal_date",
        ],
        HTML,
    )  # fmt: skip
    page.open(Case(scored(HTML, **changed)))
    assert page.state == "ready"
    assert page.run("return window.hit === undefined")
    assert page.run("return document.querySelectorAll('#app img, #app script, #app b').length") == 0
    assert page.text.count("onerror") >= 9
    assert page.complaints() == []


def test_html_in_a_setting_is_shown_as_text(page: Any) -> None:
    page.open(Case(scored(), settings={"health_field": HTML}))
    assert HTML in page.text
    assert page.run("return window.hit === undefined")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("n/a", "no number: n/a"),
        ("1e3", "no number: 1e3"),
        ("NaN", "no number: NaN"),
        (["7"], "7"),
        (True, "no number: true"),
        ({"a": 1}, "no number: [object Object]"),
        ("9" * 400, "no number: " + "9" * 400),
        (100.5, "100.5 is not within 0 to 100"),
        (-0.5, "-0.5 is not within 0 to 100"),
        (" 87.5 ", "87.5"),
        (0, "0"),
        (100, "100"),
    ],
)
def test_numbers_are_read_with_distrust(page: Any, value: Any, shown: str) -> None:
    page.open(Case(scored(pulsefield_health=value)))
    assert page.texts(".number, .odd") == [shown]
    odd = " " in shown
    assert bool(page.texts(".headline .bar")) is not odd, "no bar for what is no score"
    assert page.complaints() == []


@pytest.mark.parametrize("width", [240, 340, 700])
def test_very_long_names_and_reasons_fit(page: Any, width: int) -> None:
    reasons = "Health 31 (-22 since 14 Nov): " + ", ".join(f"{LONG} ({-n})" for n in range(1, 13))
    page.open(Case(scored(LONG, pulsefield_health_reasons=reasons)), width=width)
    assert page.complaints() == [], "nothing scrolls sideways"
    assert page.run("return document.querySelector('h1').offsetHeight") < 60
    assert len([text for text in page.texts(".reasons li") if text]) == 5
    assert page.run("return document.querySelectorAll('.reasons li').length") == 12
    assert page.run("return document.querySelector('h1').textContent") == LONG.strip()


def test_one_endless_word_fits(page: Any) -> None:
    page.open(Case(scored("x" * 500, pulsefield_health_reasons="y" * 5000)), width=240)
    assert page.complaints() == []


@pytest.mark.parametrize("name", ["شركة النور للتجارة", "חברת האור בע״מ"])
def test_right_to_left_names_run_from_the_right_and_turn_nothing_else(page: Any, name: str) -> None:
    page.open(Case(scored(name)))
    assert page.texts("h1") == [name]
    assert page.style("h1", "direction") == "rtl"
    assert page.style(".headline", "direction") == "ltr"
    assert f"\u2068{name}\u2069: health" in page.run(
        "return document.getElementById('said').textContent"
    )


def test_names_that_turn_the_text_are_kept_apart(page: Any) -> None:
    page.open(
        Case(scored("\u202egnitluser\u202d", pulsefield_health=None, pulsefield_health_band=None))
    )
    assert page.run("return document.querySelector('p').textContent").startswith("\u2068\u202e")


@pytest.mark.parametrize("name", ["株式会社アクメ", "Żółć & Syn", "Ⅷ 🏢", ""])
def test_names_of_any_script_are_kept(page: Any, name: str) -> None:
    page.open(Case(scored(name)))
    assert page.run("return document.querySelector('h1').textContent") == (name or "\u2013")


@pytest.mark.parametrize(
    ("reasons", "parts"),
    [
        ("just text", ["just text"]),
        ("Health 62", ["Health 62"]),
        ("Health 62: ", ["Health 62:"]),
        ("Kondycja 62: a (\u22126), b (+0,5), c", ["a (\u22126)", "b (+0,5)", "c"]),
        ("Health 62: most (1,240), of it (-2)", ["most (1,240)", "of it (-2)"]),
    ],
)
def test_reasons_of_any_form_are_shown_whole(page: Any, reasons: str, parts: list[str]) -> None:
    page.open(Case(scored(pulsefield_health_reasons=reasons)))
    assert page.texts(".reasons li") == parts


def test_placeholders_and_prototype_names_in_values_stay_text(page: Any) -> None:
    band = "pulsefield_health_band_constructor"
    page.open(Case(scored("{health} $& $1", pulsefield_health_band=band)))
    assert page.texts("h1") == ["{health} $& $1"]
    assert page.texts(".band") == ["○Constructor"]


@pytest.mark.parametrize("fields", [[], "text", 3, None])
def test_fields_of_another_shape_are_no_fields(page: Any, fields: Any) -> None:
    page.open(Case(answered({"organization": {"id": 7, "organization_fields": fields}})))
    assert page.state == "no_fields"
