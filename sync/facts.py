"""Store and matching -> the relations that scoring wants, on a DuckDB connection.

Times become TIMESTAMP without zone in UTC by arithmetic on microseconds, which needs no time
zone data. Only rows that belong to an account and are not deleted come through.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from connectors.findings import EXAMPLES, Findings
from connectors.records import TABLES
from scoring import Model, Snapshot, score
from scoring.parallel import FEW_ACCOUNTS

from . import deltalog
from .candidates import Key, Row
from .identity import Account
from .quoting import literal, quote
from .store import ADDED, Store

ZONED = "TIMESTAMP WITH TIME ZONE"
NOT_FACTS = {"account_ref", "known_at", "deleted", *ADDED}
NOT_OF_ACCOUNTS = NOT_FACTS | {"source", "id", "parent_ref", "master_ref"}
IN_MEMORY = 2_000_000
"""Stored rows up to which a table is read once and kept, not read again for each use."""
AT_ONCE = 2
"""Statements made at a time, where most of their cost is what DuckDB does on one core."""
ROW_GROUP = 122_880
"""Rows that DuckDB reads on one core, at most."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What scoring is handed.

    Attributes:
        relations: Canonical table, and ``presence`` -> name on the connection.
        parked: Rows that belong to no account, by table, and what contradicts itself, with
            examples.
        kept: Tables that are held in memory; the others are views, read at each use.
        at_once: Statements to run at a time on the connection, which is set up for as many.
    """

    relations: Mapping[str, str]
    parked: Findings = field(default_factory=Findings)
    kept: frozenset[str] = frozenset()
    at_once: int = 1

    def scored(
        self,
        con: duckdb.DuckDBPyConnection,
        model: Model,
        as_of: datetime,
        rates: Mapping[str, float],
        **beside: pa.Table | None,
    ) -> Snapshot:
        """Score them, as ``scoring.score`` does; ``beside``: previous and overrides."""
        return score(
            model,
            self.relations,
            as_of=as_of,
            connection=con,
            rates=dict(rates) or None,
            at_once=self.at_once,
            **beside,
        )


def account_rows(
    con: duckdb.DuckDBPyConnection, store: Store, known_at: datetime | None = None
) -> list[Row]:
    """Return the latest version of every account record, for matching."""
    latest = store.latest("accounts", known_at)
    if latest is None:
        return []
    columns = "source, id, name, domains, external_id, parent_ref, master_ref, deleted"
    found = con.execute(f"SELECT {columns} FROM ({latest})").fetchall()  # noqa: S608 - quoted paths
    return [
        Row((source, ref), name, domains or (), external, parent, master, bool(deleted))
        for source, ref, name, domains, external, parent, master, deleted in found
    ]


def build(
    con: duckdb.DuckDBPyConnection,
    store: Store,
    accounts: Sequence[Account],
    aliases: Mapping[Key, Key],
    *,
    reads: Iterable[tuple[str, str, datetime]],
    known_at: datetime | None = None,
) -> Facts:
    """Make the relations.

    Args:
        con: Where; names begin with ``fact_``.
        store: The tables at rest.
        accounts: From matching; the order of their records decides which source wins.
        aliases: Merged record -> the record that holds its data now.
        reads: (connection, table, last complete read).
        known_at: Only what was known then.
    """
    _members(con, accounts, aliases)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = [*pool.map(lambda name: _fact(con, store, name, known_at), TABLES)]
    _presence(con, reads)
    relations: dict[str, str] = {}
    parked, kept = Findings(), frozenset[str]()
    for fact in made:
        relations |= fact.relations
        parked.merge(fact.parked)
        kept |= fact.kept
    all_kept = relations.keys() <= kept | {"accounts"}
    at_once = _set_up(con, len(accounts), all_kept=all_kept)
    return Facts(relations | {"presence": "fact_presence"}, parked, kept, at_once)


def _set_up(con: duckdb.DuckDBPyConnection, accounts: int, *, all_kept: bool) -> int:
    """Return how many statements to run at a time; give each one core where all is small."""
    if accounts > ROW_GROUP:
        return 1
    if accounts > FEW_ACCOUNTS or not all_kept:
        return AT_ONCE
    cores = con.execute("RESET threads; SELECT current_setting('threads')").fetchall()[0][0]
    con.execute("SET threads = 1")
    return int(cores)


def _fact(
    con: duckdb.DuckDBPyConnection, store: Store, name: str, known_at: datetime | None
) -> Facts:
    """Make one table's facts; none of a table that is not stored, but of accounts always."""
    table = store.table(name)
    latest = None if table is None else store.latest(name, known_at, table=table)
    parked, kept = Findings(), False
    with con.cursor() as own:  # a thread's own
        if name == "accounts":
            _accounts(own, latest)
        elif table is None or latest is None:
            return Facts({})
        else:
            rows = deltalog.rows(table)
            kept = rows is not None and rows <= IN_MEMORY
            _table(own, name, latest, parked, kept=kept)
    return Facts({name: f"fact_{name}"}, parked, frozenset({name} if kept else ()))


