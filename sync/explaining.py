"""One account, looked up by what people have at hand, and why it has its score."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow.compute as pc

from .candidates import Key
from .identity import Account
from .rollup import Matched, Scores
from .scored import Portfolio
from .workspace import Workspace


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one account has its score.

    Attributes:
        account_id: Stable id.
        name: Its name.
        sentence: The largest parts in words.
        scores: One row per score: score, value, band, coverage, spread, change, segment,
            limited_by, the names of the floors and caps that bound, and override, what a person
            set beside it, in words; ``""``: nothing.
        ledger: Its rows of ``Snapshot.ledger()`` for the score that was asked for.
        records: Connection -> the vendor's ids that make up the account.
    """

    account_id: str
    name: str
    sentence: str
    scores: Sequence[Mapping[str, object]]
    ledger: Sequence[Mapping[str, object]]
    records: Mapping[str, tuple[str, ...]]


def explanation(matched: Matched, scores: Scores, account: str, score: str) -> Explanation:
    """Explain one account.

    Args:
        matched: Accounts and their records.
        scores: Still open.
        account: Stable id, ``connection:id``, a vendor's id, a name, or its beginning.
        score: A score of the model.

    Raises:
        LookupError: no such account, or several.
        ValueError: no such score.
    """
    people = scores.portfolio
    found = find(people, matched.identities.accounts, account)
    at = people.accounts.index(found.account)
    own = scores.snapshot.scores.filter(pc.field("account") == found.account).to_pylist()
    limits = {row["score"]: row["limited_by"].split(",") for row in own if row["limited_by"]}
    words = people.explainer()
    told = {
        name: each.text(words)
        for (name, key), each in people.beside.items()
        if key == found.account
    }
    rows = [
        {
            "score": name,
            "value": each.value[at],
            "band": each.band[at],
            "coverage": each.coverage[at],
            "spread": each.spread[at],
            "change": each.change[at],
            "segment": each.segment[at],
            "limited_by": limits.get(name, []),
            "override": told.get(name, ""),
        }
        for name, each in people.scores.items()
    ]
    ledger = scores.snapshot.ledger([found.account], score).to_pylist()
    records: dict[str, list[str]] = {}
    for connection, ref in found.records:
        records.setdefault(connection, []).append(ref)
    return Explanation(
        account_id=found.account_id,
        name=people.names[at],
        sentence=people.scores[score].reasons[at],
        scores=rows,
        ledger=ledger,
        records={name: tuple(refs) for name, refs in records.items()},
    )


def lookup(
    work: Workspace, con: duckdb.DuckDBPyConnection, matched: Matched, wanted: str
) -> tuple[Account, str]:
    """Find one account without scores; return it and its name.

    Args:
        work: The deployment.
        con: Where it was matched.
        matched: Accounts and their records.
        wanted: As for ``explanation``.

    Raises:
        LookupError: no such account, or several; the message lists the nearest.
    """
    rows = con.sql("SELECT account, account_id, name FROM fact_accounts").fetchall()
    names = [name or account_id for _, account_id, name in rows]
    keys, ids = [row[0] for row in rows], [row[1] for row in rows]
    people = Portfolio(work.as_of, work.model, keys, ids, names, {})
    found = find(people, matched.identities.accounts, wanted)
    return found, names[keys.index(found.account)]


def find(people: Portfolio, accounts: Sequence[Account], wanted: str) -> Account:
    """Find one account.

    Raises:
        LookupError: no such account, or several; the message lists the nearest.
    """
    text = wanted.strip()
    by_key = {account.account: account for account in accounts}
    for account in accounts:
        if text == account.account_id or any(_is(text, key) for key in account.records):
            return account
    low = text.casefold()
    named = dict(zip(people.accounts, people.names, strict=True))
    exact = [key for key, name in named.items() if name.casefold() == low]
    found = exact or [key for key, name in named.items() if low and name.casefold().startswith(low)]
    if len(found) == 1:
        return by_key[found[0]]
    if found:
        listed = ", ".join(f"{named[key]} ({by_key[key].account_id})" for key in found[:5])
        raise LookupError(f"{len(found)} accounts are called {wanted!r}: {listed}; give the id")
    near = difflib.get_close_matches(text, list(named.values()), 3, cutoff=0.5)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    raise LookupError(f"there is no account {wanted!r}{hint}")


def _is(text: str, key: Key) -> bool:
    return text in {key[1], f"{key[0]}:{key[1]}"}
