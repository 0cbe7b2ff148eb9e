"""Company names as match keys: what is left when writing habits and legal forms are gone."""

import re
import unicodedata
from functools import lru_cache

from .lists import words_of

LEGAL_FORMS = words_of("legal_forms")
UNSPACED_FORMS = re.compile(
    "株式会社|有限会社|合同会社|股份有限公司|有限责任公司|有限公司|주식회사"
)
"""Forms of scripts that do not part words."""
LEGAL_PHRASES = tuple(tuple(phrase.split()) for phrase in sorted(words_of("legal_phrases")))
LEADING_FORMS = LEGAL_FORMS - {"co", "as", "is", "da", "sp", "se", "ab", "hf"}
"""Forms that also stand first, as in "S.A. Foo"; the others are words there."""

GENERIC = words_of("generic_words")
_LETTERS = str.maketrans(
    {
        "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe",
        "ß": "ss", "ħ": "h", "&": " and ", "+": " plus ", "'": "", "`": "",
        "\u0131": "i",  # Turkish i without dot
        "\u2019": "",  # typographic apostrophe
        "\u00b4": "",  # acute accent used as one
    }
)  # fmt: skip
_APART = re.compile(r"[\W_]+")
_JOINED = (
    # Forms that are written with stops, strokes and spaces, and would fall into pieces.
    (re.compile(r"\bs\W{0,2}p\W{0,2}z\W{0,2}o\W{0,2}o\b"), " "),
    (re.compile(r"\bsp\W+z\W*o\W*o\b"), " "),
    (re.compile(r"\bgmbh\s+(and|&|u|und)\s+co\W*(kgaa|kg|ohg)?\b"), " "),
    (re.compile(r"\b([a-z])(?:[./]\s?([a-z]))(?:[./]\s?([a-z]))?(?:[./]\s?([a-z]))?\b\.?"), None),
)


def _glue(match: re.Match[str]) -> str:
    return "".join(part for part in match.groups() if part)


@lru_cache(maxsize=1 << 19)
def words(name: str) -> tuple[str, ...]:
    """Return the folded words of a name, without legal forms at its end (or start).

    Accents are folded, letters of other scripts are kept, so that a name in Cyrillic or
    Chinese is a key like any other.
    """
    spaced = UNSPACED_FORMS.sub(" ", name.casefold().translate(_LETTERS))
    text = unicodedata.normalize("NFKD", spaced)
    text = "".join(char for char in text if not unicodedata.combining(char))
    for pattern, whole in _JOINED:
        text = pattern.sub(_glue if whole is None else whole, text)
    found = [word for word in _APART.split(text.translate(_LETTERS)) if word]
    kept = _without_phrase(found)
    while kept and kept[-1] in LEGAL_FORMS:
        kept.pop()
    while len(kept) > 1 and kept[0] in LEADING_FORMS:
        kept.pop(0)
    # A name of legal forms only ("AS", "SE") is kept as it is: better a key than none.
    return tuple(kept or found)


def _without_phrase(found: list[str]) -> list[str]:
    for phrase in LEGAL_PHRASES:
        if len(found) > len(phrase) and tuple(found[-len(phrase) :]) == phrase:
            return found[: -len(phrase)]
    return list(found)


def key(name: str | None) -> str:
    """Return the match key of a name: its words, joined; ``""`` matches nothing."""
    if not name:
        return ""
    return "".join(words(name))


def similar(left: str, right: str, labels: frozenset[str] = frozenset()) -> bool:
    """Whether two names may belong to one company that has this domain.

    They do when one's words are among the other's, when they differ only by generic words,
    when one is the other's initials, when one is spelled much like the other, or when both
    fit the domain's label.

    Args:
        left: A name as written.
        right: Another one.
        labels: First parts of the shared domains, e.g. ``acme`` of acme.com.
    """
    one, two = words(left), words(right)
    if not one or not two or one == two or "".join(one) == "".join(two):
        return True
    return (
        _contained(one, two)
        or _initials(one, two)
        or _spelled_alike("".join(one), "".join(two))
        or all(any(_fits(side, label) for label in labels) for side in (one, two))
    )


def _contained(one: tuple[str, ...], two: tuple[str, ...]) -> bool:
    left, right = set(one) - GENERIC, set(two) - GENERIC
    if not left or not right:
        return bool(set(one) & set(two))
    return left <= right or right <= left


def _initials(one: tuple[str, ...], two: tuple[str, ...]) -> bool:
    for short, long in ((one, two), (two, one)):
        letters = "".join(word[0] for word in long)
        if len(short) == 1 and len(long) >= 2 and short[0] == letters:  # noqa: PLR2004 - two words
            return True
    return False


def _fits(name: tuple[str, ...], label: str) -> bool:
    """Whether a name is what its domain's label says, e.g. 'Acme Labs' and acme-labs."""
    plain = _APART.sub("", label)
    joined = "".join(name)
    telling = "".join(word for word in name if word not in GENERIC)
    return plain in {joined, telling, "".join(word[0] for word in name)}


def _spelled_alike(left: str, right: str) -> bool:
    """Whether at most one letter in six differs, and names are long enough to tell."""
    longest = max(len(left), len(right))
    allowed = longest // 6
    return (
        allowed > 0
        and abs(len(left) - len(right)) <= allowed
        and (_distance(left, right, allowed) <= allowed)
    )


def _distance(left: str, right: str, enough: int) -> int:
    """Levenshtein's distance, given up once it passes ``enough``."""
    row = list(range(len(right) + 1))
    for number, char in enumerate(left, 1):
        above, row[0] = row[0], number
        for at, other in enumerate(right, 1):
            above, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, above + (char != other))
        if min(row) > enough:
            return enough + 1
    return row[-1]
