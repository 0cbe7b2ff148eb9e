from collections.abc import Iterator

import pytest

from tests.postgres import Postgres, started


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; ``postgres.database()`` is the URL of an empty database on it."""
    with started() as server:
        yield server
