"""The few things that DuckDB, PostgreSQL and Spark write differently, and quoting.

Everything else in the compiled steps is SQL that all three read alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from .tables import Kind

if TYPE_CHECKING:  # steps are written in a dialect
    from .steps import Step

GREATEST = 1e100
"""Numbers beyond count as unknown, like infinities: sums and quotients of the others stay far
from where PostgreSQL stops with an overflow."""


@dataclass(frozen=True)
class Dialect:
    """One engine's way of writing.

    Attributes:
        name: duckdb, postgres or spark.
        mark: The character that quotes identifiers.
        types: Kind of column -> its type name.
        days: Days between two times, as a double; ``{a}`` minus ``{b}``.
        suffix: What makes a numeric literal a double.
        backslash: What comes before a text literal in which backslashes are doubled; None: they
            stand for themselves.
        moment: The word before a literal of a time without zone.
        keep: What makes a step whose rows are kept; ``{name}``.
        show: What makes a step that is only a SELECT.
        flattens: Whether the planner merges nested SELECTs, repeating what they compute: 40
            nested CASEs took all memory. Every step with one row per account is kept then.
        fence: What ends a SELECT that must not be merged into the one around it.
        bytewise: A text as it is ordered by its bytes, whatever the database's language.
        moments: A time as it enters, null where it is infinite.
        bit: A whole number with one bit set, counted from 0; ``{place}``.
        bits: How many bits a whole number has set; ``{value}``.
        place: Where a text stands in a list of texts, from 0; ``{value}``, ``{texts}``; empty: not
            worth looking for the texts that there are.
        longest: Most bytes of an identifier; a longer one is cut and told apart by its digest.
        summed: A sum of doubles over rows; ``{value}``.
        totalled: A sum of doubles over rows that stays below 9e18; ``{value}``.
        top: The ``{count}`` largest of ``{values}``, as a list from the largest, nulls last.
        item: What a list holds at ``{rank}``, from 1; null where it is shorter.
    """

    name: str
    mark: str
    types: Mapping[Kind, str]
    days: str
    suffix: str
    backslash: str | None = None
    moment: str = "TIMESTAMP"
    keep: str = "CREATE TEMPORARY TABLE {name} AS"
    show: str = "CREATE TEMPORARY VIEW {name} AS"
    flattens: bool = False
    fence: str = ""
    bytewise: str = "{value}"
    moments: str = "{value}"
    bit: str = "(CAST(1 AS BIGINT) << CAST({place} AS INTEGER))"
    bits: str = "bit_count({value})"
    place: str = ""
    longest: int | None = None
    summed: str = "sum({value})"
    totalled: str = "sum({value})"
    top: str = "list_aggregate([{values}], 'max', {count})"
    item: str = "{list}[{rank}]"

    def keeps(self, step: "Step") -> bool:
        """Tell whether a step's rows are kept."""
        return step.kept or (self.flattens and not step.many)

    def quote(self, name: str) -> str:
        """Quote an identifier."""
        name = self._cut(name)
        return f"{self.mark}{name.replace(self.mark, self.mark * 2)}{self.mark}"

    def _cut(self, name: str) -> str:
        held = name.encode()
        if self.longest is None or len(held) <= self.longest:
            return name
        digest = sha256(held).hexdigest()[:16]
        return held[: self.longest - len(digest) - 1].decode(errors="ignore") + "~" + digest

    def relation(self, name: str) -> str:
        """Quote a relation's name, part by part where it is dotted."""
        return ".".join(self.quote(part) for part in name.split("."))

    def text(self, value: str) -> str:
        """Write a text literal; a NUL, which none of them stores, is left out."""
        cleaned = value.replace("\0", "").replace("'", "''")
        if self.backslash is None or "\\" not in cleaned:
            return f"'{cleaned}'"
        return self.backslash + "'" + cleaned.replace("\\", "\\\\") + "'"

    def number(self, value: float) -> str:
        """Write a double that reads back exactly."""
        text = repr(float(value)).removesuffix(".0")
        return text + ("" if self.suffix.startswith("e") and "e" in text else self.suffix)

    def time(self, value: datetime) -> str:
        """Write a UTC time without zone."""
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return f"{self.moment} '{aware.astimezone(UTC).replace(tzinfo=None).isoformat(' ')}'"

    def shifted(self, time: str, days: float) -> str:
        """Move a time expression by days, to the second."""
        seconds = round(days * 86400)
        if not seconds:
            return time
        unit, length = ("DAY", 86400) if seconds % 86400 == 0 else ("SECOND", 1)
        sign = "-" if seconds < 0 else "+"
        return f"({time} {sign} INTERVAL '{abs(seconds) // length}' {unit})"

    def cast(self, value: str, kind: Kind) -> str:
        """Convert to a kind's type."""
        return f"CAST({value} AS {self.types[kind]})"

    def between(self, later: str, earlier: str) -> str:
        """Days between two times, as a double."""
        return self.days.format(a=later, b=earlier)

    def finite(self, value: str) -> str:
        """Turn NaN and infinities, which sort above everything, into null."""
        top = self.number(GREATEST)
        return f"CASE WHEN {value} BETWEEN -{top} AND {top} THEN {value} END"

    def sum(self, value: str) -> str:
        """Sum of a double over a group's rows; null without any."""
        return self.summed.format(value=value)

    def total(self, value: str) -> str:
        """Sum of what is known to be small: goodness, its squares, times how many; to 5e-20."""
        return self.totalled.format(value=value)

    def divisor(self, count: str) -> str:
        """A count as a double to divide by; null where there is nothing."""
        return f"nullif({self.cast(count, 'number')}, 0)"

    def median(self, value: str, share: float = 0.5) -> str:
        """Interpolated quantile of a group."""
        return f"percentile_cont({share!r}) WITHIN GROUP (ORDER BY {value})"


