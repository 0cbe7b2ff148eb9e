"""What matching has to tell: how records became accounts, and what a person should decide."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.findings import Finding


@dataclass(frozen=True, slots=True)
class Side:
    """One record of a pair or group in the review list."""

    connection: str
    ref: str
    name: str
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """Records that may be one customer, and were not joined.

    Attributes:
        kind: names_clash, domains_clash, ids_clash, ambiguous, duplicate or similar_name.
        reason: One sentence.
        sides: The records, in connection order.
        key: The value that they share, e.g. a domain.
    """

    kind: str
    reason: str
    sides: tuple[Side, ...]
    key: str


@dataclass(frozen=True, slots=True)
class MatchReport:
    """How records were joined to accounts.

    Attributes:
        records: Connection -> account records.
        accounts: Accounts in all.
        joined: Accounts by the number of connections that they are in.
        rules: Rule -> pairs joined by it.
        unmatched: Connection -> records that found no partner elsewhere.
        review: What a person should decide.
        parked: Rows of other tables that point to no known account, and what the records of
            an account say against each other, with examples.
        joins: Accounts that were joined into another one since the last run.
        splits: Accounts that were split since the last run.
    """

    records: Mapping[str, int]
    accounts: int
    joined: Mapping[int, int]
    rules: Mapping[str, int]
    unmatched: Mapping[str, int]
    review: tuple[Review, ...] = ()
    parked: tuple[Finding, ...] = ()
    joins: int = 0
    splits: int = 0
