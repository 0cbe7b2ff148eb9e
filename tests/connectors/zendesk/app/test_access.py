"""Keyboard, screen reader, contrast, both themes, narrow width."""

from typing import Any

import pytest

from .cases import Case, ago, answered, scored

pytestmark = pytest.mark.chromium

MANY = "Health 31: " + ", ".join(f"reason {n} ({-n})" for n in range(1, 9))


@pytest.mark.parametrize("width", [240, 340])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("band", ["red", "yellow", "green", "no_data"])
def test_everything_can_be_read_in_both_themes(
    page: Any, band: str, scheme: str, width: int
) -> None:
    changed = {
        "pulsefield_health_band": f"pulsefield_health_band_{band}",
        "pulsefield_scored_at": ago(19),
        "pulsefield_health_reasons": MANY,
        "renewal_date": "2099-01-30",
    }
    page.open(Case(scored(**changed), color_scheme=scheme, locale="pl"), width=width)
    assert page.run("return document.documentElement.dataset.theme") == scheme
    assert page.complaints() == []


def test_dark_mode_is_dark_from_the_first_moment(page: Any) -> None:
    case = Case(answered({}, held=True), color_scheme="dark")
    page.open(case, query="?colorScheme=dark", wait=False)
    page.until(lambda: page.requests)
    assert page.style("body", "backgroundColor") == "rgb(21, 26, 30)"


def test_theme_follows_zendesk_s_while_open(page: Any) -> None:
    page.open(Case(scored()))
    before = page.style("body", "backgroundColor")
    page.run("zaf.set('colorScheme', 'dark')")
    page.emit("colorScheme.changed")
    page.until(lambda: page.style("body", "backgroundColor") != before)


def test_reasons_unfold_by_keyboard(page: Any) -> None:
    page.open(Case(scored(pulsefield_health_reasons=MANY)))
    assert [text for text in page.texts(".reasons li") if text] == [
        f"reason {n} ({-n})" for n in range(1, 6)
    ]
    page.press("\ue004")  # tab
    assert page.focused() == "Show all"
    assert page.style("button", "outlineStyle") == "solid"
    page.press("\ue007")  # enter
    assert len([text for text in page.texts(".reasons li") if text]) == 8
    assert page.focused() == "Show less"
    assert page.expanded() == "true"
    page.press(" ")
    assert page.expanded() == "false"
    assert len([text for text in page.texts(".reasons li") if text]) == 5


def test_trying_again_works_by_keyboard(page: Any) -> None:
    page.open(Case(answered({}, 500)))
    page.press("\ue004")
    assert page.focused() == "Try again"
    page.press(" ")
    page.until(lambda: len(page.requests) == 2)


def test_screen_reader_meets_names_and_values_in_order(page: Any) -> None:
    page.open(Case(scored(pulsefield_scored_at=ago(19))))
    spoken = page.spoken()
    roles = [role for role, _ in spoken]
    headings = [name for role, name in spoken if role == "heading"]
    assert headings == ["Acme", "Health", "Reasons"]
    assert {"main", "status", "note", "list", "listitem", "term", "definition"} <= set(roles)
    texts = [name for role, name in spoken if role == "StaticText"]
    assert "Yellow" in texts
    assert not {"▲", "↓", "⚠"} & set("".join(texts)), "shapes are for the eye only"


def test_screen_reader_is_told_when_the_scores_are_there(page: Any) -> None:
    page.open(Case(scored()))
    said = page.run("return document.getElementById('said').textContent")
    assert said == "\u2068Acme\u2069: health \u206862.4\u2069, \u2068Yellow\u2069"
    assert page.run("return document.getElementById('said').getAttribute('role')") == "status"


def test_screen_reader_is_told_why_there_are_no_scores(page: Any) -> None:
    page.open(Case(organization=None))
    assert page.run("return document.getElementById('said').textContent") == "No organization"


def test_failure_is_an_alert(page: Any) -> None:
    page.open(Case(answered({}, 500)))
    assert ("alert", "") in page.spoken()


def test_a_larger_font_does_not_scroll_sideways(page: Any) -> None:
    page.open(Case(scored(pulsefield_health_reasons=MANY), locale="nl"), width=240)
    page.run("document.body.style.zoom = 2")
    assert page.complaints() == []
