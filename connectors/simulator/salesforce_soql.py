"""Parses the subset of SOQL that the stand-in answers, and refuses the rest as malformed."""

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

from .salesforce_errors import refuse

MAX_LENGTH = 100_000
"""Characters of a statement."""

MAX_LITERAL = 4_000
"""Characters of a string literal in WHERE."""

MAX_OFFSET = 2_000

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
    | (?P<date>\d{4}-\d\d-\d\d(?![\dT]))
    | (?P<number>[+-]?\d+(?:\.\d+)?(?![\w-]))
    | (?P<word>[A-Za-z_][\w.]*)
    | (?P<sign><=|>=|!=|<>|[=<>(),])
    )""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_UNSUPPORTED = {"group", "having", "typeof", "with", "for", "using", "all"}


@dataclass(frozen=True, slots=True)
class Literal:
    """A value in a condition: ``kind`` is string, number, boolean, null, date or datetime."""

    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """``field operator value``; for ``in`` and ``not in`` the value is a tuple of literals."""

    field: str
    operator: str
    value: Literal | tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Junction:
    """``and``, ``or`` or ``not`` over conditions."""

    operator: str
    parts: "tuple[Condition, ...]"


Condition: TypeAlias = Comparison | Junction


@dataclass(frozen=True, slots=True)
class Select:
    """A parsed statement.

    Attributes:
        fields: As written; ``COUNT()`` has none.
        order: (field, descending, nulls last) for each key.
    """

    fields: tuple[str, ...]
    entity: str
    count: bool = False
    where: Condition | None = None
    order: tuple[tuple[str, bool, bool], ...] = ()
    limit: int | None = None
    offset: int = 0


@dataclass(slots=True)
class _Parser:
    tokens: list[tuple[str, str]]
    place: int = 0

    def peek(self) -> str:
        """Return the next token in lower case; ``""`` at the end."""
        return self.tokens[self.place][1].lower() if self.place < len(self.tokens) else ""

    def take(self) -> tuple[str, str]:
        """Return the next token and step over it."""
        if self.place >= len(self.tokens):
            raise malformed("unexpected token: '<EOF>'")
        self.place += 1
        return self.tokens[self.place - 1]

    def has(self, *words: str) -> bool:
        """Step over these words if they are next."""
        following = [text.lower() for _, text in self.tokens[self.place : self.place + len(words)]]
        if following != list(words):
            return False
        self.place += len(words)
        return True

    def want(self, word: str) -> None:
        """Step over a word that must be next."""
        if not self.has(word):
            raise malformed(f"unexpected token: '{self.peek() or '<EOF>'}'")

    def word(self) -> str:
        """Return the name that must be next."""
        kind, text = self.take()
        if kind != "word":
            raise malformed(f"unexpected token: '{text}'")
        return text

    def number(self) -> int:
        """Return the whole number that must be next."""
        kind, text = self.take()
        if kind != "number" or not text.isdigit():
            raise malformed(f"unexpected token: '{text}'")
        return int(text)


def malformed(message: str) -> Exception:
    """Build the refusal of a statement."""
    return refuse(400, "MALFORMED_QUERY", message)


def parse(text: str) -> Select:
    """Parse a statement.

    Raises:
        Refusal: it is not in the subset, or breaks a limit.
    """
    if len(text) > MAX_LENGTH:
        raise malformed("SOQL statements cannot be longer than 100000 characters.")
    parser = _Parser(_tokens(text))
    parser.want("select")
    fields, count = _fields(parser)
    parser.want("from")
    entity = parser.word()
    where = _either(parser) if parser.has("where") else None
    if parser.peek() in _UNSUPPORTED:
        raise malformed(f"unexpected token: '{parser.peek()}'")
    order = _order(parser) if parser.has("order", "by") else ()
    limit = parser.number() if parser.has("limit") else None
    offset = parser.number() if parser.has("offset") else 0
    if offset > MAX_OFFSET:
        raise refuse(400, "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
    if parser.peek():
        raise malformed(f"unexpected token: '{parser.peek()}'")
    return Select(fields, entity, count, where, order, limit, offset)


def _tokens(text: str) -> list[tuple[str, str]]:
    found, place, end = [], 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if not match:
            raise malformed(f"unexpected token: '{text[place : place + 20].strip()}'")
        found.append((str(match.lastgroup), match.group(str(match.lastgroup))))
        place = match.end()
    return found


def _fields(parser: _Parser) -> tuple[tuple[str, ...], bool]:
    if parser.has("count", "(", ")"):
        return (), True
    names = [parser.word()]
    while parser.has(","):
        names.append(parser.word())
    if parser.peek() == "(":
        raise malformed(f"unexpected token: '{names[-1]}('")
    lower = [name.lower() for name in names]
    for name in names:
        if lower.count(name.lower()) > 1:
            raise malformed(f"duplicate field selected: {name}")
    return tuple(names), False


def _either(parser: _Parser) -> Condition:
    """Parse conditions joined by OR, or by AND; SOQL wants brackets where both are mixed."""
    parts = [_single(parser)]
    word = parser.peek()
    if word not in {"and", "or"}:
        return parts[0]
    while parser.has(word):
        parts.append(_single(parser))
    if parser.peek() in {"and", "or"}:
        raise malformed(f"unexpected token: '{parser.peek()}'")
    return Junction(word, tuple(parts))


def _single(parser: _Parser) -> Condition:
    if parser.has("not"):
        return Junction("not", (_single(parser),))
    if parser.has("("):
        inner = _either(parser)
        parser.want(")")
        return inner
    name = parser.word()
    if parser.has("not", "in"):
        return Comparison(name, "not in", _list(parser))
    if parser.has("in"):
        return Comparison(name, "in", _list(parser))
    kind, sign = parser.take()
    if kind != "sign" or sign in "(),":
        raise malformed(f"unexpected token: '{sign}'")
    return Comparison(name, "!=" if sign == "<>" else sign, _literal(parser))


def _list(parser: _Parser) -> tuple[Literal, ...]:
    parser.want("(")
    values = [_literal(parser)]
    while parser.has(","):
        values.append(_literal(parser))
    parser.want(")")
    return tuple(values)


def _literal(parser: _Parser) -> Literal:
    kind, text = parser.take()
    if kind == "string":
        if len(text) - 2 > MAX_LITERAL:
            raise malformed("string literals are limited to 4000 characters")
        return Literal(kind, re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), text[1:-1]))
    if kind == "number":
        return Literal(kind, float(text))
    if kind in {"date", "datetime"}:
        return Literal(kind, text)
    lower = text.lower()
    if lower == "null":
        return Literal("null", None)
    if lower in {"true", "false"}:
        return Literal("boolean", lower == "true")
    raise malformed(f"unexpected token: '{text}'")


def _order(parser: _Parser) -> tuple[tuple[str, bool, bool], ...]:
    keys = [_key(parser)]
    while parser.has(","):
        keys.append(_key(parser))
    return tuple(keys)


def _key(parser: _Parser) -> tuple[str, bool, bool]:
    name = parser.word()
    descending = parser.has("desc")
    if not descending:
        parser.has("asc")
    last = parser.has("nulls", "last")
    if not last:
        parser.has("nulls", "first")
    return name, descending, last
