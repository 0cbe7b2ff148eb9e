"""Salesforce's ways to say no: arrays of message and errorCode, except for OAuth."""

from typing import Any

from .standin import Body, Call, Refusal


def refuse(status: int, code: str, message: str, fields: list[str] | None = None) -> Refusal:
    """Build a refusal with the REST error body."""
    body: Any = [{"message": message, "errorCode": code}]
    if fields is not None:
        body[0]["fields"] = fields
    return Refusal(status, body)


def oauth(error: str, description: str, status: int = 400) -> Refusal:
    """Build a refusal of the token endpoint: an object, not an array."""
    return Refusal(status, {"error": error, "error_description": description})


def not_found(message: str = "The requested resource does not exist") -> Refusal:
    """Build a 404."""
    return refuse(404, "NOT_FOUND", message)


def json_object(call: Call) -> Body:
    """Return a request's body.

    Raises:
        Refusal: it is no JSON object.
        werkzeug.exceptions.BadRequest: it is no JSON; answered alike.
    """
    body = call.request.get_json(force=True)
    if not isinstance(body, dict):
        raise refuse(400, "JSON_PARSER_ERROR", "Expected an object at [line:1, column:1]")
    return body


def no_column(name: str, entity: str) -> Refusal:
    """Refuse a query that names a field which is not there, or not visible."""
    return refuse(
        400,
        "INVALID_FIELD",
        f"\nERROR at Row:1:Column:1\nNo such column '{name}' on entity '{entity}'. If you are "
        "attempting to use a custom field, be sure to append the '__c' after the custom field "
        "name. Please reference your WSDL or the describe call for the appropriate names.",
    )


class RowError(Exception):
    """One row is refused.

    Args:
        code: The vendor's statusCode.
        message: The vendor's reason.
        fields: Names of the fields concerned.
    """

    def __init__(self, code: str, message: str, *fields: str) -> None:
        super().__init__(message)
        self.code, self.message, self.fields = code, message, list(fields)

    def as_json(self) -> dict[str, Any]:
        """Return the error as it stands in a row's result."""
        return {"statusCode": self.code, "message": self.message, "fields": self.fields}