def _members(
    con: duckdb.DuckDBPyConnection, accounts: Sequence[Account], aliases: Mapping[Key, Key]
) -> None:
    """Make ``members`` (account, connection, ref, place, main) and ``names`` of accounts."""
    rows = [
        (account.account, *key, place, True)
        for account in accounts
        for place, key in enumerate(account.records)
    ]
    of = {(row[1], row[2]): (row[0], row[3]) for row in rows}
    rows += [(of[new][0], *old, of[new][1], False) for old, new in aliases.items() if new in of]
    kinds = [pa.int64(), pa.string(), pa.string(), pa.int64(), pa.bool_()]
    names = ["account", "connection", "ref", "place", "main"]
    columns: list[tuple[object, ...]] = list(zip(*rows, strict=True)) or [()] * len(kinds)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    members = pa.table(arrays, names=names)
    ids = pa.table(
        {
            "account": pa.array([account.account for account in accounts], pa.int64()),
            "account_id": pa.array([account.account_id for account in accounts], pa.string()),
        }
    )
    for name, table in (("members", members), ("account_ids", ids)):
        con.register("incoming", table)
        con.execute(f"CREATE OR REPLACE TABLE {name} AS FROM incoming")
        con.unregister("incoming")


def _columns(con: duckdb.DuckDBPyConnection, sql: str) -> dict[str, str]:
    return {row[0]: row[1] for row in con.execute(f"DESCRIBE {sql}").fetchall()}


def _utc(name: str, kind: str) -> str:
    """Return SQL for a column, a time made to UTC without zone."""
    column = f"t.{quote(name)}"
    return f"make_timestamp(epoch_us({column}))" if kind == ZONED else column


def _accounts(con: duckdb.DuckDBPyConnection, latest: str | None) -> None:
    """Merge each account's records: for each column the first record that has a value wins."""
    if latest is None:
        con.execute(
            "CREATE OR REPLACE TABLE fact_accounts AS"
            " SELECT account, account_id, NULL::VARCHAR AS name FROM account_ids"
        )
        return
    columns = _columns(con, latest)
    merged = [
        f"arg_min({_utc(name, kind)}, place) AS {quote(name)}"
        for name, kind in columns.items()
        if name not in NOT_OF_ACCOUNTS and name != "currency"
    ]
    # Money and its currency come from one record.
    pair = "arg_min(struct_pack(c := t.currency), place) FILTER (t.mrr IS NOT NULL)"
    merged.append(f"coalesce(({pair}).c, arg_min(t.currency, place)) AS currency")
    con.execute(
        f"CREATE OR REPLACE TABLE fact_accounts AS"  # noqa: S608 - identifiers are quoted
        f" SELECT i.account, any_value(i.account_id) AS account_id, {', '.join(merged)}"
        f" FROM ({latest}) t JOIN members m ON t.source = m.connection AND t.id = m.ref AND m.main"
        f" JOIN account_ids i ON i.account = m.account GROUP BY i.account ORDER BY i.account"
    )


def _table(
    con: duckdb.DuckDBPyConnection, name: str, latest: str, parked: Findings, *, kept: bool
) -> None:
    """Make one table's facts; count the rows that no account has.

    Those stay stored, and count once the account is there. Beside the canonical columns it has
    ``nobody``: whether the row names no account.
    """
    columns, known = _columns(con, latest), TABLES[name].schema.names
    facts = [
        f"{_utc(column, kind)} AS {quote(column)}"
        for column, kind in columns.items()
        if column in known and column not in NOT_FACTS
    ]
    every = (
        f"SELECT m.account, {', '.join(facts)}, t.account_ref IS NULL AS nobody"  # noqa: S608 - quoted
        f" FROM ({latest}) t LEFT JOIN members m"
        f" ON t.source = m.connection AND t.account_ref = m.ref"
        f" WHERE NOT coalesce(t.deleted, false)"
    )
    if kept:
        con.execute(f"CREATE OR REPLACE TABLE fact_{name} AS {every}")
        if _park(con, name, f"fact_{name}", parked):
            con.execute(f"DELETE FROM fact_{name} WHERE account IS NULL")  # noqa: S608 - ours
    else:
        _park(con, name, f"({every})", parked)
        con.execute(
            f"CREATE OR REPLACE VIEW fact_{name} AS"  # noqa: S608 - likewise
            f" SELECT * FROM ({every}) WHERE account IS NOT NULL"
        )


def _park(con: duckdb.DuckDBPyConnection, name: str, rows: str, parked: Findings) -> int:
    """Count the rows without an account; return how many there are."""
    found = con.execute(
        f"SELECT source, nobody, count(*), list(id ORDER BY id)[:{EXAMPLES}] FROM {rows}"  # noqa: S608 - ours
        f" WHERE account IS NULL GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    for source, nobody, count, ids in found:
        kind = "without_account" if nobody else "account_unknown"
        parked.add(kind, f"{source}.{name}", *ids, count=count)
    return sum(count for _, _, count, _ in found)


def _presence(con: duckdb.DuckDBPyConnection, reads: Iterable[tuple[str, str, datetime]]) -> None:
    """Tell which accounts are matched in a source of a table; of several, the oldest read."""
    rows = [
        f"({literal(source)}, {literal(name)}, make_timestamp({_micros(time)}))"
        for source, name, time in reads
    ]
    values = ", ".join(rows) or "(NULL, NULL, NULL::TIMESTAMP)"
    con.execute(
        f"CREATE OR REPLACE TABLE fact_presence AS"  # noqa: S608 - literals are quoted
        f' SELECT m.account, r.name AS "table", min(r.read_at) AS read_at'
        f" FROM (VALUES {values}) r (source, name, read_at)"
        f" JOIN members m ON m.connection = r.source GROUP BY ALL"
    )


def _micros(time: datetime) -> int:
    return round(time.astimezone(UTC).timestamp() * 1_000_000)
