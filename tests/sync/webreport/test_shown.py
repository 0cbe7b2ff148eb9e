"""What a person sees in the report, in Chromium."""

import base64
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sync.book.stored import NASTY
from tests.sync.webreport import made

pytestmark = pytest.mark.chromium
TITLES = [
    "Portfolio by band", "By segment", "Trend", "Who moved", "At risk", "Adoption against health",
    "What is known", "Accounts",
]  # fmt: skip


def test_every_part_is_there_and_every_picture_has_words_and_a_table(report) -> None:
    assert report.texts("main h2") == TITLES
    assert report.texts("nav a") == TITLES
    assert report.run("return document.querySelectorAll('figure').length") >= 9
    bare = """
        return [...document.querySelectorAll('figure')].filter((one) =>
          !one.querySelector('.plot[role=img][aria-label] svg[aria-hidden] :is(rect, path, circle)')
          || !one.querySelector('details table caption')).map((one) => one.textContent)
    """
    assert report.run(bare) == []


def test_figures_in_the_page_are_those_of_the_book(report) -> None:
    book = made.book(120)
    values = [value for value in book.accounts.scores["health"].value if value is not None]
    tiles = report.texts(".tiles strong")
    assert tiles[0] == "120"
    red = sum(value < 40 for value in values)
    assert f"red {red} (" in report.texts("#bands .told")[0]
    assert report.texts("#bands .plot text")[0] != ""


def test_names_are_shown_as_they_are_and_run_nothing(report) -> None:
    report.set("search", "")
    report.click("#list thead th:first-child button")
    report.set("look", "")
    shown = {*report.names()}
    report.run("document.querySelectorAll('.pages button')[2].click()")
    shown |= {*report.names()}
    report.run("document.querySelectorAll('.pages button')[2].click()")
    shown |= {*report.names()}
    for name in NASTY:
        assert name[:300] in shown
    assert report.browser.title == "Customer health"
    assert (
        report.run(
            "return document.querySelectorAll('main script, main img, main i, main b').length"
        )
        == 0
    )


def test_the_page_loads_nothing_and_runs_no_script_that_is_put_into_it(chromium, written) -> None:
    chromium.open(written(120))
    assert chromium.run("return performance.getEntriesByType('resource').length") == 0
    chromium.failures()
    chromium.run(
        "const s = document.createElement('script'); s.textContent = 'document.title = \"run\"';"
        "document.body.append(s)"
    )
    assert chromium.browser.title == "Customer health"
    assert "Content Security Policy" in "".join(chromium.failures())


def test_search_finds_parts_of_names_without_accents_and_case(report) -> None:
    report.set("search", "sud CUSTOMER")
    names = report.names()
    assert names
    assert all("Süd" in name for name in names)
    report.set("search", "no such customer")
    assert report.names() == []
    assert report.text("#found").startswith("0 of 120 accounts")


def test_filters_narrow_together_and_clear_together(report) -> None:
    report.set("band", "0")
    red = report.names()
    assert 0 < len(red) < 120
    assert set(report.texts("#list tbody td:nth-child(2)")) == {"red"}
    report.set("fact-segment", "0")
    assert set(report.names()) < set(red)
    report.click("button[type=reset]")
    assert report.text("#found").startswith("120 of 120 accounts")


def test_sorting_by_a_column_and_back(report) -> None:
    script = "return [...document.querySelectorAll('#list tbody td:nth-child(3)')].map((one) => Number(one.textContent))"
    up = report.run(script)
    assert up == sorted(up)
    report.click("#list thead th:nth-child(3) button")
    down = report.run(script)
    assert down == sorted(down, reverse=True)
    assert (
        report.run("return document.querySelector('#list th[aria-sort]').ariaSort") == "descending"
    )


def test_an_account_page_has_reasons_ledger_and_history_and_leads_back(report) -> None:
    report.click("#movers summary")
    report.follow("#movers table a")
    assert report.run("return document.getElementById('overview').hidden")
    assert report.run("return document.activeElement.id") == "account-title"
    captions = report.texts("#account caption")
    assert captions == [
        "Scores",
        "Parts of the change",
        "50 and these points are the health",
        "Scores over time",
    ]
    assert report.texts("#account .sentence")[0].startswith("Health ")
    points = [
        float(text) for text in report.texts("#account figure:nth-of-type(2) td:nth-child(4)")
    ]
    value = float(report.text("#account .head strong"))
    assert len(points) == 38
    assert 50 + sum(points) == pytest.approx(value, abs=0.3), "38 parts rounded to two decimals"
    report.follow("#account a.back")
    assert not report.run("return document.getElementById('overview').hidden")
    assert report.run("return document.activeElement.id") == "accounts-title"


def test_a_quadrant_leads_to_its_accounts(report) -> None:
    link = report.texts("#quadrants .links a")[1]
    report.follow("#quadrants .links li:nth-child(2) a")
    count = link.rpartition(": ")[2]
    assert report.text("#found").startswith(f"{count} of 120 accounts")


def test_keys_alone_reach_search_sort_and_account(report) -> None:
    report.press("\ue004")
    assert report.run("return document.activeElement.className") == "skip"
    report.run("document.getElementById('search').focus()")
    report.press(*"customer 30")
    assert any("Customer 30" in name for name in report.names())
    report.run("document.querySelector('#list thead button').focus()")
    report.press("\ue007")
    assert report.run("return document.querySelector('#list th').ariaSort") == "ascending"
    assert report.run(
        "return document.activeElement === document.querySelector('#list thead button')"
    )
    report.run("document.querySelector('#list tbody a').focus()")
    with report.moving():
        report.press("\ue007")
    assert report.run("return document.activeElement.id") == "account-title"


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_does_not_scroll_sideways(report, written, width: int) -> None:
    for at in ("", "#account/10"):
        report.open(written(120), at, width=width)
        assert report.run("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("dark", [False, True])
def test_text_has_contrast_in_both_themes(report, written, dark: bool) -> None:
    report.open(written(120), dark=dark)
    lightness = report.run(
        "return getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]"
    )
    assert (int(lightness) < 60) == dark
    assert report.run((Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")) == []


def test_the_theme_button_turns_the_page(report) -> None:
    ground = "return getComputedStyle(document.body).backgroundColor"
    light = report.run(ground)
    report.click("#theme")
    assert report.run(ground) != light
    assert report.run("return document.getElementById('theme').ariaPressed") == "true"


def test_print_is_light_and_without_controls(report, written) -> None:
    report.open(written(120), dark=True)
    report.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert (
        report.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    )
    for hidden in ("nav", ".controls", ".tools", ".pages"):
        shown = "return getComputedStyle(document.querySelector(arguments[0])).display"
        assert report.run(shown, hidden) == "none"
    pdf = base64.b64decode(
        report.browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"]
    )
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") >= 5


def test_filters_are_quick_with_ten_thousand_accounts(
    chromium, written: Callable[[int], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    chromium.open(written(10_000))
    steps = [
        ("search", "c"),
        ("search", "customer 99"),
        ("look", "risk"),
        ("search", ""),
        ("band", "1"),
    ]
    times = [chromium.set(*step) for step in steps]
    with capsys.disabled():
        sys.stdout.write(
            f"[filters of 10,000 accounts: {', '.join(f'{ms:.0f}' for ms in times)} ms]"
        )
    assert min(times) < 500, (
        "100 ms on an idle machine; this only catches another order of magnitude"
    )
