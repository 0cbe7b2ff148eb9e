"""Scoring, facts at rest to scores at rest, against the same written by hand.

Run ``python benchmarks/scoring.py``; ``--accounts 1000000 --rows 37000000`` for the large one,
``--limit 1GB`` for DuckDB's memory limit, ``--metrics 10`` or 160 for narrower and wider models,
``--at-once`` for the steps made at a time (2 where DuckDB reads the accounts on one core, as sync).
Each way is a process of its own: wall and CPU seconds, peak memory. All must give the same.
"""

import argparse
import os
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import duckdb

from benchmarks.by_hand import SIDES, Metric, duck, polars
from scoring import Model, load_model, score

AS_OF = datetime(2026, 11, 27)  # noqa: DTZ001 (scoring takes UTC without zone)
WAYS = ("pulsefield", "duckdb", "polars")

USAGE = """
SELECT * REPLACE (user_ref || account || '.example' AS user_ref) FROM (
    SELECT (random() * random() * {accounts})::BIGINT AS account,
        DATE '2026-11-26' - (random() * 120)::INT AS day,
        'feature ' || (random() * 12)::INT AS feature,
        'u' || (random() * 15)::INT || '@' AS user_ref,
        (1 + random() * 20)::INT::DOUBLE AS count, 's' AS source, i::VARCHAR AS id
    FROM range({rows}) AS t(i)
) ORDER BY day
"""
OTHERS = {
    "accounts": "SELECT i AS account, 'A' || i AS account_id FROM range({accounts} + 1) AS t(i)",
    "tickets": "SELECT (random() * {accounts})::BIGINT AS account, {time} AS opened_at, "
    "(1 + random() * 100)::INT / 2 AS resolution_hours, 's' AS source, i::VARCHAR AS id "
    "FROM range({accounts} * 5) AS t(i)",
    "invoices": "SELECT (random() * {accounts})::BIGINT AS account, {time} AS issued_at, "
    "(1 + random() * 100)::INT * 10.0 AS amount, 's' AS source, i::VARCHAR AS id "
    "FROM range({accounts} * 6) AS t(i)",
    "surveys": "SELECT (random() * {accounts})::BIGINT AS account, {time} AS at, "
    "(random() * 10)::INT::DOUBLE AS score, 's' AS source, i::VARCHAR AS id "
    "FROM range({accounts} * 2) AS t(i)",
    # Two sources, read ten minutes and three hours ago; some accounts are in neither.
    "presence": "SELECT i AS account, name AS \"table\", TIMESTAMP '2026-11-26 23:50:00' "
    "- INTERVAL 1 MINUTE * (i % 2 * 170) AS read_at FROM range({accounts} + 1) AS t(i), "
    "(VALUES ('usage', 0), ('tickets', 1), ('invoices', 2), ('surveys', 3)) AS n(name, place) "
    "WHERE hash(i, place) % 40 > 0",
}
TIME = "TIMESTAMP '2026-11-26 23:00:00' - INTERVAL 1 MINUTE * (random() * 500000)::INT"


def make(folder: Path, accounts: int, rows: int) -> None:
    """Write the facts as Parquet, in the order of days, as a store that only appends has them."""
    with duckdb.connect() as connection:
        connection.execute("SELECT setseed(0.5)")
        connection.execute(f"SET temp_directory = '{folder}/spill'")
        for name, text in {**OTHERS, "usage": USAGE}.items():
            sql = text.format(accounts=accounts, rows=rows, time=TIME)
            connection.execute(f"COPY ({sql}) TO '{folder}/{name}.parquet' (FORMAT parquet)")


