"""A stand-in of Salesforce's REST, Bulk 2.0 and Tooling APIs: one organisation, in memory.

It refuses what Salesforce refuses with Salesforce's own bodies, and keeps what is written.
``org`` holds the state and the hooks for tests.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from .limits import Clock
from .portfolio import Portfolio
from .salesforce_access import USERNAME, private_key
from .salesforce_bulk import BulkQuery
from .salesforce_errors import json_object, not_found, refuse
from .salesforce_ingest import BulkIngest
from .salesforce_org import Org
from .salesforce_rest import Rest
from .salesforce_writes import Writer
from .standin import Body, Call, Refusal, StandIn, handlers_of, reply, routes

OLDEST, RETIRED, CURRENT = 21, 30, 67
"""API versions: from ``OLDEST`` to ``RETIRED`` gone since 2025, ``CURRENT`` is Summer '26."""

MAX_URI_AND_HEADERS = 16_384
MAX_SUBREQUESTS = 25

_DATA = "/services/data/v<version>"
_RESULTS = "<any(successfulResults, failedResults, unprocessedrecords):kind>"
ROUTES = {
    "token": ["POST /services/oauth2/token"],
    "user_info": ["GET /services/oauth2/userinfo"],
    "versions": ["GET /services/data"],
    "resources": [f"GET {_DATA}"],
    "query": [f"GET {_DATA}/query", f"GET {_DATA}/queryAll"],
    "query_more": [f"GET {_DATA}/query/<locator>", f"GET {_DATA}/queryAll/<locator>"],
    "limits": [f"GET {_DATA}/limits"],
    "record_count": [f"GET {_DATA}/limits/recordCount"],
    "describe_global": [f"GET {_DATA}/sobjects"],
    "describe": [f"GET {_DATA}/sobjects/<entity>/describe"],
    "deleted": [f"GET {_DATA}/sobjects/<entity>/deleted"],
    "get_record": [f"GET {_DATA}/sobjects/<entity>/<ref>"],
    "update_record": [f"PATCH {_DATA}/sobjects/<entity>/<ref>"],
    "create_record": [f"POST {_DATA}/sobjects/<entity>"],
    "upsert_record": [f"PATCH {_DATA}/sobjects/<entity>/<field>/<value>"],
    "collection": [f"PATCH {_DATA}/composite/sobjects"],
    "composite": [f"POST {_DATA}/composite"],
    "create_custom_field": [f"POST {_DATA}/tooling/sobjects/CustomField"],
    "create_query_job": [f"POST {_DATA}/jobs/query"],
    "query_jobs": [f"GET {_DATA}/jobs/query"],
    "query_job": [f"GET {_DATA}/jobs/query/<job>"],
    "change_query_job": [f"PATCH {_DATA}/jobs/query/<job>"],
    "delete_query_job": [f"DELETE {_DATA}/jobs/query/<job>"],
    "query_results": [f"GET {_DATA}/jobs/query/<job>/results"],
    "create_ingest_job": [f"POST {_DATA}/jobs/ingest"],
    "ingest_jobs": [f"GET {_DATA}/jobs/ingest"],
    "ingest_job": [f"GET {_DATA}/jobs/ingest/<job>"],
    "change_ingest_job": [f"PATCH {_DATA}/jobs/ingest/<job>"],
    "delete_ingest_job": [f"DELETE {_DATA}/jobs/ingest/<job>"],
    "upload": [f"PUT {_DATA}/jobs/ingest/<job>/batches"],
    "ingest_results": [f"GET {_DATA}/jobs/ingest/<job>/{_RESULTS}"],
}
_RULES: Map = routes(ROUTES)


