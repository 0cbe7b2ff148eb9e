"""Each language, from the agent's locale."""

from typing import Any

import pytest

from scoring.language import language, languages

from .cases import Case, ago, answered, scored

pytestmark = pytest.mark.chromium

# heading, band, decimal comma, change, coverage, warning
EXPECTED = {
    "en": ("Health", "Yellow", "62.4", "down 9.5 in", "82%", "last confirmed 18 days ago"),
    "nl": ("Gezondheid", "Geel", "62,4", "9,5 omlaag in", "82%", "18 dagen geleden"),
    "da": ("Sundhed", "Gul", "62,4", "ned med 9,5", "82 %", "for 18 dage siden"),
    "pl": ("Kondycja", "Żółty", "62,4", "w dół o 9,5", "82%", "18 dni temu"),
}


def test_these_languages_are_shipped() -> None:
    assert EXPECTED.keys() <= set(languages())


@pytest.mark.parametrize("code", languages())
def test_every_language_of_a_file_is_read_by_its_agents(page: Any, code: str) -> None:
    page.open(Case(scored(), locale=code))
    assert page.texts("h2")[0] == language(code).texts["sidebar"]["health"]
    assert page.texts(".head") != []


@pytest.mark.parametrize("locale", [*EXPECTED, "en-GB", "nl-BE", "NL-be", "pl_PL"])
def test_agent_reads_the_scores_in_the_own_language(page: Any, locale: str) -> None:
    answers = scored(pulsefield_scored_at=ago(18), pulsefield_health_change=-9.5)
    page.open(Case(answers, locale=locale))
    heading, band, number, change, coverage, warning = EXPECTED[locale[:2].lower()]
    assert page.texts("h2")[0] == heading
    assert page.texts(".band") == [f"▲{band}"]
    assert page.texts(".number") == [number]
    assert change in page.text
    assert page.texts(".scores dd")[2] == coverage
    assert warning in page.text
    assert page.run("return document.documentElement.lang").lower()[:2] == locale[:2].lower()


@pytest.mark.parametrize("locale", ["ja", "zh-TW", "", None, "en-x-pseudo", "%%"])
def test_other_languages_get_english(page: Any, locale: str | None) -> None:
    page.open(Case(scored(), locale=locale))
    assert page.texts("h2")[0] == "Health"


@pytest.mark.parametrize("locale", EXPECTED)
@pytest.mark.parametrize("status", [403, 404, 429, 500])
def test_trouble_is_told_in_the_own_language(page: Any, locale: str, status: int) -> None:
    page.open(Case(answered({}, status), locale=locale))
    told = page.text
    page.open(Case(answered({}, status)))
    assert (told == page.text) is (locale == "en")


def test_dates_are_written_as_the_country_does(page: Any) -> None:
    shown = []
    for locale in ("en-US", "en-GB", "da"):
        page.open(Case(scored(renewal_date="2099-01-30"), locale=locale))
        shown.append(page.texts("time")[0])
    assert shown == ["Jan 30, 2099", "30 Jan 2099", "30. jan. 2099"]


def test_reasons_come_in_the_agent_s_language_where_the_sync_wrote_them(page: Any) -> None:
    own = {"pulsefield_health_reasons_pl": "Kondycja 62 (-9 od 14 lis): CSAT 92% (+2)"}
    page.open(Case(scored(**own), locale="pl"))
    assert page.texts(".reasons li") == ["CSAT 92% (+2)"]
    page.open(Case(scored(**own), locale="nl"))
    assert page.texts(".head") == ["Health 62 (-9 since 14 Nov)"]
    page.open(Case(scored(pulsefield_health_reasons_pl=""), locale="pl"))
    assert page.texts(".head") == ["Health 62 (-9 since 14 Nov)"]
