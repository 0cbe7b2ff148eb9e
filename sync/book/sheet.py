"""A table for people: what HTML, CSV, XLSX and the terminal all show, in one form."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

Kind: TypeAlias = Literal["text", "integer", "score", "points", "number", "share", "money", "date"]
"""``share`` is 0..1; ``points`` are signed; ``date`` is a date, or an aware time."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name for programs, its title for people, what it holds."""

    name: str
    title: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table.

    Attributes:
        name: For file names and programs.
        title: For people.
        columns: In order.
        rows: As wide as ``columns``; None is unknown. Long ones are iterated over once.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Iterable[tuple[Any, ...]]


def columns(*given: str) -> tuple[Column, ...]:
    """Parse columns written as ``name``, ``name:kind`` or ``name:kind:Title``."""
    found = []
    for text in given:
        name, kind, title = (*text.split(":", 2), "", "")[:3]
        words = title or name.replace("_", " ").capitalize()
        found.append(Column(name, words, cast("Kind", kind or "text")))
    return tuple(found)
