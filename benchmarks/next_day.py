"""The next day's scores from what the first run kept, against reading all rows again.

Run ``python benchmarks/next_day.py``; ``--accounts``, ``--rows``, ``--limit`` and ``--at-once`` as for
``scoring``. About 1 % of the facts are new: all of the last day, and a few late ones of any day.
Each run is a process of its own: the first reads all rows, keeps what the next ones need and
scores; the next reads that and the new rows; ``all`` reads all rows and keeps none, and must give
the same scores.
"""

import argparse
import json
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import duckdb

from benchmarks.by_hand import SIDES
from benchmarks.scoring import AS_OF, make, metrics, model, passed_on, timed
from scoring import RollUp, roll_up, score

RUNS = ("first", "next", "all")
BEFORE = AS_OF - timedelta(days=1)
NEW = "(\"{time}\" >= TIMESTAMP '{before}' OR hash(id) % 600 = 0)"


def split(folder: Path) -> None:
    """Write the facts as two files each: what was known the day before, and what is new."""
    with duckdb.connect() as connection:
        for name, time in SIDES.items():
            source = f"read_parquet('{folder}/{name}.parquet')"
            new = NEW.format(time=time, before=BEFORE)
            for part, held in (("old", f"NOT {new}"), ("new", new)):
                connection.execute(
                    f"COPY (SELECT * FROM {source} WHERE {held}) TO "
                    f"'{folder}/{part}_{name}.parquet' (FORMAT parquet)"
                )


def opened(folder: Path, limit: str, *, known: bool) -> duckdb.DuckDBPyConnection:
    """Return a connection with the facts of one of the days as views."""
    connection = duckdb.connect()
    if limit:
        connection.execute(f"SET memory_limit = '{limit}'")
    connection.execute(f"SET temp_directory = '{folder}/spill'")
    for name in SIDES:
        parts = ("old",) if known else ("old", "new")
        files = ", ".join(f"'{folder}/{part}_{name}.parquet'" for part in parts)
        connection.execute(f"CREATE VIEW {name} AS FROM read_parquet([{files}])")
        new = f"{folder}/new_{name}.parquet"
        connection.execute(f"CREATE VIEW new_{name} AS FROM read_parquet('{new}')")
    for name in ("accounts", "presence"):
        columns = "* REPLACE (read_at - INTERVAL 1 DAY AS read_at)"
        columns = columns if known and name == "presence" else "*"
        path = f"{folder}/{name}.parquet"
        connection.execute(f"CREATE VIEW {name} AS SELECT {columns} FROM read_parquet('{path}')")
    return connection


def run(way: str, folder: Path, count: int, limit: str, at_once: int) -> None:
    """Score one day."""
    declared = model(metrics(count))
    facts = {name: name for name in ("accounts", "presence", *SIDES)}
    first = way == "first"
    with opened(folder, limit, known=first) as connection:
        if first:
            keep(folder, count, connection)
        rolled = None
        if way != "all":
            rolled = kept(folder, connection)
            rolled = rolled if first else rolled.since({name: f"new_{name}" for name in SIDES})
        moment = BEFORE if first else AS_OF
        with score(
            declared, facts, as_of=moment, connection=connection, rolled=rolled, at_once=at_once
        ) as found:
            out = f"{folder}/{way}.out"
            columns = "account, score, value, coverage, band"
            connection.execute(
                f"COPY (SELECT {columns} FROM {found.relation}) TO '{out}' (FORMAT parquet)"
            )


def keep(folder: Path, count: int, connection: duckdb.DuckDBPyConnection) -> None:
    """Roll up, and write what is kept."""
    declared = model(metrics(count))
    facts = {name: name for name in ("accounts", "presence", *SIDES)}
    made = roll_up(declared, facts, as_of=BEFORE, connection=connection, tables=SIDES)
    with made:
        for name, relation in made.tables.items():
            path = folder / f"kept {name}.parquet"
            connection.execute(f"COPY \"{relation}\" TO '{path}' (FORMAT parquet)")
        told = {"basis": made.basis, "days": made.days, "tables": list(made.tables)}
        (folder / "kept.json").write_text(json.dumps(told))


def kept(folder: Path, connection: duckdb.DuckDBPyConnection) -> RollUp:
    """Read what was kept."""
    told = json.loads((folder / "kept.json").read_text())
    for name in told["tables"]:
        path = folder / f"kept {name}.parquet"
        connection.execute(f"CREATE VIEW \"kept {name}\" AS FROM read_parquet('{path}')")
    tables = {name: f"kept {name}" for name in told["tables"]}
    return RollUp(told["basis"], BEFORE, told["days"], tables)


def difference(folder: Path) -> float:
    """Return the largest difference of values between ``next`` and ``all``."""
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT count(*), max(abs(a.value - b.value)), count(*) FILTER "
            f"(a.band <> b.band OR (a.value IS NULL) <> (b.value IS NULL)) "
            f"FROM read_parquet('{folder}/next.out') a "
            f"FULL JOIN read_parquet('{folder}/all.out') b USING (account, score)"
        ).fetchone()
    assert found is not None
    assert found[2] == 0, found
    return float(found[1])


def main() -> None:
    read = argparse.ArgumentParser()
    read.add_argument("--accounts", type=int, default=100_000)
    read.add_argument("--rows", type=int, default=7_300_000)
    read.add_argument("--metrics", type=int, default=40)
    read.add_argument("--way", choices=RUNS)
    read.add_argument("--folder", type=Path)
    read.add_argument("--limit", default="")
    read.add_argument("--at-once", type=int)
    given = read.parse_args()
    if given.way:
        run(given.way, given.folder, given.metrics, given.limit, given.at_once)
        return
    with tempfile.TemporaryDirectory() as text:
        folder = given.folder or Path(text)
        if not (folder / "usage.parquet").exists():
            make(folder, given.accounts, given.rows)
        split(folder)
        print(f"{given.accounts} accounts, {given.rows} usage rows, {given.metrics} metrics")
        told = passed_on(given, folder)
        used = {way: timed(__file__, f"--way={way}", *told) for way in RUNS}
        for way, (wall, cpu, peak) in used.items():
            print(f"{way:>8}{wall:>8.2f} s{cpu:>8.2f} CPU s{peak:>8.0f} MB")
        first, later, every = (used[way] for way in RUNS)
        for name, other in (("a first run, which keeps rows", first), ("one that does not", every)):
            wall, cpu = later[0] / other[0], later[1] / other[1]
            print(f"next is {wall:.2f} x {name}, in wall time, {cpu:.2f} x in CPU")
        off = difference(folder)
        assert off < 1e-9, off
        print(f"same scores as from all rows, to {off:.0e}")


if __name__ == "__main__":
    main()
