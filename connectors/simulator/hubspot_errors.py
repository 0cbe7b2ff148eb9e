"""HubSpot's error bodies. Wording marked unconfirmed is ours; category and shape are HubSpot's."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from .limits import Verdict
from .standin import Body, Refusal

CORRELATION_ID = str(UUID(int=0x5EED))
"""A constant: two runs of the simulator answer alike."""

SCOPES_LINK = "https://developers.hubspot.com/scopes"

RATE_MESSAGES = {
    "TEN_SECONDLY_ROLLING": "You have reached your ten_secondly_rolling limit.",
    "SECONDLY": "You have reached your secondly limit.",
    "DAILY": "You have reached your daily limit.",
}


def error(message: str, category: str, **more: Any) -> Body:
    """Build the general error body; keyword arguments are further members."""
    return {
        "status": "error",
        "message": message,
        "correlationId": CORRELATION_ID,
        "category": category,
        **more,
    }


def invalid(message: str, **more: Any) -> Refusal:
    """Refuse a request as a whole: 400 VALIDATION_ERROR."""
    return Refusal(400, error(message, "VALIDATION_ERROR", **more))


def bad_json(detail: str) -> Refusal:
    """Refuse a body that does not fit the operation's model."""
    return invalid(f"Invalid input JSON on line 1, column 1: {detail}")


def not_found(message: str) -> Refusal:
    """Refuse for something that is not there: 404 OBJECT_NOT_FOUND."""
    return Refusal(404, error(message, "OBJECT_NOT_FOUND"))


def conflict(message: str) -> Refusal:
    """Refuse to create what exists: 409."""
    return Refusal(409, error(message, "OBJECT_ALREADY_EXISTS"))


def bad_token() -> Refusal:
    """Refuse missing or unknown credentials: 401."""
    message = (
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and "
        "you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
    )
    return Refusal(401, error(message, "INVALID_AUTHENTICATION"))


def expired_token(seconds: int, at: str) -> Refusal:
    """Refuse a token that was good until ``seconds`` ago: 401."""
    message = f"The OAuth token used to make this call expired {seconds} second(s) ago."
    context = {"expireTime": [at]}
    return Refusal(401, error(message, "EXPIRED_AUTHENTICATION", context=context))


def missing_scopes(scopes: Sequence[str]) -> Refusal:
    """Refuse for want of any of these scopes: 403."""
    message = (
        "This app hasn't been granted all required scopes to make this call. "
        f"Read more about required scopes here: {SCOPES_LINK}."
    )
    detail = {
        "message": "One or more of the following scopes are required.",
        "context": {"requiredGranularScopes": list(scopes)},
    }
    body = error(message, "MISSING_SCOPES", errors=[detail], links={"scopes": SCOPES_LINK})
    return Refusal(403, body)


def too_many(policy: str, verdict: Verdict, *, tell: bool) -> Refusal:
    """Refuse for a rate limit: 429 of that policy; Retry-After only where ``tell``."""
    body = {
        "status": "error",
        "message": RATE_MESSAGES[policy],
        "errorType": "RATE_LIMIT",
        "correlationId": CORRELATION_ID,
        "policyName": policy,
        "requestId": CORRELATION_ID,
    }
    return Refusal(429, body, {"Retry-After": str(int(verdict.reset) + 1)} if tell else {})


def property_problem(name: str, code: str, message: str) -> Body:
    """Describe one bad property value, as it stands inside the batch's message."""
    return {
        "isValid": False,
        "message": message,
        "error": code,
        "name": name,
        "localizedErrorMessage": message,
    }


def invalid_values(problems: Sequence[Body], ids: Sequence[str]) -> Body:
    """Build the body for bad property values of one record or of a whole batch."""
    errors = [
        {
            "message": problem["message"],
            "code": problem["error"],
            "context": {"propertyName": [problem["name"]]},
        }
        for problem in problems
    ]
    message = f"Property values were not valid: {json.dumps(list(problems))}"
    return error(message, "VALIDATION_ERROR", errors=errors, context={"ids": list(ids)})


def row_error(category: str, message: str, context: Body, sub: str | None = None) -> Body:
    """Build one item of ``errors`` in a 207."""
    body: Body = {
        "status": "error",
        "category": category,
        "message": message,
        "context": context,
        "errors": [],
        "links": {},
    }
    return {**body, "subCategory": sub} if sub else body
