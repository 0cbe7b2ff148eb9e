"""Zendesk's ticket metric events, worked out from tickets and their metric sets."""

from collections.abc import Iterator
from datetime import datetime

from .standin import Body
from .zendesk_state import METRIC_IDS, State
from .zendesk_store import stamp

FIRST_ID = 8_000_000_000


def metric_events(state: State) -> Iterator[tuple[Body, int]]:
    """Yield the start and end of reply and resolution times, with their epoch second."""
    number = FIRST_ID
    for ticket in state.tables["tickets"].rows.values():
        metrics = state.tables["ticket_metrics"].rows.get(ticket["id"] + METRIC_IDS, {})
        begin = _second(ticket["created_at"])
        reply = (metrics.get("reply_time_in_minutes") or {}).get("calendar")
        solved = metrics.get("solved_at")
        ends = {
            "reply_time": None if reply is None else begin + reply * 60,
            "resolution_time": _second(solved) if solved else None,
        }
        for metric, end in ends.items():
            for kind, second in (("activate", begin), ("fulfill", end)):
                if second is None:
                    continue
                number += 1
                yield _event(number, ticket["id"], metric, kind, second), second


def _event(number: int, ticket: int, metric: str, kind: str, second: int) -> Body:
    return {
        "id": number,
        "ticket_id": ticket,
        "metric": metric,
        "instance_id": 1,
        "type": kind,
        "time": stamp(second),
    }


def _second(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
