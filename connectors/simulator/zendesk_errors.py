"""Zendesk's error bodies, in the three shapes that it has."""

from .limits import Verdict
from .standin import Body, Refusal

NO_ACCESS = (
    "You do not have access to this page. Please contact the account owner of this help desk "
    "for further help."
)


def bad_credentials() -> Refusal:
    """Refuse missing or wrong Basic credentials: 401."""
    return Refusal(401, {"error": "Couldn't authenticate you"})  # unconfirmed


def bad_token() -> Refusal:
    """Refuse an unknown or expired OAuth token: 401."""
    description = (
        "The access token provided is expired, revoked, malformed or invalid for other reasons."
    )
    return Refusal(401, {"error": "invalid_token", "error_description": description})


def oauth_error(status: int, error: str, description: str) -> Refusal:
    """Refuse at the token endpoint."""
    return Refusal(status, {"error": error, "error_description": description})


def out_of_scope() -> Refusal:
    """Refuse a token whose scopes do not reach: 403, ``error`` is text."""
    return Refusal(403, {"error": "Forbidden", "description": NO_ACCESS})


def not_admin() -> Refusal:
    """Refuse a user whose role does not reach: 403, ``error`` is an object."""
    return Refusal(403, {"error": {"title": "Forbidden", "message": NO_ACCESS}})  # unconfirmed


def not_found(*, empty: bool = False) -> Refusal:
    """Refuse for something that is not there: 404, with a body or without."""
    body = {"error": "RecordNotFound", "description": "Not found"}
    return Refusal(404, None if empty else body)


def bad_request(title: str, message: str) -> Refusal:
    """Refuse a parameter: 400, ``error`` is an object."""
    return Refusal(400, {"error": {"title": title, "message": message}})


def too_many_values(parameter: str, limit: int) -> Refusal:
    """Refuse more rows or ids than one request may have: 400."""
    description = f"Parameter {parameter} cannot specify more than {limit} values"
    body = {"error": "TooManyValues", "description": description, "max_count": limit}
    return Refusal(400, body)


def invalid_record(field: str, description: str, code: str = "InvalidValue") -> Refusal:
    """Refuse values: 422 RecordInvalid."""
    details = {field: [{"description": description, "error": code}]}
    body = {
        "error": "RecordInvalid",
        "description": "Record validation errors",
        "details": details,
    }
    return Refusal(422, body)


def limited(verdict: Verdict, *, organization: bool = False) -> Refusal:
    """Refuse for a rate limit: 429 with Retry-After in seconds."""
    wait = {"Retry-After": str(int(verdict.reset) + 1)}
    if organization:
        row = {"code": "TooManyRequests", "title": "Too many requests to update"}
        return Refusal(429, {"errors": [row]}, wait)
    description = "The rate limit for this API has been exceeded."
    return Refusal(429, {"error": "APIRateLimitExceeded", "description": description}, wait)


def too_many_jobs(limit: int) -> Refusal:
    """Refuse another job while ``limit`` are queued or running: 429, no Retry-After."""
    description = f"Too many jobs queued or running: at most {limit} are allowed."
    return Refusal(429, {"error": "TooManyJobs", "description": description})


def start_time_too_recent() -> Refusal:
    """Refuse an export of the last minute: 400."""
    description = "Too recent start_time. Use a start_time older than 1 minutes"
    return Refusal(400, {"error": "StartTimeTooRecent", "description": description})


def row_failure(index: int, record_id: int, error: str, details: str) -> Body:
    """Build a failed row of a finished job; it has no ``success``."""
    return {"index": index, "error": error, "id": record_id, "details": details}
