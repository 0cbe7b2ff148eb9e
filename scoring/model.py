"""The scoring model: what a model file may say, and what it means.

A whole small model::

    name = "small"
    version = "2026-11"
    currency = "EUR"                 # money signals are converted to it

    [source_freshness]               # a source not read for 14 days fades out by day 60
    fresh_for = "14d"
    expires_after = "60d"

    [signals.seats]
    field = "seats"                  # a plain column of accounts (number or boolean)

    [signals.active_users_30d]
    table = "usage"
    aggregate = "distinct"
    of = "user_ref"                  # or several columns: of = ["user_ref", "day"]
    window = "30d"                   # (end - 30 d, end]; h, d and w
    per = "seats"                    # another signal, a number, or a list of them: divides
    unit = "share"

    [signals.usage_trend]
    table = "usage"
    aggregate = "sum"
    of = "count"
    window = "28d"
    compare = "ratio"                # now / before; "change": now / before - 1;
                                     # "baseline": (now - mean) / sd of `periods` earlier windows

    [signals.mrr_change_90d]
    table = "subscriptions"
    aggregate = "sum"
    of = "mrr"
    valid = ["started_at", "ended_at"]   # rows in force at the end of the window
    window = "90d"
    compare = "change"

    [signals.open_urgent_48h]
    table = "tickets"
    aggregate = "count"
    valid = ["opened_at", "resolved_at"]
    where = "priority = 'urgent' and opened_at <= as_of - 48h"

    [signals.csat_good]
    table = "surveys"
    aggregate = "share"
    of = "good"                      # share: of is a condition; rows where it is null don't count
    where = "kind = 'csat'"
    window = "90d"
    min_rows = 5                     # fewer: unknown

    [signals.nps]
    table = "surveys"
    aggregate = "last"
    of = "score"
    where = "kind = 'nps'"
    fresh_for = "90d"                # by the newest row's age: full until 90 d, nothing at 180 d
    expires_after = "180d"

    [signals.days_past_due]
    table = "invoices"
    aggregate = "days_since"
    at = "due_at"                    # another time column than the table's own
    valid = ["due_at", "paid_at"]
    where = "amount_open > 0"
    pick = "oldest"
    empty = 0                        # value when no row matches

    [signals.cancel_asked]
    table = "outcomes"
    aggregate = "days_since"
    where = "kind = 'churn_notice'"

    [metrics.active_users]
    signal = "active_users_30d"
    worst = 0.2                      # curve = "linear" is the default
    best = 0.8

    [metrics.trend]
    signal = "usage_trend"
    curve = "growth"
    missing = "exclude"              # peers (default), exclude, worst, or a number 0..100

    [metrics.nps]
    signal = "nps"
    worst = 0
    best = 10

    [metrics.csat]
    signal = "csat_good"
    worst = 0.8
    best = 0.95

    [scores.usage]
    weights = { active_users = 3, trend = 1 }

    [scores.health]
    weights = { usage = 2, nps = 1, csat = 1 }   # metrics and scores alike
    min_coverage = 0.5
    worst_pull = 0.2
    max_points = 20                  # limit of the adjustments' sum, either way
    growth = "usage_trend > 1.2"     # with the best band: the growth state

    [scores.health.adjustments.asked_to_cancel]
    event = "cancel_asked"           # a days_since signal; or: when = "condition on signals"
    points = -15
    half_life = "60d"

    [scores.health.caps.overdue]
    when = "days_past_due > 60"
    at_most = 40

    [scores.health.caps.urgent]
    when = "open_urgent_48h > 0"
    at_most = "yellow"               # a band: the value stays, the band is limited

    [bands]                          # of every score; [scores.X.bands] for one of its own
    borders = { red = 0, yellow = 40, green = 80 }   # or quantiles = { red = 0, ... }
    dead_band = 3
    jump = 15

    [segments.trial]
    where = "lifecycle = 'trial'"    # on account columns; the first match wins
    weights.health = { nps = 0 }     # parts not named keep their weight
    metrics.active_users = { best = 0.5 }
    borders.health = { yellow = 30, green = 70 }

What the words mean:

- Expressions: columns (``"odd name"`` in double quotes), ``'text'``, numbers, ``true``,
  ``false``, ``as_of``, ``as_of - 30d``; ``= != < <= > >=``, ``in (...)``, ``not in``, ``is
  null``, ``is not null``, ``and``, ``or``, ``not``. Comparing with null is neither true nor
  false, as in SQL. In ``where`` and ``of`` columns are the table's, ``account.x`` the account's;
  in ``when`` and ``growth`` names are signals (and ``account.x``).
- The *end* of an account's windows is the as-of time, or the time its source was last read
  (``presence``) when that is earlier: a source that stopped freezes its signals. ``as_of`` in
  a ``where`` is that end, moved back with the window under ``compare``.
- A row counts when its time (``at``, by default the table's own) is not null, not after the
  end, and inside the window if there is one. ``at = ""``: rows count whatever their time. With
  ``valid = [from, to]`` a row counts instead while in force: from <= end, and to is null or
  later than the end; ``at`` then only serves days_since, last and freshness.
- An account without presence in the table's sources is unknown. Without a matching row:
  ``empty`` if given, else 0 for count, sum and distinct, unknown for the others. Rows whose
  ``of`` is null do not count, except that a sum over only such rows is unknown.
- ``distinct`` counts different combinations of the ``of`` columns, none of them null;
  ``at_least = { of = "day", number = 10 }`` keeps those with that many different days.
- ``last``: ``of`` of the newest row (then greatest source, id). ``days_since``: days from the
  newest (``pick = "oldest"``: oldest) row's time to the end. ``days_until``: days to the
  nearest time still to come. ``days_to``: days from the account's ``start`` column to the
  oldest row's time, or so far when there is no row.
- Under ``compare``, ``before`` = 0 or unknown gives unknown. ``baseline`` uses the earlier
  windows that begin after the account's first row, at least 2, population sd; sd 0 gives 0
  when now equals the mean, else unknown.
- Curves: ``linear`` and ``log`` (ln(1 + x), x < 0 as 0) from worst to best; ``steps = [[x, g],
  ...]`` ascending, g of the last x reached, below the first its g; ``band`` 0 (``at_low``,
  ``at_high``) outside low..high, 100 between best_low and best_high, straight between;
  ``growth`` 50 x; ``indicator`` 100 once ``best`` is reached (default worst 0, best 1), else 0;
  ``penalty`` 100 - points x; ``percentile`` 100 x percent rank among the accounts that have a
  value, of the segment (``among = "portfolio"``: of all), ties share the lowest rank, a single
  one gets 50, reversed when best < worst; ``baseline`` linear from -2 to 1 by default. All are
  cut to 0..100.
- Observedness m = 0 when the value is unknown, else the product of nothing but the smaller of
  source freshness (as-of minus end, of every table involved) and, with ``fresh_for``, the age of
  the newest row (aggregates mean, median, min, max, share, last, sum, count, distinct alike).
- Peers of a metric: accounts of the same segment (accounts in none are one group) with m > 0,
  unweighted; mean and population sd are both shrunk: (n segment + 10 portfolio) / (n + 10). A
  part that nobody observed leaves every sum (value, coverage, spread), whatever its policy;
  coverage is 0 where no part is left. ``exclude`` weighs a part w m everywhere but in the
  coverage, and adds no spread. A component score is observed with m = its coverage while it
  has a value.
- ``worst_pull`` takes the smallest goodness used (after the missing policy) among parts with
  weight. Then floors, in order, then caps, in order: where both bind, the cap wins.
- ``dead_band``: up when value >= border + 3, down when value <= border - 3.
"""