def metrics(count: int) -> dict[str, list[Metric]]:
    """Return a model's metrics by score: 40 as they come, fewer or more by other windows."""
    found = []
    for turn in range((count + 39) // 40):
        more = turn * 3
        found += [Metric("usage", "sum", "count", d + more, 400.0) for d in (7, 14, 28, 30, 60, 90)]
        for thing, best in (("user_ref", 9.0), ("feature", 9.0), ("day", 30.0)):
            found += [Metric("usage", "distinct", thing, d + more, best) for d in (7, 30, 90)]
        found.append(Metric("usage", "max", "count", 90 + more, 20.0))
        found += [
            Metric("tickets", "count", "", d + more, 9.0) for d in (30, 60, 90, 120, 180, 270)
        ]
        found += [
            Metric("tickets", "mean", "resolution_hours", d + more, 60.0)
            for d in (30, 90, 120, 180, 210, 270)
        ]
        found += [Metric("invoices", "sum", "amount", d + more, 3000.0) for d in (30, 90, 180, 300)]
        found += [Metric("invoices", "max", "amount", d + more, 900.0) for d in (30, 90, 180, 300)]
        found += [Metric("surveys", "mean", "score", d + more, 10.0) for d in (90, 180, 300)]
        found.append(Metric("surveys", "count", "", 180 + more, 5.0))
    found = found[:: max(1, 40 // count)][:count]
    scores: dict[str, list[Metric]] = {}
    for metric in found:
        name = {"usage": "usage", "invoices": "billing"}.get(metric.table, "care")
        scores.setdefault(name, []).append(metric)
    return scores


def model(by_score: dict[str, list[Metric]]) -> Model:
    """Return the same as a model."""
    text = ['name = "benchmark"']
    for metric in (m for group in by_score.values() for m in group):
        of = f'of = "{metric.of}"\n' if metric.of else ""
        text.append(
            f'[signals.{metric.name}]\ntable = "{metric.table}"\naggregate = "{metric.kind}"\n'
            f'{of}window = "{metric.days}d"\n'
            f'[metrics.{metric.name}]\nsignal = "{metric.name}"\nworst = 0\nbest = {metric.best}'
        )
    for name, group in by_score.items():
        weights = ", ".join(f"{m.name} = 1" for m in group)
        text.append(f"[scores.{name}]\nweights = {{ {weights} }}")
    return load_model("\n".join(text))


def pulsefield(declared: Model, folder: Path, out: Path, limit: str, at_once: int) -> None:
    """Score with the model."""
    with duckdb.connect() as connection:
        if limit:
            connection.execute(f"SET memory_limit = '{limit}'")
        connection.execute(f"SET temp_directory = '{folder}/spill'")
        names = ("accounts", "presence", *SIDES)
        for name in names:
            path = f"{folder}/{name}.parquet"
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{path}')")
        facts = {name: name for name in names}
        with score(declared, facts, as_of=AS_OF, connection=connection, at_once=at_once) as found:
            columns = "account, score, value, coverage, band"
            connection.execute(
                f"COPY (SELECT {columns} FROM {found.relation}) TO '{out}' (FORMAT parquet)"
            )


def run(way: str, folder: Path, count: int, limit: str, at_once: int) -> None:
    """Compute the scores one way."""
    by_score = metrics(count)
    out = folder / f"{way}.out"
    if way == "pulsefield":
        pulsefield(model(by_score), folder, out, limit, at_once)
    elif way == "duckdb":
        duck(by_score, folder, AS_OF, out, limit)
    else:
        polars(by_score, folder, AS_OF, out)


def timed(script: str, *arguments: str) -> tuple[float, float, float]:
    """Run a script in a process of its own: wall s, CPU s, peak MB."""
    began = perf_counter()
    pid = os.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, script, *arguments])  # noqa: S606
    _, status, used = os.wait4(pid, 0)
    assert status == 0, arguments
    return perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def passed_on(given: argparse.Namespace, folder: Path) -> list[str]:
    """Return what the process of each way is told: by default as many steps at a time as in sync."""
    from sync.facts import AT_ONCE, ROW_GROUP  # noqa: PLC0415 (not in what is measured)

    at_once = given.at_once or (AT_ONCE if given.accounts <= ROW_GROUP else 1)
    told = {"folder": folder, "metrics": given.metrics, "limit": given.limit, "at-once": at_once}
    return [f"--{name}={value}" for name, value in told.items()]


def same(folder: Path) -> str:
    """Compare the answers of all ways."""
    difference = 0.0
    with duckdb.connect() as connection:
        for way in WAYS[1:]:
            found = connection.execute(
                f"SELECT count(*), max(abs(a.value - b.value)), "
                f"count(*) FILTER (a.band IS DISTINCT FROM b.band OR (a.value IS NULL) <> (b.value IS NULL)) "
                f"FROM read_parquet('{folder}/pulsefield.out') a "
                f"JOIN read_parquet('{folder}/{way}.out') b USING (account, score)"
            ).fetchone()
            assert found is not None
            assert found[2] == 0, (way, found)
            difference = max(difference, found[1])
    assert difference < 1e-9, difference
    return f"same answers, to {difference:.0e}"


def main() -> None:
    read = argparse.ArgumentParser()
    read.add_argument("--accounts", type=int, default=100_000)
    read.add_argument("--rows", type=int, default=7_300_000)
    read.add_argument("--metrics", type=int, default=40)
    read.add_argument("--limit", default="")
    read.add_argument("--at-once", type=int)
    read.add_argument("--only", action="store_true", help="nothing by hand")
    read.add_argument("--way", choices=WAYS)
    read.add_argument("--folder", type=Path)
    given = read.parse_args()
    if given.way:
        run(given.way, given.folder, given.metrics, given.limit, given.at_once)
        return
    with tempfile.TemporaryDirectory() as text:
        folder = given.folder or Path(text)
        if not (folder / "usage.parquet").exists():
            make(folder, given.accounts, given.rows)
        print(f"{given.accounts} accounts, {given.rows} usage rows, {given.metrics} metrics")
        ways = WAYS[:1] if given.only else WAYS
        told = passed_on(given, folder)
        used = {way: timed(__file__, f"--way={way}", *told) for way in ways}
        for way, (wall, cpu, peak) in used.items():
            print(f"{way:>12}{wall:>8.2f} s{cpu:>8.2f} CPU s{peak:>8.0f} MB")
        if given.only:
            return
        ours = used["pulsefield"]
        print(f"CPU {ours[1] / used['duckdb'][1]:.2f} x DuckDB by hand", end=", ")
        print(f"wall {ours[0] / used['polars'][0]:.2f} x Polars by hand, {same(folder)}")


if __name__ == "__main__":
    main()
