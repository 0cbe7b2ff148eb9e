"""Values as systems send them -> canonical values, a whole column at a time.

A value that cannot be what its column wants becomes null and is counted with its kind; nothing
is guessed for one cell that another cell of the column could contradict.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, TypeAlias

import pyarrow as pa

from . import quick
from .errors import SetupError
from .moments import Moments, Oddity
from .records import ColumnType

Odd: TypeAlias = dict[str, list[int]]

# Texts that stand for "no value". Short for text columns, where they may be real words
# ("NA" is Namibia); a mapping's ``null`` adds to them.
TEXT_NULLS = frozenset({"null", "n/a", "#n/a", "nan"})
OTHER_NULLS = TEXT_NULLS | {
    "none", "na", "nil", "missing", "not available", "unknown", "?", "-", "--", "inf", "-inf",
}  # fmt: skip
BOOLEANS = {
    "true": True, "yes": True, "y": True, "t": True, "1": True, "on": True,
    "false": False, "no": False, "n": False, "f": False, "0": False, "off": False,
}  # fmt: skip
_DECORATION = re.compile(r"[\s\u00a0\u202f€$£%']")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_GROUPED_COMMA = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?")
_COMMA_DECIMAL = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),(\d{1,2}|\d{4,})")
_POINT_DECIMAL = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)\.(\d{1,2}|\d{4,})")
_LIST_SEPARATOR = re.compile(r"[;,\n]")


@dataclass(frozen=True, slots=True)
class Rule:
    """How one column is converted.

    Attributes:
        type: Canonical type.
        nulls: Folded texts that mean null, beside blanks.
        values: Folded vendor text -> our text.
        allowed: Folded canonical values of an enum; empty: any text.
        decimal: Decimal mark of numbers given as text.
        scale: Factor for numbers, e.g. 0.01 for cents.
        low: Smallest number kept.
        high: Largest number kept.
        moments: How texts are read as times.
    """

    type: ColumnType
    nulls: frozenset[str] = TEXT_NULLS
    values: Mapping[str, str] = field(default_factory=dict)
    allowed: frozenset[str] = frozenset()
    decimal: str = "."
    scale: float = 1.0
    low: float = -math.inf
    high: float = math.inf
    moments: Moments = field(default_factory=Moments)

    def parser(self) -> Callable[[Any], Any]:
        """Return the function from a value that is not null to a canonical value."""
        if self.type in {"string", "strings"}:
            return self._enum if self.allowed else _text
        return {
            "integer": self._integer,
            "number": self._number,
            "boolean": _boolean,
            "time": self.moments.time,
            "date": self.moments.date,
        }[self.type]

    def quick(self, values: quick.Values) -> pa.Array | None:
        """Return the converted column if no value of it needs a closer look, else None."""
        found = quick.loaded(values) if self._plain() else None
        ways: dict[ColumnType, Callable[[pa.Array], pa.Array | None]] = {
            "string": lambda texts: quick.texts(texts, self.nulls),
            "strings": lambda lists: quick.lists(lists, self.nulls),
            "number": lambda numbers: quick.numbers(numbers, self.scale, (self.low, self.high)),
            "integer": quick.integers,
            "boolean": quick.booleans,
            "time": lambda times: quick.times(times, self.moments.zone),
        }
        return None if found is None or self.type not in ways else ways[self.type](found)

    def _plain(self) -> bool:
        """Whether values can be taken as they are."""
        if self.values or self.allowed or self.decimal != "." or self.moments.format:
            return False
        if self.type == "integer" and (self.scale, self.low, self.high) != (1, -math.inf, math.inf):
            return False
        # Nulls of the user's own may be numbers, such as -100.
        return self.type in {"string", "strings"} or self.nulls <= OTHER_NULLS

    def _number(self, value: Any) -> float:
        number = _float(value, self.decimal) * self.scale
        if not math.isfinite(number):
            raise Oddity("not_finite")
        if not self.low <= number <= self.high:
            raise Oddity("out_of_range")
        return number

    def _integer(self, value: Any) -> int:
        number = self._number(value)
        if not number.is_integer() or abs(number) >= 2**63:
            raise Oddity("not_an_integer")
        return int(value) if isinstance(value, int) and self.scale == 1 else int(number)

    def _enum(self, value: Any) -> str:
        text = fold(_text(value))
        if text in self.allowed:
            return text
        raise Oddity("unknown_value")


def fold(text: str) -> str:
    """Return a value's form for comparison: case and the kind of space do not matter."""
    return text.strip().casefold().replace(" ", "_").replace("-", "_")


def convert(values: Sequence[Any], rule: Rule) -> tuple[list[Any], Odd]:
    """Return canonical values, and the positions of the odd ones by kind, looking at each cell.

    Raises:
        SetupError: a number column that holds time stamps throughout.
    """
    if rule.type == "strings":
        return _lists(values, rule)
    cell = _cell(rule)
    odd: dict[Any, str] = {}
    if _mixed(values):
        return _one_by_one(values, cell)

    class Memo(dict[Any, Any]):
        def __missing__(self, raw: Any) -> Any:
            value, kind = cell(raw)
            if kind is not None:
                odd[raw] = kind
            self[raw] = value
            return value

    result = list(map(Memo().__getitem__, values))
    positions = _positions(values, odd) if odd else {}
    _refuse_times(values, positions, rule)
    return result, positions


