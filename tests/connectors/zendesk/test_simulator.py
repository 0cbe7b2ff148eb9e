"""Over real HTTP, against the stand-in with a whole portfolio."""

from datetime import UTC, datetime

import pytest

from connectors.base import Context, SilentLog
from connectors.simulator import Faults, start
from connectors.simulator.limits import ManualClock
from connectors.zendesk import Settings, connect
from tests.connectors.zendesk.account import BAND, HEALTH, read, updates

STREAMS = ("organizations", "users", "tickets")
TROUBLE = Faults(too_many=0.05, server_error=0.03, cut=0.05, truncate=0.03, html=0.03, expire=0.03)


def connected(simulator, clock):
    found = simulator.credentials["zendesk"]
    auth = {
        "kind": "client_credentials",
        "client_id": found["client_id"],
        "client_secret": "env:SECRET",
    }
    context = Context(
        secret=lambda _: found["client_secret"],
        now=datetime.fromtimestamp(clock(), UTC),
        own_fields=(HEALTH, BAND),
        wait=clock.advance,
    )
    settings = Settings(base_url=simulator.urls["zendesk"], auth=auth, incremental_per_minute=30)
    return connect("helpdesk", settings, context)


@pytest.mark.parametrize("faults", [Faults(), TROUBLE], ids=["calm", "trouble"])
def test_everything_is_read_once_and_written_once(faults):
    clock = ManualClock()
    with start(customers=80, systems=("zendesk",), faults=faults, clock=clock) as simulator:
        app = simulator.apps["zendesk"]
        to = connected(simulator, clock)
        tables = {}
        for stream in STREAMS:
            tables |= read(to, stream).tables

        for stream, table in zip(STREAMS, ("accounts", "contacts", "tickets"), strict=True):
            there = {
                str(row["id"])
                for row in app.state.tables[stream].rows.values()
                if row.get("role") not in {"agent", "admin"}
            }
            ids = [row["id"] for row in tables[table]]
            assert set(ids) == there
            assert len(ids) == len(there)

        to.create_fields((HEALTH, BAND))
        refs = [row["id"] for row in tables["accounts"]]
        app.fail_row(refs[3])
        values = {"pulsefield_health": "12.5", "pulsefield_health_band": "red"}
        results = list(to.write(updates(refs, **values), SilentLog()))

        assert [result.ref for result in results] == refs
        assert [result.ref for result in results if not result.ok] == [refs[3]]
        kept = [app.record(ref)["organization_fields"]["pulsefield_health"] for ref in refs]
        assert kept == [12.5] * 3 + [None] + [12.5] * (len(refs) - 4)
        assert "zendesk-client-secret" not in repr(to.__dict__)
