"""What can be wrong with a model: always the file, the key, the value, what is allowed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from difflib import get_close_matches

SHOWN = 12
"""Allowed values that a message lists before it stops."""
LONGEST = 60
"""Characters of such a value that are shown."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        key: Dotted path in the file, such as ``metrics.csat.curve``.
        value: What stands there, as text, cut at 80 characters.
        allowed: What may stand there, in words.
        near: Allowed values that look like it, best first.
    """

    key: str
    value: str
    allowed: str
    near: tuple[str, ...] = ()

    def __str__(self) -> str:
        hint = f" (did you mean {' or '.join(self.near)}?)" if self.near else ""
        return f"{self.key} = {self.value}: {self.allowed}{hint}"


class ModelError(ValueError):
    """A model, or facts that do not fit it. Lists every problem found.

    Attributes:
        file: The model's file name.
        problems: What is wrong, in the file's order where known.
    """

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.file = file
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{file}: {problem}" for problem in self.problems))


def shown(value: object) -> str:
    """Return a value for a message, cut at 80 characters."""
    text = _written(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 (the docstring names it)


def in_days(days: float | None) -> str:
    """Return a length of time for a message, as a model writes it."""
    return "missing" if days is None else repr(f"{days:g}d")


def neither_or_both(one: object) -> str:
    """Say which it is of two keys of which just one is wanted, by either of them."""
    return "neither" if one is None else "both"


def _written(value: object) -> str:
    """Write a value as TOML does, as far as it differs there."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date | time) else repr(value)


def unknown(key: str, value: object, kind: str, allowed: Iterable[str]) -> Problem:
    """Return the problem of a name that is not one of those allowed."""
    names = [name if len(name) <= LONGEST else f"{name[: LONGEST - 3]}..." for name in allowed]
    more = ", ..." if len(names) > SHOWN else ""
    listed = ", ".join(names[:SHOWN]) or "none"
    return Problem(
        key, shown(value), f"no such {kind}; there are: {listed}{more}", near(str(value), names)
    )


def near(text: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names that look like a text, best first, two at most."""
    folded = {name.casefold(): name for name in names}
    found = get_close_matches(text[:100].casefold(), folded, n=2, cutoff=0.6)
    return tuple(folded[name] for name in found)