def _positions(values: Sequence[Any], odd: Mapping[Any, str]) -> Odd:
    positions: Odd = {}
    for position, raw in enumerate(values):
        if raw in odd:
            positions.setdefault(odd[raw], []).append(position)
    return positions


def _mixed(values: Sequence[Any]) -> bool:
    """Whether equal keys could be different values (1, 1.0, True), or keys cannot be hashed."""
    kinds = set(map(type, values))
    return len(kinds & {bool, int, float}) > 1 or bool(kinds & {list, dict})


def _one_by_one(values: Sequence[Any], cell: "Cell") -> tuple[list[Any], Odd]:
    result, positions = [], Odd()
    for position, raw in enumerate(values):
        value, kind = cell(raw)
        result.append(value)
        if kind is not None:
            positions.setdefault(kind, []).append(position)
    return result, positions


Cell: TypeAlias = Callable[[Any], tuple[Any, str | None]]


def _cell(rule: Rule) -> Cell:
    parse, other = rule.parser(), "other" if "other" in rule.allowed else None

    def cell(raw: Any) -> tuple[Any, str | None]:
        if raw is None or raw == "":
            return None, None
        text = raw.strip() if isinstance(raw, str) else str(raw)
        if not text:
            return None, None if rule.type == "string" else "blank"
        if text.casefold() in rule.nulls:
            return None, "sentinel"
        plain = text if isinstance(raw, str) else raw
        value = rule.values.get(fold(text), plain) if rule.values else plain
        try:
            return parse(value), None
        except Oddity as oddity:
            kind = str(oddity)
            return (other if kind == "unknown_value" else None), kind

    return cell


def _lists(values: Sequence[Any], rule: Rule) -> tuple[list[Any], Odd]:
    """Convert to lists of texts; a text is split at commas, semicolons and line ends."""
    result: list[list[str] | None] = []
    odd: Odd = {}
    for position, raw in enumerate(values):
        if raw is None:
            result.append(None)
            continue
        parts = _LIST_SEPARATOR.split(raw) if isinstance(raw, str) else raw
        texts = [text for part in parts if part is not None and (text := str(part).strip())]
        kept = [text for text in texts if text.casefold() not in rule.nulls]
        if len(kept) < len(texts):
            odd.setdefault("sentinel", []).append(position)
        result.append(kept or None)
    return result, odd


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, float) and not math.isfinite(value):
        raise Oddity("not_finite")
    if isinstance(value, (dict, list)):
        raise Oddity("not_a_text")
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    known = BOOLEANS.get(_text(value).casefold())
    if known is None:
        raise Oddity("not_a_boolean")
    return known


def _float(value: Any, decimal: str) -> float:
    if isinstance(value, str):
        return float(_plain_number(value, decimal))
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise Oddity("not_a_number") from None


def _plain_number(text: str, decimal: str) -> str:
    """Return a number's text as ``float`` reads it."""
    plain = _DECORATION.sub("", text)
    if decimal == ",":
        grouped = _GROUPED_COMMA.fullmatch(plain)
        plain = (plain.replace(".", "") if grouped else plain).replace(",", ".")
    elif _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    try:
        float(plain)
    except ValueError:
        raise Oddity("not_a_number") from None
    if "_" in plain:  # float() takes 1_000, no spreadsheet means that
        raise Oddity("not_a_number")
    return plain


def _refuse_times(values: Sequence[Any], odd: Odd, rule: Rule) -> None:
    """Refuse a number column whose texts are time stamps: a wrong mapping, not odd rows."""
    failed = odd.get("not_a_number", ()) if rule.type in {"number", "integer"} else ()
    filled = sum(1 for raw in values if raw not in {None, ""}) if failed else 0
    if not failed or len(failed) * 2 <= filled:
        return
    stamps = sum(1 for position in failed if Moments().reads(values[position]))
    if stamps * 2 > filled:
        raise SetupError(
            "holds time stamps where a number is wanted; map it to a time column, "
            "or map the column that holds the duration"
        )


class DecimalMark:
    """Decides from a whole column, seen piece by piece, which decimal mark its numbers have."""

    def __init__(self) -> None:
        self._comma = self._point = False

    def see(self, texts: Iterable[Any]) -> None:
        """Look at some values; 1,234 alone could be either and tells nothing."""
        for text in texts:
            if isinstance(text, str):
                plain = _DECORATION.sub("", text)
                self._comma = self._comma or _COMMA_DECIMAL.fullmatch(plain) is not None
                self._point = self._point or _POINT_DECIMAL.fullmatch(plain) is not None

    def mark(self) -> Literal[".", ","]:
        """Return the mark; the point where the column does not tell or contradicts itself."""
        return "," if self._comma and not self._point else "."
