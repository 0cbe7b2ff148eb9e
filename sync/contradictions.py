"""What the records of one account say against each other: counted with examples, never fatal.

Also leaves out what cannot be: use of the product long before the account was a customer.
"""

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import duckdb

from connectors.findings import EXAMPLES, Findings

from .facts import Facts
from .quoting import quote

EARLY_DAYS = 31
"""Use this long before the start is a pilot that nobody wrote down; earlier use is a mistake."""
SPELLED: Mapping[str, tuple[str, ...]] = {
    "accounts": ("plan", "product", "segment"),
    "subscriptions": ("plan", "product"),
    "usage": ("feature",),
}
"""Columns whose words should be written in one way."""
_EARLY = f"""
    SELECT u.source, u.id FROM fact_usage u JOIN fact_accounts a USING (account)
    WHERE u.day < least(a.started_at, a.trial_started_at)::DATE - {EARLY_DAYS}
"""  # noqa: S608 - a constant
TWICE_DAYS = 90
"""Uses of so many days are looked at for repeats: what windows reach, and memory holds."""
_RECENT = "day > DATE '{since}' AND \"count\" IS NOT NULL"
_USE = 'source, account, day, feature, user_ref, "count"'
_TWICE = f"""
    SELECT min(id) || ' / ' || max(id) AS id FROM fact_usage
    WHERE {_RECENT} AND hash({_USE}) IN (
        SELECT hash({_USE}) FROM fact_usage WHERE {_RECENT} GROUP BY ALL HAVING count(*) > 1
    )
    GROUP BY {_USE} HAVING count(*) > 1
"""  # noqa: S608 - constants; numbers are grouped first, at half the cost of texts
_OPEN = """
    started_at <= DATE '{today}' AND coalesce(ended_at > DATE '{today}', true)
    AND coalesce(status NOT IN ('cancelled', 'ended'), true)
"""
_NOTED: Mapping[tuple[str, str], str] = {
    ("several_open", "subscriptions"): f"""
        SELECT a.account_id AS id FROM fact_accounts a JOIN fact_subscriptions s USING (account)
        WHERE {_OPEN.replace("started", "s.started")} GROUP BY a.account_id HAVING count(*) > 1
    """,  # noqa: S608 - a constant
    ("no_end_known", "subscriptions"): f"""
        SELECT id FROM fact_subscriptions WHERE {_OPEN} AND ended_at IS NULL AND renews_at IS NULL
    """,  # noqa: S608 - likewise
    ("credit_note", "invoices"): "SELECT id FROM fact_invoices WHERE status = 'credit_note'",
}
"""What is no contradiction, but read in one of several ways: counted, so that all can see it.

The revenue of several subscriptions adds up and their plans are a set; one without an end is
neither renewed nor eternal; credit notes net, and are no activity.
"""
_LEFT = """
    SELECT account, max("at") FILTER (kind = 'churn') AS churned,
        max("at") FILTER (kind IN ('renewal', 'upgrade', 'downgrade', 'trial_converted')) AS stayed
    FROM fact_outcomes GROUP BY account
"""
# Asked of max(folded): a filter by the column itself would fold the words of all rows, not the few
# different ones.
_ALIKE = """
    WITH words AS ({words}), spelled AS (
        SELECT place, word, regexp_replace(lower(word), '[^\\p{{L}}\\p{{N}}]', '', 'g') AS folded, n
        FROM words
    )
    SELECT place, string_agg(word, ' / ' ORDER BY n DESC, word), sum(n) - max(n) FROM spelled
    GROUP BY place, folded HAVING count(*) > 1 AND max(folded) <> '' ORDER BY place, folded
"""


def check(con: duckdb.DuckDBPyConnection, facts: Facts, today: date) -> Facts:
    """Look for contradictions; return the facts with what was found, and without early use.

    Args:
        con: With the relations of ``facts.build``.
        facts: What they are.
        today: The day that they are looked at.
    """
    relations = dict(facts.relations)
    columns = {table: _columns(con, relations[table]) for table in SPELLED if table in relations}
    early = _early(con, columns["accounts"]) if "usage" in relations else Findings()
    questions = [*_questions(relations.keys(), columns["accounts"], today)]
    with ThreadPoolExecutor(facts.at_once) as pool:
        spelled = pool.submit(_spellings, con, columns)  # takes the longest
        counted = [*pool.map(lambda question: _count(con, *question), questions)]
    found = Findings()
    for each in (facts.parked, early, *counted, spelled.result()):
        found.merge(each)
    if early:
        relations["usage"] = _without_early(con, kept="usage" in facts.kept)
    return replace(facts, relations=relations, parked=found)