from collections.abc import Mapping

from pydantic import Field

from .declared import Bands, Currency, Declared, Freshness, Metric, Score, Segment, Shape, Signal

DEFAULT_BANDS = Bands(borders={"red": 0, "yellow": 40, "green": 80})


class Model(Declared):
    """A whole model; the module's docstring says what it means.

    Attributes:
        name: Of the model.
        version: Of the model, kept with each snapshot.
        about: What it is for.
        currency: Base currency of money signals; None where all money has one currency.
        source_freshness: How long a source that stopped answering is believed.
        signals: By name, as all that follow.
        metrics: Signals on 0..100.
        scores: Weighted means of metrics and scores.
        bands: Of every score that has none of its own.
        segments: First match wins, in this order.
        file: Where it was read from, for messages; no key of the file.
    """

    name: str
    version: str = "1"
    about: str = ""
    currency: Currency | None = None
    source_freshness: Freshness = Freshness()
    signals: Mapping[str, Signal]
    metrics: Mapping[str, Metric]
    scores: Mapping[str, Score] = Field(min_length=1)
    bands: Bands = DEFAULT_BANDS
    segments: Mapping[str, Segment] = {}
    file: str = Field(default="model.toml", alias="(file)", exclude=True)

    def weights_of(self, score: str, segment: str | None = None) -> dict[str, float]:
        """Return part -> weight of a score, as they hold in a segment (None: in no segment)."""
        weights = dict(self.scores[score].weights)
        if segment is not None:
            weights |= self.segments[segment].weights.get(score, {})
        return weights

    def parts_of(self, score: str) -> list[str]:
        """Return the parts that have a weight in any segment, in the model's order."""
        every = {
            name: 0.0
            for segment in (None, *self.segments)
            for name in self.weights_of(score, segment)
        }
        weighed = (self.weights_of(score, segment) for segment in (None, *self.segments))
        used = {name for weights in weighed for name, weight in weights.items() if weight > 0}
        return [name for name in every if name in used]

    def bands_of(self, score: str) -> Bands:
        """Return a score's bands, its own or the model's."""
        return self.scores[score].bands or self.bands

    def shape_of(self, metric: str, segment: str | None = None) -> Shape:
        """Return a metric's curve, as it holds in a segment."""
        declared = self.metrics[metric]
        changed = self.segments[segment].metrics.get(metric) if segment is not None else None
        if changed is None:
            return declared
        return declared.model_copy(update=changed.model_dump(exclude_none=True))

    def ordered_scores(self) -> list[str]:
        """Return the scores, components before what they feed, else in the model's order."""
        done: list[str] = []
        while len(done) < len(self.scores):
            for name in self.scores:
                below = set(self.parts_of(name)) & set(self.scores)
                if name not in done and below <= set(done):
                    done.append(name)
        return done
