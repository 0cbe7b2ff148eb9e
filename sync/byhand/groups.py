"""Segments in the workbook: people name an account's, and its weights, curves and peers follow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scoring import Model
from scoring.parts import PRIOR
from scoring.phrases import Phrases

from .places import Column, Page, text

NONE: str | None = None
"""What accounts are in that no segment takes."""


@dataclass(frozen=True)
class Groups:
    """The segments.

    Attributes:
        names: Of the model, in its order.
        place: Column of an account's segment as a number, 0 for none; None without segments.
    """

    names: tuple[str, ...]
    place: Column | None

    @property
    def every(self) -> tuple[str | None, ...]:
        """Those in no segment, then each segment."""
        return (NONE, *self.names)

    def chosen(self, cells: Sequence[str]) -> str:
        """Return what refers to an account's own among the cells of ``every``."""
        if self.place is None or len(set(cells)) == 1:
            return cells[0]
        return f"CHOOSE(1+{self.place.here},{','.join(cells)})"

    def branched(self, usual: str, own: Mapping[str, str]) -> str:
        """Return a formula that differs for some segments."""
        for at, name in enumerate(self.names, 1):
            if self.place is not None and name in own:
                usual = f"IF({self.place.here}={at},{own[name]},{usual})"
        return usual

    def peers(self, rows: int) -> str:
        """Return 1 for each account of the same segment, and 0; of all where there are none."""
        return "1" if self.place is None else f"({self.place.all(rows)}={self.place.here})"

    def expected(self, good: Column, mean: str, rows: int) -> str:
        """Return the mean of the segment, pulled toward everyone's where it is small."""
        if self.place is None:
            return mean
        count = f"SUMPRODUCT({self.peers(rows)}*ISNUMBER({good.all(rows)}))"
        whole = f"SUMIF({self.place.all(rows)},{self.place.here},{good.all(rows)})"
        return f"({whole}+{PRIOR:g}*{mean})/({count}+{PRIOR:g})"


def labels(model: Model, phrases: Phrases) -> list[str]:
    """Return what people choose from."""
    return [phrases.segment(name) for name in model.segments]


def groups(asked: Column | None, page: Page, model: Model, phrases: Phrases, rows: int) -> Groups:
    """Add the column that tells the segments apart.

    Args:
        asked: The column in which people name the segment.
        page: Of the steps.
        model: The model.
        phrases: Its words.
        rows: Accounts that there is room for.
    """
    if asked is None:
        return Groups((), None)
    told = "0"
    for at, label in enumerate(labels(model, phrases), 1):
        told = f"IF({asked.here}={text(label)},{at},{told})"
    return Groups(tuple(model.segments), page.column("", "Segment").fill(told, rows))
