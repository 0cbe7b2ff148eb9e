"""The oracle: a slow, plain interpreter of the scoring model, one account at a time.

It reads the same model objects as the engine and gives the same answers by another way. Where
the two differ, what the model's words mean decides, and one of them is wrong.
"""

import math
import statistics
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scoring.declared import Shape
from scoring.model import Model
from tests.scoring.oracle_curves import CURVES, fade, pulled, quantile
from tests.scoring.oracle_expressions import holds
from tests.scoring.oracle_limits import NEAR, Customer, Result, limited, note, place
from tests.scoring.oracle_overrides import said
from tests.scoring.oracle_signals import DAY, Facts, Reader


@dataclass
class Part:
    """A metric or component inside a score: what is known of it, and what is used."""

    name: str
    weight: float
    good: float | None
    seen: float
    used: float = 0.0
    spread: float = 0.0


class Oracle:
    """One run over one set of facts."""

    def __init__(
        self,
        model: Model,
        facts: Facts,
        as_of: datetime,
        *,
        previous: dict[tuple[int, str], tuple[float | None, str]] | None = None,
        rates: dict[str, float] | None = None,
        overrides: list[dict[str, Any]] | None = None,
    ) -> None:
        self.model, self.as_of, self.previous = model, as_of, previous or {}
        self.overrides = overrides or []
        readers = [Reader(model, facts, account, as_of, rates or {}) for account in facts.accounts]
        self.customers = {
            reader.account["account"]: Customer(reader, self.segment(reader), self.signals(reader))
            for reader in readers
        }
        used = dict.fromkeys(
            p for s in model.scores for p in model.parts_of(s) if p in model.metrics
        )
        for customer in self.customers.values():
            customer.metrics = {name: self.metric(customer, name) for name in used}
        for name in model.ordered_scores():
            self.score(name)

    def segment(self, reader: Reader) -> str | None:
        names = reader.names(reader.account)
        found = (n for n, s in self.model.segments.items() if holds(s.where, names, self.as_of))
        return next(found, None)

    def signals(self, reader: Reader) -> dict[str, float | None]:
        return {name: reader.value(name) for name in self.model.signals}

    # -- metrics ------------------------------------------------------------------------------

    def metric(self, customer: Customer, name: str) -> tuple[float | None, float]:
        """Goodness and observedness."""
        signal = self.model.metrics[name].signal
        value = customer.signals[signal]
        if value is None:
            return None, 0.0
        shape = self.model.shape_of(name, customer.segment)
        if shape.curve == "percentile":
            good = self.percentile(customer, signal, shape)
        else:
            good = CURVES[shape.curve or "linear"](shape, value)
        return min(100.0, max(0.0, good)), self.seen(customer, signal)

    def percentile(self, customer: Customer, signal: str, shape: Shape) -> float:
        peers = [
            value
            for other in self.customers.values()
            if shape.among == "portfolio" or other.segment == customer.segment
            if (value := other.signals[signal]) is not None
        ]
        if len(peers) == 1:
            return 50.0
        own = customer.signals[signal]
        down = shape.worst is not None and shape.best is not None and shape.best < shape.worst
        below = sum(1 for value in peers if (value > own if down else value < own))
        return 100.0 * below / (len(peers) - 1)

    def seen(self, customer: Customer, signal: str) -> float:
        """The smallest observedness of the signal's rows, its sources and its divisors."""
        declared, reader = self.model.signals[signal], customer.reader
        tables = {declared.table}
        if declared.start is not None or "account." in (declared.where or ""):
            tables.add("accounts")
        source = self.model.source_freshness
        limits = [
            fade((self.as_of - end) / DAY, source.fresh_for, source.expires_after)
            for end in map(reader.end, tables)
            if end is not None
        ]
        newest = reader.counted(signal).newest
        if declared.fresh_for is not None and declared.expires_after is not None and newest:
            age = (self.as_of - newest) / DAY
            limits.append(fade(age, declared.fresh_for, declared.expires_after))
        limits += [self.seen(customer, name) for name in declared.per if isinstance(name, str)]
        return min(limits)

    # -- scores -------------------------------------------------------------------------------

    def score(self, name: str) -> None:
        names = self.model.parts_of(name)
        known = {
            account: {part: self.known(customer, part) for part in names}
            for account, customer in self.customers.items()
        }
        for account, customer in self.customers.items():
            parts = self.parts(name, customer, known[account], known)
            customer.results[name] = self.one(name, customer, parts)
        self.place_all(name)

    def known(self, customer: Customer, part: str) -> tuple[float | None, float]:
        if part in self.model.metrics:
            return customer.metrics[part]
        result = customer.results[part]
        return result.value, 0.0 if result.value is None else result.coverage

    def parts(self, score: str, customer: Customer, own: Any, known: Any) -> list[Part]:
        weights = self.model.weights_of(score, customer.segment)
        parts = []
        for name, (good, seen) in own.items():
            part = Part(name, weights.get(name, 0.0), good, seen)
            observed = [k[name][0] for k in known.values() if k[name][1] > 0]
            peers = [
                known[account][name][0]
                for account, other in self.customers.items()
                if other.segment == customer.segment and known[account][name][1] > 0
            ]
            self.use(part, peers, observed)
            if part.weight > 0:
                parts.append(part)
        return parts

    def use(self, part: Part, peers: list[Any], everyone: list[Any]) -> None:
        """Apply the missing policy: what is used, with which weight and uncertainty."""
        declared = self.model.metrics.get(part.name) or self.model.scores[part.name]
        if not everyone:
            part.weight = 0.0
            return
        good = part.good if part.good is not None and part.seen > 0 else 0.0
        if declared.missing == "exclude":
            part.used, part.weight = good, part.weight * part.seen
            return
        instead = {"peers": pulled(statistics.fmean, peers, everyone), "worst": 0.0}.get(
            declared.missing, declared.missing
        )
        part.used = part.seen * good + (1 - part.seen) * instead
        part.spread = (1 - part.seen) * pulled(statistics.pstdev, peers, everyone)

    def one(self, score: str, customer: Customer, parts: list[Part]) -> Result:
        declared = self.model.scores[score]
        result = Result(segment=customer.segment)
        result.coverage = self.coverage(score, customer)
        weights = self.model.weights_of(score, customer.segment)
        result.missing = [
            name
            for name in self.model.parts_of(score)
            if weights.get(name, 0) > 0 and self.known(customer, name)[1] == 0
        ]
        total = sum(part.weight for part in parts)
        if total == 0 or result.coverage < declared.min_coverage - NEAR:
            return result
        result.spread = math.sqrt(sum((p.weight * p.spread) ** 2 for p in parts)) / total
        value = sum(part.weight * part.used for part in parts) / total
        for part in parts:
            self.contribute(result, customer, part, total)
        pull = declared.worst_pull * (value - min(part.used for part in parts))
        note(result, ("worst_pull", "worst_pull"), -pull)
        result.value = limited(declared, customer, result, value - pull)
        return result

    def coverage(self, score: str, customer: Customer) -> float:
        """Share of the weight that was observed."""
        weights = self.model.weights_of(score, customer.segment)
        parts = [name for name in self.model.parts_of(score) if self.counts(name)]
        whole = sum(weights.get(name, 0.0) for name in parts)
        seen = sum(weights.get(name, 0.0) * self.known(customer, name)[1] for name in parts)
        return seen / whole if whole else 0.0

    def counts(self, part: str) -> bool:
        """A part that nobody has observed drops out of the coverage's sums, too."""
        return any(self.known(customer, part)[1] > 0 for customer in self.customers.values())

    def contribute(self, result: Result, customer: Customer, part: Part, total: float) -> None:
        """Put a part in the ledger; a component down to its own rows, as far as it was observed."""
        share = part.weight / total
        if part.name in self.model.metrics:
            note(result, ("metric", part.name), share * (part.used - 50))
            return
        component = customer.results[part.name]
        declared = self.model.scores[part.name]
        inner = 1.0 if declared.missing == "exclude" else part.seen
        value = 50.0 if component.value is None else component.value
        for row, points in component.ledger.items():
            note(result, row, share * inner * points)
        rest = part.used - 50 - inner * (value - 50)
        note(result, ("peers", part.name), share * rest)

    def place_all(self, score: str) -> None:
        bands = self.model.bands_of(score)
        found = [customer.results[score].value for customer in self.customers.values()]
        values = sorted(value for value in found if value is not None)
        for account, customer in self.customers.items():
            borders = dict(bands.borders or {})
            if bands.quantiles is not None:
                borders = {n: quantile(values, share) for n, share in bands.quantiles.items()}
            elif customer.segment is not None:
                borders |= self.model.segments[customer.segment].borders.get(score, {})
            result = customer.results[score]
            result.before = self.previous.get((account, score), (None, ""))
            result.said = said(self.model, self.overrides, (account, score), self.as_of)
            if result.value is not None:
                place(self.model.scores[score], bands, borders, customer, result)
