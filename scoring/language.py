"""A language's words, numbers, dates and plural forms, read from its file in ``languages/``."""

import math
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

Rule: TypeAlias = Callable[[int], bool]

PLACE = re.compile(r"\{(\w+)(?::([^{}]*))?\}")
CLAUSE = re.compile(r"n(?: % (\d+))? (!?=) (\d+)(?:\.\.(\d+))?")
LABEL = 80
"""Longest text taken from a model or a record, in characters; a longer one is cut."""

BREAKS = re.compile(r"[ \t-\r\x1c-\x1e\x85\u2028\u2029]+")
UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
"""Controls, broken surrogates, and characters that change the direction of text or hide in it."""


def languages() -> tuple[str, ...]:
    """Return the codes of the languages there are, English first."""
    names = {item.name for item in files(__package__).joinpath("languages").iterdir()}
    codes = sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))
    return tuple(sorted(codes, key=lambda code: code != "en"))


def clean(text: str, length: int = LABEL) -> str:
    """Return text on one line, without control or direction characters, cut to ``length``."""
    line = UNSEEN.sub("", BREAKS.sub(" ", text[: 4 * length])).strip(" ")
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def shown(value: float) -> float:
    """Round as numbers are shown: whole from 10 up, else to one decimal."""
    return round(value, 0 if abs(value) >= 9.95 else 1) + 0.0  # noqa: PLR2004 -- shows as 10


@dataclass(frozen=True, slots=True)
class Language:
    """One language.

    Attributes:
        code: ISO 639-1.
        texts: The file's tables.
        plurals: A rule for each plural form, in order; whole numbers take the first that fits,
            fractions the last.
    """

    code: str
    texts: Mapping[str, Any]
    plurals: tuple[Rule, ...]

    def word(self, table: str, name: str, default: str = "") -> str:
        """Return a text by table and name, else the default, else the name made readable."""
        found = self.texts[table].get(name)
        return found if isinstance(found, str) else clean(default or name.replace("_", " "))

    def number(self, value: float, *, sign: bool = False) -> str:
        """Return a number: whole from 10 up, else with at most one decimal."""
        if not math.isfinite(value):
            return "?"
        rounded = shown(value)
        style = self.texts["format"]
        decimals = 0 if rounded.is_integer() else 1
        whole, _, rest = f"{abs(rounded):.{decimals}f}".partition(".")
        if abs(rounded) >= style["group_from"]:
            whole = f"{int(whole):,}".replace(",", style["group"])
        mark = "-" if rounded < 0 else "+" if sign else ""
        return mark + whole + (style["decimal"] + rest if rest else "")

    def percent(self, share: float) -> str:
        """Return a share, where 1 is 100 %."""
        per_cent = self.number(share * 100 if abs(share) < 0.01 else round(share * 100))  # noqa: PLR2004 -- below 1 %
        return str(self.texts["format"]["percent"]).replace("{number}", per_cent)

    def day(self, day: date, today: date) -> str:
        """Return a date, with its year if that is not today's."""
        style = self.texts["format"]
        pattern = style["day"] if day.year == today.year else style["day_year"]
        return fill(
            pattern,
            {"day": str(day.day), "month": style["months"][day.month - 1], "year": str(day.year)},
        )

    def form(self, value: float, forms: str) -> str:
        """Return the form of ``one|other`` (as many as the language has, else the last)."""
        choices = forms.split("|")
        rounded = abs(shown(value)) if math.isfinite(value) else 0.5
        if rounded.is_integer():
            for choice, rule in zip(choices, self.plurals, strict=False):
                if rule(int(rounded)):
                    return choice
        return choices[-1]

    def phrase(
        self,
        phrase: Mapping[str, str],
        value: float,
        unit: str,
        *,
        window: str = "",
        empty: bool = False,
    ) -> str:
        """Return a metric's phrase for its value.

        Args:
            phrase: ``text``, and optionally ``zero``, ``empty``, ``down`` and ``up``.
            value: The signal's value, finite.
            unit: ``share`` is shown in percent, ``ratio`` as its distance from 1, ``days`` whole.
            window: Days of the signal's window.
            empty: No row stands behind the value.
        """
        shown_value = float(math.floor(value)) if unit == "days" else value
        change = abs(value - 1)
        words = {
            "value": self.percent(value) if unit == "share" else self.number(shown_value),
            "change": self.percent(change),
            "window": window,
        }
        template = _variant(phrase, shown_value, change, empty=empty)
        return fill(template, words, lambda forms: self.form(shown_value, forms))


def _variant(phrase: Mapping[str, str], value: float, change: float, *, empty: bool) -> str:
    if empty and "empty" in phrase:
        return phrase["empty"]
    if value == 0 and "zero" in phrase:
        return phrase["zero"]
    if "down" in phrase and change >= 0.005:  # noqa: PLR2004 -- shows as 1 % or more
        return phrase["down"] if value < 1 else phrase["up"]
    return phrase["text"]


def fill(template: str, words: Mapping[str, str], form: Callable[[str], str] | None = None) -> str:
    """Fill ``{name}`` from words and ``{n:one|other}`` through ``form``; the rest stays."""

    def place(match: re.Match[str]) -> str:
        name, forms = match.groups()
        if forms is not None and form is not None:
            return form(forms)
        return words.get(name, match.group())

    return PLACE.sub(place, template)


def _rule(text: str) -> Rule:
    """Read ``n % 10 = 2..4 and n % 100 != 12..14``; an empty rule always fits."""
    clauses = [_clause(part) for part in text.split(" and ")] if text else []
    return lambda n: all(clause(n) for clause in clauses)


def _clause(text: str) -> Rule:
    match = CLAUSE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"plural rule {text!r}; write it like 'n % 10 = 2..4'")
    modulus, relation, low, high = match.groups()
    wanted = range(int(low), int(high or low) + 1)
    divisor = int(modulus) if modulus else 0
    return lambda n: ((n % divisor if divisor else n) in wanted) == (relation == "=")


@cache
def language(code: str) -> Language:
    """Read a language's file.

    Raises:
        ValueError: there is none; the message lists those there are.
    """
    if code not in languages():
        raise ValueError(f"no language {code!r}; there are {', '.join(languages())}")
    text = files(__package__).joinpath("languages", f"{code}.toml").read_text(encoding="utf-8")
    texts = tomllib.loads(text)
    return Language(code, texts, tuple(_rule(rule) for rule in texts["plural"].values()))
