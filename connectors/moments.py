"""Texts and numbers -> times. Whether 09/12 is in September or December is a column's affair."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Order: TypeAlias = Literal["day_first", "month_first"]

# A date like 9/12/2011 or 09-12-11, and what follows it.
_SLASHED = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)[T ,]*(.*)")
_YEAR_FIRST = re.compile(r"(\d{4})([/-])(\d{1,2})\2(\d{1,2})(?!\d)[T ]*(.*)")
_HOUR = re.compile(r"\d:")
_SPACED_ZONE = re.compile(r"\s+(?=[+-]\d{2}:?\d{2}$)")
_NAMED_ZONE = re.compile(r"\s*(?:UTC|GMT|Z)$", re.IGNORECASE)
_CLOCK = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p")
_YEARS = range(1900, 2200)  # outside: a filler such as 0001-01-01 or 9999-12-31
_MONTHS = 12
_SECONDS, _MILLISECONDS = 10, 13  # digits of an epoch between 2001 and 2286


class Oddity(Exception):  # noqa: N818 - a signal inside conversion, never an error that leaves it
    """A value that becomes null; its argument is the kind to count."""


@dataclass(frozen=True, slots=True)
class Moments:
    """How a column's values are read as times.

    Attributes:
        order: Of day and month in dates like 9/12/2011; None: such a date is refused, except
            with dots, which only day-first countries write.
        zone: Of times that carry none.
        format: A ``strptime`` format for every text, instead of recognition.
    """

    order: Order | None = None
    zone: tzinfo = UTC
    format: str | None = None

    def time(self, value: Any) -> datetime:
        """Return an aware datetime; a number is an epoch in seconds or milliseconds."""
        moment = self._moment(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=self.zone)
        if moment.year not in _YEARS:
            raise Oddity("out_of_range")
        return moment.astimezone(UTC)

    def date(self, value: Any) -> date:
        """Return the UTC day of a time; a date without time stays the day it is."""
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        moment = self._moment(value)
        if moment.year not in _YEARS:
            raise Oddity("out_of_range")
        if moment.tzinfo is None and moment.time() == datetime.min.time():
            return moment.date()
        return self.time(moment).date()

    def reads(self, value: Any) -> bool:
        """Whether a text is a time, and not a plain number."""
        if not isinstance(value, str) or value.strip().isdecimal():
            return False
        try:
            self.time(value)
        except Oddity:
            return _SLASHED.fullmatch(value.strip()) is not None
        return True

    def _moment(self, value: Any) -> datetime:
        if isinstance(value, str):
            return self._formatted(value) if self.format else self._text(value.strip())
        if isinstance(value, datetime):
            return value
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - zone comes later
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _epoch(value)
        raise Oddity("not_a_time")

    def _formatted(self, text: str) -> datetime:
        try:
            return datetime.strptime(text.strip(), self.format or "")  # noqa: DTZ007 - zone comes later
        except ValueError:
            raise Oddity("not_a_time") from None

    def _text(self, text: str) -> datetime:
        if text.isdecimal() and len(text) in {_SECONDS, _MILLISECONDS}:
            return _epoch(int(text))
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return self._unusual(text)

    def _unusual(self, text: str) -> datetime:
        """Read what ISO 8601 is not: another order, a loose zone, a clock with am and pm."""
        if _NAMED_ZONE.search(text):
            return self._text(_NAMED_ZONE.sub("+00:00", text)).astimezone(UTC)
        if _SPACED_ZONE.search(text):
            return self._text(_SPACED_ZONE.sub("", text))
        if match := _YEAR_FIRST.fullmatch(text):
            year, _, month, day, clock = match.groups()
            hour = "0" if _HOUR.match(clock) else ""
            padded = f"{year}-{month:0>2}-{day:0>2}" + (f" {hour}{clock}" if clock else "")
            if padded != text:
                return self._text(padded)
        if match := _SLASHED.fullmatch(text):
            return self._slashed(*match.groups())
        raise Oddity("not_a_time")

    def _slashed(self, first: str, mark: str, second: str, year: str, clock: str) -> datetime:
        order = self.order or ("day_first" if mark == "." else None)
        if order is None:
            raise Oddity("day_or_month")
        day, month = (first, second) if order == "day_first" else (second, first)
        century = "" if len(year) == 4 else "20"  # noqa: PLR2004 - digits of a year
        try:
            moment = datetime(int(century + year), int(month), int(day))  # noqa: DTZ001
        except ValueError:
            raise Oddity("not_a_time") from None
        return datetime.combine(moment, _clock(clock)) if clock else moment


def _clock(text: str) -> Any:
    for form in _CLOCK:
        try:
            return datetime.strptime(text.strip().upper(), form).time()  # noqa: DTZ007 - a clock
        except ValueError:
            continue
    raise Oddity("not_a_time")


def _epoch(value: float) -> datetime:
    digits = len(str(abs(int(value)))) if value == value else 0  # noqa: PLR0124 - NaN
    if digits <= _SECONDS - 1 or digits > _MILLISECONDS:
        raise Oddity("not_a_time")
    return datetime.fromtimestamp(value / (1000 if digits > _SECONDS else 1), UTC)


class DayOrder:
    """Decides from a whole column, seen piece by piece, how it writes day and month."""

    def __init__(self) -> None:
        self._day = self._month = self._seen = False
        self._example = ""

    def see(self, texts: Iterable[Any]) -> None:
        """Look at some values; what is no date like 9/12/2011 tells nothing."""
        for text in texts:
            match = _SLASHED.fullmatch(text.strip()) if isinstance(text, str) else None
            if match is None or match[2] == ".":
                continue
            self._seen, self._example = True, match[0]
            self._day = self._day or int(match[1]) > _MONTHS
            self._month = self._month or int(match[3]) > _MONTHS

    def order(self) -> Order | None:
        """Return the order; None when no date is written in a way that has one.

        Raises:
            ValueError: it cannot be decided, with what to do.
        """
        if self._day and self._month:
            raise ValueError(
                "mixes dates with the day first and with the month first; "
                "repair the file, or set order and count what does not fit"
            )
        if self._seen and not self._day and not self._month:
            raise ValueError(
                f"has dates such as {self._example} that may begin with the day or the month; "
                'set order = "day_first" or "month_first" for it'
            )
        return "day_first" if self._day else "month_first" if self._month else None


def zone_of(name: str) -> tzinfo:
    """Return a time zone by its IANA name.

    Raises:
        ValueError: no such zone.
    """
    if name.upper() in {"UTC", "Z"}:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"no time zone is called {name!r}; use an IANA name") from None
