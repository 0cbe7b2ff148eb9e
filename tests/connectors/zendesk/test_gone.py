from datetime import UTC, datetime, timedelta

from connectors.extras import Census
from tests.connectors.zendesk.account import account, connection, organization

DAY = datetime(2026, 11, 1, tzinfo=UTC)


def test_organizations_that_left_are_gone_and_those_that_an_export_withholds_are_not():
    app = account()
    app.state.tables["organizations"].load([organization(n, DAY) for n in range(1, 6)])
    app.delete(2)
    app.edit(4, "name", "Changed this minute")
    to = connection(app).to
    assert isinstance(to, Census)

    pages = list(to.read("organizations", None))

    seen = {row for page in pages for row in page.tables["accounts"].column("id").to_pylist()}
    assert seen == {"1", "3", "5"}
    assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]
    assert to.gone("organizations", ["2", "4"]) == ["2"]


def test_an_increment_is_never_complete_and_only_organizations_leave_without_a_trace():
    app = account()
    app.state.tables["organizations"].load([organization(1, DAY)])
    to = connection(app).to
    mark = list(to.read("organizations", None))[-1].watermark
    assert not any(page.complete for page in to.read("organizations", mark))
    assert [name for name in ("organizations", "users", "tickets") if to.whole(name)] == [
        "organizations"
    ]


def test_once_a_week_all_organizations_are_read_for_those_that_left():
    app = account()
    app.state.tables["organizations"].load([organization(n, DAY) for n in range(1, 4)])
    mark = list(connection(app).to.read("organizations", None))[-1].watermark
    app.delete(2)
    brought = []
    for days in (6, 2, 3):
        app.state.clock.advance(timedelta(days=days).total_seconds())
        pages = list(connection(app).to.read("organizations", mark))
        mark = pages[-1].watermark
        ids = [one for page in pages for one in page.tables["accounts"].column("id").to_pylist()]
        brought.append((pages[-1].complete, ids))
    assert brought == [(False, []), (True, ["1", "3"]), (False, [])]


def test_a_weekly_read_that_is_cut_off_goes_on_and_does_not_begin_anew():
    app = account()
    rows = [organization(n, DAY + timedelta(minutes=n)) for n in range(1, 2301)]
    app.state.tables["organizations"].load(rows)
    first = next(connection(app).to.read("organizations", None))
    rest = list(connection(app).to.read("organizations", first.watermark))
    assert first.records + sum(page.records for page in rest) == 2300
    assert not rest[-1].complete


def test_many_that_are_missing_are_looked_for_in_hundreds():
    to = connection(account())
    assert len(to.to.gone("organizations", [str(n) for n in range(1, 251)])) == 250
    assert to.wire.paths() == ["POST /oauth/tokens"] + ["GET /api/v2/organizations/show_many"] * 3
