"""Sentences: what they say, in each language, and what they never do."""

import tomllib
from datetime import date
from importlib.resources import files
from typing import Any

import pytest

from scoring import load_model, shipped_model
from scoring.explain import Explainer, Headline, Override
from scoring.language import PLACE, language, languages
from scoring.phrases import Part, Phrases

SHIPPED = ("default", "small_book", "support", "trials")
MODEL = load_model(shipped_model())
TODAY = date(2026, 11, 27)
HEAD = Headline("health", 61.6, "yellow", 0.9, TODAY, 70.9, date(2026, 11, 14), "yellow")
PARTS = [
    Part("metric", "csat", 2.2, 0.92),
    Part("metric", "past_due", -6.2, 34.0),
    Part("metric", "usage_change", -5.1, 0.6),
    Part("metric", "nps", 0.01, 9.0),
]
SMALL = """
name = "own"
signals.x = { field = "seats", unit = "rings" }
metrics.calls = { signal = "x", worst = 0, best = 9, label = "bell\\nrings", texts = { pl = "{value} {n:dzwonek|dzwonki|dzwonków|dzwonka}" } }
scores.joy = { label = "=Joy", weights = { calls = 1 } }
"""


def flat(texts: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(texts, dict):
        return {path: texts}
    return {
        key: text
        for name, part in texts.items()
        for key, text in flat(part, f"{path}.{name}").items()
    }


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("en", "Health 62 (-9 since 14 Nov): invoice 34 days past due (-6), usage down 40 % (-5), CSAT 92 % (+2)"),
        ("nl", "Gezondheid 62 (-9 sinds 14 nov): factuur 34 dagen over de vervaldatum (-6), gebruik 40% lager (-5), CSAT 92% (+2)"),
        ("da", "Sundhed 62 (-9 siden 14. nov.): faktura 34 dage over forfald (-6), brug faldet 40 % (-5), CSAT 92 % (+2)"),
        ("pl", "Kondycja 62 (-9 od 14 lis): faktura 34 dni po terminie (-6), użycie niższe o 40% (-5), CSAT 92% (+2)"),
    ],
)  # fmt: skip
def test_the_largest_parts_in_each_language(code: str, told: str) -> None:
    assert Explainer(MODEL, code).sentence(HEAD, PARTS) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (-0.5, "usage trend: below zero now"),
        (0.0, "usage down 100 %"),
        (0.6, "usage down 40 %"),
        (1.0, "usage as before"),
        (2.5, "usage up 150 %"),
    ],
)
def test_nothing_falls_by_more_than_all_of_it(value: float, told: str) -> None:
    assert Phrases(MODEL).part(Part("metric", "usage_change", -5.1, value)) == told
    for code in languages():
        assert ("150" in Phrases(MODEL, code).part(Part("metric", "usage_change", 1, value))) == (
            value > 2
        )


@pytest.mark.parametrize("code", languages())
def test_every_language_has_every_key_with_its_forms_and_places(code: str) -> None:
    own, english = language(code), language("en")
    mine, theirs = flat(dict(own.texts)), flat(dict(english.texts))
    strange = {key for key in mine.keys() ^ theirs.keys() if not key.startswith(".plural")}
    assert not strange
    for key, text in mine.items():
        if isinstance(text, str) and not key.startswith((".plural", ".format")):
            assert text.strip() == text != ""
            forms = [forms for _, forms in PLACE.findall(text) if forms]
            assert all(len(form.split("|")) == len(own.plurals) for form in forms), key
            names = {name for name, forms in PLACE.findall(text) if not forms}
            assert names == {name for name, forms in PLACE.findall(theirs[key]) if not forms}, key


@pytest.mark.parametrize("name", SHIPPED)
def test_every_language_has_words_for_the_shipped_models(name: str) -> None:
    model = load_model(shipped_model(name))
    for code in languages():
        texts = language(code).texts
        assert model.metrics.keys() <= texts["metrics"].keys()
        assert model.scores.keys() <= texts["scores"].keys()
        assert model.segments.keys() <= texts["segments"].keys()
        assert (model.bands.borders or {}).keys() <= texts["bands"].keys()
        for score in model.scores.values():
            events = score.adjustments.keys() | score.caps.keys() | score.floors.keys()
            assert events <= texts["reasons"].keys()
        for metric, declared in model.metrics.items():
            unit = texts["metrics"][metric].get("unit")
            assert unit in {None, model.signals[declared.signal].unit}, metric


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0, "brak zgłoszeń otwartych ponad 7 dni"),
        (1, "1 zgłoszenie otwarte ponad 7 dni"),
        (3, "3 zgłoszenia otwarte ponad 7 dni"),
        (5, "5 zgłoszeń otwartych ponad 7 dni"),
        (12, "12 zgłoszeń otwartych ponad 7 dni"),
        (22, "22 zgłoszenia otwarte ponad 7 dni"),
        (112, "112 zgłoszeń otwartych ponad 7 dni"),
        (1.5, "1,5 zgłoszenia otwartego ponad 7 dni"),
    ],
)
def test_polish_plurals(value: float, told: str) -> None:
    explainer = Explainer(MODEL, "pl")
    assert explainer.phrases.part(Part("metric", "open_over_7d", 1, value)) == told


