"""What an agent sees in each situation."""

from typing import Any

import pytest

from .cases import Case, ago, answered, organization, scored

pytestmark = pytest.mark.chromium


def test_scores_of_the_ticket_s_organization(page: Any) -> None:
    page.open(Case(scored(renewal_date="2099-12-30T00:00:00+00:00")))
    assert page.state == "ready"
    assert page.texts("h1") == ["Acme"]
    assert page.texts(".number") == ["62.4"]
    assert page.texts(".band") == ["▲Yellow"]
    assert page.texts(".change") == ["↓down 9 in about a month"]
    assert page.texts(".scores dt") == ["Adoption", "Engagement", "Coverage"]
    assert page.texts(".scores dd") == ["71", "40", "82%"]
    assert page.texts(".head") == ["Health 62 (-9 since 14 Nov)"]
    assert page.texts(".reasons li") == [
        "2 invoices more than 30 days late (-6)",
        "logins 1,240 in 30 days (+4)",
        "no meeting for 90 days (-0.5)",
    ]
    assert page.texts(".dates dt") == ["Renewal", "Last confirmed"]
    assert page.texts(".dates dd")[0].startswith("Dec 30, 2099 (in 7")
    assert page.texts(".old") == []


def test_one_request_and_nothing_but_the_organization_s_fields(page: Any) -> None:
    page.open(Case(scored()))
    assert page.requests == [
        {"url": "/api/v2/organizations/7.json", "type": "GET", "dataType": "json"}
    ]


def test_shown_within_200_milliseconds_of_the_data(page: Any) -> None:
    times = []
    for _ in range(5):
        page.open(Case(scored()))
        page.until(lambda: page.run("return zaf.kept.shown.length"))
        times.append(page.run("return zaf.kept.shown[0]"))
    assert min(times) < 200, times  # a busy machine only adds


def test_organization_sidebar_shows_the_organization_of_the_page(page: Any) -> None:
    page.open(Case(scored(), location="organization_sidebar"))
    assert page.texts(".number") == ["62.4"]


@pytest.mark.parametrize(
    ("band", "word", "mark"),
    [("red", "Red", "◆"), ("yellow", "Yellow", "▲"), ("green", "Green", "●")],
)
def test_band_is_a_word_and_a_shape_beside_its_colour(
    page: Any, band: str, word: str, mark: str
) -> None:
    page.open(Case(scored(pulsefield_health_band=f"pulsefield_health_band_{band}")))
    assert page.texts(".band") == [f"{mark}{word}"]
    kind = {"red": "bad", "yellow": "middle", "green": "good"}[band]
    assert page.texts(f".headline.{kind}")


def test_bands_have_different_colours(page: Any) -> None:
    colours = set()
    for band in ("red", "yellow", "green", "no_data"):
        page.open(Case(scored(pulsefield_health_band=f"pulsefield_health_band_{band}")))
        colours.add(page.style(".band", "color"))
    assert len(colours) == 4


def test_bands_of_the_deployment_s_own_are_coloured_by_its_settings(page: Any) -> None:
    settings = {"bad_bands": "Critical, At risk", "band_field": "risk"}
    row = {"organization": organization(risk="risk_at_risk")}
    page.open(Case(answered(row), settings=settings))
    assert page.texts(".headline.bad .band") == ["◆At risk"]


def test_no_data_is_said(page: Any) -> None:
    band = "pulsefield_health_band_no_data"
    page.open(Case(scored(pulsefield_health=None, pulsefield_health_band=band)))
    assert page.texts(".odd") == ["not known"]
    assert page.texts(".band") == ["○No data"]
    assert page.texts(".headline .bar") == []


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (3.25, "↑up 3.3 in about a month"),
        ("-0.04", "no change in about a month"),
        (0, "no change in about a month"),
    ],
)
def test_change_says_its_direction(page: Any, change: Any, shown: str) -> None:
    page.open(Case(scored(pulsefield_health_change=change)))
    assert page.texts(".change") == [shown]


