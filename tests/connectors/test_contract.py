"""The contract of every connector, one body for all: see ``contract.py``."""

import logging
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.base import FieldUpdate, SilentLog
from connectors.errors import ConnectorError, SetupError, TransientError
from connectors.simulator import Faults
from tests.connectors.contract import CONNECTORS, SECRET, Answer, World, world

AUTHS = [(kind, auth) for kind, entry in CONNECTORS.items() for auth in entry.auths]
RENEWABLE = [(kind, auth) for kind, auth in AUTHS if auth in CONNECTORS[kind].renewable]


@pytest.fixture(scope="module", params=CONNECTORS)
def served(request: pytest.FixtureRequest) -> Iterator[World]:
    with world(request.param, customers=150) as one:
        one.connect().create_fields(one.specs())
        yield one


@pytest.fixture
def here(served: World) -> Iterator[World]:
    served.waits.clear()
    served.app.log.clear()
    yield served
    served.tamper.change = None
    served.injector._forced.clear()


@pytest.fixture(scope="module")
def all_served() -> Iterator[dict[str, World]]:
    """One stand-in of each kind, for what is parametrised by auth."""
    opened = {kind: world(kind, customers=5) for kind in CONNECTORS}
    try:
        yield {kind: one.__enter__() for kind, one in opened.items()}
    finally:
        for one in opened.values():
            one.__exit__(None, None, None)


def rows(connection: Any, stream: str, since: str | None = None) -> tuple[Counter[str], str | None]:
    """Return what a read brought, in any order and without its time, and the last watermark."""
    found: Counter[str] = Counter()
    mark = since
    for page in connection.read(stream, since):
        mark = page.watermark or mark
        for name, table in page.tables.items():
            kept = [column for column in table.column_names if column != "known_at"]
            found.update(f"{name} {row}" for row in table.select(kept).to_pylist())
    return found, mark


def news(connection: Any, stream: str, since: str | None = None) -> tuple[set[str], str | None]:
    """Return what accounts say, stamps aside."""
    found, mark = set(), since
    for page in connection.read(stream, since):
        mark = page.watermark or mark
        if "accounts" in page.tables:
            said = page.tables["accounts"].drop_columns(["known_at", "updated_at"])
            found.update(map(str, said.to_pylist()))
    return found, mark


def everything(connection: Any) -> Counter[str]:
    found: Counter[str] = Counter()
    for stream in connection.streams():
        found += rows(connection, stream.name)[0]
    return found


def held_now(here: World) -> dict[str, dict[str, str | None]]:
    """Return what our fields hold, by account; a minute later, as some exports withhold it."""
    here.clock.advance(120)
    connection = here.connect()
    pages = connection.read(connection.streams()[0].name, None)
    return {
        row["id"]: row
        for page in pages
        if "held" in page.tables
        for row in page.tables["held"].to_pylist()
    }


def updates(here: World, count: int, health: float = 71.5) -> list[FieldUpdate]:
    health_field, band, reasons, scored = (spec.name for spec in here.specs())
    values = {
        health_field: f"{health:.1f}",
        band: "green",
        reasons: 'Fewer logins (-6), "Zoë" said\nso, twice',
        scored: "2026-11-17T08:00:00Z",
    }
    return [FieldUpdate(ref, values) for ref in here.accounts[:count]]


def test_connecting_makes_no_request(here: World) -> None:
    connection = here.connect()
    assert connection.streams()[0].tables[0] == "accounts"
    assert not here.app.log.entries


@pytest.mark.parametrize(("kind", "auth"), AUTHS)
def test_every_way_to_sign_in_works(all_served: dict[str, World], kind: str, auth: str) -> None:
    connection = all_served[kind].connect(auth)
    stream = connection.streams()[0].name
    assert sum(page.records for page in connection.read(stream, None)) > 0


