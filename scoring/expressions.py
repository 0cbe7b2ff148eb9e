"""A small safe language for filters and conditions, parsed here and rendered to SQL.

Columns, ``'text'``, numbers, ``true``, ``false``, ``as_of`` and ``as_of - 30d``; comparisons,
``in``, ``is null``, ``and``, ``or``, ``not``, parentheses. Nothing of the text reaches SQL
but through the quoting of a ``Dialect``.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

LONGEST = 4000
DEEPEST = 40

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?P<unit>[hdw]\b)?
    | '(?P<text>(?:[^']|'')*)'
    | "(?P<quoted>(?:[^"]|"")+)"
    | (?P<word>[^\W\d]\w*(?:\.\w+)*)
    | (?P<sign><=|>=|!=|<>|=|<|>|\(|\)|,|-|\+)
    )""",
    re.VERBOSE,
)
_WORDS = {"and", "or", "not", "in", "is", "null", "true", "false", "as_of"}
_SIGNS = {"=", "!=", "<>", "<", "<=", ">", ">="}
_DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0}


class ExpressionError(ValueError):
    """The text is not an expression; says where and what was expected."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column or signal; ``account.x`` keeps its prefix."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A text, number or truth value."""

    value: str | float | bool


@dataclass(frozen=True, slots=True)
class AsOf:
    """The as-of time, moved by days."""

    days: float


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values compared; ``sign`` is one of = <> < <= > >=."""

    sign: str
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class In:
    """A value in a list of constants."""

    value: "Expr"
    items: tuple[Constant, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class IsNull:
    """A value that is, or is not, null."""

    value: "Expr"
    negated: bool


@dataclass(frozen=True, slots=True)
class Both:
    """``and`` or ``or`` of several conditions."""

    word: str
    items: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """A condition negated."""

    item: "Expr"


Expr: TypeAlias = Column | Constant | AsOf | Compare | In | IsNull | Both | Not


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind, its value, where it starts."""

    kind: str
    value: str
    start: int
    days: float | None = None


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    end = len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            left = text[at:].lstrip()
            start = len(text) - len(left) + 1
            raise ExpressionError(f"cannot read {left[:20]!r} at character {start}")
        yield _token(found)
        at = found.end()


def _token(found: re.Match[str]) -> Token:
    kind = found.lastgroup or ""
    start = found.start(kind) + 1
    if kind == "unit":
        return Token(
            "duration", found[0].strip(), start, float(found["number"]) * _DAYS[found[kind]]
        )
    value = found[kind]
    if kind == "word" and value.lower() in _WORDS:
        return Token("keyword", value.lower(), start)
    if kind == "text":
        return Token(kind, value.replace("''", "'"), start)
    if kind == "quoted":
        return Token("word", value.replace('""', '"'), start)
    return Token(kind, value, start)


class _Parser:
    """Recursive descent over the tokens."""

    def __init__(self, text: str) -> None:
        self.tokens = [*_tokens(text), Token("end", "the end", len(text) + 1)]
        self.at = 0
        self.depth = 0

    def take(self, *values: str) -> Token | None:
        token = self.tokens[self.at]
        if token.kind in {"keyword", "sign"} and token.value in values:
            self.at += 1
            return token
        return None

    def fail(self, expected: str) -> ExpressionError:
        token = self.tokens[self.at]
        return ExpressionError(f"{expected} expected at character {token.start}, not {token.value}")

    def whole(self) -> Expr:
        expr = self.either()
        if self.tokens[self.at].kind != "end":
            raise self.fail("and, or, or the end")
        return expr

    def either(self) -> Expr:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpressionError(f"nested more than {DEEPEST} deep")
        expr = self.series("or", lambda: self.series("and", self.negation))
        self.depth -= 1
        return expr

    def series(self, word: str, item: Callable[[], Expr]) -> Expr:
        items = [item()]
        while self.take(word):
            items.append(item())
        return items[0] if len(items) == 1 else Both(word, tuple(items))

    def negation(self) -> Expr:
        count = 0
        while self.take("not"):
            count += 1
        expr = self.comparison()
        return Not(expr) if count % 2 else expr

    def comparison(self) -> Expr:
        if self.take("("):
            inner = self.either()
            if not self.take(")"):
                raise self.fail(")")
            return inner
        left = self.value()
        if sign := self.take(*_SIGNS):
            return Compare("<>" if sign.value == "!=" else sign.value, left, self.value())
        if self.take("is"):
            negated = self.take("not") is not None
            if not self.take("null"):
                raise self.fail("null")
            return IsNull(left, negated)
        negated = self.take("not") is not None
        if self.take("in"):
            return In(left, self.items(), negated)
        if negated:
            raise self.fail("in")
        return left

    def items(self) -> tuple[Constant, ...]:
        if not self.take("("):
            raise self.fail("(")
        found: list[Constant] = []
        while not found or self.take(","):
            value = self.value()
            if not isinstance(value, Constant):
                raise self.fail("a list of constants")
            found.append(value)
        if not self.take(")"):
            raise self.fail(", or )")
        return tuple(found)

    def value(self) -> Expr:
        if self.take("as_of"):
            return AsOf(self.shift())
        if word := self.take("true", "false"):
            return Constant(word.value == "true")
        negative = self.take("-") is not None
        token = self.tokens[self.at]
        if token.kind == "number":
            self.at += 1
            return Constant(-float(token.value) if negative else float(token.value))
        if negative or token.kind not in {"text", "word"}:
            raise self.fail("a column or a value")
        self.at += 1
        return Constant(token.value) if token.kind == "text" else Column(token.value)

    def shift(self) -> float:
        sign = self.take("-", "+")
        if sign is None:
            return 0.0
        token = self.tokens[self.at]
        if token.days is None:
            raise self.fail('a duration such as "30d"')
        self.at += 1
        return -token.days if sign.value == "-" else token.days


@lru_cache(maxsize=4096)
def parse(text: str) -> Expr:
    """Return the expression that a text writes down.

    Raises:
        ExpressionError: it writes down none, or is longer than 4,000 characters.
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"longer than {LONGEST} characters")
    return _Parser(text).whole()


def parts(expr: Expr) -> Iterator[Expr]:
    """Yield an expression and everything inside it, outermost first."""
    yield expr
    match expr:
        case Compare(_, left, right):
            yield from parts(left)
            yield from parts(right)
        case In(value, items, _):
            yield from parts(value)
            yield from items
        case IsNull(value, _):
            yield from parts(value)
        case Both(_, several):
            for item in several:
                yield from parts(item)
        case Not(item):
            yield from parts(item)
        case _:
            return


def columns(expr: Expr) -> list[str]:
    """Return the names that an expression refers to, in order, each once."""
    return list(dict.fromkeys(part.name for part in parts(expr) if isinstance(part, Column)))
