"""Why a score changed: parts that add up to the difference of two ledgers.

A part counts W (u - 50), with u = m g + (1 - m) p: weight, goodness, observedness, peers.
From before (0) to now (1) its points change by

    W0 m0 (g1 - g0)                                  behaviour
    W0 (m1 - m0) (g1 - p0) + (W1 - W0) (u1 - 50)     coverage: freshness, weights, segment
    W0 (1 - m1) (p1 - p0)                            peers

which is exact. What comes after the mean changes as a whole: worst_pull (as behaviour),
adjustments, caps (floors and the clamp too). What a new model changes is found by scoring the
same facts with both.
"""

import pyarrow as pa

from . import duck
from .model import Model

KINDS = ("behaviour", "coverage", "peers", "adjustments", "caps", "model")
KEYS = ("account", "score", "part", "name", "via")

_SIDE = """
SELECT account, score, part, name, via, points, coalesce(weight, 0) AS w,
    CASE WHEN weight > 0 THEN points / weight END AS u,
    goodness AS g,
    CASE WHEN part = 'peers' THEN 0 WHEN list_contains($excluded, name) THEN 1
        ELSE observed END AS m,
    CASE WHEN part = 'peers' THEN 'none' ELSE signal END AS signal
FROM {table}
WHERE score IN (SELECT score FROM valued WHERE valued.account = {table}.account)
"""

_CHANGES = """
WITH valued AS (
    SELECT DISTINCT account, score FROM before INTERSECT SELECT DISTINCT account, score FROM now
), old AS ({old}), new AS ({new}), paired AS (
    SELECT {keys},
        coalesce(o.points, 0) AS points0, coalesce(n.points, 0) AS points1,
        coalesce(o.w, 0) AS w0, coalesce(n.w, 0) AS w1,
        coalesce(o.u, n.u, 0) AS u0, coalesce(n.u, o.u, 0) AS u1,
        coalesce(o.m, n.m, 0) AS m0, coalesce(n.m, o.m, 0) AS m1,
        coalesce(o.g, n.g, 50) - 50 AS g0, coalesce(n.g, o.g, 50) - 50 AS g1
    FROM old AS o FULL JOIN new AS n USING ({keys})
), expected AS (
    SELECT *, CASE WHEN m1 < 1 THEN (u1 - m1 * g1) / (1 - m1) END AS p1,
        CASE WHEN m0 < 1 THEN (u0 - m0 * g0) / (1 - m0) END AS p0
    FROM paired
), filled AS (
    SELECT * REPLACE (coalesce(p0, p1, 0) AS p0, coalesce(p1, p0, 0) AS p1) FROM expected
), split AS (
    SELECT {keys}, 'behaviour' AS kind, w0 * m0 * (g1 - g0) AS points FROM filled
    WHERE part = 'metric'
    UNION ALL
    SELECT {keys}, 'coverage', w0 * (m1 - m0) * (g1 - p0) + (w1 - w0) * u1 FROM filled
    WHERE part IN ('metric', 'peers')
    UNION ALL
    SELECT {keys}, 'peers', w0 * (1 - m1) * (p1 - p0) FROM filled
    WHERE part IN ('metric', 'peers')
    UNION ALL
    SELECT {keys}, CASE part WHEN 'worst_pull' THEN 'behaviour' WHEN 'adjustment'
        THEN 'adjustments' ELSE 'caps' END, points1 - points0 FROM filled
    WHERE part NOT IN ('metric', 'peers')
)
SELECT account, score, kind, part, name, via, points FROM split WHERE points <> 0
ORDER BY account, score, abs(round(points, 6)) DESC, part, name, via, kind
"""


def change(
    model: Model, before: pa.Table, now: pa.Table, *, same_facts: pa.Table | None = None
) -> pa.Table:
    """Return the parts of the change between two ledgers of one model.

    Args:
        model: The model behind ``before``.
        before: The earlier ledger (``Snapshot.ledger``).
        now: The later ledger.
        same_facts: Where ``now`` is of another model: the ledger of now's facts under
            ``model``; the rest of the way is the new model's part.

    Returns:
        account, score, kind (one of ``KINDS``), part, name, via, points, largest first. Per
        account and score they sum to the difference of the values, to 1e-9. Accounts without
        a value then or now have no rows. An override changes nothing: it stands beside.
    """
    excluded = [name for name, metric in model.metrics.items() if metric.missing == "exclude"]
    later = now if same_facts is None else same_facts
    sql = _CHANGES.format(
        keys=", ".join(KEYS), old=_SIDE.format(table="before"), new=_SIDE.format(table="now")
    )
    with duck.connect() as connection:
        connection.register("before", before)
        connection.register("now", later)
        found = connection.sql(sql, params={"excluded": excluded}).to_arrow_table()
        if same_facts is None:
            return found
        connection.register("final", now)
        return pa.concat_tables([found, connection.sql(_MODEL).to_arrow_table()])


_MODEL = """
WITH old AS (SELECT account, score, sum(points) AS points FROM now GROUP BY account, score),
new AS (SELECT account, score, sum(points) AS points FROM final GROUP BY account, score)
SELECT n.account, n.score, 'model' AS kind, 'model' AS part, 'model' AS name, '' AS via,
    n.points - o.points AS points
FROM new AS n
JOIN old AS o ON o.account = n.account AND o.score = n.score
SEMI JOIN before AS b ON b.account = n.account AND b.score = n.score
ORDER BY account, score
"""