def _columns(con: duckdb.DuckDBPyConnection, relation: str) -> set[str]:
    return {row[0] for row in con.execute(f"DESCRIBE {relation}").fetchall()}


def _early(con: duckdb.DuckDBPyConnection, accounts: set[str]) -> Findings:
    """Count use from long before the account began, by start or trial; make ``early_use`` of it."""
    if not {"started_at", "trial_started_at"} <= accounts:
        return Findings()
    con.execute(f"CREATE OR REPLACE TABLE early_use AS {_EARLY}")
    return _count(con, "used_before_start", "usage.day", "FROM early_use")


def _without_early(con: duckdb.DuckDBPyConnection, *, kept: bool) -> str:
    """Leave ``early_use`` out; return what the facts of usage are then."""
    if kept:
        con.execute("DELETE FROM fact_usage WHERE (source, id) IN (FROM early_use)")
        return "fact_usage"
    con.execute(
        "CREATE OR REPLACE VIEW fact_usage_kept AS"
        " SELECT * FROM fact_usage ANTI JOIN early_use USING (source, id)"
    )
    return "fact_usage_kept"


def _questions(
    relations: Collection[str], accounts: set[str], today: date
) -> Iterator[tuple[str, str, str]]:
    """Yield kind, where and the SELECT of what is counted."""
    if "usage" in relations:
        since = today - timedelta(days=TWICE_DAYS)
        yield "used_twice", "usage", _TWICE.format(since=since)
    if "outcomes" in relations and "lifecycle" in accounts:
        yield from _churn()
    for (kind, table), sql in _NOTED.items():
        if table in relations:
            yield kind, table, sql.format(today=today)


def _churn() -> Iterator[tuple[str, str, str]]:
    """Yield accounts whose stage says another thing than what happened; both are kept."""
    flagged = "coalesce(a.lifecycle = 'churned', false)"
    left = "coalesce(o.churned > coalesce(o.stayed, TIMESTAMP '1900-01-01'), false)"
    for kind, where in (
        ("churn_flag_without_event", f"{flagged} AND o.churned IS NULL"),
        ("churn_event_without_flag", f"a.lifecycle IS NOT NULL AND NOT {flagged} AND {left}"),
    ):
        sql = (
            f"SELECT a.account_id AS id FROM fact_accounts a LEFT JOIN ({_LEFT}) o"  # noqa: S608
            f" USING (account) WHERE {where}"
        )
        yield kind, "accounts.lifecycle", sql


def _spellings(con: duckdb.DuckDBPyConnection, columns: Mapping[str, set[str]]) -> Findings:
    """Count values that differ in case, spaces and marks only, with the commonest first."""
    found = Findings()
    looked_at = [
        (table, name)
        for table, names in SPELLED.items()
        for name in names
        if name in columns.get(table, ())
    ]
    words = " UNION ALL ".join(
        f"SELECT {place} AS place, {quote(name)} AS word, count(*) AS n"  # noqa: S608 - quoted
        f" FROM fact_{table} WHERE {quote(name)} IS NOT NULL GROUP BY ALL"
        for place, (table, name) in enumerate(looked_at)
    )
    rows = _rows(con, _ALIKE.format(words=words)) if words else []
    for place, (table, name) in enumerate(looked_at):
        own = [(text, int(n)) for at, text, n in rows if at == place]
        if own:
            examples = [text for text, _ in own[:EXAMPLES]]
            count = sum(n for _, n in own)
            found.add("spelled_alike", f"{table}.{name}", *examples, count=count)
    return found


def _count(con: duckdb.DuckDBPyConnection, kind: str, where: str, sql: str) -> Findings:
    """Count the rows of a query that has an ``id``; nothing is found where there are none."""
    found = Findings()
    (row,) = _rows(con, f"SELECT count(*), list(id ORDER BY id)[:{EXAMPLES}] FROM ({sql})")  # noqa: S608 - constants
    if row[0]:
        found.add(kind, where, *row[1], count=int(row[0]))
    return found


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    with con.cursor() as own:  # a thread's own
        return own.execute(sql).fetchall()
