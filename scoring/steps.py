"""Named SQL steps, and what compiling one needs to know."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from .dialects import Dialect
from .model import Model
from .references import references
from .tables import COLUMNS, Kind, Schema


@dataclass(frozen=True, slots=True)
class Step:
    """One readable SELECT over the steps before it.

    Attributes:
        name: Its name as a relation, without the run's prefix.
        about: One line for people.
        sql: The SELECT.
        kept: Whether its rows are kept (in a table), as several steps read them.
        many: Whether it has many rows per account; such a step is never kept.
        spent: Steps that only this one reads, or steps not kept that only it reads; an engine may
            drop them once it is made.
    """

    name: str
    about: str
    sql: str
    kept: bool = False
    many: bool = False
    spent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Context:
    """What compiling needs beside the model.

    Attributes:
        model: The model.
        dialect: The engine's way of writing.
        schema: Table -> column -> kind, of the facts that are there.
        relations: Table -> the relation that holds it, quoted; also ``presence``,
            ``previous`` and ``overrides`` where there are any.
        as_of: The as-of time, UTC.
        rates: Currency -> value in the base currency.
        few: Table and column -> the texts it holds, where it is known to hold few.
        prefix: Put before every step's name.
        kept_days: How long what is kept of rows (``kept ...`` among the relations) can be used.
    """

    model: Model
    dialect: Dialect
    schema: Schema
    relations: Mapping[str, str]
    as_of: datetime
    rates: Mapping[str, float] = field(default_factory=dict)
    few: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    prefix: str = ""
    kept_days: float = 0.0

    def q(self, *words: str) -> str:
        """Quote an identifier made of words."""
        return self.dialect.quote(" ".join(words))

    def step(self, name: str) -> str:
        """Quote the name of a step as a relation."""
        return self.dialect.quote(self.prefix + name)

    def num(self, value: float) -> str:
        """Write a number."""
        return self.dialect.number(value)

    def ordered(self, *texts: str) -> str:
        """Order text columns from the greatest, by bytes, nulls last, in any database."""
        listed = (self.dialect.bytewise.format(value=self.q(name)) for name in texts)
        return ", ".join(f"{text} DESC NULLS LAST" for text in listed)

    @property
    def now(self) -> str:
        """The as-of time as a literal."""
        return self.dialect.time(self.as_of)

    def kind(self, table: str, column: str) -> Kind | None:
        """Return a column's kind; a canonical column that the facts lack is null."""
        given = self.schema.get(table, {}).get(column)
        return given or COLUMNS.get(table, {}).get(column)

    @cached_property
    def read(self) -> Mapping[str, list[str]]:
        """Return table -> the columns that the model reads, in its order."""
        found: dict[str, list[str]] = {}
        for each in references(self.model):
            found.setdefault(each.table, []).append(each.column)
        return {table: list(dict.fromkeys(names)) for table, names in found.items()}

    def has(self, table: str, column: str) -> bool:
        """Tell whether the facts have a column."""
        return column in self.schema.get(table, {})


@dataclass(frozen=True, slots=True)
class Select:
    """A SELECT written one column a line.

    Attributes:
        columns: Alias (quoted) and expression, in order.
        source: What follows FROM.
        where: Conditions joined by AND.
        group: What follows GROUP BY.
    """

    columns: Sequence[tuple[str, str]]
    source: str
    where: Sequence[str] = ()
    group: str = ""

    def __str__(self) -> str:
        listed = ",\n    ".join(
            value if value == alias else f"{value} AS {alias}" for alias, value in self.columns
        )
        text = f"SELECT\n    {listed}\nFROM {self.source}"
        if self.where:
            text += "\nWHERE " + "\n    AND ".join(self.where)
        return text + (f"\nGROUP BY {self.group}" if self.group else "")


def case(branches: Iterable[tuple[str, str]], other: str = "NULL") -> str:
    """Write CASE WHEN ... END; only ``other`` where there are no branches."""
    listed = " ".join(f"WHEN {condition} THEN {value}" for condition, value in branches)
    return f"CASE {listed} ELSE {other} END" if listed else other


def total(values: Iterable[str]) -> str:
    """Write a sum in a fixed order."""
    return "(" + " + ".join(values) + ")"


def least(values: Sequence[str], word: str = "least") -> str:
    """Write the least (or greatest) of one or more values; nulls are ignored."""
    return values[0] if len(values) == 1 else f"{word}({', '.join(values)})"
