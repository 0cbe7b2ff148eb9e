import pytest

from sync import run
from sync.book import Book
from sync.config import Config
from tests.sync.book.stored import NOW, deployment


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A deployment of 80 accounts with a store full of records and 12 snapshots."""
    return deployment(tmp_path_factory.mktemp("stored"), 80)


@pytest.fixture(scope="session")
def book(stored: Config) -> Book:
    return run.book(stored, now=NOW)
