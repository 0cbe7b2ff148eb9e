"""The 40 metrics and 3 scores of ``scoring`` written by hand, in DuckDB SQL and in Polars.

What a careful engineer would write for this one model: columns pruned, days as dates, distinct
things grouped once before they are counted, windows that end when an account's source was last
read, accounts that a source does not have unknown there; no checks, no ledger.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

SIDES = {"usage": "day", "tickets": "opened_at", "invoices": "issued_at", "surveys": "at"}
SLACK = 2
"""Days that a source may have been read before the moment of scoring."""


class Metric:
    """A metric of the benchmark: aggregate of a column over a window, straight from 0 to best."""

    def __init__(self, table: str, kind: str, of: str, days: int, best: float) -> None:
        self.table, self.kind, self.of, self.days, self.best = table, kind, of, days, best
        self.name = f"{table}_{kind}_{of or 'rows'}_{days}"


def sql(metrics: Mapping[str, list[Metric]], folder: Path, as_of: datetime, out: Path) -> str:
    """Return one statement that reads the facts and writes the scores."""
    every = [m for group in metrics.values() for m in group]
    steps = [_ends(folder)]
    steps += [_plain(table, every, folder, as_of) for table in SIDES]
    distinct = [m for m in every if m.kind == "distinct"]
    things = list(dict.fromkeys(m.of for m in distinct))
    steps += [_things(thing, distinct, folder, as_of) for thing in things]
    goods = ", ".join(f"{_curve(m)} AS {m.name}" for m in every)
    joins = "".join(f" LEFT JOIN {t} USING (account)" for t in ("ends", *SIDES, *things))
    steps.append(
        f"good AS MATERIALIZED (SELECT account, {goods} "
        f"FROM read_parquet('{folder}/accounts.parquet'){joins})"
    )
    means = ", ".join(f"avg({m.name}) AS {m.name}" for m in every)
    steps.append(f"peers AS MATERIALIZED (SELECT {means} FROM good)")
    parts = []
    for score, group in metrics.items():
        value = " + ".join(f"coalesce(g.{m.name}, p.{m.name})" for m in group)
        seen = " + ".join(f"(g.{m.name} IS NOT NULL)::INT" for m in group)
        n = len(group)
        parts += [f"({value}) / {n} AS {score}", f"({seen}) / {n} AS {score}_c"]
    steps.append(f"wide AS MATERIALIZED (SELECT account, {', '.join(parts)} FROM good g, peers p)")
    rows = " UNION ALL ".join(
        f"SELECT account, '{s}' AS score, CASE WHEN {s}_c >= 0.5 THEN {s} END AS value, "
        f"{s}_c AS coverage FROM wide"
        for s in metrics
    )
    band = (
        "CASE WHEN value IS NULL THEN 'no data' WHEN value >= 80 - 1e-9 THEN 'green' "
        "WHEN value >= 40 - 1e-9 THEN 'yellow' ELSE 'red' END AS band"
    )
    return (
        f"COPY (WITH {', '.join(steps)} SELECT *, {band} FROM ({rows})) TO '{out}' (FORMAT parquet)"
    )


def _ends(folder: Path) -> str:
    """Where each account's windows end, by table; null where no source of it has the account."""
    columns = ", ".join(f"max(read_at) FILTER (\"table\" = '{t}') AS {t}_end" for t in SIDES)
    source = f"read_parquet('{folder}/presence.parquet')"
    return f"ends AS MATERIALIZED (SELECT account, {columns} FROM {source} GROUP BY account)"


def _rows(table: str, every: list[Metric], folder: Path, as_of: datetime, more: str = "") -> str:
    """The rows that any metric reads, with the end of their account's windows."""
    oldest = max(m.days for m in every if m.table == table) + SLACK
    near = f"\"{SIDES[table]}\" > TIMESTAMP '{as_of - timedelta(days=oldest)}'"
    return (
        f"read_parquet('{folder}/{table}.parquet') JOIN ends USING (account) "
        f'WHERE {near} AND "{SIDES[table]}" <= {table}_end{more}'
    )


def _since(metric: Metric) -> str:
    """Rows of the window: younger than so many days."""
    return f'"{SIDES[metric.table]}" > {metric.table}_end - INTERVAL {metric.days} DAY'


def _plain(table: str, every: list[Metric], folder: Path, as_of: datetime) -> str:
    words = {"sum": "sum({})", "count": "count(*)", "mean": "avg({})", "max": "max({})"}
    columns = []
    for metric in every:
        if metric.table == table and metric.kind in words:
            call = words[metric.kind].format(metric.of)
            columns.append(f"{call} FILTER ({_since(metric)}) AS {metric.name}")
    source = _rows(table, every, folder, as_of)
    return f"{table} AS MATERIALIZED (SELECT account, {', '.join(columns)} FROM {source} GROUP BY account)"


