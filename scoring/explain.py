"""Ledger rows -> one sentence for people, in their language; templates, no model.

``Health 62 (-9 since 14 Nov): 2 invoices more than 30 days late (-6), CSAT 92 % (+2)``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from .language import Language, clean, fill
from .model import Model
from .phrases import Part, Phrases

LIMIT = 3
LEAST = 0.05
"""Parts of fewer points are not worth a word."""
APART = 30.0
"""Points between health and adoption from which their disagreement is a reason of its own."""
FORMULA = "=+-@\t\r "
"""What makes a spreadsheet read text as a formula, where it stands first."""


@dataclass(frozen=True, slots=True)
class Headline:
    """What the sentence is about.

    Attributes:
        score: Its name in the model.
        value: 0..100; None: no data.
        band: Its band now.
        coverage: Share of the weight that was observed.
        today: The date of the score, for dates without a year.
        before: The value it is compared with, shown as a change; None: none.
        since: The date of ``before``; None: the sentence shows no change.
        band_before: The band then; a change of band is said.
    """

    score: str
    value: float | None
    band: str
    coverage: float
    today: date
    before: float | None = None
    since: date | None = None
    band_before: str | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """A person's score beside the computed one.

    Attributes:
        value: Points, or None where only a band is set.
        band: Or None.
        state: As in ``Snapshot.scores``: active, or why it counts for nothing.
    """

    value: float | None
    band: str | None
    reason: str
    author: str
    state: str = "active"


class Explainer:
    """Sentences about one model's scores in one language.

    Args:
        model: The model that the rows come from.
        code: A language of ``language.languages()``.

    Raises:
        ValueError: no such language.
    """

    def __init__(self, model: Model, code: str = "en") -> None:
        self.model = model
        self.phrases = Phrases(model, code)
        self.words: Language = self.phrases.words
        self._sentence: Mapping[str, str] = self.words.texts["sentence"]

    def sentence(
        self,
        head: Headline,
        parts: Iterable[Part],
        *,
        also: Sequence[str] = (),
        limit: int = LIMIT,
        length: int | None = None,
    ) -> str:
        """Return the sentence: the headline, then the largest parts.

        Args:
            head: The score and what it is compared with.
            parts: Ledger or reason rows, in any order; the largest by points are told.
            also: Texts told before the parts, such as ``disagreement`` or ``override``.
            limit: At most this many parts.
            length: At most this many UTF-16 units (255 for CRM text fields); cut at a part's
                border.
        """
        worth = [part for part in parts if _limits_band(part) or abs(part.points) >= LEAST]
        worth.sort(key=lambda part: (not _limits_band(part), -abs(round(part.points, 6))))
        return joined(self.headline(head), [*also, *map(self._told, worth[:limit])], length)

    def headline(self, head: Headline) -> str:
        """Return ``Health 62 (-9 since 14 Nov)``, with a change of band where there is one."""
        words = {"score": self.phrases.score(head.score)}
        if head.value is None:
            words["coverage"] = self.words.percent(head.coverage)
            return fill(self._sentence["no_data"], words)
        words["value"] = self.words.number(round(head.value))
        text = fill(self._sentence[self._tense(head, words)], words)
        if head.band_before and head.band_before != head.band and head.since is not None:
            moved = {
                "before": self.phrases.band(head.band_before),
                "now": self.phrases.band(head.band),
            }
            text += ", " + fill(self._sentence["band"], moved)
        return text

    def _tense(self, head: Headline, words: dict[str, str]) -> str:
        """Choose the template, and add the words of the change."""
        if head.since is None or head.value is None:
            return "now"
        if head.before is None:
            return "first"
        words["date"] = self.words.day(head.since, head.today)
        change = round(head.value) - round(head.before)
        words["change"] = self.words.number(change, sign=True)
        return "changed" if change else "unchanged"

    def no_data(self, head: Headline, missing: Iterable[str], *, length: int | None = None) -> str:
        """Return why there is no score, and what to connect.

        Args:
            head: A headline without value.
            missing: Names of the metrics that nobody observed for this account.
            length: As in ``sentence``.
        """
        known = [name for name in missing if name in self.model.metrics]
        found = dict.fromkeys(table for name in known for table in self.phrases.tables(name))
        tables = [table for table in found if table != "accounts" or len(found) == 1]
        sources = ", ".join(self.words.word("tables", table) for table in tables)
        hint = [fill(self._sentence["connect"], {"sources": sources})] if sources else []
        return joined(self.headline(head), hint, length)

    def disagreement(self, health: float | None, adoption: float | None) -> str | None:
        """Return the reason of a customer who uses much and is unhappy, or the other way round."""
        if health is None or adoption is None or abs(health - adoption) < APART:
            return None
        words = {"adoption": self.words.number(round(adoption))}
        return fill(self._sentence["unhappy" if adoption > health else "unused"], words)

    def override(self, override: Override) -> str:
        """Return what a person set, or why that does not count."""
        shown = (
            self.words.number(override.value)
            if override.value is not None
            else self.phrases.band(override.band or "no data")
        )
        words = {
            "value": shown,
            "author": clean(override.author) or "?",
            "reason": clean(override.reason),
        }
        key = "override" if override.state == "active" else f"override_{_slug(override.state)}"
        return fill(self._sentence[key], words)

    def _told(self, part: Part) -> str:
        if _limits_band(part):
            return self.phrases.part(part)
        points = part.points if abs(part.points) < 1 else round(part.points)
        return f"{self.phrases.part(part)} ({self.words.number(points, sign=True)})"


def _slug(state: str) -> str:
    return {"not 0..100": "out_of_range"}.get(state, state.replace(" ", "_"))


def _limits_band(part: Part) -> bool:
    """Tell whether a row is a cap or floor of the band, which moves no points."""
    return part.part in {"cap", "floor"} and part.points == 0


def joined(head: str, parts: Sequence[str], length: int | None = None) -> str:
    """Return ``head: part, part``, on one line, no formula, cut at a part's border to fit."""
    text = clean(head, length or len(head) or 1).lstrip(FORMULA)
    mark = "; " if ": " in text else ": "
    for part in parts:
        longer = text + mark + clean(part, 4 * len(part) or 1)
        if length is not None and _units(longer) > length:
            break
        text, mark = longer, ", "
    return text


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "replace")) // 2
