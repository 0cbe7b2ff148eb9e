"""A folder's CSV and Parquet files as a proposed source, by their names and headings."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from connectors.errors import ConnectorError
from connectors.extras import Offer
from connectors.records import TABLES, ColumnType
from connectors.tables.readers import open_files
from connectors.tables.settings import TableObject

from . import guessing, proposal
from .guessing import FITS, Guess

ENDINGS = (".csv", ".csv.gz", ".tsv", ".parquet")
KEYS = ("id", "account_id", "customer_id", "company_id", "account")
"""Headings of the column by which other files know an account, the likeliest first."""
USUAL = {
    "company": "name", "company_name": "name", "account_name": "name", "customer_name": "name",
    "customer": "name", "website": "domains", "domain": "domains",
}  # fmt: skip
"""Headings of what a CRM tells unasked -> canonical column of accounts."""


def text(folder: str, base: Path) -> str:
    """Return the settings of a connection that reads a folder; empty where nothing is known.

    A file belongs to the canonical table that its name begins with: ``usage_2026.csv``.

    Args:
        folder: Of the files, as it is to stand in the settings.
        base: Where a relative folder begins.
    """
    found = files(base / Path(folder).expanduser())
    offers = _offers(str(base / Path(folder).expanduser()), found)
    if not offers.get("accounts"):
        return ""
    head = f'\n[connections.files]\nkind = "tables"\nfolder = {proposal.quoted(folder)}\n'
    return head + "".join(
        _object(table, found[table], some) for table, some in offers.items() if some
    )


def files(folder: Path) -> dict[str, str]:
    """Return canonical table -> pattern of the files in a folder that hold it."""
    return {
        table: f"{table}*{ending}"
        for table in TABLES
        for ending in reversed(ENDINGS)
        if any(folder.glob(f"{table}*{ending}"))
    }


def _offers(folder: str, found: Mapping[str, str]) -> dict[str, list[Offer]]:
    """Return the columns of each table's files; none where they cannot be read."""
    offers: dict[str, list[Offer]] = {}
    for table, pattern in found.items():
        entry = TableObject(table=table, file=pattern, id="id", account="account")
        try:
            kinds = {
                name: k for one in open_files(entry, folder) for name, k in one.types().items()
            }
        except ConnectorError:
            kinds = {}
        offers[table] = [Offer(table, table, name, "", kind) for name, kind in kinds.items()]
    return offers


def _object(table: str, pattern: str, offers: Sequence[Offer]) -> str:
    plain = {_plain(one.field): one.field for one in reversed(offers)}
    own = KEYS if table == "accounts" else ("id", f"{table[:-1]}_id")
    key = next((plain[name] for name in own if name in plain), "")
    whose = next((plain[name] for name in KEYS[1:] if name in plain), "")
    account = key if table == "accounts" else whose or guessing.account_field(offers)
    if table == "accounts" and not key:
        key = account = offers[0].field
    if not account:
        return f"\n# {pattern}: no column looks like the account's id; left out.\n"
    lines = [f"\n[connections.files.objects.{table}]", f'table = "{table}"', f'file = "{pattern}"']
    lines += [f"id = {proposal.quoted(key)}"] if key else []
    lines += [f"account = {proposal.quoted(account)}"]
    rest = [one for one in offers if one.field not in {key, account}]
    guesses = _guesses(table, rest)
    header = f"connections.files.objects.{table}.map"
    mapping = proposal.mapped(header, table, guesses) if guesses else ""
    return "\n".join(lines) + "\n" + mapping


def _guesses(table: str, offers: Sequence[Offer]) -> list[Guess]:
    """Return what the columns may be: surely what they are called, else what they look like."""
    kinds = {column.name: column.type for column in TABLES[table].all_columns}
    called = dict(zip(kinds, kinds, strict=True)) | (USUAL if table == "accounts" else {})
    same = {called[name]: one for one in offers if (name := _plain(one.field)) in called}
    rest = [one for one in offers if one not in same.values()]
    alike = [
        _known(guess, kinds.get(guess.column, "number"))
        for guess in guessing.rated(rest, table)
        if guess.column not in same
    ]
    sure = [Guess(one, column, 1.0) for column, one in same.items()]
    return [*sure, *guessing.chosen(alike, {})]


def _plain(name: str) -> str:
    return "_".join(name.lower().split())


def _known(guess: Guess, kind: ColumnType) -> Guess:
    """A CSV file has only text, which says nothing against another type."""
    least = FITS[kind].get("text", 1.0) if guess.offer.type == "text" else 1.0
    return replace(guess, confidence=min(1.0, round(guess.confidence / least, 2)))