@pytest.mark.parametrize(
    ("code", "number", "small"),
    [("en", "12,346", "-4.6"), ("nl", "12.346", "-4,6"), ("da", "12.346", "-4,6"), ("pl", "12\u00a0346", "-4,6")],
)  # fmt: skip
def test_numbers_follow_the_language(code: str, number: str, small: str) -> None:
    words = language(code)
    assert words.number(12345.6) == number
    assert words.number(-4.62) == small
    assert words.number(-0.04) == "0"
    assert words.number(float("nan")) == "?"
    assert words.day(date(2025, 3, 1), TODAY).endswith("2025")


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (Part("metric", "last_use", -9, 365.0), "never used"),
        (Part("metric", "last_use", 3, 0.4), "used today"),
        (Part("metric", "last_use", 3, 1.9), "last used 1 day ago"),
        (Part("metric", "time_to_value", -9, 45.2, 0), "no first value after 45 days"),
        (Part("metric", "time_to_value", -9, 45.2, 1), "time to first value 45 days"),
        (Part("metric", "nps", 1), "NPS not known, taken as among peers"),
        (Part("adjustment", "asked_to_cancel", -15), "gave notice of cancellation"),
        (Part("cap", "overdue_60d", -9), "invoice more than 60 days past due, so at most 40"),
        (Part("cap", "urgent_open_48h", 0), "urgent ticket open for more than 48 hours, so at most yellow"),
        (Part("clamp", "clamp", -2), "kept within 0 to 100"),
        (Part("peers", "billing", 2), "Billing not known, taken as among peers"),
        (Part("peers", "", 2), "peers changed"),
        (Part("behaviour", "csat", 2, 0.5), "CSAT 50 %"),
    ],
)  # fmt: skip
def test_what_a_ledger_row_says(part: Part, told: str) -> None:
    assert Explainer(MODEL).phrases.part(part) == told


def test_a_cap_on_the_band_is_told_first_though_it_moves_no_points() -> None:
    told = Explainer(MODEL).sentence(HEAD, [*PARTS, Part("cap", "urgent_open_48h", 0.0)], limit=1)
    assert told.endswith(": urgent ticket open for more than 48 hours, so at most yellow")


@pytest.mark.parametrize("length", range(20, 120, 7))
@pytest.mark.parametrize("code", languages())
def test_a_sentence_is_cut_at_a_part_border(code: str, length: int) -> None:
    explainer = Explainer(MODEL, code)
    whole, cut = explainer.sentence(HEAD, PARTS), explainer.sentence(HEAD, PARTS, length=length)
    assert len(cut) <= length
    assert cut == whole or whole[len(cut) :].startswith((", ", ": ")) or cut.endswith("…")


def test_a_change_of_band_a_first_score_and_no_change_are_said() -> None:
    explainer = Explainer(MODEL)
    worse = Headline("health", 38.2, "red", 1, TODAY, 44, date(2025, 12, 1), "yellow")
    assert explainer.headline(worse) == "Health 38 (-6 since 1 Dec 2025), from yellow to red"
    assert (
        explainer.headline(Headline("health", 50, "yellow", 1, TODAY, None, TODAY))
        == "Health 50 (new)"
    )
    same = Headline("health", 50.2, "yellow", 1, TODAY, 49.9, date(2026, 11, 1), "yellow")
    assert explainer.headline(same) == "Health 50 (unchanged since 1 Nov)"


def test_no_data_says_what_to_connect() -> None:
    head = Headline("health", None, "no data", 0.32, TODAY)
    told = Explainer(MODEL).no_data(head, ["past_due", "csat", "active_users", "paid_late"])
    assert told == (
        "Health: no data, only 32 % of its weight is known; connect invoices, surveys, product usage"
    )


def test_adoption_and_health_that_disagree_are_a_reason_of_their_own() -> None:
    explainer = Explainer(MODEL)
    assert explainer.disagreement(60, 89) is None
    assert explainer.disagreement(None, 90) is None
    assert "uses the product well (92)" in (explainer.disagreement(35, 92) or "")
    assert "little use of the product (20)" in (explainer.disagreement(85, 20) or "")


def test_an_override_stands_beside_the_score_with_its_reason() -> None:
    explainer = Explainer(MODEL)
    assert (
        explainer.override(Override(80, None, "met the CFO", "Anna"))
        == "set to 80 by Anna: met the CFO"
    )
    assert explainer.override(Override(None, "red", "", "Bo", "no_reason")).startswith(
        "the setting by Bo"
    )
    assert "expired" in explainer.override(Override(80, None, "old", "Anna", "expired"))


def test_words_of_the_users_own_are_used_and_made_safe() -> None:
    own = load_model(SMALL)
    part, head = Part("metric", "calls", 4.2, 3.0), Headline("joy", 54, "yellow", 1, TODAY)
    assert Explainer(own).sentence(head, [part]) == "Joy 54: bell rings: 3 rings (+4)"
    assert Explainer(own, "pl").sentence(head, [part]) == "Joy 54: 3 dzwonki (+4)"


def test_text_from_people_cannot_break_a_field() -> None:
    evil = Override(None, "red", "line\x00\n\u202eevil" + "x" * 10_000, "=cmd|' /C calc'!A1")
    told = Explainer(MODEL).sentence(HEAD, [], also=[Explainer(MODEL).override(evil)])
    assert "\n" not in told
    assert "\x00" not in told
    assert "\u202e" not in told
    assert len(told) < 300
    assert told[0] not in "=+-@"


def test_an_unknown_language_lists_those_there_are() -> None:
    with pytest.raises(ValueError, match=f"no language 'qq'; there are {', '.join(languages())}"):
        Explainer(MODEL, "qq")


def test_language_files_are_toml_with_a_name() -> None:
    folder = files("scoring").joinpath("languages")
    names = {
        tomllib.loads(f.read_text(encoding="utf-8"))["name"]
        for f in folder.iterdir()
        if f.name.endswith(".toml")
    }
    assert names >= {"Dansk", "English", "Nederlands", "Polski"}
