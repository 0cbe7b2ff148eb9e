"""Models and facts made up from a seed: small, but with every aggregation, curve and policy.

Numbers are whole or halves, so that sums are exact in any order; times lie on hours, borders of
windows and of freshness among them. Hypothesis draws the seeds: drawing each value by itself
left a median or a share in one model of sixty.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from scoring import Model
from scoring.checks import problems
from tests.scoring.generated_limits import bands, limits, segments
from tests.scoring.oracle_signals import TIMES, Facts

NOW = datetime(2026, 11, 27, 12)  # noqa: DTZ001 -- scoring takes UTC without zone
EDGES = (0, 24 * 7, 24 * 14, 24 * 28, 24 * 30, 24 * 60)
Make = Callable[[Random], Any]


def word(chance: Random) -> str | None:
    return chance.choice(["x", "x", "y", "o'clock", 'a"b;--', None])


def number(chance: Random) -> float | None:
    odd = [None, float("nan"), float("inf"), -float("inf")]
    return chance.choice(odd) if chance.random() < 0.2 else chance.randint(-4, 40) / 2


def count(chance: Random) -> int | None:
    return chance.choice([None, 0, 1, 2, 5])


def truth(chance: Random) -> bool | None:
    return chance.choice([True, True, False, None])


def moment(chance: Random) -> datetime | None:
    if chance.random() < 0.12:
        return None
    hours = chance.choice(EDGES) if chance.random() < 0.2 else chance.randint(-24, 24 * 80)
    return NOW - timedelta(hours=hours)


def day(chance: Random) -> Any:
    return None if chance.random() < 0.1 else (NOW - timedelta(days=chance.randint(-1, 60))).date()


ROWS: dict[str, dict[str, Make]] = {
    "usage": {"day": day, "feature": word, "user_ref": word, "count": number},
    "tickets": {
        "opened_at": moment,
        "resolved_at": moment,
        "priority": word,
        "resolution_hours": number,
        "reopens": count,
    },
    "surveys": {"at": moment, "asked_at": moment, "kind": word, "score": number, "good": truth},
    "invoices": {
        "issued_at": moment,
        "due_at": moment,
        "paid_at": moment,
        "status": word,
        "amount": number,
    },
}
ACCOUNT: dict[str, Make] = {
    "seats": lambda chance: chance.choice([None, 0, 1, 2, 4, 8]),
    "plan": word,
    "own": number,
    "started_at": moment,
    "auto_renew": truth,
}
NUMERIC = {
    "usage": ["count"],
    "tickets": ["resolution_hours", "reopens"],
    "surveys": ["score", "good"],
    "invoices": ["amount"],
}
TEXT = {"usage": "feature", "tickets": "priority", "surveys": "kind", "invoices": "status"}
OTHER_TIME = {"surveys": "asked_at", "invoices": "due_at"}
VALID = {"tickets": ["opened_at", "resolved_at"], "invoices": ["due_at", "paid_at"]}


def facts(seed: int) -> Facts:
    """Up to 9 accounts, some of them not in every source, some sources read long ago."""
    chance = Random(seed)
    keys = range(1, chance.randint(2, 10))
    made = Facts([{"account": key, **row(ACCOUNT, chance)} for key in keys])
    for table, columns in ROWS.items():
        count_rows = chance.choice([0, 3, 30, 60])
        made.tables[table] = [
            {"account": chance.choice(keys), "source": "s", "id": f"{n:03}", **row(columns, chance)}
            for n in range(count_rows)
        ]
        for key in keys:
            age = chance.choice([0, 0, 0, 0, None, -1, 1, 14, 37, 60, 70])
            if age is not None:
                made.presence[key, table] = NOW - timedelta(days=age)
    return made


def row(columns: dict[str, Make], chance: Random) -> dict[str, Any]:
    return {name: make(chance) for name, make in columns.items()}


def conditions(table: str) -> list[str]:
    """A few shapes of filters, with null in play."""
    text, value = TEXT[table], NUMERIC[table][0]
    return [
        f"{text} = 'x'",
        f"{text} in ('x', 'o''clock')",
        f"{text} not in ('x', 'y')",
        f"not {text} = 'a\"b;--'",
        f"{value} > 3 or {text} is null",
        f"{value} >= 0 and {text} <> 'y'",
        "account.plan = 'x' or account.seats > 2",
        f"{TIMES[table]} <= as_of - 7d",
        f"{value} is not null",
    ]


KINDS = [
    "count",
    "sum",
    "mean",
    "median",
    "min",
    "max",
    "share",
    "distinct",
    "last",
    "days_since",
    "days_until",
    "days_to",
]


def signal(chance: Random) -> dict[str, Any]:
    """One signal, valid by the model's rules."""
    if chance.random() < 0.15:
        return {"field": chance.choice(["seats", "own", "auto_renew"])}
    table, kind = chance.choice(list(ROWS)), chance.choice(KINDS)
    made: dict[str, Any] = {"table": table, "aggregate": kind, **of(table, kind, chance)}
    if chance.random() < 0.5:
        made["where"] = chance.choice(conditions(table))
    if kind not in {"days_until", "days_to"}:
        made |= window(table, chance)
        made |= compared(made, chance)
        made |= faded(made, chance)
    elif table in OTHER_TIME and chance.random() < 0.4:
        made["at"] = OTHER_TIME[table]
    if kind in {"days_since", "days_until"} and chance.random() < 0.5:
        made["empty"] = chance.choice([0, 3])
    if chance.random() < 0.25:
        made["per"] = chance.choice([2, "seats", ["seats", 0.5], "other"])
    return made


