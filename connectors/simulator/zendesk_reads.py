"""Zendesk's endpoints that read: exports, lists, show_many, counts."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from bisect import bisect_right
from collections.abc import Sequence
from urllib.parse import urlencode

from werkzeug.wrappers import Request

from .standin import Body, Call
from .zendesk_errors import bad_request, not_found, start_time_too_recent, too_many_values
from .zendesk_events import metric_events
from .zendesk_state import ADMIN_ID, METRIC_IDS, State
from .zendesk_store import stamp

EXPORT_PAGE = 1_000
PAGE = 100
PAGES = 100
WITHHELD = 60
"""Seconds: exports leave out what changed in the last minute."""

COUNT_CACHED_ABOVE = 100_000


class Reads:
    """Handlers; each takes a routed request."""

    def __init__(self, state: State) -> None:
        self.state = state

    def export(self, call: Call) -> Body:
        """GET a cursor export of tickets or users."""
        table, request = self.state.tables[call["name"]], call.request
        second, after_id = self._start(request)
        limit = _size(request, "per_page", EXPORT_PAGE)
        until = int(self.state.clock()) - WITHHELD
        ids = table.since(second, after_id, until, limit + 1)
        more, ids = len(ids) > limit, ids[:limit]
        if ids:
            second, after_id = table.changed[ids[-1]], ids[-1]
        cursor = _encode(f"{second}.0||{after_id}|")
        rows = [table.rows[record_id] for record_id in ids]
        if request.args.get("exclude_deleted") == "true":
            rows = [row for row in rows if row.get("status") != "deleted"]
        body = self._sideload(request, call["name"], rows)
        kept = {"cursor": cursor}
        return {
            **body,
            "after_url": self._link(request, kept, drop={"start_time", "cursor"}),
            "after_cursor": cursor,
            "before_url": None,
            "before_cursor": None,
            "end_of_stream": not more,
        }

    def time_export(self, call: Call) -> Body:
        """GET a time-based export of organizations or ticket metric events.

        A page ends with a whole second, so it may be longer than asked, unless it began with
        that second: then nothing moves on.
        """
        name, request = call["name"], call.request
        table = self.state.tables[name]
        if name == "ticket_metric_events" and not table.rows:
            table.load(metric_events(self.state))
        start, _ = self._start(request)
        limit = _size(request, "per_page", EXPORT_PAGE)
        until = int(self.state.clock()) - WITHHELD
        ids = list(table.since(start, -1, until, limit))
        if ids and table.changed[ids[-1]] != start:
            last = table.changed[ids[-1]]
            ids += table.since(last, ids[-1], min(last + 1, until), len(table.rows))
        end = table.changed[ids[-1]] if ids else None
        more = bool(ids) and bool(table.since(end or 0, ids[-1], until, 1))
        body = self._sideload(request, name, [table.rows[record_id] for record_id in ids])
        link = self._link(request, {"start_time": str(end)}, drop={"start_time"})
        body |= {"count": len(ids), "end_time": end, "next_page": link if ids else None}
        # The published answer of metric events has no end_of_stream.
        return body if name == "ticket_metric_events" else {**body, "end_of_stream": not more}

    def page(self, call: Call) -> Body:
        """GET a list, paged by cursor or by number."""
        table = self.state.tables[call["name"]]
        return self._paged(call.request, call["name"], table.ids())

    def organization_tickets(self, call: Call) -> Body:
        """GET the tickets of one organization."""
        tickets, organization = self.state.tables["tickets"], int(call["record_id"])
        rows = tickets.rows
        ids = [found for found in tickets.ids() if rows[found]["organization_id"] == organization]
        return self._paged(call.request, "tickets", ids)

    def show(self, call: Call) -> Body:
        """GET one row."""
        row = self.state.tables[call["name"]].live(int(call["record_id"]))
        if row is None:
            raise not_found(empty=self.state.empty_404)
        return {call["name"].removesuffix("s"): row}

    def ticket_metric(self, call: Call) -> Body:
        """GET the metric set of one ticket."""
        row = self.state.tables["ticket_metrics"].live(int(call["record_id"]) + METRIC_IDS)
        if row is None:
            raise not_found(empty=self.state.empty_404)
        return {"ticket_metric": row}

    def show_many(self, call: Call) -> Body:
        """GET up to 100 rows by id or, case aside, by external id; unknown ones are left out."""
        table, args = self.state.tables[call["name"]], call.request.args
        parameter = "ids" if "ids" in args else "external_ids"
        values = [text for text in args.get(parameter, "").split(",") if text]
        if len(values) > PAGE:
            raise too_many_values(parameter, PAGE)
        if parameter == "ids":
            found = [table.live(int(text)) for text in values if text.isdigit()]
            rows = [row for row in found if row is not None]
        else:
            wanted = {text.lower() for text in values}
            live = (table.rows[record_id] for record_id in table.ids())
            rows = [row for row in live if str(row.get("external_id") or "").lower() in wanted]
        body = self._sideload(call.request, call["name"], rows)
        return {**body, "count": len(rows), "next_page": None, "previous_page": None}

    def count(self, call: Call) -> Body:
        """GET how many there are; above 100,000 the answer may be old and undated."""
        value = len(self.state.tables[call["name"]].ids())
        cached = value > COUNT_CACHED_ABOVE
        refreshed = None if cached else stamp(self.state.clock())
        return {"count": {"value": value, "refreshed_at": refreshed}}

    def me(self, _call: Call) -> Body:
        """GET the calling user."""
        return {"user": self.state.tables["users"].rows[ADMIN_ID]}

    def _start(self, request: Request) -> tuple[int, int]:
        """Return the (second, id) after which an export begins."""
        cursor, start = request.args.get("cursor"), request.args.get("start_time", "")
        if cursor:
            head, _, rest = _decode(cursor).partition("||")
            try:
                return int(float(head)), int(rest.rstrip("|"))
            except ValueError:
                raise bad_request("Invalid attribute", "The cursor is not valid") from None
        if not start.isdigit():
            raise bad_request("Invalid attribute", "start_time: must be an epoch second")
        if int(start) > self.state.clock() - WITHHELD:
            raise start_time_too_recent()
        return int(start), -1

    def _paged(self, request: Request, name: str, ids: Sequence[int]) -> Body:
        if "page[size]" in request.args or "page[after]" in request.args:
            return self._by_cursor(request, name, ids)
        size = _size(request, "per_page", PAGE)
        number = _number(request, "page")
        if number > PAGES:
            raise bad_request("Invalid attribute", f"page: offset paging ends at page {PAGES}")
        rows = self._rows(name, ids[(number - 1) * size : number * size])
        following = {"page": str(number + 1)} if number * size < len(ids) else None
        former = {"page": str(number - 1)} if number > 1 else None
        return {
            **self._sideload(request, name, rows),
            "next_page": self._link(request, following, drop={"page"}) if following else None,
            "previous_page": self._link(request, former, drop={"page"}) if former else None,
            "count": len(ids),
        }

    def _by_cursor(self, request: Request, name: str, ids: Sequence[int]) -> Body:
        size = _size(request, "page[size]", PAGE)
        after = request.args.get("page[after]")
        text = _decode(after) if after else "0"
        if not text.isdigit():
            raise bad_request("Invalid attribute", "page[after] is not valid")
        start = bisect_right(ids, int(text))
        chosen = ids[start : start + size]
        last = _encode(str(chosen[-1])) if chosen else None
        more = start + size < len(ids)
        kept = {"page[after]": last or "", "page[size]": str(size)}
        link = self._link(request, kept, drop=set(kept)) if more else None
        return {
            **self._sideload(request, name, self._rows(name, chosen)),
            "meta": {"has_more": more, "after_cursor": last, "before_cursor": None},
            "links": {"next": link, "prev": None},
        }

    def _rows(self, name: str, ids: Sequence[int]) -> list[Body]:
        rows = self.state.tables[name].rows
        return [rows[record_id] for record_id in ids]

    def _sideload(self, request: Request, name: str, rows: Sequence[Body]) -> Body:
        """Return rows under their name, and beside them what ``include`` asks for."""
        body: Body = {name: rows}
        asked = request.args.get("include", "").split(",")
        for other, column in (("users", "requester_id"), ("organizations", "organization_id")):
            if other in asked and other != name:
                ids = dict.fromkeys(row[column] for row in rows if row.get(column))
                table = self.state.tables[other]
                body[other] = [table.rows[found] for found in ids if found in table.rows]
        if "metric_sets" in asked and name == "tickets":
            metrics = self.state.tables["ticket_metrics"].rows
            if self.state.metrics_inside:
                inside = [metrics.get(row["id"] + METRIC_IDS) for row in rows]
                pairs = zip(rows, inside, strict=True)
                body[name] = [{**row, "metric_set": found} for row, found in pairs]
            else:
                beside = [metrics.get(row["id"] + METRIC_IDS) for row in rows]
                body["metric_sets"] = [found for found in beside if found]
        return body

    def _link(self, request: Request, changed: dict[str, str], *, drop: set[str]) -> str:
        host = self.state.link_host or request.host_url.rstrip("/")
        args = [(key, text) for key, text in request.args.items(multi=True) if key not in drop]
        return f"{host}{request.path}?{urlencode([*args, *changed.items()])}"


def _encode(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


def _decode(cursor: str) -> str:
    try:
        return urlsafe_b64decode(cursor).decode()
    except (Base64Error, UnicodeDecodeError):
        raise bad_request("Invalid attribute", "The cursor is not valid") from None


def _size(request: Request, parameter: str, largest: int) -> int:
    size = _number(request, parameter, largest)
    if size > largest:
        raise bad_request("Invalid attribute", f"{parameter}: cannot be greater than {largest}")
    return size


def _number(request: Request, parameter: str, default: int = 1) -> int:
    text = request.args.get(parameter, str(default))
    if not text.isdigit() or int(text) < 1:
        raise bad_request("Invalid attribute", f"{parameter}: must be a positive number")
    return int(text)