@pytest.mark.parametrize(("days", "old"), [(0.5, False), (9.9, False), (10.1, True), (40, True)])
def test_values_older_than_ten_days_are_warned_of(page: Any, days: float, old: bool) -> None:
    page.open(Case(scored(pulsefield_scored_at=ago(days))))
    assert bool(page.texts(".old")) is old
    if days == 40:
        assert "last confirmed 40 days ago. It may be out of date." in page.text


def test_days_until_values_are_old_are_a_setting(page: Any) -> None:
    page.open(Case(scored(pulsefield_scored_at=ago(12)), settings={"stale_days": 14}))
    assert page.texts(".old") == []
    for nonsense in ("soon", 0, "-9", None):
        page.open(Case(scored(pulsefield_scored_at=ago(9)), settings={"stale_days": nonsense}))
        assert page.texts(".old") == [], "as if it were blank: ten days"


def test_time_without_zone_is_utc(page: Any) -> None:
    page.open(Case(scored(pulsefield_scored_at=ago(9.9).removesuffix("Z"))))
    assert page.texts(".old") == []


def test_unknown_age_is_warned_of(page: Any) -> None:
    page.open(Case(scored(pulsefield_scored_at=None)))
    assert "It is not known how old these values are." in page.text


def test_renamed_fields_are_read_by_the_settings(page: Any) -> None:
    held = {"our_health": "55", "pulsefield_adoption": 33, "our_engagement": 44}
    row = {"organization": {"id": 7, "name": "Acme", "organization_fields": held}}
    settings = {"health_field": " our_health ", "adoption_field": " ", "engagement_field": None}
    page.open(Case(answered(row), settings=settings))
    assert page.texts(".number") == ["55"]
    assert page.texts(".scores dd") == ["33", "not known", "not known"], "blank: the usual name"


@pytest.mark.parametrize(
    ("answers", "state", "title", "retry"),
    [
        (answered({}, 403), "no_permission", "No permission", False),
        (answered({}, 401), "no_permission", "No permission", False),
        (answered({}, 404), "gone", "Organization not found", False),
        (answered({}, 429), "busy", "Zendesk is busy", True),
        (answered({}, 500), "error", "The score could not be loaded", True),
        (answered({}, 0), "error", "The score could not be loaded", True),
        (answered("<html>"), "error", "The score could not be loaded", True),
        (answered({"organization": None}), "error", "The score could not be loaded", True),
        (scored(pulsefield_health=None, pulsefield_health_band=None), "empty", "No score yet", False),
        (
            answered({"organization": {"id": 7, "name": "A", "organization_fields": {}}}),
            "no_fields", "No score fields", False,
        ),
        (
            answered({"organization": {"id": 7, "name": "A"}}),
            "no_fields", "No score fields", False,
        ),
    ],
)  # fmt: skip
def test_situations_without_scores(
    page: Any, answers: Any, state: str, title: str, retry: bool
) -> None:
    page.open(Case(answers))
    assert page.state == state
    assert page.texts("h1") == [title]
    assert page.texts("button") == (["Try again"] if retry else [])
    assert page.complaints() == []


def test_ticket_without_organization_makes_no_request(page: Any) -> None:
    page.open(Case(organization=None))
    assert page.texts("h1") == ["No organization"]
    assert page.requests == []


def test_loading_is_shown_and_told(page: Any) -> None:
    page.open(Case(answered({"organization": organization()}, held=True)), wait=False)
    page.until(lambda: page.requests)
    assert page.state == "loading"
    assert page.text.strip() == "Loading the score…"
    assert page.run("return document.getElementById('app').getAttribute('aria-busy')") == "true"
    page.run("zaf.kept.release[7]()")
    page.until(lambda: page.state == "ready")
    assert page.run("return document.getElementById('app').getAttribute('aria-busy')") == "false"


def test_zendesk_that_does_not_answer_is_no_missing_organization(page: Any) -> None:
    page.open(Case(get_fails=True))
    assert page.state == "error"


def test_outside_zendesk_it_says_so(page: Any) -> None:
    page.open(Case(inside=False))
    assert page.texts("h1") == ["Open this in Zendesk"]


