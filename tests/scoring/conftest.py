from collections.abc import Iterator
from typing import Any

import pytest

from tests.postgres import Postgres
from tests.spark import started


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A Spark session."""
    with started() as session:
        yield session


@pytest.fixture
def server(postgres: Postgres) -> Iterator[Any]:
    """A connection to an empty PostgreSQL database."""
    import psycopg  # noqa: PLC0415 (an optional extra)

    with psycopg.connect(postgres.database()) as connection:
        yield connection
