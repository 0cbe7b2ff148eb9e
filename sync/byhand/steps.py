"""The steps from values to scores as columns of formulas, as ``scoring.scores`` has them in SQL.

Of every account all values that are there count fully, and the peers are all accounts of the sheet.
"""

from dataclasses import dataclass

from scoring import Model
from scoring.declared import Missing
from scoring.phrases import Phrases
from scoring.scores import TOLERANCE

from .asked import Asked
from .conditions import formula
from .curves import goodness
from .groups import Groups
from .numbers import Cells, metrics_of, parts_of
from .places import Column, Formula, Page, across, text

NEAR = f"{TOLERANCE:.9f}"
"""Sums round: a border or least coverage this close counts as reached."""
BEYOND = "1000000"
"""Further than any score."""


@dataclass
class Made:
    """Columns that are made: goodness by metric; value, coverage and band by score."""

    goodness: dict[str, Column]
    value: dict[str, Column]
    coverage: dict[str, Column]
    band: dict[str, Column]


@dataclass(frozen=True)
class Maker:
    """Makes the columns of formulas.

    Attributes:
        model: The model.
        phrases: Its words.
        numbers: Where its numbers stand.
        asked: The columns that people fill.
        page: Where the steps are written.
        rows: Accounts that there is room for.
    """

    model: Model
    phrases: Phrases
    numbers: Cells
    asked: Asked
    page: Page
    rows: int

    def all(self) -> Made:
        """Make every column."""
        made = Made({}, {}, {}, {})
        for metric in metrics_of(self.model):
            made.goodness[metric] = self._goodness(metric)
        for score in self.model.ordered_scores():
            self._score(made, score)
        return made

    def _goodness(self, metric: str) -> Column:
        value = self.asked.values[self.model.metrics[metric].signal]
        column = self.page.column("goodness", self.phrases.metric(metric))
        peers, mask = value.all(self.rows), self.groups.peers(self.rows)
        drawn = {
            segment: goodness(self.model.shape_of(name, segment), value.here, cells, (peers, mask))
            for (name, segment), cells in self.numbers.curves.items()
            if name == metric
        }
        own = {segment: each for segment, each in drawn.items() if segment is not None}
        return column.fill(self.groups.branched(drawn[None], own), self.rows)

    @property
    def groups(self) -> Groups:
        """The segments."""
        return self.numbers.groups

    def _score(self, made: Made, score: str) -> None:
        used, declared, weights, seen = self._parts(made, score)
        whole = f"SUMPRODUCT({across(declared, '{row}')},ISNUMBER({across(used, '$4')})*1)"
        title = self.phrases.score(score)
        coverage = self.page.column(title, "coverage").fill(
            f"IF({whole}=0,0,SUM({across(seen, '{row}')})/{whole})", self.rows
        )
        before = self._before(score, used, weights)
        value = self.page.column(title, "value").fill(
            self._limited(score, coverage, before), self.rows
        )
        made.coverage[score], made.value[score] = coverage, value
        made.band[score] = self._band(score, value)

    def _parts(self, made: Made, score: str) -> tuple[list[Column], ...]:
        """Goodness used, weight, weight used and weight observed of each part, side by side."""
        names = parts_of(self.model, score)
        title = self.phrases.score(score)
        used = []
        for name in names:
            heads = (f"{title}: used", self._label(name))
            good = made.goodness.get(name) or made.value[name]
            average = Formula(
                f'IF(COUNT({good.all(self.rows)})=0,"",AVERAGE({good.all(self.rows)}))'
            )
            used.append(self.page.column(*heads, None, average))
        declared = [
            self.page.column(f"{title}: declared", self._label(name)).fill(
                self.numbers.weights[score, name], self.rows
            )
            for name in names
        ]
        weights = [self.page.column(f"{title}: weight", self._label(name)) for name in names]
        seen = [self.page.column(f"{title}: observed", self._label(name)) for name in names]
        for at, name in enumerate(names):
            missing = (self.model.metrics.get(name) or self.model.scores[name]).missing
            good = made.goodness.get(name) or made.value[name]
            share = "1" if name in made.goodness else made.coverage[name].here
            weight, mean = declared[at].here, used[at].head(4)
            peers = self.groups.expected(good, mean, self.rows)
            told = _used(missing, (good.here, share), mean, peers)
            used[at].fill(f'IF({weight}=0,"",{told})', self.rows)
            counted = f"{weight}*{share}" if missing == "exclude" else weight
            weights[at].fill(f'IF({used[at].here}="",0,{counted})', self.rows)
            seen[at].fill(f"IF(ISNUMBER({good.here}),{weight}*{share},0)", self.rows)
        return used, declared, weights, seen

    def _label(self, part: str) -> str:
        known = part in self.model.metrics
        return self.phrases.metric(part) if known else self.phrases.score(part)

    def _before(self, score: str, used: list[Column], weights: list[Column]) -> Column:
        """The weighted mean, with what its worst part and events do to it."""
        title = self.phrases.score(score)
        each, heavy = across(used, "{row}"), across(weights, "{row}")
        mean = self.page.column(title, "mean").fill(
            f'IF(SUM({heavy})=0,"",SUMPRODUCT({heavy},{each})/SUM({heavy}))', self.rows
        )
        told = mean.here
        if self.model.scores[score].worst_pull:
            told += f"-{self.numbers.rules[score, 'pull']}*({mean.here}-MIN({each}))"
        points = [self._points(score, name) for name in self.model.scores[score].adjustments]
        if points:
            most = self.numbers.rules[score, "most"]
            told += f"+MAX(-{most},MIN({most},SUM({across(points, '{row}')})))"
        column = self.page.column(title, "before limits")
        return column.fill(f'IF({mean.here}="","",{told})', self.rows)

    def _points(self, score: str, name: str) -> Column:
        item = self.model.scores[score].adjustments[name]
        points = self.numbers.limits[score, name]
        column = self.page.column(f"{self.phrases.score(score)}: points", item.label or name)
        if item.event is None:
            return column.fill(
                f"IF({self._holds(score, name, item.when or '')},{points},0)", self.rows
            )
        days = self.asked.values[item.event].here
        if item.half_life is not None:
            points += f"*0.5^MIN({days}/{self.numbers.lives[score, name]},100)"
        return column.fill(f"IF(ISNUMBER({days}),{points},0)", self.rows)

    def _holds(self, score: str, name: str, when: str) -> str:
        said = self.asked.said.get((score, name))
        if said is not None:
            return f'{said.here}<>""'
        return formula(when, {key: column.here for key, column in self.asked.values.items()})

    def _limited(self, score: str, coverage: Column, before: Column) -> str:
        declared = self.model.scores[score]
        floors = [(n, i.when) for n, i in declared.floors.items() if isinstance(i.at_least, float)]
        caps = [(n, i.when) for n, i in declared.caps.items() if isinstance(i.at_most, float)]
        value = before.here
        for limits, word, never in ((floors, "MAX", f"-{BEYOND}"), (caps, "MIN", BEYOND)):
            bounds = [
                f"IF({self._holds(score, name, when)},{self.numbers.limits[score, name]},{never})"
                for name, when in limits
            ]
            value = f"{word}({','.join([value, *bounds])})" if bounds else value
        enough = f"{coverage.here}>={self.numbers.rules[score, 'coverage']}-{NEAR}"
        return f'IF({before.here}="","",IF({enough},MAX(0,MIN(100,{value})),""))'

    def _band(self, score: str, value: Column) -> Column:
        declared, bands = self.model.scores[score], self.model.bands_of(score)
        names = list(bands.borders or bands.quantiles or {})
        place = "0"
        for at, name in enumerate(names[1:], 1):
            border = self.numbers.borders[score, name]
            if bands.borders is None:
                border = f"PERCENTILE({value.all(self.rows)},{border})"
            place = f"IF({value.here}>={border}-{NEAR},{at},{place})"
        for word, never, limits in (
            ("MAX", "0", [(n, i.when, i.at_least) for n, i in declared.floors.items()]),
            ("MIN", str(len(names)), [(n, i.when, i.at_most) for n, i in declared.caps.items()]),
        ):
            for name, when, bound in limits:
                if isinstance(bound, str):
                    holds = self._holds(score, name, when)
                    place = f"{word}({place},IF({holds},{names.index(bound)},{never}))"
        words = ",".join(text(self.phrases.band(name)) for name in names)
        unknown = text(self.phrases.band("no data"))
        column = self.page.column(self.phrases.score(score), "band")
        return column.fill(f'IF({value.here}="",{unknown},CHOOSE(1+{place},{words}))', self.rows)


def _used(missing: Missing, known: tuple[str, str], mean: str, peers: str) -> str:
    """Goodness of a part: as it is, or by its policy as far as it is unknown."""
    good, share = known
    if missing == "exclude":
        return f'IF(ISNUMBER({good}),{good},"")'
    instead = peers if missing == "peers" else "0" if missing == "worst" else repr(missing)
    mixed = good if share == "1" else f"{share}*{good}+(1-{share})*{instead}"
    return f'IF({mean}="","",IF(ISNUMBER({good}),{mixed},{instead}))'