def test_trying_again_loads_what_failed(page: Any) -> None:
    page.open(Case(answered({}, 500)))
    page.run("zaf.answers[7] = arguments[0]", scored()["7"])
    page.run("document.querySelector('button').click()")
    page.until(lambda: page.state == "ready")
    assert len(page.requests) == 2


def test_trying_again_says_that_it_does(page: Any) -> None:
    page.open(Case(answered({}, 500)))
    page.run("zaf.answers[7] = {status: 500, held: true}")
    page.run("document.querySelector('button').click()")
    page.until(lambda: page.state == "loading")


def test_a_late_word_on_the_organization_is_dropped(page: Any) -> None:
    answers = scored() | {"8": {"status": 200, "body": {"organization": organization(8, "Bolt")}}}
    page.open(Case(answers))
    page.run("zaf.kept.held = 'ticket.organization'")
    page.emit("app.activated")
    page.until(lambda: page.run("return zaf.kept.waiting.length") == 1)
    page.run("zaf.kept.held = null; zaf.set('ticket.organization', {id: 8})")
    page.emit("ticket.organization.changed")
    page.until(lambda: page.texts("h1") == ["Bolt"])
    page.run("zaf.kept.waiting[0]()")
    page.run("return new Promise((done) => setTimeout(done, 50))")
    assert page.texts("h1") == ["Bolt"]
    assert len(page.requests) == 2


def test_another_organization_on_the_ticket_is_followed(page: Any) -> None:
    answers = scored() | {"8": {"status": 200, "body": {"organization": organization(8, "Bolt")}}}
    page.open(Case(answers))
    page.run("zaf.set('ticket.organization', {id: 8})")
    page.emit("ticket.organization.changed")
    page.until(lambda: page.texts("h1") == ["Bolt"])


def test_a_late_answer_does_not_replace_the_organization_looked_at_now(page: Any) -> None:
    answers = answered({"organization": organization()}, held=True)
    answers |= {"8": {"status": 200, "body": {"organization": organization(8, "Bolt")}}}
    page.open(Case(answers), wait=False)
    page.until(lambda: page.requests)
    page.run("zaf.set('ticket.organization', {id: 8})")
    page.emit("ticket.organization.changed")
    page.until(lambda: page.texts("h1") == ["Bolt"])
    page.run("zaf.kept.release[7]()")
    assert page.texts("h1") == ["Bolt"]


def test_events_while_the_answer_is_on_its_way_ask_nothing_more(page: Any) -> None:
    page.open(Case(answered({"organization": organization()}, held=True)), wait=False)
    page.emit("app.activated")
    page.until(lambda: page.requests)
    page.emit("ticket.requester.id.changed")
    page.run("return new Promise((done) => setTimeout(done, 50))")
    page.run("zaf.kept.release[7]()")
    page.until(lambda: page.state == "ready")
    assert len(page.requests) == 1


def test_coming_back_to_the_ticket_asks_nothing_while_values_are_fresh(page: Any) -> None:
    page.open(Case(scored()))
    for event in ("app.activated", "ticket.requester.id.changed", "app.activated"):
        page.emit(event)
    page.run("return new Promise((done) => setTimeout(done, 50))")
    assert len(page.requests) == 1
    page.run("const then = Date.now; Date.now = () => then() + 11 * 60 * 1000")
    page.emit("app.activated")
    page.until(lambda: len(page.requests) == 2)
    assert page.state == "ready", "the old values stay until the new ones are there"


def test_zendesk_is_asked_for_the_height_that_is_needed(page: Any) -> None:
    many = "Health 31: " + ", ".join(f"reason {n} ({-n})" for n in range(1, 19))
    asked = "return parseInt(zaf.kept.sizes.at(-1).height)"
    needed = "return document.body.scrollHeight"
    page.open(Case(scored(pulsefield_health_reasons=many)))
    page.until(lambda: page.run(asked) == page.run(needed))
    before = page.run(asked)
    page.run("document.querySelector('button').click()")
    page.until(lambda: page.run(asked) == page.run(needed) > before)
    assert page.run("return zaf.kept.sizes.length") <= 6