@pytest.mark.parametrize(("kind", "auth"), AUTHS)
def test_refused_credentials_are_a_setup_error_that_names_no_secret(
    all_served: dict[str, World], kind: str, auth: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    here = all_served[kind]
    here.tamper.change = lambda path, answer: (401, answer[1])
    connection = here.connect(auth)
    try:
        with pytest.raises(SetupError) as caught:
            list(connection.read(connection.streams()[0].name, None))
    finally:
        here.tamper.change = None
    told = f"{caught.value!r} {connection!r} {caplog.text} {connection.check()!r}"
    for key in SECRET:
        assert here.credentials.get(key, "-none-") not in told
    assert len(str(caught.value)) > 30


@pytest.mark.parametrize(("kind", "auth"), RENEWABLE)
def test_a_token_that_expired_is_renewed_once(
    all_served: dict[str, World], kind: str, auth: str
) -> None:
    here = all_served[kind]
    connection = here.connect(auth)
    stream = connection.streams()[0].name
    list(connection.read(stream, None))
    here.app.expire_tokens()
    assert sum(page.records for page in connection.read(stream, None)) > 0
    here.app.log.clear()
    here.tamper.change = lambda path, answer: answer if "token" in path else (401, answer[1])
    with pytest.raises(SetupError):
        list(here.connect(auth).read(stream, None))
    here.tamper.change = None
    assert here.app.log.count("token") == 2


def test_a_wrong_secret_is_reported_by_check(here: World) -> None:
    auth = next(iter(here.entry.auths))
    secret = next(v for v in here.entry.auths[auth].values() if v.startswith("env:"))
    connection = here.connect(auth, **{secret.removeprefix("env:"): "certainly-wrong-secret"})
    problems = connection.check()
    assert any(problem.fatal for problem in problems)
    assert "certainly-wrong-secret" not in repr(problems)


def test_check_finds_nothing_fatal_where_all_is_well(here: World) -> None:
    assert not [problem for problem in here.connect().check() if problem.fatal]


def test_a_repeated_page_raises(here: World) -> None:
    stream, spoil = here.entry.looping
    memo: dict[str, Any] = {}

    here.tamper.change = lambda path, answer: spoil(path, answer, memo)
    with pytest.raises(TransientError, match=r"twice|repeat|again"):
        list(here.connect().read(stream, None))
    assert len(here.app.log.entries) < 30


def test_retry_after_is_honoured(here: World) -> None:
    connection = here.connect()
    stream = connection.streams()[0].name
    rows(connection, stream)
    here.waits.clear()
    here.injector.force("too_many")
    rows(connection, stream)
    assert max(here.waits) >= here.injector.faults.retry_after
    assert connection.stats.retried == 1


def test_no_update_makes_no_request(here: World) -> None:
    assert list(here.connect().write([], SilentLog())) == []
    assert not here.app.log.entries


def test_one_result_for_each_update_in_order_and_read_after_write_agrees(here: World) -> None:
    connection = here.connect()
    sent = updates(here, 30)
    results = list(connection.write(sent, SilentLog()))
    assert [result.ref for result in results] == [update.ref for update in sent]
    assert all(result.ok for result in results)
    held = held_now(here)
    for update in sent:
        assert {name: held[update.ref][name] for name in update.values} == update.values


def test_clearing_reads_back_as_nothing(here: World) -> None:
    connection = here.connect()
    ref, name = here.accounts[0], here.specs()[0].name
    assert next(iter(connection.write([FieldUpdate(ref, {name: "12.0"})], SilentLog()))).ok
    assert next(iter(connection.write([FieldUpdate(ref, {name: None})], SilentLog()))).ok
    assert held_now(here)[ref][name] is None


def test_a_record_that_does_not_exist_is_refused_alone(here: World) -> None:
    good = updates(here, 3)
    missing = here.accounts[0][:-4] + "9999" if here.kind != "salesforce" else "001000000000999"
    sent = [good[0], FieldUpdate(missing, good[0].values), *good[1:]]
    results = list(here.connect().write(sent, SilentLog()))
    assert [result.ok for result in results] == [True, False, True, True]
    assert results[1].code
    assert results[1].message


def test_our_own_writes_bring_no_news(here: World) -> None:
    """What comes back says what was read before, so that the store keeps nothing of it."""
    connection = here.connect()
    stream = connection.streams()[0].name
    here.clock.advance(120)
    before, mark = news(connection, stream)
    assert before
    list(connection.write(updates(here, 20, health=33.5), SilentLog()))
    here.clock.advance(3600)
    assert news(here.connect(), stream, mark)[0] <= before


def test_every_request_is_counted(here: World) -> None:
    connection = here.connect()
    for stream in connection.streams():
        rows(connection, stream.name)
    made, least = sum(connection.stats.made.values()), sum(connection.stats.least.values())
    assert made == len(here.app.log.entries)
    assert least <= made <= least * 1.1 + 5


def test_an_interrupted_read_goes_on_from_its_last_page(here: World) -> None:
    connection = here.connect()
    for stream in connection.streams():
        whole = set(rows(connection, stream.name)[0])
        pages = here.connect().read(stream.name, None)
        first = next(pages)
        pages.close()
        some = {
            f"{name} {row}"
            for name, table in first.tables.items()
            for row in table.drop_columns(
                [c for c in ("known_at",) if c in table.column_names]
            ).to_pylist()
        }
        rest = set(rows(here.connect(), stream.name, first.watermark)[0])
        assert some | rest >= whole


def _listed(body: Any) -> list[Any]:
    """Return the records of a page, which may be changed in place."""
    lists = [body.get(key) for key in ("records", "results", "organizations", "users", "tickets")]
    found = [one for one in lists if isinstance(one, list)]
    return found[0] if found else []


def test_rows_that_come_twice_or_in_another_order_are_neither_lost_nor_others(here: World) -> None:
    """The store keeps a row that comes again once."""
    expected = everything(here.connect())

    def spoil(path: str, answer: Answer) -> Answer:
        if isinstance(answer[1], dict) and "/search" not in path:  # what HubSpot orders is refused
            page = _listed(answer[1])
            page[:] = [*reversed(page), *page[:7]]
        return answer

    here.tamper.change = spoil
    assert set(everything(here.connect())) == set(expected)


@pytest.mark.parametrize("kind", CONNECTORS)
def test_faults_lose_and_double_nothing(kind: str) -> None:
    with world(kind) as calm:
        expected = everything(calm.connect())
    faults = Faults(
        seed=5, too_many=0.04, server_error=0.04, cut=0.04, truncate=0.04, gzip=0.04, html=0.04,
        expire=0.04,
    )  # fmt: skip
    with world(kind, faults=faults) as here:
        connection = here.connect(next((a for k, a in RENEWABLE if k == kind), None))
        for _ in range(20):
            assert everything(connection) == expected
            if sum(here.injector.injected.values()) >= 10:
                break
        here.injector.faults = Faults()
        connection.create_fields(here.specs())
        here.injector.faults = faults
        sent = updates(here, 30)
        results = list(connection.write(sent, SilentLog()))
    assert [(result.ref, result.ok) for result in results] == [(one.ref, True) for one in sent]


def test_a_link_to_another_host_is_not_followed(here: World) -> None:
    connection = here.connect()
    with pytest.raises(ConnectorError, match="evil"):
        connection._http.json("GET", "https://evil.example/next")
    assert not here.app.log.entries