def _things(thing: str, distinct: list[Metric], folder: Path, as_of: datetime) -> str:
    own = [m for m in distinct if m.of == thing]
    flags = ", ".join(f"max(CASE WHEN {_since(m)} THEN 1 END) AS {m.name}" for m in own)
    counts = ", ".join(f"count({m.name}) AS {m.name}" for m in own)
    source = _rows("usage", own, folder, as_of, f" AND {thing} IS NOT NULL")
    inner = f"SELECT account, {thing}, {flags} FROM {source} GROUP BY ALL"
    return f"{thing} AS MATERIALIZED (SELECT account, {counts} FROM ({inner}) GROUP BY account)"


def _curve(metric: Metric) -> str:
    value = metric.name if metric.kind in {"mean", "max"} else f"coalesce({metric.name}, 0)"
    drawn = f"least(100, greatest(0, 100 * {value} / {metric.best!r}))"
    return f"CASE WHEN {metric.table}_end IS NOT NULL AND {value} IS NOT NULL THEN {drawn} END"


def duck(
    metrics: Mapping[str, list[Metric]], folder: Path, as_of: datetime, out: Path, limit: str
) -> None:
    """Run the SQL."""
    with duckdb.connect() as connection:
        if limit:
            connection.execute(f"SET memory_limit = '{limit}'")
        connection.execute(f"SET temp_directory = '{folder}/spill'")
        connection.execute(sql(metrics, folder, as_of, out))


def polars(metrics: Mapping[str, list[Metric]], folder: Path, as_of: datetime, out: Path) -> None:
    """Compute the same in Polars."""
    import polars as pl  # noqa: PLC0415 (only this process pays for it)

    every = [m for group in metrics.values() for m in group]
    wide = pl.scan_parquet(folder / "accounts.parquet").select("account")
    read = pl.scan_parquet(folder / "presence.parquet")
    ends = read.group_by("account").agg(
        pl.col("read_at").filter(pl.col("table") == table).max().alias(f"{table}_end")
        for table in SIDES
    )

    def held(metric: Metric) -> pl.Expr:
        end = pl.col(f"{metric.table}_end")
        return pl.col(SIDES[metric.table]) > end - timedelta(days=metric.days)

    calls = {
        "sum": lambda m: pl.col(m.of).filter(held(m)).sum(),
        "count": lambda m: held(m).sum(),
        "mean": lambda m: pl.col(m.of).filter(held(m)).mean(),
        "max": lambda m: pl.col(m.of).filter(held(m)).max(),
    }
    for table, time in SIDES.items():
        own = [m for m in every if m.table == table]
        rows = pl.scan_parquet(folder / f"{table}.parquet")
        oldest = as_of - timedelta(days=max(m.days for m in own) + SLACK)
        rows = rows.filter(pl.col(time) > oldest)
        rows = rows.join(ends.select("account", f"{table}_end"), on="account")
        rows = rows.filter(pl.col(time) <= pl.col(f"{table}_end"))
        sums = [calls[m.kind](m).alias(m.name) for m in own if m.kind in calls]
        wide = wide.join(rows.group_by("account").agg(sums), on="account", how="left")
        for thing in dict.fromkeys(m.of for m in own if m.kind == "distinct"):
            counted = [m for m in own if m.kind == "distinct" and m.of == thing]
            near = rows.filter(
                held(max(counted, key=lambda m: m.days)), pl.col(thing).is_not_null()
            )
            flags = near.group_by("account", thing).agg(
                held(m).any().alias(m.name) for m in counted
            )
            counts = flags.group_by("account").agg(pl.col(m.name).sum() for m in counted)
            wide = wide.join(counts, on="account", how="left")
    goods = []
    for metric in every:
        value = pl.col(metric.name).cast(pl.Float64)
        value = value if metric.kind in {"mean", "max"} else value.fill_null(0)
        good = (100 * value / metric.best).clip(0, 100)
        known = pl.col(f"{metric.table}_end").is_not_null()
        goods.append(pl.when(known).then(good).alias(metric.name))
    wide = wide.join(ends, on="account", how="left").select("account", *goods)
    scored = []
    for score, group in metrics.items():
        value = pl.sum_horizontal(pl.col(m.name).fill_null(pl.col(m.name).mean()) for m in group)
        seen = pl.sum_horizontal(pl.col(m.name).is_not_null().cast(pl.Int32) for m in group)
        scored += [(value / len(group)).alias(score), (seen / len(group)).alias(f"{score}_c")]
    whole = wide.select("account", *scored).collect(engine="streaming").lazy()
    parts = [
        whole.select(
            "account",
            pl.lit(score).alias("score"),
            pl.when(pl.col(f"{score}_c") >= 0.5).then(score).alias("value"),
            pl.col(f"{score}_c").alias("coverage"),
        )
        for score in metrics
    ]
    value = pl.col("value")
    band = (
        pl.when(value.is_null())
        .then(pl.lit("no data"))
        .when(value >= 80 - 1e-9)
        .then(pl.lit("green"))
        .when(value >= 40 - 1e-9)
        .then(pl.lit("yellow"))
        .otherwise(pl.lit("red"))
    )
    pl.concat(parts).with_columns(band.alias("band")).sink_parquet(out)