def of(table: str, kind: str, chance: Random) -> dict[str, Any]:
    """What is aggregated."""
    if kind == "share":
        return {
            "of": chance.choice([*conditions(table), "good" if table == "surveys" else "1 = 1"])
        }
    if kind == "distinct":
        things = [[TEXT[table]], [TEXT[table], TIMES[table]], [TIMES[table]]]
        deep = {"at_least": {"of": TIMES[table], "number": 2}} if chance.random() < 0.4 else {}
        return {"of": chance.choice(things if not deep else things[:1]), **deep}
    if kind == "days_to":
        return {"start": "started_at"}
    return (
        {}
        if kind in {"count", "days_since", "days_until"}
        else {"of": chance.choice(NUMERIC[table])}
    )


def window(table: str, chance: Random) -> dict[str, Any]:
    """Which rows count: in force, by another time, in a window."""
    if table in VALID and chance.random() < 0.25:
        return {"valid": VALID[table]}
    made = {"at": OTHER_TIME[table]} if table in OTHER_TIME and chance.random() < 0.3 else {}
    if chance.random() < 0.5:
        made["window"] = chance.choice(["48h", "7d", "30d", "10w"])
    return made


def compared(made: dict[str, Any], chance: Random) -> dict[str, Any]:
    """A comparison with earlier windows, now and then."""
    if made["aggregate"] in {"last", "days_since"} or chance.random() < 0.6:
        return {}
    compare = chance.choice(["ratio", "change", "baseline"])
    if compare == "baseline" and "valid" in made:
        return {}
    return {"compare": compare, "window": chance.choice(["7d", "14d"])}


def faded(made: dict[str, Any], chance: Random) -> dict[str, Any]:
    """Freshness, and the fewest rows."""
    more: dict[str, Any] = {}
    if chance.random() < 0.35:
        more |= {"fresh_for": "14d", "expires_after": "60d"}
    if (
        made["aggregate"] in {"mean", "share", "median", "count", "distinct"}
        and chance.random() < 0.2
    ):
        more["min_rows"] = 2
    return more