_COARSE, _FINE = f"{1.5 * 2**44:.0f}e0", f"{1.5 * 2**10:.0f}e0"
_HIGH = f"(({{value}}) + {_COARSE} - {_COARSE})"
_REST = f"(({{value}}) - {_HIGH})"
_LOW = f"({_REST} + {_FINE} - {_FINE})"
EXACT = f"(sum({_HIGH}) + sum({_LOW}) + sum({_REST} - {_LOW}))"
"""A sum that does not depend on the order of rows, which differs from run to run where two
threads add up: a score would not be replayed to the bit.

Adding 1.5 * 2^k and taking it away again rounds to a multiple of 2^(k - 52), and multiples of one
number add up without rounding while the sum stays below 2^53 of it (Demmel, Nguyen: Fast
Reproducible Floating-Point Summation, 2013). Here: multiples of 2^-8 up to 3.5e13, of what is left
those of 2^-42 over 1e6 rows at least, and the rest, of which no digit shows in a sum above 1e-9.
Beyond, sums are as good as any, but not to the bit."""
_UNIT = f"{2**64}e0"
TOTALLED = f"(CAST(sum(CAST(({{value}}) * {_UNIT} AS HUGEINT)) AS DOUBLE) / {_UNIT})"
"""The same for small numbers, by whole multiples of 2^-64, in a sixth of the text: DuckDB takes
as long to plan the peers' sums as to add up the goodness of 10,000 accounts."""
DUCKDB = Dialect(
    name="duckdb",
    mark='"',
    types={
        "string": "VARCHAR",
        "strings": "VARCHAR[]",
        "integer": "BIGINT",
        "number": "DOUBLE",
        "boolean": "BOOLEAN",
        "time": "TIMESTAMP",
        "date": "DATE",
    },
    days="((epoch_us({a}) - epoch_us({b})) / 86400e6)",
    suffix="e0",
    place="enum_code(TRY_CAST({value} AS ENUM({texts})))",
    summed=EXACT,
    totalled=TOTALLED,
)
POSTGRES = Dialect(
    name="postgres",
    mark='"',
    types={
        **DUCKDB.types,
        "string": "TEXT",
        "strings": "TEXT[]",
        "number": "DOUBLE PRECISION",
    },
    days="(CAST(extract(epoch FROM ({a} - {b})) AS DOUBLE PRECISION) / 86400::float8)",
    suffix="::float8",
    backslash="E",  # means the same whatever standard_conforming_strings says
    flattens=True,
    fence="\nOFFSET 0",
    bytewise='{value} COLLATE "C"',
    moments="CASE WHEN isfinite({value}) THEN {value} END",
    bits="bit_count(CAST({value} AS BIT(64)))",
    longest=63,
    top="ARRAY(SELECT unnest(ARRAY[{values}]) AS v ORDER BY v DESC NULLS LAST LIMIT {count})",
)
SPARK = Dialect(
    name="spark",
    mark="`",
    types={
        **DUCKDB.types,
        "string": "STRING",
        "strings": "ARRAY<STRING>",
        "time": "TIMESTAMP_NTZ",
    },
    days="((unix_micros(CAST({a} AS TIMESTAMP)) - unix_micros(CAST({b} AS TIMESTAMP))) / 86400e6)",
    suffix="D",
    backslash="",
    moment="TIMESTAMP_NTZ",
    keep="CREATE TABLE {name} USING PARQUET AS",
    bit="shiftleft(CAST(1 AS BIGINT), CAST({place} AS INTEGER))",
    flattens=True,
    top="slice(sort_array(array({values}), FALSE), 1, {count})",
    item="get({list}, {rank} - 1)",
)
DIALECTS: dict[str, Dialect] = {each.name: each for each in (DUCKDB, POSTGRES, SPARK)}
