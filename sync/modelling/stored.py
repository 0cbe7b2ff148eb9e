"""The stored facts, for a model that need not be the deployment's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import duckdb

from scoring import Model, Snapshot, duck
from sync import beside, history, overrides, rollup
from sync.config import Config
from sync.rollup import Matched
from sync.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored, matched, on a connection.

    Attributes:
        work: The deployment; it knows no target fields.
        con: Where the relations are.
        matched: Accounts and relations.
    """

    work: Workspace
    con: duckdb.DuckDBPyConnection
    matched: Matched

    def scored(self, model: Model) -> Snapshot:
        """Score as the next run would: same overrides and rates, same last bands."""
        last = history.last(self.con, self.work.store)
        said = beside.standing(self.work, self.con, model, (self.work.as_of, None))
        return self.matched.facts.scored(
            self.con,
            model,
            self.work.as_of,
            self.work.config.rates,
            previous=None if last is None else last.scores,
            overrides=overrides.table(said),
        )

    @property
    def accounts(self) -> int:
        """How many accounts there are."""
        return len(self.matched.identities.accounts)


def reading_only(config: Config) -> Config:
    """Return the deployment without targets and with a shipped model.

    Neither its own model's errors nor its target fields stand in the way of another model.
    """
    connections = {
        name: entry.model_copy(update={"write": False, "overrides": {}})
        for name, entry in config.connections.items()
    }
    general = config.general.model_copy(update={"model": "default"})
    return replace(config, connections=connections, general=general)


@contextmanager
def stored(work: Workspace) -> Iterator[Stored]:
    """Match what is stored."""
    with duck.connect() as con:
        yield Stored(work, con, rollup.match_all(work, con))
