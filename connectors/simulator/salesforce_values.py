"""Checks values that are written, field by field, as Salesforce does."""

import math
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from .names import full_id
from .salesforce_errors import RowError, refuse
from .salesforce_schema import Field
from .salesforce_table import stamp

_NUMBERS = {"double", "currency", "percent", "int"}
_TRUTH = {"true": True, "1": True, "false": False, "0": False}
INT_LIMIT = 2**31


class Unreadable(Exception):  # noqa: N818 - becomes an answer of the vendor's
    """A value is not of the field's type at all: the parser fails before any row is looked at."""

    def __init__(self, kind: str, value: object) -> None:
        super().__init__(kind)
        self.kind, self.value = kind, value

    def refusal(self) -> Exception:
        """Return the refusal of the whole JSON request."""
        token = "VALUE_STRING" if isinstance(self.value, str) else "VALUE_NUMBER"
        return refuse(
            400,
            "JSON_PARSER_ERROR",
            f"Cannot deserialize instance of {self.kind} from {token} value {self.value} or "
            "request may be missing a required field at [line:1, column:1]",
        )


def clean(known: Field, value: Any) -> Any:
    """Return a value as rows keep it.

    Raises:
        Unreadable: not of the field's type.
        RowError: out of range, too long, not on the list.
    """
    if value is None or value == "":
        return False if known.type == "boolean" else None
    if known.type in _NUMBERS:
        return _number(known, value)
    if known.type == "boolean":
        return _boolean(value)
    if known.type in {"date", "datetime"}:
        return _moment(known.type, value)
    if not isinstance(value, str):
        value = str(value)
    if known.type in {"id", "reference"}:
        return full_id(value)
    return _text(known, value)


def _number(known: Field, value: Any) -> float | int:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise Unreadable(known.type, value) from None
    if isinstance(value, bool) or not math.isfinite(number):
        raise Unreadable(known.type, value)
    number = number.quantize(Decimal(1).scaleb(-known.scale), rounding=ROUND_HALF_UP)
    whole = known.precision - known.scale
    limit = 10**whole if known.precision else INT_LIMIT
    if abs(number) >= limit:
        raise RowError(
            "NUMBER_OUTSIDE_VALID_RANGE",
            f"{known.label}: value outside of valid range on numeric field: {value}",
            known.name,
        )
    return int(number) if known.type == "int" else float(number)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() not in _TRUTH:
        raise Unreadable("boolean", value)
    return _TRUTH[str(value).lower()]


def _moment(kind: str, value: Any) -> str:
    try:
        if kind == "date":
            return date.fromisoformat(str(value)[:10]).isoformat()
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise Unreadable(kind, value) from None
    if moment.tzinfo is None:
        raise Unreadable(kind, value)
    return str(stamp(moment))


def _text(known: Field, value: str) -> str:
    if known.restricted and value not in known.values:
        raise RowError(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            f"{known.label}: bad value for restricted picklist field: {value}",
            known.name,
        )
    if known.length and len(value) > known.length:
        raise RowError(
            "STRING_TOO_LONG",
            f"{known.label}: data value too large: {value[:80]} (max length={known.length})",
            known.name,
        )
    return value