def shape(declared: dict[str, Any], chance: Random) -> dict[str, Any]:
    """A curve that fits the signal."""
    extra = {"ratio": ["growth"], "baseline": ["baseline"]}.get(declared.get("compare", ""), [])
    plain = ["linear", "linear", "log", "steps", "band", "indicator", "penalty", "percentile"]
    curve = chance.choice(extra * 6 + plain)
    made: dict[str, Any] = {"curve": curve}
    if curve in {"linear", "log", "indicator"}:
        ends: Sequence[float] = chance.choice([(0, 1), (0, 10), (30, 3), (1, 0)])
        made |= {"worst": ends[0], "best": ends[1]}
    elif curve == "steps":
        made["steps"] = [[0, 20], [1, 60], [4, chance.choice([100, 30])]]
    elif curve == "band":
        made |= {"low": 0, "best_low": 1, "best_high": 4, "high": 20}
        made |= chance.choice([{}, {"at_low": 60}, {"at_high": 10}])
    elif curve == "penalty":
        made["points"] = chance.choice([5, 30])
    elif curve == "percentile":
        made |= chance.choice([{}, {"among": "portfolio"}, {"worst": 1, "best": 0}])
    return made


def model(seed: int) -> Model:
    """Up to 7 metrics in a component score and a whole, with all that may limit it."""
    chance = Random(seed)
    signals = {f"s{n}": signal(chance) for n in range(chance.randint(2, 6))}
    signals["seats"] = {"field": "seats"}
    signals["other"] = {"table": "tickets", "aggregate": "count"}
    signals["late"] = {"table": "tickets", "aggregate": "days_since"}
    policies = ["peers", "peers", "exclude", "worst", 30]
    metrics = {
        f"m{n}": {"signal": name, "missing": chance.choice(policies), **shape(declared, chance)}
        for n, (name, declared) in enumerate(signals.items())
        if name != "seats"
    }
    names = list(metrics)
    cut = chance.randint(1, len(names) - 1)
    part = {name: chance.choice([1, 2, 0.5]) for name in names[:cut]}
    whole = {"part": 2.0, **{name: chance.choice([1, 2, 0.5]) for name in names[cut:]}}
    declared = {
        "name": "generated",
        "signals": signals,
        "metrics": metrics,
        "scores": {
            "part": {
                "weights": part,
                "min_coverage": chance.choice([0, 0.3]),
                "missing": chance.choice(policies),
            },
            "whole": {
                "weights": whole,
                "min_coverage": chance.choice([0, 0.3]),
                **limits(chance),
            },
        },
        "bands": bands(chance),
    }
    declared["segments"] = segments(names, chance, borders="borders" in declared["bands"])
    made = Model.model_validate(declared)
    assert not list(problems(made))
    return made


def before(seed: int, keys: list[int]) -> dict[tuple[int, str], tuple[float | None, str]]:
    """Values and bands of a last snapshot, for some accounts."""
    chance = Random(seed)
    names = ["red", "yellow", "green", "no data", "gone"]
    values = [None, 20.0, 39.0, 41.5, 60.0, 78.0, 82.5]
    some = [key for key in keys if chance.random() < 0.7]
    return {(key, "whole"): (chance.choice(values), chance.choice(names)) for key in some}


def overrides(seed: int, keys: list[int]) -> list[dict[str, Any]]:
    """What people said beside the scores: some in time, with a reason, of a band that there is."""
    chance = Random(seed)
    day = timedelta(days=1)
    return [
        {
            "account": chance.choice(keys),
            "score": chance.choice(["whole", "whole", "part", "gone"]),
            "value": chance.choice([None, None, 0.0, 20.0, 100.0, 100.5, -1.0, float("nan")]),
            "band": chance.choice([None, None, "red", "green", "purple"]),
            "reason": chance.choice(["said so", "o'clock; --", "said so", "é", " \t\n", "", None]),
            "author": chance.choice(["kim", "Zoë", None]),
            "set_at": NOW - chance.choice([0, 0, 1, 9, -1]) * day
            if chance.random() < 0.9
            else None,
            "expires_at": chance.choice([None, NOW, NOW + day, NOW + day, NOW - day]),
        }
        for _ in range(chance.choice([0, 2, 12, 30]))
    ]