class SalesforceOrg(StandIn):
    """One Salesforce organisation with a portfolio in it.

    Args:
        portfolio: What it holds.
        clock: The vendor's time.
        facts: Whether there is more than Accounts.

    Attributes:
        org: State, and hooks for tests.
    """

    def __init__(self, portfolio: Portfolio, clock: Clock, *, facts: bool = True) -> None:
        self.org = Org(portfolio, clock, facts=facts)
        writer = Writer(self.org)
        self.bulk = BulkQuery(self.org)
        self.ingest = BulkIngest(self.org, writer)
        groups = (Rest(self.org, writer), self.bulk, self.ingest)
        handlers = handlers_of(ROUTES, groups)
        handlers |= {"token": self._token, "versions": _versions, "composite": self._composite}
        super().__init__(_RULES, handlers, clock)

    @property
    def credentials(self) -> dict[str, str]:
        """What a connection needs, for each of the three ways to get a token."""
        access = self.org.access
        return {
            "client_id": access.client_id,
            "client_secret": access.client_secret,
            "refresh_token": access.refresh_token,
            "username": USERNAME,
            "private_key": private_key(),
        }

    def expire_tokens(self) -> None:
        """End every session now."""
        self.org.access.tokens.clear()

    def admit(self, request: Request, endpoint: str, values: Mapping[str, Any]) -> Body:
        """Check size, version, token and quota, in this order."""
        if _size(request) > MAX_URI_AND_HEADERS:
            raise refuse(414, "URI_TOO_LONG", "URI and headers exceed 16384 bytes")  # unconfirmed
        if "version" in values:
            _check_version(str(values["version"]))
        if endpoint in {"token", "versions"}:
            return {}
        self.org.access.authenticate(request)
        allowed = self.org.count_call()
        usage = {"Sforce-Limit-Info": f"api-usage={self.org.used}/{self.org.calls.limit}"}
        if not allowed:
            raise Refusal(
                403,
                _listed("TotalRequests Limit exceeded.", "REQUEST_LIMIT_EXCEEDED"),
                usage,
            )
        return usage

    def not_routed(self, problem: HTTPException) -> Response:
        """Answer a path or method that is not there."""
        if problem.code == 405:
            text = "HTTP Method not allowed"
            return reply(_listed(text, "METHOD_NOT_ALLOWED"), 405)
        if problem.code == 400:
            return reply(_listed("Unexpected character in body", "JSON_PARSER_ERROR"), 400)
        return reply(not_found().body, 404)

    def _token(self, call: Call) -> Body:
        return self.org.access.token(call.request)

    def _composite(self, call: Call) -> Body:
        """POST /composite: up to 25 requests in one, each with its own status inside."""
        asked = json_object(call).get("compositeRequest", [])
        if len(asked) > MAX_SUBREQUESTS:
            text = f"Limit exceeded: {MAX_SUBREQUESTS} subrequests"
            raise refuse(400, "LIMIT_EXCEEDED", text)  # unconfirmed: code and words
        return {"compositeResponse": [self._sub(part) for part in asked]}

    def _sub(self, part: dict[str, Any]) -> Body:
        path, _, query = str(part["url"]).partition("?")
        builder = EnvironBuilder(
            path, method=part["method"], query_string=query, json=part.get("body")
        )
        try:
            endpoint, values = self._rules.bind("", path_info=path).match(method=part["method"])
            answer = self._handlers[endpoint](Call(Request(builder.get_environ()), values))
            response = answer if isinstance(answer, Response) else reply(answer)
        except Refusal as refusal:
            response = reply(refusal.body, refusal.status)
        except HTTPException as problem:
            response = self.not_routed(problem)
        text = response.get_data(as_text=True)
        return {
            "body": json.loads(text) if text else None,
            "httpHeaders": {},
            "httpStatusCode": response.status_code,
            "referenceId": part.get("referenceId"),
        }


def _listed(message: str, code: str) -> Any:
    return refuse(0, code, message).body


def _versions(_call: Call) -> Response:
    listed: Any = [
        {
            "label": f"Release {number}",
            "url": f"/services/data/v{number}.0",
            "version": f"{number}.0",
        }
        for number in range(RETIRED + 1, CURRENT + 1)
    ]
    return reply(listed)


def _check_version(text: str) -> None:
    number = int(text.removesuffix(".0")) if re.fullmatch(r"\d+\.0", text) else 0
    if OLDEST <= number <= RETIRED:
        raise refuse(410, "UNSUPPORTED_API_VERSION", f"API version {text} is retired")
    if not RETIRED < number <= CURRENT:
        raise not_found()


def _size(request: Request) -> int:
    """Return the bytes of the request line's URI and the headers."""
    headers = sum(len(name) + len(value) + 4 for name, value in request.headers.items())
    return len(request.full_path) + headers


def build(portfolio: Portfolio, clock: Clock, *, facts: bool = True) -> SalesforceOrg:
    """Return an organisation with a portfolio in it, or with its Accounts alone."""
    return SalesforceOrg(portfolio, clock, facts=facts)
